"""The pages of budgets, providers, agents, analyses, prompts and batches."""

from datetime import timedelta
from decimal import Decimal

from . import books
from .books import count, share, whole


def walk(w, data):
    w.month = w.today - timedelta(days=29), w.today
    budgets(w, data)
    providers(w)
    agents(w)
    analyses(w)
    prompts(w)
    pivot(w)
    what_if(w)


def usd(w):
    return w.env["res.currency"]._ai_usd_text


def budgets(w, data):
    """Each budget in its own currency."""
    page = "budgets"
    panel = {line["id"]: line for line in data["budget"]["budgets"]}
    companies = [("company_id", "=", w.company.id)]
    for budget in w.env["ai.cost.budget"].search(companies, order="id"):
        if budget.each:
            continue
        days = budget.period_start, budget.period_end
        where = _scope(budget)
        own = budget.currency_id.name != "USD"
        money = w.amount if own and w.own else w.sum
        spent = money(where=where, days=days)
        name, domain = budget.name, budget.action_view_usage()["domain"]
        column = "cost_listed" if own else "cost_usd"
        w.same(
            page, f"{name}, spent", budget.current_spend, spent, budget.currency_id._ai_text,
            listed=w.total(domain, column), panel=panel[budget.id]["spent"],
        )  # fmt: skip
        w.same(page, f"{name}, calls", budget.usage_count, w.calls(where, days), count,
               listed=w.total(domain, "call_count"))  # fmt: skip
        part = 100 * spent / Decimal(repr(budget.current_amount))
        w.same(
            page, f"{name}, used", budget.percentage_used, part, share,
            panel=panel[budget.id]["pct"],
        )  # fmt: skip
        w.case.assertIn(budget.currency_id._ai_text(spent), budget.spent_text)
        for n in (0, 6, 13):
            day = w.today - timedelta(days=13 - n)
            w.same(
                page, f"{name}, on {day}", budget.spend_chart["values"][n],
                money(where=where, days=(day, day)), budget.currency_id._ai_text,
            )  # fmt: skip
    head = data["budget"]
    w.same(page, "on the card", head["spent"], w.amount(days=_this_month(w)))
    w.same(page, "its share", head["pct"], 100 * w.amount(days=_this_month(w)) / Decimal(
        repr(head["limit"])), share)  # fmt: skip
    gauge = w.env["ai.cost.budget"].get_gauge()
    w.case.assertIn(w.text(w.amount(days=_this_month(w))), gauge["text"])
    w.same(page, "in the menu bar", gauge["pct"], round(Decimal(repr(head["pct"])), 1), share)


def _this_month(w):
    return w.today.replace(day=1), w.today


def _scope(budget):
    parts = ["TRUE"]
    if budget.user_id:
        parts.append(f"user_id = {budget.user_id.id}")
    if budget.key_id:
        parts.append(f"gateway_key = {budget.key_id.id}")
    if budget.provider_id:
        parts.append(f"provider_id = {budget.provider_id.id}")
    for name in ("agent_type", "module"):
        if budget[name]:
            tagged = f"lower({name}) = lower('{budget[name]}')"
            parts.append(f"({tagged} OR {name} IS NULL)" if budget.count_untagged else tagged)
    return " AND ".join(parts)


def providers(w):
    page = "provider forms"
    compared = {
        line["provider_id"]: line
        for line in w.env["ai.provider.benchmark"].compare_providers("chat", 30)
    }
    cached = w.analytics.get_prompt_cache(30)["by_provider"]
    companies = [("company_id", "in", [False, w.company.id])]
    for provider in w.env["ai.service.provider"].search(companies, order="id"):
        where = f"provider_id = {provider.id}"
        if not w.calls(where, w.month):
            continue
        domain = provider.action_view_usage()["domain"]
        w.same(
            page, f"{provider.name}, cost", provider.recent_cost_usd,
            w.sum(where=where, days=w.month), usd(w), listed=w.total(domain),
        )  # fmt: skip
        w.same(
            page, f"{provider.name}, calls", provider.recent_calls, w.calls(where, w.month), count,
            listed=w.total(domain, "call_count"),
        )  # fmt: skip
        line, chat = compared[provider.id], f"{where} AND task_type = 'chat'"
        answered = f"{chat} AND {books.ANSWERED}"
        failed = w.calls(f"{chat} AND {books.VENDOR} AND {books.FAILED}", w.month)
        number = w.calls(answered, w.month)
        paid = w.sum(
            where=f"{chat} AND ({books.ANSWERED} OR EXISTS (SELECT 1 FROM walked o"
            f" WHERE o.id = u.correction_of_id AND o.{books.VENDOR}))",
            days=w.month,
        )
        w.same(page, f"{provider.name}, compared", line["calls"], number + failed, count)
        w.same(page, f"{provider.name}, a call", line["cost"]["mean"], paid / number, usd(w))
        w.same(
            page, f"{provider.name}, errors", line["error_rate"]["mean"],
            Decimal(failed) / (number + failed), lambda rate: share(100 * Decimal(str(rate))),
        )  # fmt: skip
        timed = f"{chat} AND state = 'done' AND {books.VENDOR} AND latency_ms IS NOT NULL"
        latency = w.sql("avg(latency_ms)", timed, w.month)
        w.same(page, f"{provider.name}, time", line["speed"]["mean"], latency, whole)
        row = cached.get(str(provider.id))
        if row:
            w.same(page, f"{provider.name}, cache read", row["read_tokens"],
                   w.sum("cache_read_tokens", f"{where} AND price_id IS NOT NULL", w.month),
                   count)  # fmt: skip
            w.case.assertIn(count(row["read_tokens"]), provider.cache_effect)


def agents(w):
    page = "agents"
    figures = w.env["ai.agent"].search([("company_id", "=", w.company.id)], order="id")
    reuse = figures.get_reuse_figures(30)
    for agent in figures:
        where = f"""(agent_key = {agent.id}
            OR agent_key IS NULL AND lower(agent_type) = lower('{agent.code}'))"""
        if not w.calls(where, w.month):
            continue
        domain = agent.action_view_usage()["domain"]
        w.same(
            page, f"{agent.name}, cost", agent.recent_cost_usd, w.sum(where=where, days=w.month),
            usd(w), listed=w.total(domain),
        )  # fmt: skip
        w.same(
            page, f"{agent.name}, calls", agent.recent_calls, w.calls(where, w.month), count,
            listed=w.total(domain, "call_count"),
        )  # fmt: skip
        followed = f"agent_key = {agent.id}"
        kept = reuse[str(agent.id)]
        for name, kind in (("kept", "cache"), ("shared", "dedup")):
            number = w.calls(f"{followed} AND kind = '{kind}'", w.month)
            w.same(page, f"{agent.name}, {name}", kept[name], number, count)
            w.case.assertIn(count(number), agent.reuse_effect if number else count(number))
        saved = w.sum("saved_usd", f"{followed} AND kind IN ('cache', 'dedup')", w.month)
        w.same(page, f"{agent.name}, saved by reuse", kept["saved_usd"], saved, usd(w))
        for effect, decided in (
            (agent.routing_effect, f"{where} AND choice_reason = 'router'"),
            (agent.pattern_effect, f"{followed} AND kind = 'pattern'"),
        ):
            if w.calls(decided, w.month):
                told = usd(w)(w.sum("saved_usd", decided, w.month))
                w.figures[page] += 1
                w.case.assertIn(f": {told} (", effect)


def analyses(w):
    """What is kept of months, quarters and years; as of when it was kept."""
    page = "analyses"
    kept = w.analytics.search([("company_id", "=", w.company.id)], order="id")
    for one in kept:
        days = one.period_start, one.period_end
        where = f"user_id = {one.user_id.id}" if one.user_id else "TRUE"
        name, domain = one.name, one.action_view_usage()["domain"]
        w.same(
            page, f"{name}, cost", one.total_cost_usd, w.sum(where=where, days=days), usd(w),
            listed=w.total(domain),
        )  # fmt: skip
        w.same(
            page, f"{name}, calls", one.calls, w.calls(where, days), count,
            listed=w.total(domain, "call_count"),
        )  # fmt: skip
        w.same(
            page, f"{name}, saved", one.saved_usd, w.sum("saved_usd", where, days), usd(w),
            listed=w.total(domain, "saved_usd"),
        )  # fmt: skip
        w.same(
            page, f"{name}, waste", one.potential_savings_usd,
            w.sum("could_have_saved_usd", where, days), usd(w),
            listed=w.total(domain, "could_have_saved_usd"),
        )  # fmt: skip
        wasteful = w.sql("count(*)", f"{where} AND waste_detected", days)
        w.same(page, f"{name}, wasteful", one.waste_detected_count, wasteful, count)


def prompts(w):
    """A prompt's calls, and what its variant came to beside the text."""
    page = "prompts"
    for prompt in w.env["ai.prompt"].search([("company_id", "=", w.company.id)]):
        where, ever = f"prompt_key = {prompt.id}", w.days_of_all()
        domain = prompt.action_view_usage()["domain"]
        for field, say in (
            ("cost_usd", usd(w)),
            ("saved_usd", usd(w)),
            ("call_count", count),
            ("feedback_count", count),
            ("could_have_saved_usd", usd(w)),
        ):
            total = w.total(domain, field)
            w.same(page, f"{prompt.name}, {field}", float(total), w.sum(field, where, ever), say)
        for variant in prompt.variant_ids:
            tried = f"""prompt_variant_key = {variant.id} AND kind IN ('api', 'batch')
                AND create_date >= '{variant.date_start}'"""
            answered = f"{tried} AND {books.ANSWERED}"
            number = w.calls(answered, ever)
            failed = w.calls(f"{tried} AND {books.FAILED}", ever)
            paid = w.sum(
                where=f"({answered}) OR EXISTS (SELECT 1 FROM walked o WHERE"
                f" o.id = u.correction_of_id AND o.prompt_variant_key = {variant.id}"
                f" AND o.kind IN ('api', 'batch') AND o.create_date >= '{variant.date_start}')",
                days=ever,
            )
            rated = f"{answered} AND feedback_count > 0"
            ratings = w.sql("count(*)", rated, ever)
            w.same(page, f"{variant.name}, calls", variant.calls, number + failed, count)
            w.same(page, f"{variant.name}, an answer", variant.cost, paid / number, usd(w))
            w.same(page, f"{variant.name}, rated", variant.ratings, ratings, count)
            mean = w.sum("quality_score::numeric", rated, ever) / ratings
            w.same(page, f"{variant.name}, rating", variant.rating, mean, whole)
            size = w.sum(
                "COALESCE(input_tokens, 0) + COALESCE(cache_read_tokens, 0)"
                " + COALESCE(cache_write_tokens, 0)",
                f"{answered} AND state = 'done'", ever,
            ) / w.sql("count(*)", f"{answered} AND state = 'done'", ever)  # fmt: skip
            w.figures[page] += 1
            w.case.assertIn(f"{size:.0f} a call instead of", variant.reached)


def pivot(w):
    """The list of calls as a pivot: months by kind, of all days."""
    page, days = "pivot", w.days_of_all()
    own = "cost_listed" if w.own else "cost_usd"
    groups = w.usage._read_group(
        [("company_id", "=", w.company.id)],
        ["local_date:month", "kind"],
        ["cost_usd:sum", f"{own}:sum", "call_count:sum"],
    )
    for month, kind, cost, cost_own, calls in groups:
        where = f"kind = '{kind}' AND date_trunc('month', made_on)::date = '{month}'"
        name = f"{kind} in {month}"
        w.same(page, f"{name}, cost in USD", cost, w.sum(where=where, days=days), usd(w))
        w.same(page, f"{name}, cost", cost_own, w.amount(where=where, days=days))
        w.same(page, f"{name}, calls", calls, w.calls(where, days), count)


def what_if(w):
    """Three days again under their own prices: what is now is the ledger, and so is then."""
    page = "what if"
    days = w.today - timedelta(days=4), w.today - timedelta(days=2)
    one = w.env["ai.what.if"].create(
        {"name": "Walked", "date_from": str(days[0]), "date_to": str(days[1])}
    )
    one.action_run()
    while one.state in ("waiting", "running"):
        one.sudo()._cron_run()
        one.invalidate_recordset()
    w.case.assertEqual(one.state, "done", one.error)
    domain = one.action_view_calls()["domain"]
    cost = w.sum(days=days)
    w.same(page, "now", one.now_usd, cost, usd(w), listed=w.total(domain))
    w.same(page, "then", one.then_usd, cost, usd(w))
    w.same(page, "calls", one.calls, w.calls(days=days), count,
           listed=w.total(domain, "call_count"))  # fmt: skip
    for line in one.day_line_ids:
        day = line.day, line.day
        w.same(
            page, f"on {line.day}", line.now_usd, w.sum(days=day), usd(w),
            listed=w.total(line.action_view_calls()["domain"]),
        )  # fmt: skip
    for line in one.model_line_ids[:3]:
        where = f"model_name = '{line.key}'" if line.key else "model_name IS NULL"
        w.same(
            page, line.label, line.now_usd, w.sum(where=where, days=days), usd(w),
            listed=w.total(line.action_view_calls()["domain"]),
        )  # fmt: skip
    for line in one.agent_line_ids[:3]:
        where = f"agent_type = '{line.key}'" if line.key else "agent_type IS NULL"
        w.same(
            page, line.label, line.now_usd, w.sum(where=where, days=days), usd(w),
            listed=w.total(line.action_view_calls()["domain"]),
        )  # fmt: skip
