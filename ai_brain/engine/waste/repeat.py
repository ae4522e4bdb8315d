"""Waste by asking again."""

from __future__ import annotations

from ..base.sentence import Sentence, _lt, declare
from .rule import Rule, ask_source, source
from .text import Request
from .types import Finding

DUPLICATE_WINDOW_S = 24 * 3600
NEAR_WINDOW_S = 3600
EXCERPT_CHARS = 490  # a stored text of this length may be cut off

declare(
    {
        "duplicate.same": _lt("The same request was answered %(age_s)s before."),
        "duplicate.near": _lt("Nearly the same request was answered %(age_s)s before."),
        "duplicate.keep.agent": _lt(
            "Keep the answer and give it again, or let the agent “%(target)s” ask once."
        ),
        "duplicate.keep.module": _lt(
            "Keep the answer and give it again, or let the module “%(target)s” ask once."
        ),
        "duplicate.keep.cron": _lt(
            "Keep the answer and give it again, or let the scheduled action “%(target)s” ask once."
        ),
        "duplicate.keep.some_cron": _lt(
            "Keep the answer and give it again, or let the scheduled action that made the call "
            "ask once."
        ),
        "duplicate.keep.caller": _lt(
            "Keep the answer and give it again, or let the caller ask once."
        ),
    }
)


class DuplicateQuery(Rule):
    """The same request, or nearly the same, by the same company inside a window: a day for
    equal content, an hour for nearly equal words (figures, names and negations being the same)."""

    type = "duplicate_query"
    needs_text = False

    def __call__(self, call, history):
        question = call.question
        for earlier in sorted(history.earlier, key=lambda e: e.age_s):
            if earlier.same and 0 <= earlier.age_s <= DUPLICATE_WINDOW_S:
                return self._finding(call, earlier, "duplicate.same")
        if not question or len(question) > EXCERPT_CHARS:
            return None
        asked = Request(question)
        for earlier in sorted(history.earlier, key=lambda e: e.age_s):
            if (
                earlier.comparable
                and 0 <= earlier.age_s <= NEAR_WINDOW_S
                and 12 <= len(earlier.text) < EXCERPT_CHARS
                and self._same_context(call, earlier)
                and asked.same_as(earlier.text)
            ):
                return self._finding(call, earlier, "duplicate.near")
        return None

    @staticmethod
    def _same_context(call, earlier):
        """What surrounds the question is as large as then, within the size of the rewording."""
        if not earlier.input_tokens or not call.size:
            return True
        slack = max(12, 0.02 * call.size)
        return abs(earlier.input_tokens - call.size) <= slack

    def _finding(self, call, earlier, code):
        return Finding(
            self.type,
            Sentence(code, age_s=round(earlier.age_s)),
            ask_source("duplicate.keep", call.tags),
            call.input_tokens + call.output_tokens,
            call.cost,
            basis="call",
            target={**source(call.tags), "duplicate_of": earlier.key},
        )
