"""Waste by a beginning that differs from call to call, so that no vendor's cache can keep it."""

from __future__ import annotations

from decimal import Decimal

from ..base.sentence import Sentence, _lt, declare
from ..prompt.prefix import find_break
from .rule import Rule, source
from .types import Finding

declare(
    {
        "prefix.date": _lt(
            "A date or time at character %(place)s (“%(words)s”) differs from call to call, so the "
            "%(tokens)s tokens behind it are never read from the vendor's cache."
        ),
        "prefix.id": _lt(
            "An identifier at character %(place)s (“%(words)s”) differs from call to call, so the "
            "%(tokens)s tokens behind it are never read from the vendor's cache."
        ),
        "prefix.number": _lt(
            "A number at character %(place)s (“%(words)s”) differs from call to call, so the "
            "%(tokens)s tokens behind it are never read from the vendor's cache."
        ),
        "prefix.text": _lt(
            "A name or word at character %(place)s (“%(words)s”) differs from call to call, so "
            "the %(tokens)s tokens behind it are never read from the vendor's cache."
        ),
        "prefix.move": _lt("Put what differs at the end of the prompt, or into the question."),
    }
)


class BrokenPrefix(Rule):
    """The system prompt and tools are those of the call before, but for a few words near the
    front: what stands behind them is paid in full and could be read at the cache's rate."""

    type = "broken_prefix"
    needs_text = False  # it reads what the step remembers
    least_tokens = 1_024

    def __call__(self, call, history):
        before = history.prefix
        if before is None:
            return None
        found = find_break(before.earlier, before.now)
        if not found:
            return None
        behind = call.tokens_of(found.behind)
        if behind < self.least_tokens:
            return None
        saved = Decimal(1) - before.read
        words = found.words if before.quotes else "…"
        return Finding(
            self.type,
            Sentence(f"prefix.{found.kind}", place=found.place, words=words, tokens=behind),
            Sentence("prefix.move"),
            int(behind * saved),
            call.input_cost * behind * saved / max(1, call.input_tokens),
            target=source(call.tags),
        )
