from dataclasses import dataclass

from odoo import models

from ...engine import waste
from ..base.own_cursor import commit_at_once
from .usage_waste import DEADLINE_MS, input_share, log_waste


@dataclass
class Search:
    """How a call is searched for waste, and what was found."""

    deadline_s: float
    cron_id: int | None
    report: dict | None = None


class AiStepWaste(models.AbstractModel):
    """Tokens that were not needed: the text is in memory and the row is not written yet, so the
    report is part of it."""

    _name = "ai.step.waste"
    _inherit = "ai.step"
    _description = "AI Step: Waste"
    _rank = 60

    def _open(self, call):
        provider = self.env["ai.service.provider"].browse(call.configured_id)
        if provider._facts().seeks_waste and not call.deferred:  # a batch looks for it by itself
            call.memory[self._name] = Search(self._deadline_s(), self.env.context.get("cron_id"))

    def _deadline_s(self):
        value = self.env["ir.config_parameter"].sudo().get_param("ai_brain.waste_deadline_ms")
        return (float(value) if value and value.isdigit() else DEADLINE_MS) / 1000

    def _columns(self, call, attempt):
        search = call.memory.get(self._name)
        if not search or attempt.response is None or attempt.state != "done" or not attempt.paid:
            return {}
        if call.first_try:  # asked again because it had to be: that repeats nothing
            search.report = None
            return {}
        report = self._report(call, attempt, search)
        search.report = report.as_dict(call.reader)
        return self.env["ai.token.usage"]._waste_columns(report)

    def _report(self, call, attempt, search):
        """Return the ``engine.waste.Report`` of a call that was answered."""
        target, usage = attempt.target, attempt.usage
        exchange = waste.Exchange(
            cost=attempt.cost_usd,
            input_cost=input_share(attempt.cost_usd, usage, target.price),
            input_tokens=usage.input_total,
            output_tokens=usage.output_total,
            messages=call.messages,
            answer=attempt.response.content,
            blocks=call.blocks,
            counted_tokens=target.count.tokens,
            tags={
                **call.tags,
                "provider_id": target.provider_id,
                "provider_name": target.name,
                "cron_id": search.cron_id,
            },
        )
        kind = {
            **call.tags,
            "company_id": call.company_id,
            "user_id": call.user_id,
            "task_type": call.task_type,
            "content_hash": call.content_hash,
            "context_size_tokens": target.count.tokens,
        }
        with call.apart.cursor(wait_s=0.5) as cr:
            commit_at_once(cr)
            usages = call.apart.on(cr)["ai.token.usage"]
            sizes, earlier = usages._history(kind, attempt.moment.create_date)
            ranked = self._ranking(usages.env, call, attempt)
            used = call.company_id, call.task_type, target.provider_id
            cheaper_one = usages._cheaper(ranked, usage, used)
        return waste.analyze(
            exchange,
            waste.History(
                sizes, earlier, cheaper_one, self._prefixes(call), self._later(call, attempt)
            ),
            rules=usages._waste_rules(),
            deadline_s=search.deadline_s,
        )

    def _prefixes(self, call):
        """What the step that knows of vendors' caches says of the beginning, if there is one."""
        step = "ai.step.vendor_cache"
        return self.env[step]._prefixes(call) if step in self.env else None

    def _later(self, call, attempt):
        """What the step that knows of batches says of a call that nobody waits for."""
        step = "ai.step.could_wait"
        return self.env[step]._later(call, attempt) if step in self.env else None

    def _ranking(self, env, call, attempt):
        """Return (``Ranking``, ``Need``): that of the recommendation, if there was one."""
        advice = call.memory.get("ai.step.recommendation")
        result = advice and advice.result
        if getattr(result, "ranking", None) is not None:
            return result.ranking, result.need
        options = {
            "quality_required": call.wanted("quality_required"),
            "complexity": call.complexity,
            "tools": call.tools,
        }
        size, company = attempt.target.count.tokens, env["res.company"].browse(call.company_id)
        return env["ai.cost.optimizer"]._rank(call.task_type, size, options, company)

    def _after(self, call):
        search = call.memory.get(self._name)
        if not search or search.report is None:
            return
        usage_id = call.attempt.token_usage_id
        judge = self.env["ai.service"].with_context(ai_waste_report=(usage_id, search.report))
        search.report = judge._analyze_waste_after_call(usage_id)
        log_waste(usage_id, call.attempt.target.name, call.attempt.cost_usd, search.report)

    def _result(self, call):
        search = call.memory.get(self._name)
        return {"waste_report": search.report if search else None}
