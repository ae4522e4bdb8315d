from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.quick_cache import quick_cache

MOST_HOURS = 8760


class ReuseFacts(NamedTuple):
    """What a call needs to know of how its agent reuses answers."""

    agent_id: int
    near: bool
    ttl_h: int
    scope: str
    group_id: int | None
    company_id: int | None
    check_share: float
    first_strong_messages: int


class AiAgent(models.Model):
    """Which answers of an agent serve again, for whom, and for how long."""

    _inherit = "ai.agent"

    reuse = fields.Selection(
        [
            ("off", "Never"),
            ("exact", "The same words"),
            ("same_question", "The same question"),
        ],
        "Kept Answers",
        required=True,
        default="off",
        tracking=True,
        help="A question that was answered before gets that answer again, at no cost and at once. "
        "The same words: nothing but a word-for-word repetition. The same question: also one that "
        "differs by politeness, articles, contractions and the like, in English; a few in a "
        "thousand may be taken for another. Calls with a temperature above 0.7 are always asked.",
    )
    reuse_ttl_h = fields.Integer(
        "Hours to Keep Answers",
        default=24,
        tracking=True,
        help="Older answers do not serve again. The longer, the more is saved, and the older what "
        "people read.",
    )
    reuse_scope = fields.Selection(
        [
            ("user", "The person who asked"),
            ("group", "A group of people"),
            ("company", "The whole company"),
            ("everybody", "Everybody, in all companies"),
        ],
        "Kept for",
        required=True,
        default="user",
        tracking=True,
        help="Who may get an answer again. Questions with context, a record or tools serve nobody "
        "but the person who asked them, whatever is chosen here. All companies: only where the "
        "agent belongs to none.",
    )
    reuse_group_id = fields.Many2one(
        "res.groups",
        "Group That Shares Answers",
        ondelete="restrict",
        tracking=True,
        help="Its members share answers; everybody else has only his own.",
    )
    reuse_check_share = fields.Float(
        "Asked Again (%)",
        default=1.0,
        help="So many of a hundred calls that a kept answer could serve are asked all the same, "
        "and a person compares the two answers. It costs that share of what is saved, and tells "
        "how often kept answers are wrong.",
    )

    @api.constrains("reuse_ttl_h", "reuse_check_share")
    def _check_reuse_figures(self):
        for agent in self:
            if not 1 <= agent.reuse_ttl_h <= MOST_HOURS:
                raise ValidationError(self.env._("Answers are kept for 1 to %s hours.", MOST_HOURS))
            if not 0 <= agent.reuse_check_share <= 100:
                raise ValidationError(self.env._("The share asked again lies between 0 and 100."))

    @api.constrains("reuse_scope", "reuse_group_id")
    def _check_reuse_group(self):
        if any(agent.reuse_scope == "group" and not agent.reuse_group_id for agent in self):
            raise ValidationError(self.env._("Choose the group whose members share answers."))

    @api.model
    @quick_cache("agent_id", "reuse")
    def _reuse_of(self, agent_id, reuse):
        """Return the ``ReuseFacts`` of an agent; None for one that is gone, or where this database
        is a neutralised copy.

        :param str reuse: what the call's policy says of it, which may be that of a trial
        """
        agent = self.sudo().browse(agent_id).exists()
        if not agent or reuse not in ("exact", "same_question"):
            return None
        if self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"):
            return None
        return ReuseFacts(
            agent_id=agent.id,
            near=reuse == "same_question",
            ttl_h=agent.reuse_ttl_h,
            scope=agent.reuse_scope,
            group_id=agent.reuse_group_id.id or None,
            company_id=agent.company_id.id or None,
            check_share=agent.reuse_check_share / 100,
            first_strong_messages=agent.first_strong_messages,
        )
