from odoo import api, fields, models

from ...engine.base.sentence import Sentence, _lt, declare
from ...engine.price.arithmetic import MILLION
from ...engine.tuning import training
from ..base.wording import reader
from ..ledger.loose_links import LOOSE

LOOSE["tuning_job_id"] = ("tuning_job_key", "ai.tuning.job")

TERMS = declare({"arithmetic.trained": _lt("%(count)s trained tokens")})


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    trained_tokens = fields.Integer(
        readonly=True, help="Tokens that the vendor trained a model with, as it bills them."
    )
    tuning_job_key = fields.Integer(readonly=True, help="Number of the training that the row pays.")
    tuning_job_id = fields.Many2one(
        "ai.tuning.job",
        "Training Job",
        compute="_compute_tuning_job_id",
        search="_search_tuning_job_id",
        help="The training that the row pays; empty once it was deleted.",
    )

    @api.depends("tuning_job_key")
    def _compute_tuning_job_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        there = self.env["ai.tuning.job"].browse({row.tuning_job_key for row in self} - {0})
        there = there.exists()
        for row in self:
            row.tuning_job_id = row.tuning_job_key if row.tuning_job_key in there._ids else False

    @api.model
    def _search_tuning_job_id(self, operator, value):
        return self._search_loose("tuning_job_id", operator, value)

    def _training_terms(self, cost):
        """Return the term of what a training cost, [] where no price on record comes to it."""
        rate, tokens = self.price_id._training_rate(), self.trained_tokens
        if rate is None or training.cost(tokens, rate) != cost:
            return []
        what = Sentence("arithmetic.trained", count=tokens)
        text = Sentence("arithmetic.million", what=what, rate_exact=str(rate))
        return [
            {
                "kind": "trained",
                "count": tokens,
                "rate_usd": format(rate, "f"),
                "per": MILLION,
                "usd": cost,
                "text": reader(self.env).text(text),
            }
        ]
