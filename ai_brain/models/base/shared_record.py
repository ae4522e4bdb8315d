from odoo import api, models

from .transactions import forget


class AiSharedRecord(models.AbstractModel):
    """A record of policy that belongs to a company, or to none and so to all: calls read it from a
    cache, and nobody gives one away that he might not change where it goes."""

    _name = "ai.shared.record"
    _description = "AI Record of One Company or All"

    @api.model_create_multi
    def create(self, vals_list):
        forget(self.env)
        return super().create(vals_list)

    def write(self, vals):
        forget(self.env)
        res = super().write(vals)
        if "company_id" in vals:
            self.check_access("write")  # what belongs to nobody is not everybody's
        return res

    def unlink(self):
        forget(self.env)
        return super().unlink()
