"""What is told elsewhere: Ask AI's tools, mails, files, and what programs are told."""

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import openpyxl

from odoo import fields
from odoo.tools import html2plaintext

from odoo.addons.ai_brain.engine.base.money import format_usd
from odoo.addons.ai_brain.engine.chat.ledger_tools import Looked

from . import books
from .books import count, share, whole
from .dashboard_pages import of_customer


def walk(w):
    ask_ai(w)
    weekly_mail(w)
    daily_mail(w)
    spreadsheet(w)
    programs(w)


def ask_ai(w):
    """What a model is told, and where each figure that it may cite leads."""
    page, looked = "ask ai", Looked()
    tools, month = w.env["ai.ledger.tools"], (w.today.replace(day=1), w.today)
    for group, column in (("user", "user_id"), ("addon", "module"), ("kind", "kind")):
        text = tools._ledger_costs(looked, "this_month", group)
        w.case.assertIn(f"All: {w.text(w.amount(days=month))}", text)
        rows = [*w.analytics.get_cost_breakdown()[f"by_{'module' if group == 'addon' else group}"]]
        for source, key in list(zip(looked.sources[-len(rows[:12]) :], rows, strict=False))[:3]:
            where = f"{column}::text = '{key}'" if key else f"{column} IS NULL"
            cost = w.sum(where=where, days=month)
            w.same(page, f"{group} {source['label']}", source["cost_usd"], cost, format_usd,
                   listed=w.total(source["domain"]))  # fmt: skip
            said = w.text(w.amount(where=where, days=month))
            w.case.assertIn(f"- {source['label']}: {said}, ", text)
            w.case.assertEqual(source["amount"], said)
    looked = Looked()
    text = tools._ledger_costs(looked, "this_month", "customer")
    rows = w.analytics.get_customer_breakdown()["rows"]
    for row, source in list(zip(rows, looked.sources[1:], strict=False))[:3]:
        where = of_customer(row["key"])
        if where:
            cost = w.sum(where=where, days=month)
            w.same(page, f"customer {source['label']}", source["cost_usd"], cost, format_usd,
                   listed=w.total(source["domain"]))  # fmt: skip
            said = w.text(w.amount(where=where, days=month))
            w.case.assertIn(f"- {source['label']}: {said}, ", text)
    looked = Looked()
    tools._ledger_calls(looked, "this_month", "dearest")
    w.env.cr.execute(
        "SELECT cost_usd::text FROM walked WHERE made_on >= %s AND call_count = 1"
        " ORDER BY cost_usd DESC, id DESC LIMIT 2",
        (month[0],),
    )
    for source, (cost,) in zip(looked.sources, w.env.cr.fetchall(), strict=False):
        w.same(page, source["label"], source["cost_usd"], Decimal(cost), format_usd,
               listed=w.total(source["domain"]))  # fmt: skip


def weekly_mail(w):
    page, digest = "weekly mail", w.env["ai.cost.digest"]
    first, last = digest._week(w.company)
    days = first, last
    before = tuple(fields.Date.subtract(day, days=7) for day in days)
    text = _plain(digest.sudo()._body(w.company, w.env.user, first, last))
    told = {
        "cost": w.text(w.amount(days=days)),
        "before": w.text(w.amount(days=before)),
        "change": f"{float(100 * (w.amount(days=days) / w.amount(days=before) - 1)):+.0f}%",
        "calls": count(w.calls(days=days)),
        "saved": w.text(w.amount("saved_usd", days=days)),
        "waste": w.text(w.amount("could_have_saved_usd", days=days)),
    }
    for kind in ("cache", "pattern", "dedup"):
        where = f"kind = '{kind}'"
        if w.calls(where, days):
            number = count(w.calls(where, days))
            told[kind] = f"{number} {w.text(w.amount('saved_usd', where, days))}"
    for column in ("user_id", "module", "provider_id"):
        w.env.cr.execute(
            f"SELECT {column}, SUM(cost_usd) FROM walked WHERE made_on BETWEEN %s AND %s"
            " GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
            days,
        )
        key = w.env.cr.fetchone()[0]
        where = f"{column} = '{key}'" if key else f"{column} IS NULL"
        told[f"dearest {column}"] = w.text(w.amount(where=where, days=days))
    _told(w, page, text, told)


def daily_mail(w):
    page, day = "daily mail", w.today - timedelta(days=1)
    days = day, day
    text = _plain(w.env["ai.cost.digest"]._daily_body(w.company, day))
    judged, failed = (
        w.calls(where, days) for where in (books.JUDGED, f"{books.JUDGED} AND {books.FAILED}")
    )
    told = {
        "cost": w.text(w.amount(days=days)),
        "succeeded": f"Succeeded {share(Decimal(100) * (judged - failed) / judged)}%",
        "from cache": "From cache "
        f"{share(Decimal(100) * w.calls(books.REUSED, days) / w.calls(days=days))}%",
    }
    kinds = dict(w.usage._fields["kind"]._description_selection(w.env))
    for kind, label in kinds.items():
        where = f"kind = '{kind}'"
        if w.sql("count(*)", where, days):
            cost, saved = (w.text(w.amount(f"{n}_usd", where, days)) for n in ("cost", "saved"))
            told[kind] = f"{label} {count(w.calls(where, days))} {cost} {saved}"
    spent, spared = (w.text(w.amount(f"{name}_usd", days=days)) for name in ("cost", "saved"))
    told["all kinds"] = f"Total {count(w.calls(days=days))} {spent} {spared}"
    _told(w, page, text, told)


def _plain(body):
    return " ".join(html2plaintext(body).replace("*", "").split())


def _told(w, page, text, told):
    for name, words in told.items():
        w.figures[page] += len(re.findall(r"\d[\d,.]*", words))
        with w.case.subTest(page=page, figure=name):
            w.case.assertIn(" ".join(words.split()), text)


def spreadsheet(w):
    """The two files have the figures of the table, each with all its digits."""
    page, period = "files", {"period_type": "month"}
    w.days = w.today.replace(day=1), w.today
    name, _kind, content = w.analytics.export_breakdown("xlsx", period)
    w.case.assertTrue(name.endswith(".xlsx"))
    book = openpyxl.load_workbook(io.BytesIO(content))
    text = w.analytics.export_breakdown("csv", period)[2].decode("utf-8-sig")
    lines = {(line[0], line[1]): line for line in csv.reader(io.StringIO(text))}
    for title, column in (
        ("Kind", "kind"), ("Model", "model_name"), ("Task", "task_type"), ("Session", "session_id")
    ):  # fmt: skip
        rows = [[cell.value for cell in row] for row in book[title].iter_rows(min_row=2)]
        for row in rows[:3]:
            key = row[0]
            if title in ("Kind", "Task"):
                labels = dict(w.usage._fields[column]._description_selection(w.env))
                key = {label: code for code, label in labels.items()}.get(key)
            if key is None:
                continue
            where = f"{column} = '{key}'"
            line = lines[title, row[0]]
            w.same(page, f"{title} {key}, USD", row[1], w.sum(where=where), format_usd,
                   csv=Decimal(line[2]))  # fmt: skip
            w.same(page, f"{title} {key}", row[2], w.amount(where=where), csv=Decimal(line[3]))
            w.same(page, f"{title} {key}, calls", row[3], w.calls(where), count,
                   csv=Decimal(line[4]))  # fmt: skip


def programs(w):
    """What a key is told over HTTP."""
    page, days = "analytics api", (w.today.replace(day=1), w.today)
    found = w.case.api(w.env.user, w.company, start_date=days[0], end_date=days[1])
    board = w.analytics.get_dashboard_data()
    w.same(page, "cost", found["total_cost_usd"], w.sum(days=days), format_usd,
           dashboard=board["totals"]["cost_usd"]["value"])  # fmt: skip
    w.same(page, "calls", found["total_requests"], w.calls(days=days), count,
           dashboard=board["totals"]["calls"]["value"])  # fmt: skip
    shown = {row["key"] or None: row for row in board["breakdowns"]["by_agent"]}
    for agent in found["by_agent"][:3]:
        code = agent["agent_type"]
        where = f"agent_type = '{code}'" if code else "agent_type IS NULL"
        w.same(page, f"{code}, cost", agent["total_cost_usd"], w.sum(where=where, days=days),
               format_usd, dashboard=shown[code]["cost_usd"])  # fmt: skip
        w.same(page, f"{code}, calls", agent["total_requests"], w.calls(where, days), count,
               dashboard=shown[code]["calls"])  # fmt: skip
        timed = f"{where} AND state = 'done' AND {books.VENDOR} AND latency_ms IS NOT NULL"
        latency = w.sum("latency_ms", timed, days) / w.sum("1", timed, days)
        w.same(page, f"{code}, time", agent["avg_latency_ms"], latency, whole)
        hits = Decimal(w.calls(f"{where} AND {books.REUSED}", days)) / w.calls(where, days)
        w.same(page, f"{code}, from cache", agent["cache_hit_rate"], hits, lambda one: share(
            100 * Decimal(str(one))))  # fmt: skip
    caches = found["cache_stats"]
    w.same(page, "hits", caches["cache_hits"], w.calls(books.REUSED, days), count)
    w.same(page, "saved", caches["saved_usd"], w.sum("saved_usd", books.REUSED, days), format_usd)
