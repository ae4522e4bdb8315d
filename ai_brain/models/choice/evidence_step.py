from odoo import models

from ...engine.choice import complexity
from ...engine.ledger.tasks import SERVED
from ..call.call import Evidence


class AiStepEvidence(models.AbstractModel):
    """What a provider did, for later recommendations: a benchmark and its running sums."""

    _name = "ai.step.evidence"
    _inherit = "ai.step"
    _description = "AI Step: Evidence"
    _rank = 20
    _tasks = SERVED

    def _evidence(self, call, attempt):
        if not attempt.paid or not attempt.usage or self._is_our_own(attempt.error):
            return ()
        row = self._benchmark_row(call, attempt)
        count, insert = self.env["ai.provider.benchmark"]._append_sql(row, False)
        return [Evidence(insert), Evidence(count, shared=True)]

    def _is_our_own(self, error):
        """A reader who left, or a refusal of our own, says nothing of the provider."""
        return not getattr(error, "blames_provider", True) and not error.status

    def _benchmark_row(self, call, attempt):
        level = None if call.complexity is None else complexity.level_of(call.complexity)
        return {
            "company_id": call.company_id,
            "user_id": call.user_id,
            "provider_id": attempt.target.provider_id,
            "task_type": call.task_type,
            "task_complexity": level,
            "input_tokens": attempt.usage.input_total,
            "output_tokens": attempt.usage.output_total,
            "cost_usd": attempt.cost_usd,
            "response_time_ms": attempt.latency_ms,
            "error_occurred": attempt.error is not None,
            "timestamp": attempt.moment.create_date,
            "token_usage_id": attempt.token_usage_id or None,
        }
