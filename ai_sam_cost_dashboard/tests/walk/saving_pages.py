"""The pages about what was saved, and what could be."""

from datetime import timedelta
from decimal import Decimal

from . import books
from .books import count, share

#: Sessions of an arm before which nothing is said of it.
LEAST_SESSIONS = 20


def walk(w, data):
    first_actions(w, data)
    waste(w, data)
    proven(w, data)


def first_actions(w, data):
    """Do this first: of 30 days, whatever the page shows."""
    page, found = "do this first", data["first_actions"]
    month = str(w.today - timedelta(days=29)), str(w.today)
    w.case.assertEqual((found["date_from"], found["date_to"]), month)
    days = [["local_date", ">=", month[0]], ["local_date", "<=", month[1]]]
    days.append(["company_id", "in", w.company.ids])
    w.same(
        page, "cost of the days", w.pick(found, "cost"), w.amount(days=month),
        listed=w.listed(days),
    )  # fmt: skip
    w.same(
        page, "together", w.pick(found, "together"),
        sum(Decimal(repr(w.pick(item, "counted"))) for item in found["items"]),
    )  # fmt: skip
    for item in found["items"]:
        domain = [*days, *(item["domain"] or [])]
        if item["kind"] == "waste":
            kind = item["waste_kind"]
            what = w.found(kind)
            w.same(
                page, item["title"], w.pick(item, "saving"), w.amount(what, days=month),
                listed=w.listed(domain, "found", "waste", "agent_type", ai_waste_kind=kind),
            )  # fmt: skip
            number = w.sql("count(*)", f"{what} > 0", month)
            w.same(
                page, f"{item['title']}, calls", item["calls"], number, count,
                listed=w.rows(domain),
            )  # fmt: skip
        elif item["kind"] == "no_agent":
            codes = ", ".join(f"'{code}'" for code in item["domain"][0][2])
            where = f"agent_type IN ({codes})"
            w.same(
                page, item["title"], w.pick(item, "cost"), w.amount(where=where, days=month),
                listed=w.listed(domain),
            )  # fmt: skip
            w.same(page, f"{item['title']}, calls", item["calls"], w.calls(where, month), count)
        elif item["kind"] == "advice" and not item["applied"]:
            advice = w.env["ai.cost.advice"].browse(int(item["id"].split("-")[1]))
            where = f"""provider_id = {advice.provider_id.id} AND {books.VENDOR} AND state = 'done'
                AND correction_of_id IS NULL"""
            cost = w.amount(where=where, days=month)
            w.same(page, item["title"], w.pick(item, "cost"), cost, listed=w.listed(domain))
            w.same(page, f"{item['title']}, calls", item["calls"], w.calls(where, month), count)
            left = Decimal(repr(w.pick(item, "cost"))) - Decimal(repr(w.pick(item, "after")))
            w.same(page, f"{item['title']}, saving", w.pick(item, "saving"), left)
            w.case.assertIn(w.text(w.pick(item, "cost")), item["text"])


def waste(w, data):
    """What was wasted in the period: kind by kind, and in the list with the waste of each call."""
    page = "waste"
    whole = w.amount("could_have_saved_usd")
    wasted = [*data["domain"], ["waste_detected", "=", True]]
    w.same(
        page, "all", sum(w.pick(line, "cost") for line in data["waste"]), whole,
        listed=w.listed(wasted, "could_have_saved", "waste", "waste_reason"),
        card=w.pick(data["totals"]["waste_usd"], "value"),
    )  # fmt: skip
    for line in data["waste"]:
        what, kind = w.found(line["type"]), line["type"]
        domain = [*data["domain"], *line["domain"]]
        w.same(
            page, line["label"], w.pick(line, "cost"), w.amount(what),
            listed=w.listed(domain, "found", "waste", "waste_reason", ai_waste_kind=kind),
        )  # fmt: skip
        number = w.sql("count(*)", f"{what} > 0")
        w.same(page, f"{line['label']}, calls", line["calls"], number, count, listed=w.rows(domain))


def proven(w, data):
    """What holdouts have shown: USD as measured, at what a dollar was in these calls."""
    page, found = "proven savings", w.analytics.get_proven_savings()
    w.case.assertNotEqual(found["state"], "none")
    ever = w.days_of_all()
    armed = "holdout_arm IS NOT NULL"
    treated = "holdout_arm = 'treated'"
    w.same(
        page, "estimated", w.pick(found, "estimated"), w.amount("saved_usd", treated, ever),
        listed=w.listed([*found["domain"], ["holdout_arm", "=", "treated"]], "saved", "saved"),
    )  # fmt: skip
    counted = f"{armed} AND kind <> 'summary'"
    held = "holdout_arm = 'held_out' AND kind <> 'summary'"
    w.same(page, "calls", found["calls"], w.calls(counted, ever), count)
    w.same(page, "held out", found["held_out_calls"], w.calls(held, ever), count)
    sessions = "count(DISTINCT (agent_key, holdout_unit))"
    w.same(page, "conversations", found["sessions"], w.sql(sessions, armed, ever), count)
    w.same(
        page, "held-out conversations", found["held_out_sessions"],
        w.sql(sessions, "holdout_arm = 'held_out'", ever), count,
    )  # fmt: skip
    worth = w.amount(where=armed, days=ever) / w.sum(where=armed, days=ever)
    for name in ("usd", "low_usd", "high_usd", "held_out_usd"):
        if found[name] is not None:
            shown = found[f"{name[:-3]}company"] if w.own else found[name]
            w.same(page, name, shown, Decimal(repr(found[name])) * (worth if w.own else 1))
    for arm in ("treated", "held_out"):
        asked = f"holdout_arm = '{arm}' AND kind <> 'summary' AND NOT {books.NOBODYS}"
        wrong = f"""{asked} AND (state = 'failed'
            OR state = 'uncertain' AND error_code IS NOT NULL)"""
        errors = Decimal(100) * w.calls(wrong, ever) / w.calls(asked, ever)
        w.same(page, f"errors, {arm}", found["quality"][arm]["errors"], errors, share)
    for line in found["agents"]:
        agent = w.env["ai.agent"].browse(line["agent_id"])
        estimate(w, page, agent, line)
        where = f"agent_key = {agent.id} AND {treated}"
        action = agent.action_view_holdout()
        w.same(
            page, f"{agent.name}, estimated", w.pick(line, "estimated"),
            w.amount("saved_usd", where, ever),
            listed=w.listed([*action["domain"], ["holdout_arm", "=", "treated"]], "saved", "saved"),
        )  # fmt: skip
        w.figures[page] += 2
        estimated = w.amount("saved_usd", where, ever)
        w.case.assertEqual(agent.saving_estimate, w.text(estimated))
        if line["usd"] is not None:
            saved = line["company"] if w.own else line["usd"]
            w.case.assertEqual(agent.saving_amount, w.text(saved))


#: What a session costs in either arm, adjusted by what its first call was expected to cost.
ESTIMATE = """
    WITH sessions AS (
        SELECT holdout_percent, holdout_arm AS arm, SUM(cost_usd)::numeric AS y,
               (array_agg(COALESCE(holdout_expected_usd::numeric, 0) ORDER BY id))[1] AS x
          FROM walked WHERE holdout_arm IS NOT NULL AND agent_key = %(agent)s
         GROUP BY 1, 2, holdout_unit
    ), held AS (
        SELECT count(*) AS n, avg(x) AS x, avg(y) AS y FROM sessions WHERE arm = 'held_out'
    ), treated AS (
        SELECT count(*) AS n, avg(x) AS x, avg(y) AS y,
               (avg(x * y) - avg(x) * avg(y)) / NULLIF(avg(x * x) - avg(x) * avg(x), 0) AS slope
          FROM sessions WHERE arm = 'treated'
    )
    SELECT (SELECT count(DISTINCT holdout_percent) FROM sessions), h.n, t.n,
           (h.y + t.slope * h.y / t.y * ((SELECT avg(x) FROM sessions) - h.x))::text,
           (t.y + t.slope * ((SELECT avg(x) FROM sessions) - t.x)
            + (SELECT COALESCE(SUM(cost_usd), 0) FROM walked
                WHERE kind = 'trial' AND agent_key = %(agent)s) / t.n)::text
      FROM held h, treated t
"""


def estimate(w, page, agent, line):
    """What an agent saves, worked out anew: the sessions' mean without, less the mean with it."""
    w.env.cr.execute(ESTIMATE, {"agent": agent.id})
    shares, held, treated, *means = w.env.cr.fetchone()
    if shares != 1 or min(held, treated) < LEAST_SESSIONS:
        return
    without, cost = map(Decimal, means)
    usd = w.env["res.currency"]._ai_usd_text
    part = 100 * (1 - cost / without)
    w.same(page, f"{agent.name}, per cent", line["percent"], part, share)
    w.same(page, f"{agent.name}, per cent on the form", agent.saving_percent, round(part, 1), share)
    making = w.sum(where=f"kind = 'trial' AND agent_key = {agent.id}", days=w.days_of_all())
    w.same(page, f"{agent.name}, saved in USD", line["usd"], treated * (without - cost), usd)
    w.same(page, f"{agent.name}, held out in USD", line["held_out_usd"],
           held * (without - cost + making / treated), usd)  # fmt: skip
