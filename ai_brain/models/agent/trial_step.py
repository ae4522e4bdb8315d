from typing import NamedTuple
from uuid import uuid4

from odoo import api, fields, models

from ...engine.choice import experiments
from ..base.index import add_index
from ..call.call import Claim

ARMS = [("a", "As it is"), ("b", "On trial")]


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    trial_key = fields.Integer(readonly=True, help="Number of the trial that the call was part of.")
    trial_arm = fields.Selection(
        ARMS, "Trial", readonly=True, help="Whether the call followed the agent or what is tried."
    )
    trial_id = fields.Many2one(
        "ai.agent.trial",
        "Part of the Trial",
        compute="_compute_trial_id",
        groups="ai_brain.group_ai_manager",
        help="The trial that the call was part of; empty once it was deleted.",
    )

    def init(self):
        res = super().init()
        add_index(self, "trial", "trial_key", "trial_key IS NOT NULL")
        return res

    @api.depends("trial_key")
    def _compute_trial_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        keys = [row.trial_key for row in self if row.trial_key]
        there = self.env["ai.agent.trial"].search([("id", "in", keys)])
        for row in self:
            row.trial_id = row.trial_key if row.trial_key in there._ids else False


class Part(NamedTuple):
    """A call's part in a trial. ``tried``: what it follows instead, empty in arm A."""

    trial_id: int
    arm: str
    tried: dict


class AiStepTrial(models.AbstractModel):
    """Has a share of an agent's calls follow what is on trial, as if it were applied.

    The other calls are arm A, which it is compared with. What a passthrough of the call decides is
    nobody's trial; a provider is tried only on calls that both providers can take, as else the arms
    would get other calls, and a message type's provider answers in both arms alike.
    """

    _name = "ai.step.trial"
    _inherit = "ai.step"
    _description = "AI Step: Trial of an Agent"
    _rank = 4  # before the agent's own step, which follows what is tried
    _optimises = ("_open", "_choose")

    def _open(self, call):
        if call.within:
            part = call.within.memory.get(self._name)
            if part:
                # what a feature asks for a call is on that call's side; it follows nothing itself
                call.memory[self._name] = part._replace(tried={})
            return
        agent = self.env["ai.agent"]._of_call(call.tags.get("agent_type"), call.company_id)
        trial = agent and agent.trial
        if not trial or fields.Datetime.now() >= trial.end:
            return
        if self.env["ai.step.recommendation"]._stated_mode(call) == "passthrough":
            return
        if not self._can_be_split(call, agent, trial):
            return
        shares = [("a", 100 - trial.share), ("b", trial.share)]
        arm = experiments.assign(self._subject(call, trial), f"trial {trial.id}", shares)
        call.memory[self._name] = Part(trial.id, arm, trial.tried if arm == "b" else {})
        call.policy = {**call.policy, "on_trial": True}
        if arm == "b":
            call.notices.append(
                self.env._("This call is part of a trial: “%s” is tried.", self._label(trial))
            )

    def _subject(self, call, trial):
        """Return what stays in one arm: the person, or the conversation."""
        if trial.split == "person":
            return call.user_id
        return call.tags.get("session_id") or uuid4().hex

    def _can_be_split(self, call, agent, trial):
        provider_id = trial.tried.get("provider_id")
        if not provider_id:
            return True
        arms = [agent.provider_id or call.configured_id, provider_id]
        service, experiment = self.env["ai.service"], self.env["ai.step.experiment"]
        return all(
            service._may_take(call, arm) and experiment._can_take(call, arm)
            for arm in self.env["ai.service.provider"].sudo().browse(arms)
        )

    def _label(self, trial):
        provider_id = trial.tried.get("provider_id")
        if provider_id:
            return self.env["ai.service.provider"].sudo().browse(provider_id)._facts().name
        return self.env["ai.agent.trial"].sudo().browse(trial.id)._label()

    def _choose(self, call):
        part = call.memory.get(self._name)
        provider_id = part and part.tried.get("provider_id")
        if not provider_id or self.env["ai.step.message_type"]._choose(call):
            return None
        return Claim("trial", provider_id)

    def _columns(self, call, attempt):
        part = call.memory.get(self._name)
        return {"trial_key": part.trial_id, "trial_arm": part.arm} if part else {}

    def _tell(self, usage):
        if usage.trial_arm == "b":
            return [(self.env._("It was part of a trial, and followed what is tried."), None)]
        if usage.trial_arm:
            return [(self.env._("It was part of a trial, and went as it would have."), None)]
        return ()
