from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.arguments import is_days, is_id
from .figures import by_key, rates
from .ledger_groups import group_sums
from .rollup_read import Bucket
from .rollup_schema import MEASURES

#: Of which the figures of a summary are made.
SUMMED = (
    "row_count",
    "calls",
    "cost_usd",
    "training_usd",
    "saved_usd",
    "waste_usd",
    "failed_calls",
    "unjudged_calls",
    "answered_calls",
    "answered_usd",
    "reused_calls",
    "rating_sum",
    "rating_count",
    "latency_ms_sum",
    "latency_count",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
#: Amounts that a report tells in the company's currency, too.
OWN = ("cost", "saved")
RATIOS = ("success_rate", "cache_hit_rate")


class AiTokenAnalytics(models.Model):
    """Short answers: one call's waste, agents, leads, sessions, a day by kind."""

    _inherit = "ai.token.analytics"

    @api.model
    def analyze_waste(self, token_usage_id):
        """Return the waste report of a call (see ``ai.token.usage.analyze_waste``) [A2].

        :raise UserError: there is no such call, or the user may not see it
        """
        usage = self.env["ai.token.usage"].browse(token_usage_id if is_id(token_usage_id) else [])
        if not usage.exists() or not usage.has_access("read"):
            raise UserError(self.env._("There is no such call among those that you may see."))
        return usage.analyze_waste()

    @api.model
    @api.readonly
    def get_agent_summary(
        self, agent_type=None, period_type="month", days=None, mode=None, **filters
    ):
        """Return what agents did in a period, dearest first.

        :param agent_type: only this agent; None: every one
        :param days: the last days, today among them, instead of ``period_type``
        :param mode: only calls of that ``agent_mode``: passthrough, smart_router
        :param filters: as of :meth:`get_cost_breakdown`
        :return: list of dicts ``agent_type, calls, cost_usd, cost_per_call_usd, saved_usd,
            waste_usd, total_tokens, success_rate, cache_hit_rate`` (ratios, 0 to 1),
            ``latency_ms, quality`` (None where nothing) and ``agents_used`` (names, sorted)
        :raise UserError: an unknown period or filter, or days that cannot be
        """
        filters = {**filters, "agent_type": agent_type, "agent_mode": mode}
        reader, bucket = self._summed(period_type, days, filters)
        lines = self._summaries(reader, "agent", bucket)
        return [{"agent_type": key or False, **line} for key, line in lines.items()]

    @api.model
    @api.readonly
    def get_lead_summary(
        self, res_id=None, res_model="crm.lead", period_type="year", days=None, mode=None, **filters
    ):
        """Return what records (leads) cost in a period, as :meth:`get_agent_summary` does.

        :param res_id: one record; None: all of the model, dearest first
        :return: a dict with ``res_model`` and ``res_id`` for one record, else a list of them
        """
        filters = {**filters, "res_model": res_model, "res_id": res_id, "agent_mode": mode}
        reader, bucket = self._summed(period_type, days, filters)
        lines = self._group_summaries(reader, ("res_model", "res_id"), bucket)
        if res_id is not None:
            line = lines.get((res_model, res_id), _figures({}))
            return {"res_model": res_model, "res_id": res_id, **line}
        return [{"res_model": key[0], "res_id": key[1], **line} for key, line in lines.items()]

    @api.model
    @api.readonly
    def get_session_summary(
        self, session_id=None, period_type="month", days=None, mode=None, **filters
    ):
        """Return what sessions (conversations) cost in a period, as :meth:`get_agent_summary` does.

        :param session_id: one session; None: every one, dearest first
        :return: a dict with ``session_id`` for one session, else a list of them
        """
        filters = {**filters, "session_id": session_id, "agent_mode": mode}
        reader, bucket = self._summed(period_type, days, filters)
        lines = self._group_summaries(reader, ("session_id",), bucket)
        if session_id is not None:
            return {"session_id": session_id, **lines.get((session_id,), _figures({}))}
        return [{"session_id": key, **line} for (key,), line in lines.items()]

    @api.model
    @api.readonly
    def get_daily_report(self, date=None, date_to=None, **filters):
        """Return one day's figures by kind of answer (vendor, cache, pattern…), dearest first.

        :param date: local day, today if None
        :param date_to: local day; the days from ``date`` to this one instead
        :return: list of dicts as in :meth:`get_agent_summary`, with ``kind``, ``label``, and
            ``cost_company`` and ``saved_company`` in the company's currency
        """
        days = {"date_from": date, **({"date_to": date_to} if date_to else {})}
        reader, bucket = self._summed("custom" if date_to else "day", None, {**filters, **days})
        lines = self._summaries(reader, "kind", bucket)
        labels = self._labels("kind", list(lines))
        company = self._company_of(reader)
        money = self._money(company, bucket.last)
        own = {key: dict.fromkeys(OWN, Decimal(0)) for key in lines}
        measures = [f"{name}_{unit}" for name in OWN for unit in ("usd", "company")]
        for found in reader.sums(["kind"], [bucket], measures):
            if found.key in own:
                for name in OWN:
                    own[found.key][name] += money(found, name)
        return [
            {
                "kind": key,
                "label": labels[key],
                **line,
                **{f"{name}_company": float(amount) for name, amount in own[key].items()},
            }
            for key, line in lines.items()
        ]

    @api.model
    def _summed(self, period_type, days, filters):
        """Return the reader and the ``Bucket`` of the period that a summary is asked for."""
        dates = {name: filters.pop(name, None) for name in ("date_from", "date_to")}
        reader = self._reader(filters)
        company = self._company_of(reader)
        if days is not None:
            if not is_days(days):
                raise UserError(self.env._("A period has from 1 to 3,660 days."))
            today = company._ai_local_date()
            return reader, Bucket("now", fields.Date.subtract(today, days=days - 1), today)
        period = self._period(company, period_type, **dates)
        return reader, Bucket("now", period.first, period.last)

    @api.model
    def _summaries(self, reader, dimension, bucket):
        """Return ``{key: figures}`` of a dimension that has agents' names or a few values."""
        sums = reader.sums([dimension], [bucket], SUMMED)
        found = {key: total for key, total in by_key(sums).items() if total["row_count"]}
        order = sorted(found, key=lambda key: (-found[key]["cost_usd"], key))
        agents = {key: [key] if dimension == "agent" and key else [] for key in order}
        return {key: _figures(found[key], agents[key]) for key in order}

    @api.model
    def _group_summaries(self, reader, columns, bucket, domain=(), limit=None):
        """Return ``{key: figures}`` of records or sessions, dearest first."""
        totals, agents = {}, {}
        for found in group_sums(reader, columns, bucket, SUMMED, domain, limit):
            total = totals.setdefault(found.key, dict.fromkeys(SUMMED, 0))
            for name, value in found.values.items():
                total[name] += value
            agents.setdefault(found.key, set()).update(found.agents)
        return {key: _figures(total, sorted(agents[key])) for key, total in totals.items()}


def _figures(total, agents=()):
    total = {name: total.get(name, 0) for name in MEASURES}
    quotients = rates(total)
    tokens = quotients["input_tokens"] + quotients["output_tokens"]
    plain = {
        name: None if quotients[name] is None else float(quotients[name])
        for name in ("cost_per_call_usd", "latency_ms", "quality")
    }
    ratios = {
        name: None if quotients[name] is None else float(quotients[name] / 100) for name in RATIOS
    }
    return {
        "calls": total["calls"],
        "cost_usd": float(total["cost_usd"]),
        "saved_usd": float(total["saved_usd"]),
        "waste_usd": float(total["waste_usd"]),
        "total_tokens": tokens,
        **plain,
        **ratios,
        "agents_used": list(agents),
    }
