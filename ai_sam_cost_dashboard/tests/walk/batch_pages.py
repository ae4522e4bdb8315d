"""The pages of batches and of the requests in them."""

from decimal import Decimal

from .books import count


def walk(w, batches):
    page, usd = "batches", w.env["res.currency"]._ai_usd_text
    days = w.days_of_all()
    for batch in batches:
        requests = w.env["ai.batch.request"].search(batch.action_view_requests()["domain"])
        calls = ", ".join(str(request.token_usage_id) for request in requests)
        where = f"id IN ({calls})"
        for name in ("cost_usd", "saved_usd"):
            listed = sum(Decimal(repr(request[name])) for request in requests)
            w.same(page, f"{batch.name}, {name}", batch[name], w.sum(name, where, days), usd,
                   listed=listed)  # fmt: skip
        w.same(page, f"{batch.name}, cost shown", batch.cost_listed,
               w.amount(where=where, days=days),
               listed=sum(Decimal(repr(one.cost_listed)) for one in requests))  # fmt: skip
        w.same(page, f"{batch.name}, calls", batch.settled_count, w.calls(where, days), count,
               listed=len(requests))  # fmt: skip
        for request in requests[:2]:
            usage = w.usage.browse(request.action_view_call()["res_id"])
            cost = w.sum(where=f"id = {usage.id}", days=days)
            w.same(page, request.question, request.cost_usd, cost, usd, form=usage.cost_usd)
    for name in ("cost_usd", "saved_usd"):
        shown = sum(batches.mapped(name))
        where = [("kind", "=", "batch"), ("company_id", "=", w.company.id)]
        w.same(page, f"all, {name}", shown, w.sum(name, "kind = 'batch'", days), usd,
               listed=w.total(where, name))  # fmt: skip
