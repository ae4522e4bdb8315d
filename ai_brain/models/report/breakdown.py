from decimal import Decimal

from odoo import api, models

from .figures import change_pct
from .ledger_groups import group_sums
from .rollup_read import Bucket
from .rollup_records import record_sums, top_records

#: Answer key -> (dimension, field of the ledger for the drill-down).
BREAKDOWNS = {
    "by_module": ("module", "module"),
    "by_context": ("context", "context_model"),
    "by_user": ("user", "user_id"),
    "by_provider": ("provider", "provider_id"),
    "by_model": ("model", "model_name"),
    "by_agent": ("agent", "agent_type"),
    "by_kind": ("kind", "kind"),
}
ROW_MEASURES = ("cost_usd", "cost_company", "calls")
TOP_RECORDS = 10
TOP_SESSIONS = 100


class AiTokenAnalytics(models.Model):
    """The breakdown of a period, line by line [A3]."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_cost_breakdown(
        self, period_type="month", user_id=None, date_from=None, date_to=None, **filters
    ):
        """Return what a period cost, broken down, against the period before.

        :param period_type: day, week, month, quarter, year (the current one, or the one that
            ``date_from`` lies in) or custom (``date_from`` to ``date_to``, both included)
        :param filters: names of ``rollup_route.FILTERS`` and ``company_ids``; False means rows
            without a value
        :return: dict with ``total_cost`` (float, USD), ``total_cost_exact`` (str, all digits),
            ``calls``, ``by_module``, ``by_context``, ``by_user``, ``by_provider``, ``by_model``,
            ``by_agent``, ``by_kind``, ``by_session`` (the dearest hundred) and ``by_lead`` (top
            ten records, ``'crm.lead,7'``): dicts from the technical name or id (False: none) to
            the row that :meth:`_breakdown_row` returns, dearest first; ``trends``: for
            ``cost_usd``, ``calls`` and each key of each breakdown the change in percent, None
            where there was nothing before; ``period`` and ``previous`` with their days
        :raise UserError: an unknown period or filter
        """
        reader = self._reader({**filters, "user_id": user_id})
        company = self._company_of(reader)
        period = self._period(company, period_type, date_from, date_to)
        rows, totals = self._breakdowns(reader, company, period)
        rows["by_session"] = self._session_rows(reader, company, period, totals["cost_usd"][0])
        trends = {name: change_pct(now, before) for name, (now, before) in totals.items()}
        for name, lines in rows.items():
            trends[name] = {
                row["key"]: change_pct(row["cost_usd"], row["previous_usd"]) for row in lines
            }
        return {
            "total_cost": float(totals["cost_usd"][0]),
            "total_cost_exact": str(totals["cost_usd"][0]),
            "calls": totals["calls"][0],
            **{name: {row["key"]: row for row in lines} for name, lines in rows.items()},
            "trends": trends,
            "period": {"date_from": str(period.first), "date_to": str(period.last)},
            "previous": {
                "date_from": str(period.previous_first),
                "date_to": str(period.previous_last),
            },
        }

    @api.model
    def _breakdowns(self, reader, company, period):
        """Return ({answer key: rows}, {'cost_usd' and 'calls': (now, before)})."""
        dimensions = {dimension: name for name, (dimension, _field) in BREAKDOWNS.items()}
        now, before = self._buckets(period)
        sums = reader.sums(["total", *dimensions], [now, before], ROW_MEASURES)
        total = [s for s in sums if s.dimension == "total"]
        totals = {
            measure: tuple(
                sum((s.values[measure] for s in total if s.bucket == b.name), Decimal(0))
                for b in (now, before)
            )
            for measure in ("cost_usd", "calls")
        }
        totals["calls"] = tuple(map(int, totals["calls"]))
        money = self._money(company, period.last)
        lines = {name: {} for name in BREAKDOWNS}
        for found in sums:
            if found.dimension == "total":
                continue
            line = lines[dimensions[found.dimension]].setdefault(found.key, Line())
            line.add(found.bucket == "now", found.values, money(found))
        rows = {}
        for name, (dimension, field) in BREAKDOWNS.items():
            found = {key: line for key, line in lines[name].items() if line.counts}
            labels = self._opening(dimension, list(found))
            rows[name] = self._rows(found, labels, totals["cost_usd"][0], field)
        rows["by_lead"] = self._lead_rows(reader, company, period, totals["cost_usd"][0], money)
        return rows, totals

    @api.model
    def _buckets(self, period):
        return (
            Bucket("now", period.first, period.last),
            Bucket("before", period.previous_first, period.previous_last),
        )

    @api.model
    def _rows(self, lines, labels, total, field):
        order = sorted(lines, key=lambda key: (-lines[key].cost_usd, str(key)))
        return [
            {
                **self._breakdown_row(
                    key, labels[key][0], lines[key], total, [(field, "=", key or False)]
                ),
                "opens": labels[key][1],
            }
            for key in order
        ]

    @api.model
    def _breakdown_row(self, key, label, line, total, domain):
        """One line: ``key`` (id or text, False for none), ``label``, ``cost_usd``,
        ``cost_usd_exact`` (str, all digits), ``cost_company``, ``calls``, ``share_pct`` of the
        cost, ``previous_usd``, ``domain``. Lines of a dimension have ``opens``, too: [model, id] of
        what they name, None where there is no such record for the user."""
        return {
            "key": key or False,
            "label": label,
            "cost_usd": float(line.cost_usd),
            "cost_usd_exact": str(line.cost_usd),
            "cost_company": float(line.cost_company),
            "calls": line.calls,
            "share_pct": float(100 * line.cost_usd / total) if total else 0.0,
            "previous_usd": float(line.previous_usd),
            "domain": [list(leaf) for leaf in domain],
        }

    @api.model
    def _lead_rows(self, reader, company, period, total, money):
        today = company._ai_local_date()
        lines = {}
        for found in top_records(reader, period.first, period.last, today, TOP_RECORDS):
            key = (found.res_model, found.res_id)
            lines.setdefault(key, Line()).add(True, found._asdict(), money(found))
        for found in record_sums(reader, list(lines), period.previous_first, period.previous_last):
            lines[found.res_model, found.res_id].add(False, found._asdict(), Decimal(0))
        labels = self._record_labels(list(lines))
        return [
            self._breakdown_row(
                f"{key[0]},{key[1]}",
                labels[key],
                line,
                total,
                [("res_model", "=", key[0]), ("res_id", "=", key[1])],
            )
            for key, line in lines.items()
        ]

    @api.model
    def _session_rows(self, reader, company, period, total):
        money = self._money(company, period.last)
        now, before = self._buckets(period)
        columns, lines = ("session_id",), {}
        for found in group_sums(reader, columns, now, ROW_MEASURES, limit=TOP_SESSIONS):
            lines.setdefault(found.key[0], Line()).add(True, found.values, money(found))
        earlier = [("session_id", "in", list(lines))]
        for found in group_sums(reader, columns, before, ROW_MEASURES, earlier) if lines else ():
            lines[found.key[0]].add(False, found.values, Decimal(0))
        return [
            self._breakdown_row(key, key, line, total, [("session_id", "=", key)])
            for key, line in lines.items()
        ]

    @api.model
    def _money(self, company, day):
        """Return a function: company-currency amount of a sum, in one currency for all.

        The ledger's amounts are frozen in the company's currency of the day. Where a row is in
        another one (another company's, or USD as no rate was known), what it cost in USD is
        converted at ``day``'s rate; without a rate all is in USD.
        """
        currency_id, rate = company._ai_usd_rate(min(day, company._ai_local_date()))
        currency = self.env["res.currency"].browse(currency_id).sudo()

        def money(found):
            values = getattr(found, "values", None)
            values = values if isinstance(values, dict) else found._asdict()
            if found.currency_id in (currency.id, 0):
                return values["cost_company"]
            return values["cost_usd"] * rate

        money.currency = currency
        return money


class Line:
    """One line of a breakdown while it is being added up."""

    def __init__(self):
        self.cost_usd = self.cost_company = self.previous_usd = Decimal(0)
        self.calls = self.previous_calls = 0

    def add(self, current, values, cost_company):
        if current:
            self.cost_usd += values["cost_usd"]
            self.cost_company += cost_company
            self.calls += values["calls"]
        else:
            self.previous_usd += values["cost_usd"]
            self.previous_calls += values["calls"]

    @property
    def counts(self):
        return bool(self.calls or self.cost_usd or self.previous_calls or self.previous_usd)
