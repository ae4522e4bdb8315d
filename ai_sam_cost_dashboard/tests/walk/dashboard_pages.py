"""The pages that the dashboard is made of."""

import csv
import io
import json
from datetime import date
from decimal import Decimal

from . import books
from .books import count, share, whole

#: Key of a breakdown -> (its column in the ledger, what the file calls it).
TABS = {
    "by_user": ("user_id", "User"),
    "by_agent": ("agent_type", "Agent"),
    "by_module": ("module", "Addon"),
    "by_context": ("context_model", "Context"),
    "by_provider": ("provider_id", "Provider"),
    "by_model": ("model_name", "Model"),
    "by_kind": ("kind", "Kind"),
    "by_task": ("task_type", "Task"),
}
LINES = 2
#: Rows of a breakdown that the page asks for, and what it is drawn from.
SHORT = 10
MOST_BYTES = 90_000


def walk(w, period):
    """Walk the dashboard of a period: arguments of ``get_dashboard_data``. Of a quarter, the parts
    that its length makes differ: weeks are bars, and lists are longer."""
    asked = w.analytics.get_dashboard_data(**period, breakdown_rows=SHORT)
    w.case.assertLess(len(json.dumps(asked)), MOST_BYTES)
    data = json.loads(json.dumps(w.analytics.get_dashboard_data(**period)))
    for name, rows in asked["breakdowns"].items():
        w.case.assertEqual(json.loads(json.dumps(rows)), data["breakdowns"][name][:SHORT])
    w.days = tuple(data["period"][name] for name in ("date_from", "date_to"))
    w.before = tuple(data["previous"][name] for name in ("date_from", "date_to"))
    cards(w, data)
    trend(w, data)
    if period["period_type"] != "quarter":
        tables(w, data, period)
        bridge(w, data, period)
        providers(w, data)
    return data


def cards(w, data):
    page, totals = "cards", data["totals"]
    domain = data["domain"]

    def opened(name, *args, **options):
        return w.listed([*domain, *totals[name].get("domain", [])], *args, **options)

    cost = totals["cost_usd"]
    w.same(page, "spend", w.pick(cost, "value"), w.amount(), listed=w.listed(domain))
    w.same(page, "spend before", w.pick(cost, "previous"), w.amount(days=w.before))
    change = cost["change_company"] if w.own else cost["change_usd"]
    w.same(page, "change", change, w.amount() - w.amount(days=w.before))
    usd = w.env["res.currency"]._ai_usd_text
    w.same(page, "spend in USD", cost["value"], w.sum(), usd, listed=w.sum())
    w.same(
        page, "calls", totals["calls"]["value"], w.calls(), count,
        listed=w.listed(domain, "call_count", "number", "kind"),
    )  # fmt: skip
    for name, column, about, where in (
        ("saved_usd", "saved", "saved", [["saved_usd", "!=", 0]]),
        ("waste_usd", "could_have_saved", "waste", [["waste_detected", "=", True]]),
    ):
        w.same(
            page, name, w.pick(totals[name], "value"), w.amount(f"{column}_usd"),
            listed=w.listed([*domain, *where], column, about),
        )  # fmt: skip
        w.same(
            page, f"{name} before", w.pick(totals[name], "previous"),
            w.amount(f"{column}_usd", days=w.before),
        )  # fmt: skip
    uncertain = w.amount(where="state = 'uncertain'")
    opens = w.listed([*domain, ["state", "=", "uncertain"]])
    w.same(page, "uncertain", w.pick(totals["uncertain_usd"], "value"), uncertain, listed=opens)
    paid = w.amount(where="kind <> 'tuning'")
    total = opened("cost_per_call_usd")
    number = opened("cost_per_call_usd", "call_count", "number", "kind")
    w.same(
        page, "cost per call", w.pick(totals["cost_per_call_usd"], "value"),
        paid / w.calls(), listed=total / number,
    )  # fmt: skip
    reused = w.calls(books.REUSED)
    hits = opened("cache_hit_rate", "call_count", "number", "kind")
    w.same(
        page, "from cache", totals["cache_hit_rate"]["value"],
        Decimal(100) * reused / w.calls(), share, listed=100 * hits / w.calls(),
    )  # fmt: skip
    rated = [*domain, ["feedback_count", ">", 0]]
    mean = w.usage._read_group(rated, [], ["quality_score:avg"])[0][0]
    quality = w.sum("quality_score::numeric * feedback_count") / w.sum("feedback_count")
    w.same(page, "quality", totals["quality"]["value"], quality, whole, listed=mean)
    tokens = w.sum(
        "COALESCE(input_tokens, 0) + COALESCE(output_tokens, 0) + COALESCE(cache_read_tokens, 0)"
        " + COALESCE(cache_write_tokens, 0) + COALESCE(reasoning_tokens, 0)"
    )
    kinds = ("input", "output", "cache_read", "cache_write", "reasoning")
    opens = sum(w.listed(domain, f"{kind}_tokens", "tokens") for kind in kinds)
    w.same(page, "tokens", totals["total_tokens"]["value"], tokens, count, listed=opens)
    judged, failed = w.calls(books.JUDGED), w.calls(f"{books.JUDGED} AND {books.FAILED}")
    rows = w.rows([*domain, *totals["success_rate"]["domain"]])
    late = f"""correction_of_id IS NULL AND NOT {books.NOBODYS} AND NOT ({books.FAILED})
        AND (state = 'failed' OR state = 'uncertain' AND error_code IS NOT NULL)"""
    w.same(
        page, "succeeded", totals["success_rate"]["value"],
        Decimal(100) * (judged - failed) / judged, share,
        listed=100 * (judged - Decimal(rows - w.calls(late))) / judged,
    )  # fmt: skip
    timed = f"state = 'done' AND {books.VENDOR} AND latency_ms IS NOT NULL"
    mean = w.usage._read_group([*domain, *totals["latency_ms"]["domain"]], [], ["latency_ms:avg"])[
        0
    ][0]
    latency = w.sum("latency_ms", timed) / w.sum("1", timed)
    w.same(page, "latency", totals["latency_ms"]["value"], latency, whole, listed=mean)


def trend(w, data):
    page, found = "trend", data["trend"]
    w.same(page, "total", _own(w, found, "total"), w.amount(),
           listed=w.listed(data["domain"]))  # fmt: skip
    bars = [n for n, day in enumerate(found["dates"]) if day <= str(w.today)]
    for n in [*bars[:3], *bars[-3:]]:
        days = found["dates"][n], found["ends"][n]
        domain = [leaf for leaf in data["domain"] if leaf[0] != "local_date"]
        domain += [["local_date", ">=", days[0]], ["local_date", "<=", days[1]]]
        w.same(
            page, f"bar {days}", _own(w, found, "totals")[n], w.amount(days=days),
            listed=w.listed(domain),
        )  # fmt: skip
        before = _own(w, found, "previous_total", "previous_company")[n]
        if before is not None:
            day = found["previous_dates"][n]
            w.same(page, f"before {days}", before, w.amount(days=(day, day)))
    for series in found["series"][:LINES]:
        where = f"provider_id = {series['provider_id']}" if series["provider_id"] else (
            "provider_id IS NULL"
        )  # fmt: skip
        domain = [*data["domain"], ["provider_id", "=", series["provider_id"]]]
        w.same(
            page, series["name"], _own(w, series, "total"), w.amount(where=where),
            listed=w.listed(domain, group="user_id"),
        )  # fmt: skip
        w.same(
            page, f"{series['name']} on a day", _own(w, series, "values")[bars[0]],
            w.amount(where=where, days=(found["dates"][bars[0]], found["ends"][bars[0]])),
        )  # fmt: skip
    for mark in found["marks"]:
        shown = mark["amount_company"] if w.own else mark["amount_usd"]
        amount = w.amount(days=(mark["date"], mark["date"]))
        w.same(page, f"mark of {mark['date']}", shown, amount)
        w.case.assertTrue(mark["text"].startswith(w.text(amount)), mark["text"])


def _own(w, line, name, own=None):
    return line[(own or f"company_{name}") if w.own else name]


def tables(w, data, period):
    page = "where it went"
    breakdown = w.analytics.get_cost_breakdown(**period)
    lines = list(csv.reader(io.StringIO(_file(w, "csv", period))))
    export = {(line[0], line[1]): line for line in lines}
    header = lines[0]
    w.case.assertIn(f"({w.currency.name})", header[3])
    total = data["totals"]["cost_usd"]
    last = export["Total", "Total"]
    w.same(
        page, "total", w.pick(total, "value"), w.amount(), export=Decimal(last[3]),
        breakdown=breakdown["total"]["cost_company"],
    )  # fmt: skip
    for tab, (column, title) in TABS.items():
        for row in data["breakdowns"][tab][:LINES]:
            where = f"{column}::text = '{row['key']}'" if row["key"] else f"{column} IS NULL"
            in_file = export.get((title, row["label"]))
            _row(w, page, f"{tab} {row['label']}", row, where, data, in_file)
            w.case.assertEqual(breakdown[tab][row["key"]]["cost_usd"], row["cost_usd"])
    for row in data["breakdowns"]["by_lead"][:LINES]:
        model, record = row["key"].split(",")
        where = f"res_model = '{model}' AND res_id = {record}"
        _row(w, page, f"record {row['label']}", row, where, data, None)
    customers = w.analytics.get_customer_breakdown(**period)["rows"]
    for row in customers[:LINES]:
        where = of_customer(row["key"])
        if where:
            in_file = export["Customer", row["label"]]
            _row(w, page, f"customer {row['label']}", row, where, data, in_file)
    w.same(
        page, "customers together", sum(row["cost_company"] for row in customers),
        w.amount(), export=Decimal(last[3]),
    )  # fmt: skip


def of_customer(key):
    """SQL of the calls of a line by customer; None where SQL cannot tell."""
    if isinstance(key, int):
        return f"""EXISTS (SELECT 1 FROM res_partner p WHERE res_model = 'res.partner'
            AND p.id = res_id AND p.commercial_partner_id = {key})"""
    return "res_id IS NULL" if key == "no_record" else None


def _row(w, page, name, row, where, data, in_file):
    amount, before = w.amount(where=where), w.amount(where=where, days=w.before)
    export = {"export": Decimal(in_file[3])} if in_file else {}
    w.same(
        page, f"{name}, cost", w.pick(row, "cost"), amount,
        listed=w.listed([*data["domain"], *row["domain"]], group="agent_type"), **export,
    )  # fmt: skip
    w.same(page, f"{name}, before", w.pick(row, "previous"), before)
    w.same(page, f"{name}, change", w.pick(row, "change"), amount - before)
    w.same(page, f"{name}, calls", row["calls"], w.calls(where), count)
    part = Decimal(100) * w.sum(where=where) / w.sum()
    w.same(page, f"{name}, share", row["share_pct"], part, share)


def _file(w, kind, period):
    return w.analytics.export_breakdown(kind, period)[2].decode("utf-8-sig")


def bridge(w, data, period):
    page = "why it changed"
    found = w.analytics.get_cost_bridge(**period)
    steps = {step["code"]: step for step in found["steps"]}
    for side, days in (("start", w.before), ("end", w.days)):
        w.same(
            page, side, w.pick(found[side], "usd"), w.amount(days=days),
            listed=w.listed(found[side]["domain"]),
        )  # fmt: skip
    change = w.amount() - w.amount(days=w.before)
    w.same(page, "change", w.pick(found["change"], "usd"), change)
    w.same(page, "all steps", sum(w.pick(step, "usd") for step in found["steps"]), change)
    w.same(page, "end, as on the card", w.pick(found["end"], "usd"),
           w.pick(data["totals"]["cost_usd"], "value"))  # fmt: skip
    rate = w.company._ai_usd_rate(min(date.fromisoformat(w.days[1]), w.today))[1]
    sides = []
    for days in (w.before, w.days):
        training = w.sum(where="kind = 'tuning'", days=days)
        sides.append(
            {
                "calls": w.calls(days=days),
                "asked": w.calls(days=days) - w.calls(books.REUSED, days=days),
                "training": training,
                "cost": w.sum(days=days) - training,
                "batch": w.sum("saved_usd", "kind = 'batch'", days),
                "routing": w.sum("saved_usd", f"{books.VENDOR} AND kind <> 'batch'", days),
            }
        )
    old, new = sides
    more = Decimal(new["asked"]) / old["asked"]
    expected = {
        "volume": (new["calls"] - old["calls"]) * old["cost"] / old["calls"],
        "reuse": old["cost"] * (more - Decimal(new["calls"]) / old["calls"]),
        "routing": old["routing"] * more - new["routing"],
        "batch": old["batch"] * more - new["batch"],
        "training": new["training"] - old["training"],
    }
    for code, usd in expected.items():
        w.same(page, code, w.pick(steps[code], "usd"), usd * (rate if w.own else 1), w.text)
    for by, column in (("by_agent", "agent_type"), ("by_user", "user_id")):
        for row in found[by][:LINES]:
            if row["key"] is None:
                continue
            where = f"{column}::text = '{row['key']}'" if row["key"] else f"{column} IS NULL"
            moved = w.amount(where=where) - w.amount(where=where, days=w.before)
            opens = w.listed(row["domain"]) - w.listed(row["domain_before"])
            w.same(page, f"{by} {row['label']}", w.pick(row, "usd"), moved, listed=opens)


def providers(w, data):
    page = "providers"
    for line in data["providers"][:LINES]:
        where = f"provider_id = {line['id']}"
        answered = f"{where} AND {books.ANSWERED}"
        # with what corrected them
        paid = w.amount(
            where=f"{where} AND ({books.ANSWERED} OR EXISTS (SELECT 1 FROM walked o"
            f" WHERE o.id = u.correction_of_id AND o.{books.VENDOR}))"
        )
        failed = w.calls(f"{where} AND {books.VENDOR} AND {books.FAILED}")
        number = w.calls(answered)
        w.same(page, f"{line['name']}, a call", w.pick(line, "cost_per_call"), paid / number)
        w.same(page, f"{line['name']}, calls", line["calls"], number + failed, count)
        w.same(
            page, f"{line['name']}, errors", line["error_rate"],
            Decimal(100) * failed / (number + failed), share,
        )  # fmt: skip
        timed = f"{where} AND state = 'done' AND {books.VENDOR} AND latency_ms IS NOT NULL"
        latency = w.sql("avg(latency_ms)", timed)
        w.same(page, f"{line['name']}, time", line["latency_ms"], latency, whole)
