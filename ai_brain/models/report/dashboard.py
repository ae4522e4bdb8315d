from odoo import api, fields, models

from ...engine.ledger.kinds import REUSED, VENDOR
from ...engine.ledger.outcomes import failed_domain
from . import rollup_schema as schema
from .figures import add_up, change_pct, rates
from .period_label import label, previous_label
from .rollup_read import Bucket

#: A filter that is a dimension under another name.
FACETS = {
    "user_id": "user",
    "provider_id": "provider",
    "task_type": "task",
    "agent_type": "agent",
}


class AiTokenAnalytics(models.Model):
    """Everything that the dashboard shows, in one call [B1]."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_dashboard_data(self, period_type="month", date_from=None, date_to=None, **filters):
        """Return one JSON-able dict with all figures of the dashboard.

        Parameters as in :meth:`get_cost_breakdown`. Amounts are floats in USD, and where a key
        says ``company`` in the company's currency; percentages and scores go from 0 to 100.

        :return: dict with ``currency`` and ``usd``, ``currency_note`` ('' or a sentence),
            ``generated_at`` (ISO, UTC), ``fresh_until_id`` (last ledger row that is in),
            ``timezone``, ``period``, ``previous``, ``access``, ``empty``, ``checklist``,
            ``totals`` ({name: {value, previous, change_pct}}, with the ``domain`` of the rows
            behind some), ``budget``, ``forecast``, ``trend`` (USD a day and provider),
            ``breakdowns``, ``providers`` (with ``on_frontier``), ``waste``, ``recommendations``,
            ``domain`` (of the ledger rows), ``facets`` and ``options`` (of the filters)
        :raise UserError: an unknown period or filter; AccessError: no access to AI usage
        """
        reader = self._reader(filters)
        company = self._company_of(reader)
        period = self._period(company, period_type, date_from, date_to)
        breakdowns, _totals = self._breakdowns(reader, company, period)
        sums = reader.sums(["total", "provider"], self._buckets(period), schema.MEASURES)
        money = self._money(company, period.last)
        now = add_up([s for s in sums if s.dimension == "total" and s.bucket == "now"], money)
        before = add_up([s for s in sums if s.dimension == "total" and s.bucket == "before"], money)
        history, waste = self._daily(reader, company, period)
        locale = self._locale()
        return {
            "currency": _currency(money.currency),
            "usd": _currency(self.env.ref("base.USD")),
            "currency_note": company._ai_rate_note(),
            "generated_at": fields.Datetime.now().isoformat() + "Z",
            "fresh_until_id": self._fresh_until(),
            "timezone": company._ai_tz(),
            "period": {
                "type": period.type,
                "date_from": str(period.first),
                "date_to": str(period.last),
                "label": label(period, locale),
            },
            "previous": {
                "date_from": str(period.previous_first),
                "date_to": str(period.previous_last),
                "label": previous_label(period, locale),
            },
            "access": {"level": self._access_level()},
            "empty": not now["row_count"] and self._has_no_usage(reader),
            "checklist": self._checklist(reader),
            "totals": _kpis(now, before),
            "budget": self._budgets(reader, company),
            "forecast": self._forecast(reader, company, period, history),
            "trend": self._trend(reader, period, history),
            "breakdowns": breakdowns,
            "providers": self._providers(
                [s for s in sums if s.dimension == "provider" and s.bucket == "now"], company
            ),
            "waste": self._waste(waste),
            "recommendations": self._recommendations(reader, company),
            "domain": [list(leaf) for leaf in _json(reader.domain(period.first, period.last))],
            "facets": self._facets(reader),
            "options": self._options(reader, breakdowns),
        }

    # ------------------------------------------------------------------
    # Frame
    # ------------------------------------------------------------------

    @api.model
    def _access_level(self):
        if self.env.su or self.env.user.has_group("base.group_system"):
            return "system"
        return "manager" if self.env.user.has_group("ai_brain.group_ai_manager") else "user"

    @api.model
    def _fresh_until(self):
        self.env.cr.execute("SELECT max(id) FROM ai_token_usage")
        return self.env.cr.fetchone()[0] or 0

    @api.model
    def _has_no_usage(self, reader):
        companies = [] if reader.company_ids is None else [("company_id", "in", reader.company_ids)]
        return not self.env["ai.token.usage"].search(companies, limit=1)

    @api.model
    def _checklist(self, reader):
        """What a new company has to do before figures come; each step with ``done``."""
        real = [("api_format", "!=", "sandbox")]
        providers = self.env["ai.service.provider"].search(real, limit=1)
        return [
            {"key": "provider", "done": bool(providers)},
            {"key": "price", "done": bool(self.env["ai.provider.price"].search([], limit=1))},
            {"key": "budget", "done": bool(self.env["ai.cost.budget"].search([], limit=1))},
            {"key": "test_call", "done": not self._has_no_usage(reader)},
        ]

    @api.model
    def _facets(self, reader):
        """The filters in force, each with its field, label and value."""
        facets = []
        for name, value in reader.filters.items():
            dimension = FACETS.get(name, name)
            label = self._labels(dimension, [value or (0 if name.endswith("_id") else "")])
            facets.append({"field": name, "label": str(next(iter(label.values()))), "value": value})
        for company in self.env["res.company"].browse(reader.company_ids or []):
            facets.append({"field": "company_id", "label": company.name, "value": company.id})
        return facets

    @api.model
    def _options(self, reader, breakdowns):
        """What the filters offer: whoever and whatever has figures in the period."""
        return {
            "companies": [{"id": c.id, "name": c.name} for c in self.env.companies],
            "providers": _choices(breakdowns["by_provider"]),
            "users": _choices(breakdowns["by_user"]),
            "agents": _choices(breakdowns["by_agent"]),
        }

    # ------------------------------------------------------------------
    # Days
    # ------------------------------------------------------------------

    @api.model
    def _daily(self, reader, company, period):
        """Return (history, sums of waste a day). History maps 'total' (the period and the days
        before it that the forecast wants), 'before' (the comparison period) and the ids of
        providers to {day: Decimal}."""
        today = company._ai_local_date()
        since = min(self._forecast_since(today), period.first)
        span = Bucket("total", since, max(min(period.last, today), since))
        before = Bucket("before", period.previous_first, period.previous_last)
        history = {"total": {}, "before": {}}
        waste = []
        sums = reader.sums(["total"], [span, before], ["cost_usd"], by_day=True)
        now = [Bucket("now", period.first, period.last)]
        wanted = ["provider", schema.WASTE]
        sums += reader.sums(wanted, now, ["cost_usd", "calls", "waste_usd"], by_day=True)
        for found in sums:
            if found.dimension == schema.WASTE:
                waste.append(found)
                continue
            key = found.key if found.dimension == "provider" else found.bucket
            days = history.setdefault(key, {})
            days[found.day] = days.get(found.day, 0) + found.values["cost_usd"]
        return history, waste

    @api.model
    def _trend(self, reader, period, history):
        """Cost a day, stacked by provider, and the day of the comparison period beside it."""
        days = [
            fields.Date.add(period.first, days=n)
            for n in range((period.last - period.first).days + 1)
        ]
        before = [
            fields.Date.add(period.previous_first, days=n)
            for n in range((period.previous_last - period.previous_first).days + 1)
        ]
        providers = {k: v for k, v in history.items() if k not in ("total", "before")}
        labels = self._labels("provider", list(providers))
        order = sorted(providers, key=lambda key: (-sum(providers[key].values()), key))
        return {
            "dates": [str(day) for day in days],
            "series": [
                {
                    "provider_id": key or False,
                    "name": labels[key],
                    "values": [float(providers[key].get(day, 0)) for day in days],
                }
                for key in order
            ],
            "previous_total": [float(history["before"].get(day, 0)) for day in before[: len(days)]],
        }


def _choices(rows):
    return [{"id": row["key"], "name": row["label"]} for row in rows if row["key"]]


def _json(domain):
    return [
        (name, operator, str(value) if hasattr(value, "isoformat") else value)
        for name, operator, value in domain
    ]


def _currency(currency):
    return {
        "id": currency.id,
        "name": currency.name,
        "symbol": currency.symbol,
        "position": currency.position,
        "digits": currency.decimal_places,
    }


KPIS = (
    "cost_usd",
    "cost_company",
    "calls",
    "cost_per_call_usd",
    "saved_usd",
    "waste_usd",
    "cache_hit_rate",
    "quality",
    "success_rate",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "uncertain_usd",
)
COUNTS = ("calls", "input_tokens", "output_tokens", "total_tokens")


#: Of figures that not every row is behind: which rows are.
DOMAINS = {
    "cache_hit_rate": [["kind", "in", list(REUSED)]],
    "success_rate": failed_domain(),
    "latency_ms": [["state", "=", "done"], ["kind", "in", list(VENDOR)]],
}


def _kpis(now, before):
    now, before = ({**total, **rates(total)} for total in (now, before))
    for total in (now, before):
        total["total_tokens"] = total["input_tokens"] + total["output_tokens"]

    def plain(name, value):
        if value is None:
            return None
        return int(value) if name in COUNTS else float(value)

    return {
        name: {
            "value": plain(name, now[name]),
            "previous": plain(name, before[name]),
            "change_pct": change_pct(now[name], before[name]),
            **({"domain": DOMAINS[name]} if name in DOMAINS else {}),
        }
        for name in KPIS
    }
