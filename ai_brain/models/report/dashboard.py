from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.ledger.kinds import PAID, REUSED, VENDOR
from ...engine.ledger.outcomes import failed_domain
from ..base.arguments import is_id
from . import rollup_schema as schema
from .figures import add_up, change_pct, company_rates, rates
from .period_label import label, previous_label

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
    def get_dashboard_data(
        self, period_type="month", date_from=None, date_to=None, breakdown_rows=None, **filters
    ):
        """Return one JSON-able dict with all figures of the dashboard.

        Parameters as in :meth:`get_cost_breakdown`. Amounts are floats in USD, and where a key
        says ``company`` in the company's currency; percentages and scores go from 0 to 100.

        :param int breakdown_rows: the most rows of each breakdown, the dearest; all if not given
            (:meth:`get_breakdown_rows` has the others)

        :return: dict with ``currency`` and ``usd``, ``currency_note`` ('' or a sentence),
            ``generated_at`` (ISO, UTC), ``fresh_until_id`` (last ledger row that is in),
            ``timezone``, ``period``, ``previous``, ``access``, ``empty``, ``checklist``,
            ``totals`` ({name: {value, previous, change_pct}}, amounts with ``company`` and
            ``previous_company`` too, and with the ``domain`` of the rows behind some), ``proof``
            (what :meth:`get_proven_savings` says of the period; None where nothing was held out,
            or a filter tells the arms apart), ``budget``, ``forecast``, ``trend`` (USD a day and
            provider), ``breakdowns``, ``breakdown_counts`` (rows there are of each),
            ``has_keys`` (calls came with endpoint keys: :meth:`get_breakdown_rows` has ``by_key``),
            ``providers`` (with ``on_frontier``), ``waste``, ``recommendations``,
            ``first_actions`` (:meth:`get_first_actions`), ``domain`` (of the ledger rows),
            ``facets`` and ``options`` (of the filters)
        :raise UserError: an unknown period or filter, a number of rows that is none;
            AccessError: no access to AI usage
        """
        if breakdown_rows is not None and not is_id(breakdown_rows):
            raise UserError(self.env._("A breakdown shows a whole number of rows, 1 or more."))
        reader = self._reader(filters)
        company = self._company_of(reader)
        period = self._period(company, period_type, date_from, date_to)
        breakdowns, _totals = self._breakdowns(reader, company, period)
        self._add_budgets_left(reader, company, period, breakdowns)
        sums = reader.sums(["total", "provider"], self._buckets(period), schema.MEASURES)
        money = self._money(company, period.last)
        now = add_up([s for s in sums if s.dimension == "total" and s.bucket == "now"], money)
        before = add_up([s for s in sums if s.dimension == "total" and s.bucket == "before"], money)
        days = self._daily(reader, company, period, money)
        history = days.usd
        rate = float(money.rate)
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
            "proof": self._proof_of_period(reader, period),
            "budget": self._budgets(reader, company, period),
            "forecast": self._forecast(reader, company, period, history, _worth(now, rate)),
            "trend": self._trend(reader, company, period, days, previous_label(period, locale)),
            "breakdowns": {name: rows[:breakdown_rows] for name, rows in breakdowns.items()},
            "breakdown_counts": {name: len(rows) for name, rows in breakdowns.items()},
            "has_keys": self._has_keyed_calls(reader, period),
            "providers": self._providers(
                [s for s in sums if s.dimension == "provider" and s.bucket == "now"], company, money
            ),
            "waste": self._waste(days.waste, money),
            "recommendations": self._recommendations(reader, company),
            "first_actions": self._first_actions(reader, company),
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
            {"key": "saving", "done": self._saves_something(reader)},
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
    # what models were trained for answers no call
    "cost_per_call_usd": [["kind", "not in", [kind for kind in PAID if kind not in VENDOR]]],
    "success_rate": failed_domain(),
    "latency_ms": [["state", "=", "done"], ["kind", "in", list(VENDOR)]],
}


#: Amounts that are shown in the company's currency, too.
AMOUNTS = ("cost_usd", "saved_usd", "waste_usd", "cost_per_call_usd", "uncertain_usd")


def _worth(total, rate):
    """What 1 USD of a total was in the company's currency: as its calls were counted."""
    cost = total["cost_usd"]
    return float(total["cost_company"] / cost) if cost else rate


def _kpis(now, before):
    now, before = ({**total, **rates(total), **company_rates(total)} for total in (now, before))
    for total in (now, before):
        total["total_tokens"] = total["input_tokens"] + total["output_tokens"]

    def plain(name, value):
        if value is None:
            return None
        return int(value) if name in COUNTS else float(value)

    def in_company(name):
        if name not in AMOUNTS:
            return {}
        name = f"{name.removesuffix('_usd')}_company"
        value, previous = (plain(name, total[name]) for total in (now, before))
        change = change_pct(now[name], before[name])
        return {"company": value, "previous_company": previous, "change_company_pct": change}

    changes = {
        f"change_{part}": float(now[f"cost_{part}"] - before[f"cost_{part}"])
        for part in ("usd", "company")
    }
    return {
        name: {
            "value": plain(name, now[name]),
            "previous": plain(name, before[name]),
            "change_pct": change_pct(now[name], before[name]),
            **in_company(name),
            **(changes if name == "cost_usd" else {}),
            **({"domain": DOMAINS[name]} if name in DOMAINS else {}),
        }
        for name in KPIS
    }
