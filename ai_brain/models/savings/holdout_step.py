import hashlib
from uuid import uuid4

from odoo import fields, models

from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...engine.savings.holdout import HELD_OUT, TREATED, assign
from ..base.index import add_index
from ..call.call import Claim

#: Output tokens that are expected of a call before it is made; what matters is that they are the
#: same in both arms.
EXPECTED_OUTPUT = 300


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    holdout_arm = fields.Selection(
        [(TREATED, "Optimised"), (HELD_OUT, "Held out")],
        "Holdout",
        readonly=True,
        help="Whether the call was made cheaper, or held out to show what that saves. Empty: its "
        "agent holds out nothing.",
    )
    holdout_unit = fields.Integer(
        readonly=True,
        aggregator=None,
        help="Number of the conversation as it was drawn; a call without one is one by itself.",
    )
    holdout_percent = fields.Integer(
        "Share Held Out (%)", readonly=True, aggregator=None, help="The agent's share then."
    )
    holdout_expected_usd = fields.Float(
        "Expected (USD)",
        digits=0,
        readonly=True,
        help="What the request as it came was expected to cost at the provider asked for. Savings "
        "that are measured are adjusted by it.",
    )

    def init(self):
        res = super().init()
        add_index(self, "holdout", "company_id, local_date", "holdout_arm IS NOT NULL")
        # A conversation's calls, to fold it anew; the few calls that variants of prompts cost; and
        # the ratings of both arms, which come too late for any sum, by conversation.
        self.env.cr.execute(
            """
            DROP INDEX IF EXISTS ai_token_usage_holdout_agent_idx;
            CREATE INDEX IF NOT EXISTS ai_token_usage_holdout_session_idx
                ON ai_token_usage (agent_key, holdout_unit) WHERE holdout_arm IS NOT NULL;
            CREATE INDEX IF NOT EXISTS ai_token_usage_making_idx
                ON ai_token_usage (company_id, local_date) WHERE kind = 'trial';
            CREATE INDEX IF NOT EXISTS ai_token_usage_holdout_rated_idx
                ON ai_token_usage (company_id, agent_key, holdout_percent, holdout_arm,
                                   holdout_unit) INCLUDE (quality_score, local_date)
                WHERE feedback_count > 0 AND holdout_arm IS NOT NULL;
            """
        )
        return res


class AiStepHoldout(models.AbstractModel):
    """Holds a share of an agent's conversations out of all that optimises (``_optimises``).

    What is submitted for later is its caller's own choice of a price and has no part in it. What a
    feature asks for a call (a summary) is on that call's side.
    """

    _name = "ai.step.holdout"
    _inherit = "ai.step"
    _description = "AI Step: Holdout"
    _once = ("holdout_expected_usd",)
    _rank = 3  # before all that it may switch off

    def _open(self, call):
        call.held_out = self._is_held_out(call)

    def _is_held_out(self, call):
        """Draw a call's arm, once: is it held out?"""
        if self._name not in call.memory:
            call.memory[self._name] = self._drawn(call)
        part = call.memory[self._name]
        return bool(part and part.arm == HELD_OUT)

    def _drawn(self, call):
        if call.within:
            return call.within.memory.get(self._name)
        if call.kind != "api" or call.deferred or call.rehearsed:
            return None
        agents = self.env["ai.agent"]
        agent = agents._of_call(call.tags.get("agent_type"), call.company_id)
        share = agent and agents._holdout_share_of(agent.id)
        if not share:
            return None
        # who asks again by the same key is the same call
        session = call.tags.get("session_id") or call.idempotency_key or uuid4().hex
        return assign(self._key(), agent.id, call.company_id, session, share)

    def _key(self):
        """Return the secret of the hash: nobody can choose his arm by the name of a session."""
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret") or ""
        return hashlib.sha256(b"ai_brain holdout\x1f" + secret.encode()).digest()

    def _choose(self, call):
        if not call.held_out:
            return None
        provider = self.env["ai.service.provider"].browse(call.configured_id)
        told = self.env._(
            "The call is held out, to show what others save: “%s” answers it as asked for.",
            provider._facts().name,
        )
        return Claim("holdout", call.configured_id, told)

    def _columns(self, call, attempt):
        part = call.memory.get(self._name)
        if not part:
            return {}
        return {
            "holdout_arm": part.arm,
            "holdout_unit": part.unit,
            "holdout_percent": part.percent,
            "holdout_expected_usd": self._expected(call),
        }

    def _expected(self, call):
        """Return what the request was expected to cost as it came, in either arm alike: text of a
        Decimal in USD, None where the price is not known."""
        asked = call.configured
        usage = TokenUsage(input=asked.count.tokens, output=min(asked.max_tokens, EXPECTED_OUTPUT))
        found = pricing.cost(usage, asked.price, when=fields.Datetime.now())
        return None if found is pricing.UNPRICED else str(found)

    def _tell(self, usage):
        if usage.holdout_arm != HELD_OUT:
            return ()
        text = self.env._("It was held out, to show what others save: nothing was optimised.")
        return [(text, None)]
