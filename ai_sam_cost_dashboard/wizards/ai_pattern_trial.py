from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError


class AiPatternTrial(models.TransientModel):
    """Which pattern would answer a message, with what, and why not the others."""

    _name = "ai.pattern.trial"
    _description = "Trial of AI Answer Patterns"

    pattern_id = fields.Many2one(
        "ai.answer.pattern", ondelete="cascade", help="The pattern that it was opened from."
    )
    agent_id = fields.Many2one(
        "ai.agent",
        ondelete="cascade",
        help="Try the patterns of this agent. Empty: the one pattern alone.",
    )
    text = fields.Char("Message", help="What somebody might write.")
    variables = fields.Char(help="What the caller says of the situation: streak = 5, tier = gold")
    hour = fields.Float(
        default=lambda self: self._hour_now(), help="The hour of the day for the user."
    )
    problem = fields.Char(compute="_compute_line_ids", help="What cannot be read of the above.")
    answer = fields.Text(
        compute="_compute_line_ids", help="What would be answered; with several, one of them."
    )
    line_ids = fields.One2many(
        "ai.pattern.trial.line",
        "trial_id",
        "Patterns",
        compute="_compute_line_ids",
        help="The patterns in the order in which they are asked.",
    )

    @api.model
    def _hour_now(self):
        now = self.env["ai.answer.pattern"]._now_of_user()
        return now.hour + now.minute / 60

    @api.depends("text", "variables", "hour", "agent_id", "pattern_id")
    def _compute_line_ids(self):
        for trial in self:
            patterns = trial.pattern_id
            if trial.agent_id:
                patterns |= trial.agent_id.pattern_ids
            trial.problem, said = False, []
            try:
                said = patterns.try_text(trial.text or "", trial.variables or "", trial.hour)
            except ValidationError as error:
                trial.problem = str(error)
            answering = next((one for one in said if one["answers"]), None)
            trial.answer = "\n".join(answering["texts"]) if answering else False
            trial.line_ids = [Command.clear()] + [
                Command.create(
                    {"pattern_id": one["pattern_id"], "answers": one["answers"], "why": one["why"]}
                )
                for one in said
            ]


class AiPatternTrialLine(models.TransientModel):
    """What one pattern does with the message."""

    _name = "ai.pattern.trial.line"
    _description = "Pattern in a Trial"

    trial_id = fields.Many2one(
        "ai.pattern.trial", ondelete="cascade", help="The trial that it is part of."
    )
    pattern_id = fields.Many2one(
        "ai.answer.pattern", ondelete="cascade", help="The pattern that was asked."
    )
    answers = fields.Boolean(help="It answers the message.")
    why = fields.Char("Says", help="Why it answers, or why it does not.")
