from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.base.text import last_user_text, text_of
from ...engine.prompt.figures import unsupported_figures
from ..base.arguments import is_days
from ..base.index import add_index

#: How many of the figures a notice names, and how much of each.
MOST_NAMED = 5
MOST_CHARS = 40
MOST_GROUPS = 200


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    figures_checked = fields.Integer(
        readonly=True,
        help="Numbers, dates and identifiers of the answer that were compared with what was given.",
    )
    figures_unsupported = fields.Integer(
        "Unsupported Figures",
        readonly=True,
        help="Of those, how many neither stand in what was given nor follow from it.",
    )

    def init(self):
        res = super().init()
        add_index(self, "figures", "company_id, local_date", "figures_checked > 0")
        return res


class AiTokenAnalytics(models.Model):
    _inherit = "ai.token.analytics"

    @api.model
    def get_figure_rates(self, days=30):
        """Return how many figures of answers nothing bore out, of calls that gave context.

        Counts the calls that the user may see, in his companies.

        :param int days: how many days back, today among them
        :return: dict of ``by_agent`` and ``by_model``, each a dict from the agent's code or the
            model's name to ``{'calls', 'figures_checked', 'figures_unsupported', 'rate'}``, the
            rate a ratio of the figures; most calls first
        :raise UserError: no number of days from 1 to 3,660
        """
        if not is_days(days):
            raise UserError(self.env._("The number of days lies between 1 and 3,660."))
        today = self.env.company._ai_local_date()
        domain = [
            ("company_id", "in", self.env.companies.ids),
            ("figures_checked", ">", 0),
            ("local_date", ">", fields.Date.subtract(today, days=days)),
        ]
        return {
            "by_agent": self._figure_rates_by("agent_type", domain),
            "by_model": self._figure_rates_by("model_name", domain),
        }

    @api.model
    def _figure_rates_by(self, field, domain):
        groups = self.env["ai.token.usage"]._read_group(
            [*domain, (field, "!=", False)],
            [field],
            ["call_count:sum", "figures_checked:sum", "figures_unsupported:sum"],
            limit=MOST_GROUPS,
            order="call_count:sum DESC",
        )
        return {
            key: {
                "calls": calls,
                "figures_checked": checked,
                "figures_unsupported": unsupported,
                "rate": unsupported / checked,
            }
            for key, calls, checked, unsupported in groups
        }


class AiStepFigures(models.AbstractModel):
    """Figures of the answer that nothing bears out, where context was given."""

    _name = "ai.step.figures"
    _inherit = "ai.step"
    _description = "AI Step: Unsupported Figures"
    _once = ("figures_checked", "figures_unsupported")
    _rank = 55

    def _columns(self, call, attempt):
        if attempt.response is None or attempt.state != "done" or not attempt.paid:
            return {}
        if not self._has_context(call):
            return {}
        question = last_user_text(call.messages)
        given = [text for one in call.messages if (text := text_of(one)) != question]
        found = unsupported_figures(attempt.response.content or "", [*given, question])
        if not found:
            return {}
        call.memory[self._name] = found
        return {
            "figures_checked": found.checked,
            "figures_unsupported": len(found.figures),
        }

    def _has_context(self, call):
        return bool(call.blocks) or any(one["role"] == "tool" for one in call.messages)

    def _after(self, call):
        found = call.memory.get(self._name)
        if found and found.figures:
            call.notices.append(
                self.env._(
                    "Nothing that was given bears out these figures of the answer: %s",
                    ", ".join(one[:MOST_CHARS] for one in found.figures[:MOST_NAMED]),
                )
            )

    def _tell(self, usage):
        if not usage.figures_checked:
            return ()
        text = self.env._(
            "Of %(checked)s figures of the answer, nothing bears out %(unsupported)s.",
            checked=usage.figures_checked,
            unsupported=usage.figures_unsupported,
        )
        return [(text, None)]

    def _result(self, call):
        found = call.memory.get(self._name)
        return {
            "figures": {"checked": found.checked, "unsupported": list(found.figures)}
            if found
            else None
        }
