from odoo import api, fields, models
from odoo.exceptions import UserError


class AiBudgetOffer(models.TransientModel):
    """The budgets that a company is offered: ticked singly, switched on together."""

    _name = "ai.budget.offer"
    _inherit = "ai.shown.figures"
    _description = "Offered AI Budgets"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="The company whose calls these budgets limit.",
    )
    line_ids = fields.One2many(
        "ai.budget.offer.line", "offer_id", "Budgets", help="What is offered."
    )

    @api.model
    def action_open(self):
        """Open the dialog with what is offered today."""
        offered = self.env["ai.cost.budget"].get_offered_budgets()
        offer = self.create(
            {
                "line_ids": [
                    fields.Command.create(
                        {
                            "code": one["code"],
                            "name": one["name"],
                            "amount_usd": one["amount_usd"],
                            "resets": one["resets"],
                            "ticked": bool(
                                one["budget_id"] or (one["ticked"] and one["amount_usd"])
                            ),
                            "budget_id": one["budget_id"],
                        }
                    )
                    for one in offered
                ]
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Offered Budgets"),
            "res_model": self._name,
            "res_id": offer.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_switch_on(self):
        """Switch on what is ticked and not on yet; then show the budgets."""
        self.ensure_one()
        chosen = self.line_ids.filtered(lambda line: line.ticked and not line.budget_id)
        if not chosen:
            raise UserError(self.env._("Tick at least one budget that is not on yet."))
        budgets = self.env["ai.cost.budget"].with_company(self.company_id)
        budgets.switch_on_offered({line.code: line.amount_usd for line in chosen})
        return self.env["ir.actions.act_window"]._for_xml_id(
            "ai_sam_cost_dashboard.action_ai_cost_budget"
        )


class AiBudgetOfferLine(models.TransientModel):
    """One of the offered budgets."""

    _name = "ai.budget.offer.line"
    _inherit = "ai.shown.figures"
    _description = "Offered AI Budget"
    _order = "id"
    _shown_money = {"amount_listed": "amount_usd"}

    offer_id = fields.Many2one(
        "ai.budget.offer", required=True, ondelete="cascade", help="Where it is offered."
    )
    code = fields.Char(required=True, readonly=True, help="Which of the offered budgets it is.")
    name = fields.Char("Limit", readonly=True, help="What is limited, and for whom.")
    ticked = fields.Boolean("On", help="To be switched on.")
    amount_usd = fields.Float("Amount (USD)", digits=0, help="What may be spent.")
    amount_listed = fields.Float(
        "Amount (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, at today's rate.",
    )
    resets = fields.Char("Period", readonly=True, help="The period after which the budget resets.")
    budget_id = fields.Many2one(
        "ai.cost.budget",
        "Already On",
        readonly=True,
        ondelete="cascade",
        help="The budget that does this already.",
    )
    note = fields.Char(
        "Resets", compute="_compute_note", help="When the budget resets, or that it is on already."
    )

    @api.depends("budget_id", "code", "resets")
    def _compute_note(self):
        texts = {"daily": self.env._("every day"), "monthly": self.env._("every month")}
        for line in self:
            if line.budget_id:
                line.note = self.env._("already on")
            elif line.code == "request":
                line.note = self.env._("each call")
            else:
                line.note = texts.get(line.resets) or self.env._("never resets")
