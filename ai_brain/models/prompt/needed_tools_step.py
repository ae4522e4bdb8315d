from decimal import Decimal
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ...engine.base.money import UNPRICED
from ...engine.prompt import needed_tools, pays
from ...engine.prompt.last_turns import has_tool_turns
from ...engine.prompt.needed_tools_cost import Seen, rules_for, share_found
from ...engine.prompt.needed_tools_read import tool_name
from ...engine.prompt.tokens import count_text, count_tokens

#: The company's last calls, of which those of this agent and provider say what their cache does.
MOST_CALLS = 500
#: After so long without a call vendors may have forgotten a prefix.
FORGOTTEN_S = 300


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    tools_dropped = fields.Integer(
        "Tools Left Out",
        readonly=True,
        help="Tools of the call that it did not need. In the table 0 is a call whose tools were "
        "looked at and all sent, nothing one whose were not.",
    )
    tools_saved_tokens = fields.Integer(
        "Tokens of Tools Left Out",
        readonly=True,
        help="What their descriptions would have come to, estimated.",
    )
    tools_saved_usd = fields.Float(
        "Saved by Tools Left Out (USD)",
        digits=0,
        readonly=True,
        help="What the input would have cost with them, less what it was expected to cost without: "
        "an estimate. It is no part of Saved, which compares providers.",
    )


class Dropped(NamedTuple):
    """What was left out, and what it takes to say what that saved at a provider."""

    tools: int
    tokens: int
    prefix: int
    rest: int
    hits: object = 0
    hits_needed: object = 0

    def choice(self, target):
        """The ``Choice`` between all tools and those that are sent, at a target of the call."""
        rules = rules_for(target.api_format, target.model_name, target.price)
        return pays(
            target.price,
            self.prefix,
            self.prefix - self.tokens,
            hits=self.hits,
            hits_needed=self.hits_needed,
            rules=rules,
            rest=self.rest,
        )


ALL_SENT = Dropped(0, 0, 0, 0)


class AiStepNeededTools(models.AbstractModel):
    """Leave out the tools that a request does not need, where the agent says so and it pays."""

    _name = "ai.step.needed_tools"
    _inherit = "ai.step"
    _description = "AI Step: Needed Tools"
    _once = ("tools_dropped", "tools_saved_tokens", "tools_saved_usd")
    _rank = 60  # after what takes turns out of the conversation, and with them calls of tools
    _optimises = ("_shrink",)

    def _shrink(self, call):
        if not call.tools or not self._is_wanted(call):
            return
        call.memory[self._name] = ALL_SENT
        names = needed_tools(call.messages, call.tools, call.tool_choice)
        kept = [tool for tool in call.tools if tool_name(tool) in ("", *names)]
        if len(kept) == len(call.tools) or (not kept and has_tool_turns(call.messages)):
            return  # vendors refuse calls of tools where none is defined
        dropped = self._dropped(call, kept)
        if not dropped.choice(call.target).drop:
            return
        call.notices.append(
            self.env._(
                "Tools left out, as the request does not need them: %(n)s of %(all)s "
                "(about %(tokens)s tokens).",
                n=dropped.tools,
                all=len(call.tools),
                tokens=call.reader.number(dropped.tokens),
            )
        )
        call.memory[self._name] = dropped
        call.keep_tools(kept)

    def _is_wanted(self, call):
        if call.policy.get("tool_policy") != "needed":
            return False
        # who marks a tool for the vendor's cache has priced the prefix himself
        return not any("cache_control" in tool for tool in call.tools)

    def _dropped(self, call, kept):
        target = call.target
        model = target.model_name, target.api_format
        tokens = count_tokens([], *model, call.tools).tokens
        tokens -= count_tokens([], *model, kept).tokens
        rest = min(count_text(call.last_user_text, *model).tokens, target.count.tokens)
        prefix = max(target.count.tokens - rest, tokens)
        dropped = Dropped(len(call.tools) - len(kept), max(tokens, 0), prefix, rest)
        rules = rules_for(target.api_format, target.model_name, target.price)
        if rules is None or prefix < rules.minimum:
            return dropped  # nothing to lose: the ledger need not be asked
        hits, hits_needed = self._shares(call)
        return dropped._replace(hits=hits, hits_needed=hits_needed)

    def _shares(self, call):
        """Return the shares of calls that find the prefix cached: with all tools, and without."""
        agent, target = call.memory["ai.step.agent"], call.target
        rows = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE tools_dropped = 0),
                       count(*) FILTER (WHERE tools_dropped = 0 AND cache_read_tokens > 0),
                       count(*) FILTER (WHERE tools_dropped > 0),
                       count(*) FILTER (WHERE tools_dropped > 0 AND cache_read_tokens > 0),
                       count(before),
                       count(*) FILTER (WHERE create_date - before < %s * interval '1 second')
                  FROM (SELECT tools_dropped, cache_read_tokens, create_date,
                               lag(create_date) OVER (ORDER BY id) AS before
                          FROM (SELECT id, agent_key, provider_id, tools_dropped,
                                       cache_read_tokens, create_date
                                  FROM ai_token_usage
                                 WHERE company_id = %s AND state = 'done' AND call_count = 1
                                   AND kind = 'api'
                                 ORDER BY id DESC LIMIT %s) recent
                         WHERE agent_key = %s AND provider_id = %s) mine
                """,
                FORGOTTEN_S,
                call.company_id,
                MOST_CALLS,
                agent.id,
                target.provider_id,
            )
        )
        whole, whole_found, less, less_found, gaps, short = rows[0]
        close = Decimal(short) / Decimal(gaps) if gaps and self._is_kept(call) else Decimal(0)
        return (
            share_found(Seen(whole, whole_found), close),
            share_found(Seen(less, less_found)),
        )

    def _is_kept(self, call):
        """Does the vendor keep the prefix? Anthropic does what is marked, the others do any."""
        if call.target.api_format != "anthropic":
            return True
        marked = "cache_control" in repr((call.messages, call.extra))
        return marked or bool(call.policy.get("vendor_cache"))

    def _columns(self, call, attempt):
        dropped = call.memory.get(self._name)
        if not dropped:
            return {}
        columns = {"tools_dropped": dropped.tools}
        if not dropped.tools or attempt.state == "failed":
            return columns
        choice = dropped.choice(attempt.target)
        saved = None if choice.all_usd is UNPRICED else choice.all_usd - choice.needed_usd
        return {
            **columns,
            "tools_saved_tokens": dropped.tokens,
            "tools_saved_usd": None if saved is None else str(saved),
        }

    def _tell(self, usage):
        if not usage.tools_dropped:
            return ()
        text = self.env._(
            "%(tools)s tools that it did not need were left out: about %(tokens)s tokens.",
            tools=usage.tools_dropped,
            tokens=usage.tools_saved_tokens,
        )
        return [(text, usage._usd_of(usage.tools_saved_usd))]
