"""Waste by paying for haste that nobody had."""

from __future__ import annotations

from decimal import Decimal

from ..base.sentence import Sentence, _lt, declare
from .rule import Rule
from .types import Finding

#: What a developer writes instead of ``send_message``, and the method that gets the answer.
CODE = """\
self.env["ai.service"].submit(
    messages,
    callback=(self._name, "_on_answer", self.ids),
)

# from odoo.addons.ai_brain.callbacks import ai_callback
@ai_callback
def _on_answer(self, request, answer):
    …  # answer["content"]"""

declare(
    {
        "waiting.paid": _lt(
            "Nobody waited for this answer, as the scheduled action “%(target)s” asked for it. It "
            "cost %(cost_usd)s; in a batch it would have cost %(less_usd)s."
        ),
        "waiting.submit": _lt(
            "Let the code of “%(target)s” hand the call in with submit() and take the answer in a "
            "callback."
        ),
        "waiting.month": _lt(
            "The scheduled action “%(target)s” paid the full price for %(calls)s answers in 30 "
            "days that nobody waited for; in batches they would have cost %(saving_usd)s less. Let "
            "its code hand them in:"
        ),
    }
)


class CouldWait(Rule):
    """A scheduled action paid the full price, where the vendor has a cheaper one for who waits."""

    type = "could_wait"
    needs_text = False
    least_share = Decimal("0.05")

    def __call__(self, call, history):
        later = history.later
        if not later or later.cost is None or not call.cost:
            return None
        saving = call.cost - later.cost
        if saving <= 0 or saving < call.cost * self.least_share:
            return None
        return Finding(
            self.type,
            Sentence(
                "waiting.paid",
                target=later.name,
                cost_usd=float(call.cost),
                less_usd=float(later.cost),
            ),
            Sentence("waiting.submit", target=later.name),
            0,
            saving,
            basis="model",
            target={"kind": "cron", "id": later.key, "name": later.name},
        )
