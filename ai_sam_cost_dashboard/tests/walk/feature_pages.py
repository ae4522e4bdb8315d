"""The pages of what saves: keys, patterns, kept answers, benchmarks, experiments, trials and what
is recommended."""

from datetime import timedelta
from decimal import Decimal

from odoo import fields

from . import books
from .books import count, share, whole

DAYS = 30


def walk(w):
    keys(w)
    patterns(w)
    frequent_messages(w)
    kept_answers(w)
    benchmarks(w)
    experiments(w)
    trials(w)
    recommendations(w)
    other_prices(w)


def usd(w):
    return w.env["res.currency"]._ai_usd_text


def seconds(value):
    return f"{float(value):.2f}"


def tenth(value):
    return f"{float(value):.1f}"


def of_company(w, model, *more, **options):
    return w.env[model].search([("company_id", "=", w.company.id), *more], **options)


def keys(w):
    page, ever = "endpoint keys", w.days_of_all()
    for key in of_company(w, "ai.gateway.key", order="id"):
        where, domain = f"gateway_key = {key.id}", key.action_view_usage()["domain"]
        w.money(page, key.name, key, "spent_usd", ("cost_usd", where, ever), domain)
        w.same(
            page, f"{key.name}, calls", key.usage_count, w.calls(where, ever), count,
            listed=w.total(domain, "call_count"), **w.elsewhere(key, "usage_count"),
        )  # fmt: skip
        for budget in key.budget_ids:
            days = budget.period_start, budget.period_end
            spent = w.sum(where=where, days=days)
            w.same(page, f"{key.name}, of its budget", budget.current_spend, spent, usd(w))
            w.same(page, f"{key.name}, limit", key.month_usd, Decimal(
                repr(budget.budget_amount)), usd(w))  # fmt: skip
    month = w.today.replace(day=1), w.today
    for row in w.analytics.get_breakdown_rows("by_key")["rows"]:
        where = f"gateway_key = {row['key']}" if row["key"] else "gateway_key IS NULL"
        domain = [*row["domain"], ["company_id", "=", w.company.id]]
        domain += [["local_date", ">=", str(month[0])], ["local_date", "<=", str(month[1])]]
        w.same(
            page, f"tab {row['label']}", w.pick(row, "cost"), w.amount(where=where, days=month),
            listed=w.listed(domain),
        )  # fmt: skip


def patterns(w):
    page = "patterns"
    shared = [("company_id", "in", [False, w.company.id]), ("agent_ids", "!=", False)]
    for pattern in w.env["ai.answer.pattern"].search(shared, order="id"):
        where = f"pattern_key = {pattern.id}"
        domain = pattern.action_view_answers()["domain"]
        w.money(page, pattern.name, pattern, "recent_saved_usd",
                ("saved_usd", where, w.month), domain, "saved_usd")  # fmt: skip
        w.same(
            page, f"{pattern.name}, answers", pattern.recent_hits, w.calls(where, w.month), count,
            listed=w.rows(domain), **w.elsewhere(pattern, "recent_hits"),
        )  # fmt: skip
        w.env.cr.execute(f"SELECT max(made_on) FROM walked WHERE {where}")
        last = w.env.cr.fetchone()[0]
        w.figures[page] += 1
        w.case.assertEqual(pattern.last_use or None, last)


def frequent_messages(w):
    """What no pattern answers yet: how often it was sent, by how many, and what it cost."""
    page = "frequent messages"
    finder = w.env["ai.pattern.finder"].browse(w.env["ai.pattern.finder"].action_open()["res_id"])
    own = w.own and w.own_field(finder.line_ids, "cost_usd")
    for line in finder.line_ids[:5]:
        w.env.cr.execute(
            """
            SELECT count(*), count(DISTINCT u.user_id), SUM(w.cost_usd)::text,
                   SUM(w.cost_usd * w.currency_rate)::text
              FROM walked w JOIN ai_token_usage u ON u.id = w.id
             WHERE regexp_replace(u.prompt_text, '^(.*\\n\\n)?user: ', '') = %s
               AND w.agent_key IS NOT DISTINCT FROM %s AND w.made_on BETWEEN %s AND %s
               AND w.kind IN ('api', 'batch', 'summary', 'trial') AND w.state = 'done'
            """,
            (line.text, line.agent_id.id or None, *w.month),
        )
        times, people, cost, company = w.env.cr.fetchone()
        w.same(page, f"{line.text}, times", line.times, times, count)
        w.same(page, f"{line.text}, people", line.people, people, count)
        w.same(page, f"{line.text}, USD", line.cost_usd, Decimal(cost), usd(w),
               **w.elsewhere(line, "cost_usd"))  # fmt: skip
        if own:
            w.same(page, line.text, line[own], Decimal(company), **w.elsewhere(line, own))


def kept_answers(w):
    page, ever = "kept answers", w.days_of_all()
    answers = of_company(w, "ai.answer", ("hits", ">", 0), order="hits desc, id")
    for answer in [*answers[:6], *answers[-3:]]:
        where, domain = f"answer_key = {answer.id}", answer.action_view_calls()["domain"]
        w.money(page, answer.question, answer, "saved_usd", ("saved_usd", where, ever), domain,
                "saved_usd")  # fmt: skip
        w.same(
            page, f"{answer.question}, hits", answer.hits, w.calls(where, ever), count,
            listed=w.rows(domain), **w.elsewhere(answer, "hits"),
        )  # fmt: skip
    domain = [("company_id", "=", w.company.id)]
    there = "answer_key IN (SELECT id FROM ai_answer)"
    w.column(page, "all", answers, domain, "hits", w.calls(there, ever), count)
    w.column(page, "all", answers, domain, "saved_usd", w.sum("saved_usd", there, ever), usd(w))
    own = w.own and w.own_field(answers, "saved_usd")
    if own:
        w.column(page, "all", answers, domain, own, w.amount("saved_usd", there, ever), w.text)
    w.env.cr.execute(
        "SELECT answer_key, count(*) FROM ai_answer_judgement"
        " WHERE company_id = %s AND verdict = 'wrong' GROUP BY 1 ORDER BY 1 LIMIT 3",
        (w.company.id,),
    )
    for answer_id, wrong in w.env.cr.fetchall():
        answer = answers.browse(answer_id).exists()
        if answer:
            w.same(page, f"{answer.question}, wrong", answer.wrong_count, wrong, count)


def benchmarks(w):
    """Providers compared: the cells of the pivot, which are of the calls that were measured."""
    page, ever, model = "benchmarks", w.days_of_all(), w.env["ai.provider.benchmark"]
    mine = [("company_id", "=", w.company.id), ("token_usage_id", "!=", False)]
    names = ("cost_usd:sum", "cost_listed:sum", "response_time:avg", "quality_score:avg",
             "input_tokens:sum", "output_tokens:sum", "__count")  # fmt: skip
    tokens = "COALESCE(input_tokens, 0) + COALESCE(cache_read_tokens, 0)"
    groups = model._read_group(mine, ["provider_id"], names)
    w.case.assertTrue(groups)
    for provider, cost, own, time, quality, sent, given, rows in groups[:6]:
        where = f"""provider_id = {provider.id} AND id IN (
            SELECT token_usage_id FROM ai_provider_benchmark WHERE token_usage_id IS NOT NULL)"""
        domain = [*mine, ("provider_id", "=", provider.id)]
        w.same(page, f"{provider.name}, cost in USD", cost, w.sum(where=where, days=ever), usd(w))
        w.same(page, f"{provider.name}, cost", own, w.amount(where=where, days=ever))
        w.same(page, f"{provider.name}, calls", rows, w.sql("count(*)", where, ever), count,
               listed=model.search_count(domain))  # fmt: skip
        mean = w.sql("avg(latency_ms) / 1000", where, ever)
        w.same(page, f"{provider.name}, time", time, mean, seconds)
        rated = w.sql("avg(quality_score::numeric)", f"{where} AND feedback_count > 0", ever)
        w.same(page, f"{provider.name}, quality", quality, rated, whole)
        size = w.sum(f"{tokens} + COALESCE(cache_write_tokens, 0)", where, ever)
        w.same(page, f"{provider.name}, tokens sent", sent, size, count)
        size = w.sum("COALESCE(output_tokens, 0) + COALESCE(reasoning_tokens, 0)", where, ever)
        w.same(page, f"{provider.name}, tokens given", given, size, count)
        one = model.search(domain, limit=1)
        cost = w.sum(where=f"id = {one.token_usage_id}", days=ever)
        w.same(page, f"a call of {provider.name}", one.cost_usd, cost, usd(w),
               **w.elsewhere(one, "cost_usd"))  # fmt: skip


def experiments(w):
    page, ever = "experiments", w.days_of_all()
    found = of_company(w, "ai.experiment", ("state", "!=", "draft"))
    w.case.assertTrue(found)
    for one in found:
        means = {}
        for arm in "ab":
            provider = one[f"provider_{arm}_id"]
            where = f"""id IN (SELECT token_usage_id FROM ai_cost_optimizer
                WHERE experiment_id = {one.id} AND experiment_arm = '{arm}')"""
            own = f"{where} AND provider_id = {provider.id}"
            answered = f"{own} AND {books.ANSWERED}"
            elsewhere = "choice_reason IN ('fallback', 'returned')"
            failed = w.calls(f"{own} AND {books.FAILED}", ever)
            failed += w.calls(f"{where} AND provider_id <> {provider.id} AND {elsewhere}", ever)
            number = w.calls(answered, ever)
            rated = f"{answered} AND feedback_count > 0"
            means[arm] = w.sql("avg(quality_score::numeric)", rated, ever)
            cost = w.sum(where=answered, days=ever) / number
            name = f"{one.name} {arm}"
            figures = (
                ("calls", number + failed, count),
                ("ratings", w.sql("count(*)", rated, ever), count),
                ("rating", means[arm], tenth),
                ("cost", cost, usd(w)),
                ("seconds", w.sql("avg(latency_ms) / 1000", answered, ever), seconds),
                ("error_rate", Decimal(100) * failed / (number + failed), tenth),
            )
            for figure, expected, say in figures:
                field = f"{figure}_{arm}"
                w.same(page, f"{name}, {figure}", one[field], expected, say,
                       **w.elsewhere(one, field))  # fmt: skip
            w.same(page, f"{name}, cost", one[f"cost_{arm}_listed"], cost * (
                w.rate if w.own else 1))  # fmt: skip
        w.same(page, f"{one.name}, difference", one.difference, means["b"] - means["a"], tenth)


def trials(w):
    """Both arms of each trial: what was seen, with the interval of each mean."""
    page = "trials"
    for trial in of_company(w, "ai.agent.trial", ("state", "!=", "draft")):
        for arm in "ab":
            w.env.cr.execute(TRIAL, {"trial": trial.id, "arm": arm})
            calls, failed, *stats = w.env.cr.fetchone()
            name = f"{trial.display_name} {arm}"
            w.same(page, f"{name}, calls", trial[f"calls_{arm}"], calls, count,
                   **w.elsewhere(trial, f"calls_{arm}"))  # fmt: skip
            if not calls:
                continue
            errors = share(Decimal(100) * failed / calls)
            _said(w, page, f"{name}, errors", trial[f"errors_{arm}"], [f"{errors}%"])
            rate = Decimal(w.rate) if w.own else 1
            money = [w.text(one * rate) for one in _interval(*stats[:3])]
            _said(w, page, f"{name}, cost", trial[f"cost_{arm}"], money)
            quality = [whole(min(one, Decimal(100))) for one in _interval(*stats[3:6])]
            _said(w, page, f"{name}, quality", trial[f"quality_{arm}"], quality)


#: Each answer with what the summaries before it have cost in the same conversation.
TRIAL = f"""
    WITH parts AS (
        SELECT u.*, kind <> 'summary' AND NOT {books.NOBODYS} AND NOT ({books.FAILED}) AS answered,
               kind <> 'summary' AND {books.FAILED} AS wrong,
               cost_usd + COALESCE((SELECT SUM(cost_usd) FROM walked c
                                     WHERE c.correction_of_id = u.id), 0) AS paid
          FROM walked u
         WHERE trial_key = %(trial)s AND trial_arm = %(arm)s AND correction_of_id IS NULL
           AND kind IN ('api', 'batch', 'summary', 'pattern', 'cache', 'dedup')
           AND COALESCE(choice_reason, '') NOT IN ('fallback', 'returned', 'budget')
    ), made AS (
        SELECT (SELECT a.id FROM parts a WHERE a.answered AND a.id > s.id
                   AND a.user_id IS NOT DISTINCT FROM s.user_id
                   AND a.session_id IS NOT DISTINCT FROM s.session_id ORDER BY a.id LIMIT 1) AS id,
               s.paid FROM parts s WHERE s.kind = 'summary'
    ), answers AS (
        SELECT p.paid + COALESCE((SELECT SUM(m.paid) FROM made m WHERE m.id = p.id), 0) AS cost,
               CASE WHEN feedback_count > 0 THEN quality_score::numeric END AS score
          FROM parts p WHERE answered
    )
    SELECT (SELECT count(*) FROM parts WHERE answered OR wrong),
           (SELECT count(*) FROM parts WHERE wrong),
           count(cost), avg(cost), stddev_samp(cost), count(score), avg(score), stddev_samp(score)
      FROM answers
"""


def _interval(number, mean, spread):
    """A mean and what it lies between with 95 %: the normal approximation."""
    if not number:
        return []
    half = Decimal("1.96") * Decimal(spread) / Decimal(number).sqrt()
    return [Decimal(mean), max(Decimal(0), Decimal(mean) - half), Decimal(mean) + half]


def _said(w, page, name, text, figures):
    w.figures[page] += len(figures)
    for figure in figures:
        with w.case.subTest(page=page, figure=name):
            w.case.assertIn(figure, (text or "").replace("\u202f", " "))


def recommendations(w):
    """The log of recommendations: what was expected, and what the calls have cost."""
    page, ever, model = "recommendation log", w.days_of_all(), w.env["ai.cost.optimizer"]
    mine = [("company_id", "=", w.company.id)]
    used = [*mine, ("is_used", "=", True), ("token_usage_id", "!=", False)]
    groups = model._read_group(
        used, ["recommended_provider_id"],
        ["actual_cost_usd:sum", "actual_cost_listed:sum", "__count"],
    )  # fmt: skip
    w.case.assertTrue(groups)
    for provider, actual, own, rows in groups[:5]:
        name = provider.name or "none"
        of_it = f"= {provider.id}" if provider else "IS NULL"
        where = f"""id IN (SELECT token_usage_id FROM ai_cost_optimizer
            WHERE is_used AND recommended_provider_id {of_it})"""
        w.same(page, f"{name}, actual in USD", actual, w.sum(where=where, days=ever), usd(w))
        w.same(page, f"{name}, actual", own, w.amount(where=where, days=ever))
        w.same(page, f"{name}, calls", rows, w.sql("count(*)", where, ever), count)
        one = model.search([*used, ("recommended_provider_id", "=", provider.id)], limit=1)
        w.money(page, f"a call of {name}", one, "actual_cost_usd",
                ("cost_usd", f"id = {one.token_usage_id}", ever))  # fmt: skip
    followed = [*used, ("is_followed", "=", True)]
    names = ["estimated_cost_usd:sum", "estimated_cost_listed:sum",
             "recommended_cost_usd:sum", "recommended_cost_listed:sum"]  # fmt: skip
    estimated, own, there, there_own = model._read_group(followed, [], names)[0]
    w.env.cr.execute(
        """
        SELECT SUM(o.estimated_cost_usd::numeric)::text,
               SUM(o.estimated_cost_usd::numeric * u.currency_rate)::text,
               SUM(u.cost_usd)::text, SUM(u.cost_usd * u.currency_rate)::text
          FROM ai_cost_optimizer o JOIN walked u ON u.id = o.token_usage_id
         WHERE o.is_used AND o.is_followed
        """
    )
    sums = [Decimal(one or 0) for one in w.env.cr.fetchone()]
    rates = slice(None) if w.own else slice(0, None, 2)
    for name, shown, expected, say in list(
        zip(
            ("estimated in USD", "estimated", "at the recommended in USD", "at the recommended"),
            (estimated, own, there, there_own),
            sums,
            (usd(w), w.text, usd(w), w.text),
            strict=True,
        )
    )[rates]:
        w.same(page, f"followed, {name}", shown or 0, expected, say)
    since = fields.Datetime.subtract(fields.Datetime.now(), days=DAYS)
    w.env.cr.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE is_used), count(*) FILTER (WHERE is_followed),
               SUM(estimated_cost_usd) FILTER (WHERE is_followed AND u.cost_usd > 0),
               SUM(u.cost_usd) FILTER (WHERE is_followed AND u.cost_usd > 0)
          FROM ai_cost_optimizer o LEFT JOIN walked u ON u.id = o.token_usage_id
         WHERE company_id = %s AND created_at >= %s
        """,
        (w.company.id, since),
    )
    number, made, followed, estimated, actual = w.env.cr.fetchone()
    found = model.get_accuracy(DAYS)
    w.same(page, "recommended", found["recommendations"], number, count)
    w.same(page, "with a call", found["calls"], made, count)
    if made:
        w.same(page, "followed", found["followed"], Decimal(followed) / made, seconds)
    if followed:
        w.same(page, "as estimated", found["estimated_usd"], estimated, usd(w))
        w.same(page, "as paid", found["actual_usd"], actual, usd(w))


#: Calls that can be priced anew: what their own price makes of their tokens is what they cost.
EXPLAINED = """kind IN ('api', 'batch', 'summary', 'tuning') AND state = 'done'
    AND correction_of_id IS NULL
    AND NOT EXISTS (SELECT 1 FROM walked c WHERE c.correction_of_id = u.id)
    AND cost_usd = (SELECT (COALESCE(u.input_tokens, 0) * p.input_usd::numeric
            + (COALESCE(u.output_tokens, 0) + COALESCE(u.reasoning_tokens, 0))
            * p.output_usd::numeric + COALESCE(u.cache_read_tokens, 0) * p.cache_read_usd::numeric
            + COALESCE(u.cache_write_tokens, 0) * p.cache_write_usd::numeric) / 1000000
            * CASE WHEN u.kind = 'batch' THEN p.batch_factor::numeric ELSE 1 END
          FROM ai_provider_price p WHERE p.id = u.price_id)"""


def other_prices(w):
    """Three days again, with one model at other prices: then is what SQL makes of its tokens."""
    page = "what if"
    days = w.today - timedelta(days=4), w.today - timedelta(days=2)
    w.env.cr.execute(
        f"""SELECT provider_id FROM walked u WHERE made_on BETWEEN %s AND %s AND {EXPLAINED}
            GROUP BY 1 ORDER BY count(*) DESC LIMIT 1""",
        days,
    )
    found = w.env.cr.fetchone()
    if not found:
        return
    provider = w.env["ai.service.provider"].browse(found)
    rates = {"input": 0.7, "output": 2.9, "cache_read": 0.2, "cache_write": 0.9, "reasoning": 3.1}
    priced = {f"{kind}_priced": True for kind in rates}
    prices = {"provider_id": provider.id, "batch_factor": 0.4, **priced}
    prices.update({f"{kind}_usd": rate for kind, rate in rates.items()})
    one = w.env["ai.what.if"].create(
        {
            "name": "Walked at other prices",
            "date_from": str(days[0]),
            "date_to": str(days[1]),
            "price_basis": "list",
            "price_ids": [(0, 0, prices)],
        }
    )
    one.action_run()
    while one.state in ("waiting", "running"):
        one.sudo()._cron_run()
        one.invalidate_recordset()
    w.case.assertEqual(one.state, "done", one.error)
    listed = " + ".join(f"COALESCE({kind}_tokens, 0) * {rate}" for kind, rate in rates.items())
    again = f"provider_id = {provider.id} AND {EXPLAINED}"
    then = f"""CASE WHEN {again} THEN ({listed}) / 1000000
        * CASE WHEN kind = 'batch' THEN 0.4 ELSE 1 END ELSE cost_usd END"""
    own = {"now": "now_listed", "then": "then_listed", "change": "change_listed"}
    sums = {"now": "cost_usd", "then": then, "change": f"{then} - cost_usd"}
    domain = one.action_view_calls()["domain"]
    for name, what in sums.items():
        shown = one[f"{name}_usd"]
        opens = {"listed": w.total(domain)} if name == "now" else {}
        w.same(page, f"other prices, {name} in USD", shown, w.sum(what, days=days), usd(w),
               **w.elsewhere(one, f"{name}_usd"), **opens)  # fmt: skip
        w.same(page, f"other prices, {name}", one[own[name]], w.amount(what, days=days),
               **w.elsewhere(one, own[name]))  # fmt: skip
    for line in one.model_line_ids[:3]:
        where = f"model_name = '{line.key}'" if line.key else "model_name IS NULL"
        for name in ("now", "then"):
            w.same(page, f"{line.label} at other prices, {name}", line[own[name]],
                   w.amount(sums[name], where, days), **w.elsewhere(line, own[name]))  # fmt: skip
