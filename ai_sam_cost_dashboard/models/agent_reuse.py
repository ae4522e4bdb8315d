from functools import partial

from odoo import api, fields, models
from odoo.tools import formatLang

from .ai_agent import USAGE_DAYS


class AiAgent(models.Model):
    _inherit = "ai.agent"

    reuse_effect = fields.Char(
        compute="_compute_reuse_effect", help="What kept and shared answers did in 30 days."
    )
    reuse_error = fields.Char(
        compute="_compute_reuse_effect",
        help="How often a kept answer was wrong, of those that were asked again and judged.",
    )

    @api.depends_context("lang", "company", "allowed_company_ids")
    def _compute_reuse_effect(self):
        found = self._origin.get_reuse_figures(USAGE_DAYS)
        number = partial(formatLang, self.env, digits=0)
        for agent in self:
            figures = found.get(str(agent._origin.id))
            if not figures or not figures["kept"] + figures["shared"]:
                agent.reuse_effect = self.env._("No answer was used again.")
            else:
                agent.reuse_effect = self.env._(
                    "Kept answers: %(kept)s, shared: %(shared)s, of %(calls)s calls (%(rate)s%%). "
                    "Saved: %(saved)s (estimated). Not what was asked, as readers said: %(wrong)s.",
                    kept=number(figures["kept"]),
                    shared=number(figures["shared"]),
                    calls=number(figures["calls"]),
                    rate=number(round(100 * figures["hit_rate"])),
                    saved=self._own_text(figures["saved_company"]),
                    wrong=number(figures["wrong"]),
                )
            agent.reuse_error = agent._reuse_error_text(figures, number)

    def _reuse_error_text(self, figures, number):
        if not figures or not figures["judged"]:
            return self.env._("None was judged yet.")
        return self.env._(
            "Judged: %(judged)s, wrong: %(wrong)s. With 95%% certainty at most %(most)s%% of kept "
            "answers are wrong.",
            judged=number(figures["judged"]),
            wrong=number(figures["judged_wrong"]),
            most=formatLang(self.env, 100 * figures["error_at_most"], digits=1),
        )
