from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ...engine.base.line import one_line
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
    "by_task": ("task", "task_type"),
}
ROW_MEASURES = ("cost_usd", "cost_company", "calls")
TOP_RECORDS = 10
TOP_SESSIONS = 100
#: The breakdown that is summed from the ledger when somebody asks for it, and its column there.
BY_KEY, KEY = "by_key", "gateway_key"


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
            ``calls``, ``total`` (a row of all), ``by_module``, ``by_context``, ``by_user``,
            ``by_provider``, ``by_model``, ``by_agent``, ``by_kind``, ``by_task``, ``by_key`` (the
            endpoint's; empty where no call came with one), ``by_session`` (the
            dearest hundred) and ``by_lead`` (top ten records, ``'crm.lead,7'``): dicts from the
            technical name or id (False: none) to the row that :meth:`_breakdown_row` returns,
            dearest first; ``trends``: for ``cost_usd``, ``calls`` and each key of each breakdown
            the change in percent, None where there was nothing before; ``period`` and ``previous``
            with their days
        :raise UserError: an unknown period or filter
        """
        reader = self._reader({**filters, "user_id": user_id})
        company = self._company_of(reader)
        period = self._period(company, period_type, date_from, date_to)
        rows, totals = self._breakdowns(reader, company, period)
        rows["by_session"] = self._session_rows(reader, company, period, totals["cost_usd"][0])
        rows[BY_KEY] = self._key_rows(reader, company, period)
        whole = totals.pop("whole")
        trends = {name: change_pct(now, before) for name, (now, before) in totals.items()}
        for name, lines in rows.items():
            trends[name] = {row["key"]: row["change_pct"] for row in lines}
        return {
            "total_cost": float(totals["cost_usd"][0]),
            "total_cost_exact": str(totals["cost_usd"][0]),
            "calls": totals["calls"][0],
            "total": whole,
            **{name: {row["key"]: row for row in lines} for name, lines in rows.items()},
            "trends": trends,
            "period": {"date_from": str(period.first), "date_to": str(period.last)},
            "previous": {
                "date_from": str(period.previous_first),
                "date_to": str(period.previous_last),
            },
        }

    @api.model
    @api.readonly
    def get_breakdown_rows(
        self, name, period_type="month", date_from=None, date_to=None, **filters
    ):
        """Return every row of one breakdown of the dashboard, as :meth:`get_dashboard_data` has
        the dearest of them.

        :param str name: a key of its ``breakdowns``, or ``by_key``: by the endpoint's key that
            calls came with, and those without one in one row; no rows where none had one
        :return: dict with ``rows``, dearest first
        :raise UserError: an unknown breakdown, period or filter
        """
        reader = self._reader(filters)
        company = self._company_of(reader)
        period = self._period(company, period_type, date_from, date_to)
        if name == BY_KEY:
            return {"rows": self._key_rows(reader, company, period)}
        breakdowns, _totals = self._breakdowns(reader, company, period)
        if not isinstance(name, str) or name not in breakdowns:
            known = ", ".join((*breakdowns, BY_KEY))
            raise UserError(
                self.env._(
                    "There is no breakdown %(name)s. There are: %(known)s.",
                    name=one_line(name, 100),
                    known=known,
                )
            )
        self._add_budgets_left(reader, company, period, breakdowns)
        return {"rows": breakdowns[name]}

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
        whole = Line()
        for found in total:
            whole.add(found.bucket == "now", found.values, money(found))
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
        label = self.env._("Total")
        totals["whole"] = self._breakdown_row(False, label, whole, whole.cost_usd, [])
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
        cost, ``previous_usd`` and ``previous_company``, ``change_usd``, ``change_company``,
        ``change_pct`` and ``change_company_pct`` (None where nothing was before), ``domain``.
        Lines of a dimension have ``opens``, too: [model, id] of what they name, None where there
        is no such record for the user."""
        return {
            "key": key or False,
            "label": label,
            "cost_usd": float(line.cost_usd),
            "cost_usd_exact": str(line.cost_usd),
            "cost_company": float(line.cost_company),
            "calls": line.calls,
            "share_pct": float(100 * line.cost_usd / total) if total else 0.0,
            "previous_usd": float(line.previous_usd),
            "previous_company": float(line.previous_company),
            "change_usd": float(line.cost_usd - line.previous_usd),
            "change_company": float(line.cost_company - line.previous_company),
            "change_pct": change_pct(line.cost_usd, line.previous_usd),
            "change_company_pct": change_pct(line.cost_company, line.previous_company),
            "domain": [part if isinstance(part, str) else list(part) for part in domain],
        }

    @api.model
    def _lead_rows(self, reader, company, period, total, money):
        today = company._ai_local_date()
        lines = {}
        for found in top_records(reader, period.first, period.last, today, TOP_RECORDS):
            key = (found.res_model, found.res_id)
            lines.setdefault(key, Line()).add(True, found._asdict(), money(found))
        for found in record_sums(reader, list(lines), period.previous_first, period.previous_last):
            lines[found.res_model, found.res_id].add(False, found._asdict(), money(found))
        labels = self._record_labels(list(lines))
        opened = self._readable_records(list(lines))
        return [
            {
                **self._breakdown_row(
                    f"{key[0]},{key[1]}",
                    labels[key],
                    line,
                    total,
                    [("res_model", "=", key[0]), ("res_id", "=", key[1])],
                ),
                "opens": list(key) if key in opened else None,
            }
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
            lines[found.key[0]].add(False, found.values, money(found))
        return [
            self._breakdown_row(key, key, line, total, [("session_id", "=", key)])
            for key, line in lines.items()
        ]

    @api.model
    def _key_rows(self, reader, company, period):
        """Return the rows by endpoint key, which add up to the period's cost; [] without a key.

        The rollup does not keep it: the rows that have a key are few, and an index holds them.
        """
        money = self._money(company, period.last)
        lines, total = {}, Line()
        for bucket in self._buckets(period):
            for found in group_sums(reader, (KEY,), bucket, ROW_MEASURES):
                line = lines.setdefault(found.key[0], Line())
                line.add(bucket.name == "now", found.values, money(found))
        if not lines:
            return []
        for found in reader.sums(["total"], [*self._buckets(period)], ROW_MEASURES):
            total.add(found.bucket == "now", found.values, money(found))
        rest = Line()
        rest.join(total)
        for line in lines.values():
            rest.join(line, -1)
        if rest.counts:
            lines[0] = rest
        return self._rows(lines, self._opening("key", list(lines)), total.cost_usd, KEY)

    @api.model
    def _has_keyed_calls(self, reader, period):
        """Did a call of the period or of the one before it come with an endpoint key?"""
        domain = [(KEY, "!=", False), *reader.domain(period.previous_first, period.last)]
        # in the order of the indexes that hold rows with a key alone, so that no other is taken
        order = "company_id.id, local_date"
        return bool(self.env["ai.token.usage"].search(domain, order=order, limit=1))

    @api.model
    def _money(self, company, day):
        """Return a function: company-currency amount of a sum, in one currency for all; of its
        cost, or of ``name`` (saved, waste, …), which it has in USD and in the company's.

        The ledger's amounts are frozen in the company's currency of the day. Where a row is in
        another one (another company's, or USD as no rate was known), what it cost in USD is
        converted at ``day``'s rate; without a rate all is in USD.
        """
        currency_id, rate = company._ai_usd_rate(min(day, company._ai_local_date()))
        currency = self.env["res.currency"].browse(currency_id).sudo()

        def money(found, name="cost"):
            values = getattr(found, "values", None)
            values = values if isinstance(values, dict) else found._asdict()
            if found.currency_id in (currency.id, 0):
                return values[f"{name}_company"]
            return values[f"{name}_usd"] * rate

        money.currency, money.rate = currency, rate
        return money


class Line:
    """One line of a breakdown while it is being added up."""

    def __init__(self):
        self.cost_usd = self.cost_company = Decimal(0)
        self.previous_usd = self.previous_company = Decimal(0)
        self.calls = self.previous_calls = 0

    def add(self, current, values, cost_company):
        if current:
            self.cost_usd += values["cost_usd"]
            self.cost_company += cost_company
            self.calls += values["calls"]
        else:
            self.previous_usd += values["cost_usd"]
            self.previous_company += cost_company
            self.previous_calls += values["calls"]

    def join(self, other, sign=1):
        """Add another line, or with -1 take it away."""
        self.cost_usd += sign * other.cost_usd
        self.cost_company += sign * other.cost_company
        self.previous_usd += sign * other.previous_usd
        self.previous_company += sign * other.previous_company
        self.calls += sign * other.calls
        self.previous_calls += sign * other.previous_calls

    @property
    def counts(self):
        return bool(self.calls or self.cost_usd or self.previous_calls or self.previous_usd)
