from odoo import Command, api, fields, models


class AiPatternFinder(models.TransientModel):
    """Short messages that are sent often and that no pattern answers yet."""

    _name = "ai.pattern.finder"
    _inherit = "ai.shown.figures"
    _description = "Frequent AI Messages"

    keeps_text = fields.Boolean(readonly=True, help="The company keeps texts of calls at all.")
    line_ids = fields.One2many(
        "ai.pattern.finding", "finder_id", "Messages", help="The most frequent first."
    )

    @api.model
    def action_open(self):
        """Open the list of frequent messages as of now."""
        patterns = self.env["ai.answer.pattern"]
        found = patterns._frequent_messages()
        finder = self.create(
            {
                "keeps_text": self.env.company._ai_policy().text_policy != "none",
                "line_ids": [
                    Command.create(
                        {
                            "text": one.text,
                            "language": one.language,
                            "times": one.times,
                            "people": one.people,
                            "cost_usd": one.cost_usd,
                            "cost_listed": one.cost_company,
                            "agent_id": self.env["ai.agent"].browse(one.agent_id or []).exists().id,
                            "pattern_id": one.pattern_ids[:1] and one.pattern_ids[0],
                        }
                    )
                    for one in found
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Frequent Messages"),
            "res_model": self._name,
            "res_id": finder.id,
            "views": [(False, "form")],
            "target": "new",
        }


class AiPatternFinding(models.TransientModel):
    """A message that was sent often."""

    _name = "ai.pattern.finding"
    _inherit = "ai.shown.figures"
    _description = "Frequent AI Message"
    _order = "times desc, id"
    _shown_sums = {"cost_listed": "cost_usd"}

    finder_id = fields.Many2one(
        "ai.pattern.finder", required=True, ondelete="cascade", help="The list that it stands in."
    )
    text = fields.Char("Message", readonly=True, help="Its most frequent spelling.")
    language = fields.Char(readonly=True, help="The language that it seems to be in.")
    times = fields.Integer(readonly=True, help="How often it was sent in 30 days.")
    people = fields.Integer(readonly=True, help="How many people sent it.")
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What these calls cost.")
    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        readonly=True,
        help="The same in the company's currency, as the ledger counted it.",
    )
    agent_id = fields.Many2one(
        "ai.agent", readonly=True, ondelete="cascade", help="The agent that it was sent to."
    )
    pattern_id = fields.Many2one(
        "ai.answer.pattern",
        "Could Answer",
        readonly=True,
        ondelete="cascade",
        help="A pattern that knows the message, and that the agent does not list.",
    )

    def action_make_pattern(self):
        """Open a new pattern with the message as its trigger; nothing is kept before it is saved.

        What is answered, a person writes: an answer that a model once gave was one person's.
        """
        self.ensure_one()
        self.env["ai.answer.pattern"].check_access("create")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Pattern"),
            "res_model": "ai.answer.pattern",
            "views": [(False, "form")],
            "context": {
                "default_name": self.text,
                f"default_triggers_{self.language}": self.text,
                "default_most_words": max(1, len(self.text.split())),
                "default_agent_ids": [Command.set(self._own_agent().ids)],
            },
        }

    def action_use_pattern(self):
        """Have the agent use the pattern that knows the message; then show the agent."""
        self.ensure_one()
        agent = self.agent_id
        agent.pattern_ids = [Command.link(self.pattern_id.id)]
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.agent",
            "res_id": agent.id,
            "views": [(False, "form")],
        }

    def _own_agent(self):
        """Return the agent, if a pattern of the company may be used by it."""
        return self.agent_id.filtered(lambda agent: agent.company_id == self.env.company)
