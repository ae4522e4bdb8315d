from odoo import api, models
from odoo.exceptions import UserError

from ..base.arguments import is_id
from .figures import by_key, rates
from .rollup_read import Bucket
from .rollup_schema import MEASURES


class AiTokenAnalytics(models.Model):
    """Short answers: one call's waste, agents, a lead, a day by kind."""

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
    def get_agent_summary(self, agent_type=None, period_type="month", **filters):
        """Return what agents did in a period, dearest first.

        :param agent_type: only this agent; None: every one
        :return: list of dicts ``agent_type, calls, cost_usd, cost_per_call_usd, saved_usd,
            waste_usd, total_tokens, success_rate, latency_ms, quality`` (None where nothing)
        """
        return self._summary("agent", "agent_type", agent_type, period_type, filters)

    @api.model
    @api.readonly
    def get_lead_summary(self, res_id, res_model="crm.lead", period_type="year", **filters):
        """Return what one record (a lead) cost in a period: the dict of
        :meth:`get_agent_summary` with ``res_model`` and ``res_id``."""
        reader = self._reader({"res_model": res_model, "res_id": res_id, **_days(filters)[1]})
        line = self._summaries(reader, "total", period_type, _days(filters)[0])
        return {"res_model": res_model, "res_id": res_id, **line.get("", _figures({}))}

    @api.model
    @api.readonly
    def get_daily_report(self, date=None, **filters):
        """Return one day's figures by kind of answer (vendor, cache, pattern…).

        :param date: local day, today if None
        :return: list of dicts as in :meth:`get_agent_summary`, with ``kind`` and ``label``
        """
        days = {"date_from": date} if date else {}
        lines = self._summary("kind", "kind", None, "day", {**filters, **days})
        labels = self._labels("kind", [line["kind"] for line in lines])
        return [{**line, "label": labels[line["kind"]]} for line in lines]

    @api.model
    def _summary(self, dimension, field, value, period_type, filters):
        days, filters = _days(filters)
        reader = self._reader({**filters, field: value})
        found = self._summaries(reader, dimension, period_type, days)
        order = sorted(found, key=lambda key: (-found[key]["cost_usd"], key))
        return [{field: key or False, **found[key]} for key in order]

    @api.model
    def _summaries(self, reader, dimension, period_type, days):
        company = self._company_of(reader)
        period = self._period(company, period_type, **days)
        names = [
            "row_count", "calls", "cost_usd", "saved_usd", "waste_usd", "failed_calls",
            "unjudged_calls", "answered_calls", "answered_usd",
            "reused_calls", "rating_sum", "rating_count", "latency_ms_sum", "latency_count",
            "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
            "reasoning_tokens",
        ]  # fmt: skip
        sums = reader.sums([dimension], [Bucket("now", period.first, period.last)], names)
        return {key: _figures(total) for key, total in by_key(sums).items() if total["row_count"]}


def _days(filters):
    """Split ``date_from``/``date_to`` off the filters."""
    days = {k: v for k, v in filters.items() if k in ("date_from", "date_to")}
    return days, {k: v for k, v in filters.items() if k not in days}


def _figures(total):
    """The figures of a summary out of summed measures; an empty dict is nothing at all."""
    total = {name: total.get(name, 0) for name in MEASURES}
    quotients = rates(total)
    tokens = quotients["input_tokens"] + quotients["output_tokens"]
    plain = {
        name: None if quotients[name] is None else float(quotients[name])
        for name in ("cost_per_call_usd", "success_rate", "latency_ms", "quality")
    }
    return {
        "calls": total["calls"],
        "cost_usd": float(total["cost_usd"]),
        "saved_usd": float(total["saved_usd"]),
        "waste_usd": float(total["waste_usd"]),
        "total_tokens": tokens,
        **plain,
    }
