import threading
from collections import OrderedDict
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ...engine.price.rates import rates_above
from ...engine.prompt.prefix import Prefix, in_stable_order, read_prefix
from ...engine.prompt.vendor_caches import ANTHROPIC_MARKS, MOST_GAPS, best_mark, least_tokens
from ...engine.waste.types import Prefixes
from ..base.index import add_index

CHARS_PER_TOKEN = 4
#: Beginnings that this process remembers, and how much of each.
MOST_REMEMBERED = 256
MOST_CHARS = 40_000
_LIVES_S = {mark.name: mark.lives_s for mark in ANTHROPIC_MARKS}
#: Least life of what a vendor keeps by itself (their documents, October 2026: five minutes and
#: more), and of a mark that a caller set himself.
LEAST_LIFE_S = 300.0
MOST_PROVIDERS = 500

_remembered = OrderedDict()
_lock = threading.Lock()


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    prefix_key = fields.Integer(
        readonly=True,
        help="Number of the beginning that was sent: system prompt and tools. Calls with the same "
        "one can be served from the vendor's prompt cache.",
    )
    prefix_mark = fields.Char(
        "Cache Mark",
        readonly=True,
        help="How long the vendor was asked to keep the beginning: 5m or 1h. Empty: not asked.",
    )

    def init(self):
        res = super().init()
        add_index(self, "prefix", "provider_id, prefix_key, create_date", "prefix_key IS NOT NULL")
        return res


def _life_s(api_format, mark):
    """Seconds that a vendor keeps a beginning for sure, since its last use."""
    return _LIVES_S.get(mark, LEAST_LIFE_S) if api_format == "anthropic" else LEAST_LIFE_S


class Seen(NamedTuple):
    """What is known of the beginning of a call: ``earlier`` is that of the call before."""

    prefix: Prefix
    earlier: str | None
    mark: str | None = None


class AiStepVendorCache(models.AbstractModel):
    """The vendor's prompt cache: marks where they pay, and a beginning that stays the same."""

    _name = "ai.step.vendor_cache"
    _inherit = "ai.step"
    _description = "AI Step: Vendor's Prompt Cache"
    _rank = 90  # what is sent is settled by then
    _optimises = ("_shrink", "_cached")

    def _shrink(self, call):
        used = bool(call.policy.get("vendor_cache"))
        if used and call.tools:
            tools = in_stable_order(call.tools)
            if tools is not call.tools:
                call.tools = tools
        if used:
            # a talk may be long whose system prompt is short
            call.cache_tail = self._marks_tail(call)
        prefix = read_prefix(call.messages, call.tools)
        if not prefix:
            return
        seen = Seen(prefix, self._exchange_remembered(call, prefix))
        if used:
            seen = seen._replace(mark=self._mark(call, prefix))
            call.cache_mark = seen.mark
            call.cache_key = f"sam-{prefix.key:08x}"
        call.memory[self._name] = seen

    def _cached(self, call):
        """What the last call with the same beginning read or wrote, where that is still kept."""
        tools = call.tools
        if tools and call.policy.get("vendor_cache"):
            tools = in_stable_order(tools)  # as it is going to be sent
        prefix = read_prefix(call.messages, tools)
        if not prefix:
            return {}
        # never more than the beginning: the last call may have had a conversation behind it
        most = prefix.characters // CHARS_PER_TOKEN
        return {
            provider_id: min(tokens, most)
            for provider_id, api_format, since, mark, tokens in self._last_calls(call, prefix)
            if tokens and since < _life_s(api_format, mark)
        }

    def _last_calls(self, call, prefix):
        """Return (provider, format, seconds ago, mark, cached tokens) of the last call that each
        provider of the task answered with this beginning, within the longest life."""
        return self.env.execute_query(
            SQL(
                "SELECT p.id, p.api_format, extract(epoch FROM %s - u.create_date)::float,"
                " u.prefix_mark, coalesce(u.cache_read_tokens, 0)"
                " + coalesce(u.cache_write_tokens, 0)"
                " FROM ai_service_provider p CROSS JOIN LATERAL ("
                "   SELECT create_date, prefix_mark, cache_read_tokens, cache_write_tokens"
                "     FROM ai_token_usage WHERE provider_id = p.id AND prefix_key = %s"
                "      AND state != 'failed' AND create_date > %s"
                "    ORDER BY create_date DESC LIMIT 1) u"
                " WHERE p.active AND p.task_type = %s LIMIT %s",
                (now := fields.Datetime.now()),
                prefix.key,
                fields.Datetime.subtract(now, hours=1),
                call.task_type,
                MOST_PROVIDERS,
            )
        )

    def _mark(self, call, prefix):
        """Return the mark that the beginning gets, by the gaps between the calls that had it."""
        target = call.target
        if target.api_format != "anthropic":
            return None
        if prefix.characters / CHARS_PER_TOKEN < least_tokens(target.model_name):
            return None
        rows = self._calls(call, SQL("prefix_key = %s", prefix.key))
        return self._best(rows, ANTHROPIC_MARKS)

    def _marks_tail(self, call):
        """Does it pay to have the conversation kept for its next turn?"""
        session = call.tags.get("session_id")
        turns = sum(message["role"] == "user" for message in call.messages)
        if call.target.api_format != "anthropic" or not session or turns < 2:
            return False
        if call.target.count.tokens < 2 * least_tokens(call.target.model_name):
            return False
        rows = self._calls(call, SQL("session_id = %s", session))
        return bool(self._best([(at, None, 0) for at, *_rest in rows], ANTHROPIC_MARKS[:1]))

    def _best(self, rows, marks):
        now = fields.Datetime.now().timestamp()
        times = [at for at, _mark, _cached in reversed(rows)]
        gaps = [after - before for before, after in pairwise(times)]
        if not rows:
            return best_mark(gaps, None, marks)
        last, mark, cached = rows[0]
        since = max(0.0, now - last)
        lies = mark if mark and cached and since < _LIVES_S[mark] else None
        return best_mark(gaps, since, marks, cached=lies)

    def _calls(self, call, which):
        """Return (seconds, mark, cached tokens) of the last calls that a vendor answered, latest
        first."""
        return self.env.execute_query(
            SQL(
                "SELECT extract(epoch FROM create_date)::float, prefix_mark,"
                " coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)"
                " FROM ai_token_usage WHERE provider_id = %s AND %s AND state != 'failed'"
                " AND create_date > (now() AT TIME ZONE 'UTC') - interval '14 days'"
                " ORDER BY create_date DESC LIMIT %s",
                call.target.provider_id,
                which,
                MOST_GAPS,
            )
        )

    def _exchange_remembered(self, call, prefix):
        """Return the beginning of the call before of the same kind, in this process; keep this."""
        tags = call.tags
        key = (
            self.env.cr.dbname,
            call.company_id,
            call.target.provider_id,
            tags.get("agent_type") or tags.get("module"),
        )
        with _lock:
            earlier = _remembered.pop(key, None)
            _remembered[key] = prefix.text[:MOST_CHARS]
            while len(_remembered) > MOST_REMEMBERED:
                _remembered.popitem(last=False)
        return earlier

    def _prefixes(self, call):
        """Return the ``Prefixes`` that the waste rule compares, None where no cache is at work."""
        seen = call.memory.get(self._name)
        target = call.target
        if not seen or seen.earlier is None or not target.price:
            return None
        if target.api_format == "anthropic" and not seen.mark:
            return None  # it keeps nothing that was not marked
        rates = rates_above(target.price, target.count.tokens)
        plain = rates.rate("input")
        if not plain or rates.cache_read is None:
            return None
        return Prefixes(
            seen.earlier,
            seen.prefix.text[:MOST_CHARS],
            min(Decimal(1), rates.cache_read / plain),
            quotes=call.text_policy != "none",
        )

    def _columns(self, call, attempt):
        seen = call.memory.get(self._name)
        if not seen:
            return {}
        marked = attempt.target.api_format == "anthropic" and seen.mark
        return {"prefix_key": seen.prefix.key, "prefix_mark": marked or None}

    def _tell(self, usage):
        if not (usage.cache_read_tokens or usage.cache_write_tokens):
            return ()
        found = self.env["ai.token.analytics"]._prompt_cache_by("id", [("id", "=", usage.id)])
        saved = found[str(usage.id)]["saved_usd"] if found else None
        text = self.env._(
            "Of the input, %(read)s tokens came from the vendor's prompt cache and %(written)s "
            "were written to it.",
            read=usage.cache_read_tokens,
            written=usage.cache_write_tokens,
        )
        return [(text, None if saved is None else usage._usd_of(saved))]
