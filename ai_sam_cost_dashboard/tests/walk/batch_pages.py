"""The pages of batches and of the requests in them."""

from decimal import Decimal

from .books import count


def walk(w, batches):
    page, usd = "batches", w.env["res.currency"]._ai_usd_text
    days = w.days_of_all()
    answered = []
    for batch in batches:
        requests = w.env["ai.batch.request"].search(batch.action_view_requests()["domain"])
        calls = requests.filtered("token_usage_id").mapped("token_usage_id")
        answered += calls
        where = _among(calls)
        for name in ("cost_usd", "saved_usd"):
            w.money(page, batch.name, batch, name, (name, where, days), [("id", "in", calls)], name)
            listed = sum(Decimal(repr(request[name])) for request in requests)
            w.case.assertEqual(usd(listed), usd(batch[name]))
        w.same(page, f"{batch.name}, calls", batch.settled_count, w.calls(where, days), count,
               listed=len(calls), **w.elsewhere(batch, "settled_count"))  # fmt: skip
        w.same(page, f"{batch.name}, requests", batch.total, len(requests), count)
        if batch.state == "running":
            w.env.cr.execute(
                "SELECT SUM(held_usd::numeric)::text FROM ai_batch_request WHERE batch_id = %s",
                (batch.id,),
            )
            held = Decimal(w.env.cr.fetchone()[0])
            w.same(page, f"{batch.name}, held", batch.held_usd, held, usd)
        for request in requests.filtered("token_usage_id")[:2]:
            usage = w.usage.browse(request.action_view_call()["res_id"])
            cost = w.sum(where=f"id = {usage.id}", days=days)
            w.same(page, request.question, request.cost_usd, cost, usd, form=usage.cost_usd)
    mine, where = [("id", "in", batches.ids)], _among(answered)
    for name in ("cost_usd", "saved_usd"):
        w.column(page, "all", batches, mine, name, w.sum(name, where, days), usd)
        own = w.own and w.own_field(batches, name)
        if own:
            w.column(page, "all", batches, mine, own, w.amount(name, where, days), w.text)


def _among(calls):
    return f"id IN ({', '.join(map(str, calls)) or 0})"
