from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.reuse.asked import at_most
from ..base.arguments import is_days

REUSED = ("cache", "dedup")


class AiAnswer(models.Model):
    _inherit = "ai.answer"

    wrong_count = fields.Integer(
        "Judged Wrong",
        compute="_compute_wrong",
        help="How often a reader, or who judged a sample, said that it answers another question.",
    )
    wrong_share = fields.Float(
        compute="_compute_wrong", help="Judged wrong, of the times that it served."
    )

    @api.depends("hits")
    def _compute_wrong(self):
        groups = (
            self.env["ai.answer.judgement"]
            .sudo()
            ._read_group(
                [("answer_key", "in", self.ids), ("verdict", "=", "wrong")],
                ["answer_key"],
                ["__count"],
            )
        )
        found = dict(groups)
        for answer in self:
            answer.wrong_count = found.get(answer.id, 0)
            answer.wrong_share = answer.wrong_count / answer.hits if answer.hits else 0.0

    def action_view_calls(self):
        """Open the calls that the answer served: those of its figures."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calls of a Kept Answer"),
            "res_model": "ai.token.usage",
            "view_mode": "list,form",
            "domain": [("answer_key", "=", self.id)],
        }

    def action_view_paid_call(self):
        """Open the call that paid for the answer."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Paid Call"),
            "res_model": "ai.token.usage",
            "view_mode": "form",
            "res_id": self.token_usage_id,
        }


class AiAgent(models.Model):
    """What reuse did: said here once, for forms, mails and dashboards."""

    _inherit = "ai.agent"

    def get_reuse_figures(self, days=30):
        """Return what kept and shared answers did, by agent.

        :param int days: so many days of calls, 1 to 3660, as far as the user may see them; what
            was judged counts from the beginning
        :return: ``{agent id as text: {"calls", "kept", "shared", "hit_rate" (of all calls, 0 to 1),
            "saved_usd" (estimated), "wrong" (marks of readers), "wrong_share" (of those served),
            "judged", "judged_wrong", "error" (of the sample, None without one), "error_at_most"
            (95 %, :func:`engine.reuse.asked.at_most`)}}``
        """
        self.check_access("read")
        if not is_days(days):
            raise UserError(self.env._("A number of days is a whole number from 1 to 3660."))
        found = {
            agent_id: {"calls": 0, "kept": 0, "shared": 0, "saved_usd": 0.0}
            for agent_id in self.ids
        }
        today = self.env.company._ai_local_date()
        calls = self.env["ai.token.usage"]._read_group(
            [
                ("agent_key", "in", self.ids),
                ("kind", "not in", ("summary", "trial")),  # nobody's question
                ("local_date", ">", fields.Date.subtract(today, days=days)),
            ],
            ["agent_key", "kind"],
            ["call_count:sum", "saved_usd:sum"],
        )
        for agent_id, kind, number, saved in calls:
            figures = found[agent_id]
            figures["calls"] += number
            if kind in REUSED:
                figures["kept" if kind == "cache" else "shared"] += number
                figures["saved_usd"] += saved
        judged = self._judgements()
        for agent_id, figures in found.items():
            served = figures["kept"] + figures["shared"]
            wrong = judged.get((agent_id, "reader", "wrong"), 0)
            sample_wrong = judged.get((agent_id, "sample", "wrong"), 0)
            sample = sample_wrong + judged.get((agent_id, "sample", "right"), 0)
            figures.update(
                hit_rate=served / figures["calls"] if figures["calls"] else 0.0,
                wrong=wrong,
                wrong_share=min(1.0, wrong / served) if served else 0.0,
                judged=sample,
                judged_wrong=sample_wrong,
                error=sample_wrong / sample if sample else None,
                error_at_most=at_most(sample_wrong, sample),
            )
        # as text: neither JSON nor XML-RPC has numbers for keys
        return {str(agent_id): figures for agent_id, figures in found.items()}

    def _judgements(self):
        """Return ``{(agent id, source, verdict): number}``."""
        groups = (
            self.env["ai.answer.judgement"]
            .sudo()
            ._read_group(
                [("agent_id", "in", self.ids), ("company_id", "in", self.env.companies.ids)],
                ["agent_id", "source", "verdict"],
                ["__count"],
            )
        )
        return {(agent.id, source, verdict): n for agent, source, verdict, n in groups}
