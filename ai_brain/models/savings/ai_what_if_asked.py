from odoo import api, fields, models


class AiWhatIfAsked(models.AbstractModel):
    """A line of what a what-if asks; it may change only as long as that is a draft."""

    _name = "ai.what.if.asked"
    _description = "AI What If: Question"

    what_if_id = fields.Many2one(
        "ai.what.if", required=True, ondelete="cascade", index=True, help="Where it stands."
    )
    company_id = fields.Many2one(
        related="what_if_id.company_id", store=True, index=True, help="Whose calls they are."
    )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records.what_if_id._check_draft()
        return records

    def write(self, vals):
        self.what_if_id._check_draft()
        done = super().write(vals)
        self.what_if_id._check_draft()  # it may stand in another one now
        return done

    def unlink(self):
        self.what_if_id._check_draft()
        return super().unlink()
