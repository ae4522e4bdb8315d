"""Waste by sending what was said long ago."""

from __future__ import annotations

from decimal import Decimal

from ..base.lazy import regex
from ..base.sentence import Sentence, _lt, declare
from .rule import MIN_CHARS, Rule
from .text import Reference, language
from .types import Finding, text_of

KEPT_TURNS = 4  # the last two questions and answers always count as needed

declare(
    {
        "history.one": _lt(
            "The first message of the conversation (%(tokens)s tokens) was sent again, but the "
            "question and the answer do not refer to it."
        ),
        "history.many": _lt(
            "The first %(count)s messages of the conversation (%(tokens)s tokens) were sent "
            "again, but the question and the answer do not refer to them."
        ),
        "history.begin": _lt(
            "Start a new conversation for a new subject, or keep only the last messages and a "
            "summary."
        ),
    }
)

_REFERS_BACK = regex(
    r"(?i)\b(?:earlier|above|previous(?:ly)?|before|again|as (?:you|i|we) said|you (?:said|told"
    r"|mentioned|gave|suggested|wrote|listed)|we (?:discussed|agreed|decided|talked)|so far|first"
    r"|second|third|both|all of (?:them|these|this|those)|those|the same|still|summari[sz]e|recap"
    r"|conversation|minutes|everything|remember|back to|original|initial|started|mentioned"
    r"|vorhin|oben|zuvor|vorher|nochmal|wie gesagt|du hast|sie haben|wir haben|bisher|erste[nsr]?"
    r"|zweite[nsr]?|beide|alle|zusammenfass\w*|fasse|gespräch|ursprünglich\w*|erwähnt\w*|besprochen"
    r"|précédent\w*|plus haut|ci-dessus|tout à l'heure|encore|premi(?:er|ère)|deuxième|résum\w*"
    r"|conversation|mentionn\w*|anterior\w*|antes|arriba|otra vez|primer\w*|segund\w*|resum\w*"
    r"|conversación|mencion\w*|precedent\w*|sopra|prima|riassum\w*|anterior\w*|acima|primeir\w*"
    r"|eerder|hierboven|eerste|tweede|samenvat\w*|wcześniej|powyżej|pierwsz\w*|podsumuj\w*"
    r"|ранее|выше|раньше|перв\w+|втор\w+|итог\w*|önceki|yukarıda|ilk|özetle\w*)\b"
    r"|刚才|之前|上面|前面|第一|第二|总结|前述|先ほど|最初|まとめ|위에서|처음|아까|요약"
)
_CONTINUES = regex(r"(?i)^\W*(?:go on|continue|more|next|weiter|continue[rz]?|sigue|继续|続け)")


class UnnecessaryHistory(Rule):
    """Old turns that the exchange does not refer to.

    The last two questions and answers always count as needed. A question that points back in
    words ("as you said", "all of them") needs everything. A turn whose topic the kept part still
    talks about is needed, and with it all that came after it.
    """

    type = "unnecessary_history"

    def __call__(self, call, history):
        turns = [m for m in call.messages if m["role"] in ("user", "assistant", "tool")]
        while turns and turns[-1]["role"] != "user":
            turns.pop()
        old, kept = turns[:-1][:-KEPT_TURNS], turns[:-1][-KEPT_TURNS:]
        if not old or not call.answer:
            return None
        question = call.question
        if _REFERS_BACK.search(question[:2000]) or _CONTINUES.search(question):
            return None
        reference = Reference(question, "\n".join([call.answer, *map(text_of, kept)]))
        spoken = language(call.answer) or language(question)
        # A conversation is cut from its beginning: what follows a turn that is used stays, and so
        # does the turn before it, which it may have answered.
        pairs = list(_exchanges(old))
        first_used = next(
            (i for i, pair in enumerate(pairs) if self._used(pair, reference, spoken)), None
        )
        cut = pairs if first_used is None else pairs[: max(0, first_used - 1)]
        unused = sum(len(text_of(m)) for pair in cut for m in pair)
        count = sum(map(len, cut))
        tokens = call.tokens_of(unused)
        if unused < MIN_CHARS or tokens < 0.15 * call.input_tokens:
            return None
        return Finding(
            self.type,
            Sentence("history.one", tokens=tokens)
            if count == 1
            else Sentence("history.many", count=count, tokens=tokens),
            Sentence("history.begin"),
            tokens,
            Decimal(0),
            target={"kind": "conversation", "name": call.tags.get("session_id") or ""},
        )

    @staticmethod
    def _used(pair, reference, spoken):
        text = "\n".join(map(text_of, pair))
        own = language(text)
        foreign = own and spoken and own != spoken
        return foreign or any(m.get("tool_calls") for m in pair) or reference.uses(text)


def _exchanges(turns):
    """Questions with the answers that follow them."""
    pair = []
    for message in turns:
        if message["role"] == "user" and pair:
            yield pair
            pair = []
        pair.append(message)
    if pair:
        yield pair
