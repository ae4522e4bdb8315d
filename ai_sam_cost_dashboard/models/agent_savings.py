from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

#: What is offered: a twentieth.
OFFERED = 5


class AiAgent(models.Model):
    _inherit = "ai.agent"

    saving_state = fields.Selection(
        [
            ("none", "Not measured"),
            ("open", "Not proven yet"),
            ("proven", "Proven"),
            ("loss", "Costs more"),
        ],
        compute="_compute_saving",
        help="Proven: its interval lies above zero, whenever one looks.",
    )
    saving_text = fields.Char(compute="_compute_saving", help="What held-out calls have shown.")
    saving_percent = fields.Float(
        digits=(16, 1), compute="_compute_saving", help="Of what the calls would have cost."
    )
    saving_interval = fields.Char(
        compute="_compute_saving", help="Where the saving lies, in percent, with 95 % certainty."
    )
    saving_amount = fields.Char(
        "Amount Saved",
        compute="_compute_saving",
        help="Saved on the calls that were not held out, in the company's currency.",
    )
    saving_estimate = fields.Char(
        "Estimate of It",
        compute="_compute_saving",
        help="What the ledger estimates for the same calls, in the company's currency.",
    )
    saving_quality = fields.Char(
        compute="_compute_saving",
        help="Ratings and errors of the optimised calls beside those of the held-out ones.",
    )
    saving_cost = fields.Char(
        compute="_compute_saving", help="What held-out calls and variants of prompts have cost."
    )
    holdout_seen = fields.Boolean(
        compute="_compute_holdout_seen",
        search="_search_holdout_seen",
        help="It holds out calls, or has done so.",
    )

    @api.depends_context("lang")
    def _compute_saving(self):
        by_agent = {}
        one = self.ids[0] if len(self.ids) == 1 else None
        if self.ids and (not one or self._is_measured(one)):
            found = self.env["ai.token.analytics"].get_proven_savings(agent=one)
            by_agent = {line["agent_id"]: line for line in found["agents"]}
        text = self.env["ai.token.usage"]._own_currency()._ai_text
        for agent in self:
            line = by_agent.get(agent._origin.id)
            agent.saving_state = line["state"] if line else "none"
            agent.saving_text = line["text"] if line else self.env._("Nothing is held out.")
            known = line and line["percent"] is not None
            agent.saving_percent = line["percent"] if known else 0.0
            agent.saving_interval = agent._saving_interval_text(line) if known else False
            agent.saving_amount = text(line["company"]) if known else False
            agent.saving_estimate = text(line["estimated_company"]) if line else False
            agent.saving_quality = agent._saving_quality_text(line) if line else False
            agent.saving_cost = agent._saving_cost_text(line, text) if known else False

    def _is_measured(self, agent_id):
        """May the user see what an agent holds out or held out?"""
        share = self.browse(agent_id).holdout_share
        return bool(share) or agent_id in self.env["ai.token.analytics"]._agents_with_arms()

    def _one_decimal(self, number):
        """Return a number as the reader's language writes it."""
        return formatLang(self.env, number, digits=1)

    def _saving_interval_text(self, line):
        low, high = line["low"], line["high"]
        if low is None:
            return self.env._("up to %s", self._one_decimal(high))
        low, high = self._one_decimal(low), self._one_decimal(high)
        return self.env._("%(low)s to %(high)s", low=low, high=high)

    def _saving_quality_text(self, line):
        treated, held = line["quality"]["treated"], line["quality"]["held_out"]
        said = []
        if treated["rating_low"] is not None and held["rating_low"] is not None:
            said.append(
                self.env._(
                    "Rated %(mean)s (%(low)s to %(high)s), held out %(other)s (%(olow)s to "
                    "%(ohigh)s).",
                    mean=round(treated["rating"]),
                    low=round(treated["rating_low"]),
                    high=round(treated["rating_high"]),
                    other=round(held["rating"]),
                    olow=round(held["rating_low"]),
                    ohigh=round(held["rating_high"]),
                )
            )
        else:
            said.append(self.env._("Too few ratings."))
        if treated["errors"] is not None and held["errors"] is not None:
            said.append(
                self.env._(
                    "Errors %(rate)s%% (%(low)s to %(high)s), held out %(other)s%% (%(olow)s to "
                    "%(ohigh)s).",
                    rate=self._one_decimal(treated["errors"]),
                    low=self._one_decimal(treated["errors_low"]),
                    high=self._one_decimal(treated["errors_high"]),
                    other=self._one_decimal(held["errors"]),
                    olow=self._one_decimal(held["errors_low"]),
                    ohigh=self._one_decimal(held["errors_high"]),
                )
            )
        return " ".join(said)

    def _saving_cost_text(self, line, text):
        return self.env._(
            "Held-out calls: %(held)s, variants of prompts: %(made)s",
            held=text(max(0.0, line["held_out_company"])),
            made=text(line["making_company"]),
        )

    @api.depends("holdout_share")
    def _compute_holdout_seen(self):
        seen = self.env["ai.token.analytics"]._agents_with_arms()
        for agent in self:
            agent.holdout_seen = bool(agent.holdout_share or agent._origin.id in seen)

    @api.model
    def _search_holdout_seen(self, operator, value):
        # Odoo 19 asks for a list of values
        values = {*value} if operator in ("in", "not in") else {value}
        if operator not in ("=", "!=", "in", "not in") or not values <= {True, False}:
            raise UserError(self.env._("Search for agents that hold out calls by yes or no."))
        if len(values) != 1:
            return []
        is_wanted = (operator in ("=", "in")) == values.pop()
        seen = self.env["ai.token.analytics"]._agents_with_arms()
        holding = self.with_context(active_test=False).search([("holdout_share", ">", 0)])
        ids = [*seen.union(holding.ids)]
        return [("id", "in" if is_wanted else "not in", ids)]

    def action_offer_holdout(self):
        """Hold out a twentieth of the agent's conversations."""
        self.ensure_one()
        self.holdout_share = OFFERED

    def action_view_holdout(self):
        """Open the calls that show what the agent saves."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What “%s” saves", self.name),
            "res_model": "ai.token.usage",
            "view_mode": "list,form,pivot,graph",
            "domain": [("agent_key", "=", self.id), ("holdout_arm", "!=", False)],
            "context": {"group_by": ["holdout_arm"]},
        }
