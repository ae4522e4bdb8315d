from odoo import models
from odoo.exceptions import UserError

from .replay_prices import Replayer

MOST_AGENTS = 100


class AiWhatIf(models.Model):
    """Applying what was asked to the agents whose calls it was about, and undoing that."""

    _inherit = "ai.what.if"

    def action_apply(self):
        """Give the agents the policy; what was there before is kept.

        The agents are those of the filter; without one, those that the lines of other providers
        name.

        :raise UserError: it is not done, or nothing of it can be given to an agent
        """
        self.check_access("write")
        for one in self:
            if one.state != "done" or one.is_applied:
                raise UserError(
                    self.env._("Only a what-if that is done, and is not applied, can be.")
                )
            agents = (one.agent_ids | one.change_ids.agent_id).filtered("active")
            if not agents:
                raise UserError(
                    self.env._(
                        "Say which agents it is for: choose them in the filter, and run it again."
                    )
                )
            if len(agents) > MOST_AGENTS:
                raise UserError(self.env._("%s agents at most get a policy at once.", MOST_AGENTS))
            agents.check_access("write")
            given = {agent: one._policy_for(agent) for agent in agents}
            given = {agent: values for agent, values in given.items() if values}
            if not given:
                raise UserError(
                    self.env._(
                        "Nothing of this can be given to an agent: prices are the vendor's, and "
                        "what may wait is handed in by its code."
                    )
                )
            if self.env["ai.agent.trial"].search_count(
                [("agent_id", "in", [a.id for a in given]), ("state", "=", "running")], limit=1
            ):
                raise UserError(
                    self.env._("A trial of one of these agents is running. Stop it first.")
                )
            one._give_policy(given)

    def _policy_for(self, agent):
        """Return ``{field: value}`` of what the what-if sets on an agent, where it differs.

        :raise UserError: a provider that would answer was archived since
        """
        values = {}
        if self.router == "on":
            values["mode"] = "smart_router"
        elif target := self._provider_for(agent):
            values["provider_id"] = target.id
            # where nothing is said the provider's own flag counts
            routes = agent.mode or (target.auto_switch_provider and "smart_router")
            if routes == "smart_router":
                values["mode"] = "passthrough"  # the router would choose, not the provider
        if self.reuse != "same":
            values["reuse"] = self.reuse
            if self.reuse != "off":
                values.update(reuse_ttl_h=self.reuse_ttl_h, reuse_scope=self.reuse_scope)
        if self.keep_messages:
            values["keep_messages"] = self.keep_messages
        target = self.env["ai.service.provider"].browse(values.get("provider_id", []))
        if target and not target.active:
            raise UserError(
                self.env._(
                    "“%s” is archived and takes no calls. Choose another provider, or have it "
                    "taken out of the archive.",
                    target.name,
                )
            )
        return {name: value for name, value in values.items() if agent._plain(name) != value}

    def _provider_for(self, agent):
        """Return who is to answer the agent's calls, an empty record where nothing changes."""
        for line in self.change_ids:
            of_agent = not line.agent_id or line.agent_id == agent
            if of_agent and (not line.old_provider_id or line.old_provider_id == agent.provider_id):
                return line.new_provider_id
        only = self.only_provider_ids
        if not only or agent.provider_id in only:
            return only.browse()
        if not agent.provider_id:
            return only[:1] if len(only) == 1 else only.browse()
        return only.browse(Replayer(self).policy.answerer(agent.id, agent.provider_id.id))

    def _give_policy(self, given):
        self.sudo().applied_ids.unlink()
        told = self.env._("The what-if “%s” was applied.", self.name)
        for agent, tried in given.items():
            applied = (
                self.env["ai.what.if.applied"]
                .sudo()
                .create({"what_if_id": self.id, "agent_id": agent.id, "tried": tried})
            )
            applied.before = applied.with_env(self.env)._give()
            agent.sudo().message_post(body=told)
        self.sudo().write({"is_applied": True})

    def action_undo(self, changed="ask"):
        """Put the agents' fields back as they were before it was applied.

        :param changed: as in ``ai.agent.trial.action_undo``
        :raise UserError: fields were changed since, and nobody said what becomes of them
        """
        self.check_access("write")
        self.env["ai.policy.change"]._check_changed(changed)
        for one in self:
            if not one.is_applied:
                raise UserError(self.env._("This was not applied, so there is nothing to undo."))
            told = self.env._("The what-if “%s” was undone.", one.name)
            for applied in one.applied_ids:
                applied.agent_id.check_access("write")
                applied._put_back(changed)
                applied.agent_id.sudo().message_post(body=told)
            one.sudo().applied_ids.unlink()
            one.sudo().write({"is_applied": False})

    def action_undo_all(self):
        """Undo, and put back what somebody has changed since, too."""
        self.action_undo("restore")

    def action_undo_rest(self):
        """Undo, and leave what somebody has changed since."""
        self.action_undo("keep")

    def _compute_changed_since(self):
        for one in self:
            found = [
                f"{applied.agent_id.display_name}: {line['label']}"
                for applied in one.applied_ids
                for line in applied._changed_since()
            ]
            one.changed_since = ", ".join(found) or False
