from odoo import fields, models

#: What is offered first, by what the agent has.
NEXT = {"careful": "balanced", "balanced": "thrifty", "thrifty": "balanced", "custom": "balanced"}


class AiAgent(models.Model):
    _inherit = "ai.agent"

    trial_count = fields.Integer(
        "Trials",
        compute="_compute_trial_count",
        groups="ai_brain.group_ai_manager",
        help="What was tried on a share of its calls.",
    )

    def _compute_trial_count(self):
        counts = dict(
            self.env["ai.agent.trial"]._read_group(
                [("agent_id", "in", self.ids)], ["agent_id"], ["__count"]
            )
        )
        for agent in self:
            agent.trial_count = counts.get(agent._origin, 0)

    def action_try(self):
        """Open the trial that is running, or a new one of another policy."""
        self.ensure_one()
        self.check_access("write")
        running = self.env["ai.agent.trial"].search(
            [("agent_id", "=", self.id), ("state", "=", "running")], limit=1
        )
        return running._opened(
            {"default_agent_id": self.id, "default_preset": NEXT.get(self.preset, "balanced")}
        )

    def action_view_trials(self):
        """Open what was tried on this agent."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Trials of %s", self.name),
            "res_model": "ai.agent.trial",
            "view_mode": "list,form",
            "domain": [("agent_id", "=", self.id)],
            "context": {"default_agent_id": self.id},
        }


class AiAgentTrial(models.Model):
    _inherit = "ai.agent.trial"

    def action_undo(self, changed="ask"):
        """Undo; where fields were changed since, ask in a dialog what becomes of them."""
        self.check_access("write")
        asks = changed == "ask" and len(self) == 1 and self.state == "applied"
        if asks and self._changed_since():
            return self.env["ai.trial.undo"]._opened(self)
        return super().action_undo(changed)

    def _opened(self, context):
        """Return the action that shows a trial, or a new one with the defaults of ``context``."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try It"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "context": context,
        }
