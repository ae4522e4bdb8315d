"""The pages of what waits, trains and is judged: calls in progress, requests and batches,
trainings, and answers that people review."""

from decimal import Decimal

from odoo import fields

from . import batch_pages
from .books import count
from .feature_pages import of_company, seconds, usd

REVIEWED_DAYS = 90


def walk(w):
    in_progress(w)
    batches = of_company(w, "ai.batch")
    if batches:
        batch_pages.walk(w, batches)
    requests(w)
    trainings(w)
    review(w)


def in_progress(w):
    """What is held: as PostgreSQL has it, and as the budgets that count it have it."""
    page, model = "calls in progress", w.env["ai.cost.reservation"]
    mine = [("company_id", "=", w.company.id), ("usage_id", "=", False)]
    held = model.search(mine)
    where = "company_id = %s AND usage_id IS NULL"

    def sql(what, more="TRUE"):
        w.env.cr.execute(
            f"SELECT ({what})::text FROM ai_cost_reservation WHERE {where} AND {more}",
            (w.company.id,),
        )
        return Decimal(w.env.cr.fetchone()[0] or 0)

    for one in held[:6]:
        w.same(page, f"{one.id}", one.amount_usd, sql("amount_usd", f"id = {one.id}"), usd(w),
               **w.elsewhere(one, "amount_usd"))  # fmt: skip
    for provider, amount, rows in model._read_group(
        mine, ["provider_id"], ["amount_usd:sum", "__count"]
    ):
        more = f"provider_id = {provider.id}"
        w.same(page, provider.name, amount, sql("SUM(amount_usd)", more), usd(w))
        w.same(page, f"{provider.name}, calls", rows, sql("count(*)", more), count)
    w.column(page, "all", model, mine, "amount_usd", sql("SUM(amount_usd)"), usd(w))
    own = w.own and w.own_field(model, "amount_usd")
    if own:  # at the rate at which budgets hold it
        rate = f"COALESCE((\"row\" ->> 'currency_rate')::numeric, {w.rate})"
        for one in held[:6]:
            amount = sql(f"amount_usd::numeric * {rate}", f"id = {one.id}")
            w.same(page, f"{one.id}, own", one[own], amount, **w.elsewhere(one, own))
        w.column(page, "all", model, mine, own, sql(f"SUM(amount_usd::numeric * {rate})"), w.text)


def requests(w):
    """Requests that may wait: those with an answer as the ledger paid it, the others as held."""
    page, ever = "requests that may wait", w.days_of_all()
    found = of_company(w, "ai.batch.request", order="id")
    for one in found:
        paid = f"id = {one.token_usage_id}" if one.token_usage_id else "FALSE"
        call = one.token_usage_id and one.action_view_call()["res_id"]
        opens = [("id", "=", call)]
        w.money(page, one.question, one, "cost_usd", ("cost_usd", paid, ever), opens)
        w.money(page, one.question, one, "saved_usd", ("saved_usd", paid, ever), opens,
                "saved_usd")  # fmt: skip
    mine, of_batches = [("company_id", "=", w.company.id)], "kind = 'batch' AND id IN ("
    of_batches += "SELECT token_usage_id FROM ai_batch_request)"
    for field in ("cost_usd", "saved_usd"):
        w.column(page, "all", found, mine, field, w.sum(field, of_batches, ever), usd(w))
    w.env.cr.execute(
        "SELECT SUM(r.amount_usd)::text FROM ai_cost_reservation r JOIN ai_batch b"
        " ON b.id = r.batch_key WHERE b.company_id = %s",
        (w.company.id,),
    )
    held = Decimal(w.env.cr.fetchone()[0] or 0)
    sent = found.filtered(lambda one: one.state == "sent")
    w.same(page, "held", sum(sent.mapped("held_usd")), held, usd(w))


def trainings(w):
    """What a training cost by its row of the ledger, and what came of it."""
    page, ever = "fine-tuning", w.days_of_all()
    for job in of_company(w, "ai.tuning.job"):
        where, domain = f"tuning_job_key = {job.id}", job.action_view_usage()["domain"]
        w.money(page, job.name, job, "cost_usd", ("cost_usd", where, ever), domain)
        w.same(page, f"{job.name}, tokens", job.trained_tokens,
               w.sum("trained_tokens", where, ever), count)  # fmt: skip
        rate = w.sql("max(cost_usd / trained_tokens) * 1000000", where, ever)
        w.same(page, f"{job.name}, a million", job.training_usd, rate, usd(w))
        w.env.cr.execute(
            """
            SELECT count(*) FILTER (WHERE part = 'training'),
                   count(*) FILTER (WHERE part = 'validation'),
                   SUM(tokens) FILTER (WHERE part = 'training'), count(*)
              FROM ai_tuning_example WHERE job_id = %s AND is_struck IS NOT TRUE
            """,
            (job.id,),
        )
        learnt, checked, tokens, examples = w.env.cr.fetchone()
        w.same(page, f"{job.name}, learnt", job.training_count, learnt, count)
        w.same(page, f"{job.name}, checked", job.validation_count, checked, count)
        w.same(page, f"{job.name}, tokens of the file", job.training_tokens, tokens, count)
        w.same(page, f"{job.name}, examples", job.calls_fitting, examples, count,
               listed=w.env["ai.tuning.example"].search_count(
                   job.action_view_examples()["domain"]))  # fmt: skip
        days = job.date_from, job.date_to
        agents = f"agent_key = {job.agent_id.id} AND call_count = 1 AND NOT ({_later(job)})"
        w.same(page, f"{job.name}, calls", job.calls_found, w.calls(agents, days), count)
        worst = tokens * job.rounds * rate / 1_000_000
        w.same(page, f"{job.name}, at most", job.worst_usd, worst, usd(w))
        tuned = job.tuned_provider_id
        where = f"provider_id = {tuned.id}"
        domain = [("provider_id", "=", tuned.id)]
        w.same(page, f"{tuned.name}, calls", job.tuned_calls, w.calls(where, ever), count,
               listed=w.total(domain, "call_count"))  # fmt: skip
        w.money(page, tuned.name, job, "saved_usd", ("saved_usd", where, ever), domain,
                "saved_usd")  # fmt: skip
        price = tuned.price_ids
        there = f"""(COALESCE(input_tokens, 0) * {price.input_usd!r}
            + COALESCE(output_tokens, 0) * {price.output_usd!r}) / 1000000"""
        learnt_from = f"id IN (SELECT usage_key FROM ai_tuning_example WHERE job_id = {job.id})"
        mean = w.sql(f"avg(cost_usd - {there})", learnt_from, ever)
        w.same(page, f"{job.name}, saved by a call", job.saved_per_call_usd, mean, usd(w))


def _later(job):
    """SQL of the calls that were made after a job had found its examples."""
    return f"u.provider_id = {job.tuned_provider_id.id or 0}"


def review(w):
    """What reviewers found of an agent's and of a model's answers, and what waits for them."""
    page, model = "review", w.env["ai.answer.review"]
    since = fields.Date.subtract(w.today, days=REVIEWED_DAYS)

    def judged(where):
        w.env.cr.execute(
            f"""
            WITH said AS (
                SELECT r.id, r.reason = 'sample' AS drawn, array_agg(v.verdict) AS words
                  FROM ai_answer_review r JOIN ai_answer_review_verdict v ON v.review_id = r.id
                 WHERE r.company_id = %s AND r.state = 'done' AND r.local_date > %s AND {where}
                 GROUP BY r.id)
            SELECT count(*) FILTER (WHERE drawn),
                   count(*) FILTER (WHERE drawn AND 'wrong' <> ALL(words)),
                   count(*) FILTER (WHERE drawn AND 'right' <> ALL(words)),
                   count(*) FILTER (WHERE drawn AND '{{right,wrong}}' <@ words::varchar[]),
                   count(*) FILTER (WHERE NOT drawn),
                   count(*) FILTER (WHERE NOT drawn AND 'right' <> ALL(words)),
                   count(*) FILTER (WHERE cardinality(words) = 2),
                   count(*) FILTER (WHERE words IN ('{{right,right}}', '{{wrong,wrong}}'))
              FROM said
            """,
            (w.company.id, since),
        )
        return w.env.cr.fetchone()

    found = model.get_review_figures(REVIEWED_DAYS)
    lines = [(line, f"r.agent_id = {line['id']}") for line in found["agents"] if line["id"]]
    lines += [(line, f"r.model_name = '{line['id']}'") for line in found["models"] if line["id"]]
    for line, where in lines:
        drawn, right, wrong, split, doubted, confirmed, _two, _agreed = judged(where)
        names = {"drawn": drawn, "right": right, "wrong": wrong, "split": split,
                 "doubted": doubted, "confirmed": confirmed}  # fmt: skip
        for name, expected in names.items():
            w.same(page, f"{line['name']}, {name}", line[name], expected, count)
        if drawn:
            part = (right + Decimal(split) / 2) / drawn
            w.same(page, f"{line['name']}, share", line["share"], part, seconds)
    *_counts, two, agreed = judged("TRUE")
    w.same(page, "judged by two", found["agreement"]["pairs"], two, count)
    w.same(page, "agreed", found["agreement"]["agreed"], agreed, count)
    waiting, second = "state <> 'done' AND id NOT IN ({})", "state = 'second' AND id IN ({})"
    mine = f"SELECT review_id FROM ai_answer_review_verdict WHERE user_id = {w.env.uid}"
    shown = model.get_review()
    kept = "SELECT count(*) FROM ai_answer_judgement WHERE company_id = %s AND verdict = 'pending'"
    w.env.cr.execute(kept, (w.company.id,))
    pairs = w.env.cr.fetchone()[0]
    for name, where, more in (("waiting", waiting, pairs), ("second", second, 0)):
        w.env.cr.execute(
            f"SELECT count(*) FROM ai_answer_review WHERE company_id = %s AND {where.format(mine)}",
            (w.company.id,),
        )
        number = w.env.cr.fetchone()[0]
        w.same(page, name, shown[name], number + more, count)
    done = [("company_id", "=", w.company.id), ("state", "=", "done")]
    w.env.cr.execute(
        "SELECT count(DISTINCT token_usage_id) FROM ai_answer_review"
        " WHERE company_id = %s AND state = 'done'",
        (w.company.id,),
    )
    number = w.env.cr.fetchone()[0]
    w.same(page, "listed", model.search_count(done), number, count)
    for one in model.search(done, limit=3):
        w.same(page, f"call {one.token_usage_id}", one.action_view_call()["res_id"],
               one.token_usage_id, count)  # fmt: skip
