from odoo import api, models


class AiLedgerFold(models.AbstractModel):
    """Sums of the ledger that a room keeps beside the rollup, up to the same row of it.

    They are found by inheriting this model, and are folded in the rollup's own transactions: what
    is above its watermark is for the reader to add from the ledger.
    """

    _name = "ai.ledger.fold"
    _description = "Sums Kept of the AI Ledger"

    @api.model
    def _all(self):
        """Return the models that keep such sums, in the order of their names."""
        return [self.env[name] for name in sorted(self.env.registry[self._name]._inherit_children)]

    @api.model
    def _fold(self, cr, after, upto):
        """Add the rows ``after < id <= upto``."""

    @api.model
    def _forget(self, cr):
        """Forget every sum, to be folded anew."""
