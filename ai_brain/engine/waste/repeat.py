"""Waste by asking again."""

from __future__ import annotations

from ..base.lazy import regex
from ..base.sentence import Sentence, _lt, declare
from .rule import Rule, ask_source, source
from .same import Request
from .types import Finding

DUPLICATE_WINDOW_S = 24 * 3600
NEAR_WINDOW_S = 3600
EXCERPT_CHARS = 490  # a stored text of this length may be cut off

declare(
    {
        "duplicate.same": _lt("The same request was answered %(age_s)s before."),
        "duplicate.near": _lt("Nearly the same request was answered %(age_s)s before."),
        # A colleague's row and moment are nobody else's business.
        "duplicate.same.elsewhere": _lt(
            "The same request had been answered in the company within a day."
        ),
        "duplicate.near.elsewhere": _lt(
            "Nearly the same request had been answered in the company within an hour."
        ),
        "duplicate.keep.agent": _lt(
            "Keep the answer and give it again, or let the agent “%(target)s” ask once."
        ),
        "duplicate.keep.module": _lt(
            "Keep the answer and give it again, or let the addon “%(target)s” ask once."
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


# What is asked again on purpose: something new of its kind, or the next part.
_ANEW = regex(
    r"(?i)^\W*(?:(?:and|now|please|give|tell|show|write|me|us|one|i|want|und|bitte|jetzt|gib|nenne"
    r"|schreib\w*|zeig\w*|mir|uns|et|donne|raconte|écris|moi|nous|y|dame|dime|cuéntame|escribe)\W+)*"
    r"(?:another|again|more|next|other|go on|continue|try|noch|nochmal\w*|weiter\w*|nächste\w*"
    r"|anders|andere\w*|encore|autre|un autre|une autre|suite|suivant\w*|continue[rz]?|otr[oa]"
    r"|otra vez|más|siguiente|sigue|continúa)\b"
    r"|\b(?:jokes?|random\w*|surprise me|alternatives?|brainstorm\w*|witze?|zufällig\w*|blagues?"
    r"|au hasard|chistes?|al azar)\b"
)
LEAST_CHARS = 12  # a shorter request leans on what was said before it


def slack(size):
    """By how many tokens another wording may change a request of ``size`` tokens.

    >>> slack(100), slack(1000)
    (12, 20)
    """
    return max(12, size // 50)


class DuplicateQuery(Rule):
    """The same request by the same company inside a window: a day for equal content, an hour for
    content that differs by politeness, case or white space of the question alone."""

    type = "duplicate_query"
    needs_text = False

    def __call__(self, call, history):
        question = call.question
        by_age = sorted(history.earlier, key=lambda e: e.age_s)
        anew = _ANEW.search(question[:EXCERPT_CHARS])
        for earlier in by_age:
            if earlier.same and 0 <= earlier.age_s <= DUPLICATE_WINDOW_S and not anew:
                return self._finding(call, earlier, "duplicate.same")
        if anew or not LEAST_CHARS <= len(question) <= EXCERPT_CHARS:
            return None
        asked = None
        for earlier in by_age:
            call.tick()
            if (
                earlier.comparable
                and 0 <= earlier.age_s <= NEAR_WINDOW_S
                and LEAST_CHARS <= len(earlier.text) < EXCERPT_CHARS
                and self._same_context(call, earlier)
            ):
                asked = asked or Request(question)  # read when there is something to hold against
                if asked.same_as(earlier.text):
                    return self._finding(call, earlier, "duplicate.near")
        return None

    @staticmethod
    def _same_context(call, earlier):
        """What surrounds the question is as large as then, within the size of the rewording."""
        if not earlier.input_tokens or not call.size:
            return True
        return abs(earlier.input_tokens - call.size) <= slack(call.size)

    def _finding(self, call, earlier, code):
        target = source(call.tags)
        if earlier.own:
            said = Sentence(code, age_s=round(earlier.age_s))
            target = {**target, "duplicate_of": earlier.key}
        else:
            said = Sentence(f"{code}.elsewhere")
        return Finding(
            self.type,
            said,
            ask_source("duplicate.keep", call.tags),
            call.input_tokens + call.output_tokens,
            call.cost,
            basis="call",
            target=target,
        )
