from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Characters of an example's text that the list shows.
SHOWN = 200


class AiTuningExample(models.Model):
    """An exchange that a model shall learn from, masked. The originals stay in the ledger, where
    they are kept; here is what would leave, and of each mask its kind and its place in that."""

    _name = "ai.tuning.example"
    _description = "AI Training Example"
    _order = "id"
    _rec_name = "question"

    job_id = fields.Many2one(
        "ai.tuning.job",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The training that it is for.",
    )
    company_id = fields.Many2one(
        related="job_id.company_id", store=True, index=True, help="The company of the training."
    )
    job_state = fields.Selection(related="job_id.state", help="How far the training is.")
    usage_key = fields.Integer(
        "Ledger Row", readonly=True, help="Number of the call that it was made from."
    )
    part = fields.Selection(
        [("training", "Training"), ("validation", "Validation")],
        required=True,
        readonly=True,
        default="training",
        help="Validation examples are not learnt; the vendor checks with them what was.",
    )
    is_struck = fields.Boolean("Left Out", help="A person struck it out; it does not leave.")
    messages = fields.Json(readonly=True, help="The exchange as it leaves: roles and masked texts.")
    masks = fields.Json(
        readonly=True,
        help="What was masked: for each placeholder its message, its place there and its kind. "
        "The originals are not kept.",
    )
    mask_count = fields.Integer("Masked", readonly=True, help="How many places were masked.")
    mask_summary = fields.Char(
        "What Was Masked", compute="_compute_mask_summary", help="How many places of each kind."
    )
    question = fields.Char(readonly=True, help="The beginning of the last question, masked.")
    preview = fields.Text(
        "As It Leaves", compute="_compute_preview", help="The whole exchange, masked."
    )
    rating = fields.Float(readonly=True, help="Mean rating of the answer, 0 to 100.")
    tokens = fields.Integer(
        readonly=True, help="The most tokens that it has for the model to be trained."
    )

    @api.depends("masks")
    @api.depends_context("lang")
    def _compute_mask_summary(self):
        names = {
            "mail": self.env._("mail addresses"),
            "phone": self.env._("phone numbers"),
            "iban": self.env._("bank accounts"),
            "card": self.env._("card numbers"),
            "name": self.env._("names"),
        }
        for example in self:
            counts = Counter(mask["kind"] for mask in example.masks or ())
            told = [
                self.env._("%(what)s: %(count)s", what=names[kind], count=counts[kind])
                for kind in names
                if counts[kind]
            ]
            example.mask_summary = ", ".join(told) or self.env._("nothing")

    @api.depends("messages")
    @api.depends_context("lang")
    def _compute_preview(self):
        roles = {
            "system": self.env._("Instructions"),
            "user": self.env._("Question"),
            "assistant": self.env._("Answer"),
        }
        for example in self:
            example.preview = "\n\n".join(
                f"{roles.get(message['role'], message['role'])}:\n{message['content']}"
                for message in example.messages or ()
            )

    def write(self, vals):
        if not self.env.su and set(vals) - {"is_struck"}:
            raise UserError(
                self.env._("An example stays as it was masked. Leave it out, or find them anew.")
            )
        if "is_struck" in vals and self.filtered(lambda one: one.job_id.state != "ready"):
            raise UserError(
                self.env._("Examples can be left out until the training is sent, not later.")
            )
        if "is_struck" in vals:
            # what was exported holds what is left out now
            self.job_id._forget_exports()
        return super().write(vals)

    def action_strike(self):
        """Leave examples out, or take them in again."""
        self.check_access("write")
        for example in self:
            example.is_struck = not example.is_struck
