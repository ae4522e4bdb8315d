"""Errands of a conversation: which of them rest on what was told for another, and for how long.

"I need a hotel" says not where, and who answers with one without asking has it from before. What
was told of a trip, how much, when, for whom or from where, holds as long as the trip is spoken of.
"""

from ..base.lazy import regex
from .history_conditions import told
from .history_replies import SAID_LATER, asked_for
from .history_things import ERRANDS, brought_up, things
from .history_words import BRINGS_UP, TURN_CHARS

ANY = "any"
# What was told of a journey holds for its hotel.
TRAVEL = frozenset("flight trip lodging".split())
# Where something to do is asked for without its kind.
_TO_DO = regex(
    r"(?i)\b(?:(?:some|any)thing (?:\w+ ){0,2}to do|things? to (?:do|see|visit)"
    r"|(?:some|any)where to (?:eat|stay|go)|place to (?:eat|stay|live)"
    r"|etwas (?:\w+ )?zu unternehmen|was (?:kann|könnte) (?:man|ich|wir) (?:dort )?unternehmen"
    r"|(?:quelque chose|choses) (?:\w+ )?à (?:faire|voir)|algo (?:\w+ )?(?:que|para) (?:hacer|ver)"
    r"|(?:cosas|lugares) (?:que|para) (?:hacer|ver|visitar))\b"
)


def errand(question, earlier):
    """Kinds of a new errand that a question brings up, none of which ``earlier`` speaks of."""
    question, kinds = question[:TURN_CHARS], frozenset()
    if BRINGS_UP.search(question[:200]):
        kinds = brought_up(question) & ERRANDS
    if _TO_DO.search(question):
        kinds |= {"event"}
    return frozenset() if kinds & earlier else kinds


def carried(read):
    """{place: places that it rests on} of the exchanges with an errand for which nobody tells or
    asks where it is to be: it rests on where and when other errands before it are."""
    told, errands, first = [], [], None
    for at, one in enumerate(read):
        if one.errand:
            errands.append((at, [*told], False))
            first = at if first is None else first
        if (errands and "where" in one.tells) or "where" in one.asked_for:
            errands[-1:] = [(*errands[-1][:2], True)] if errands else []
        if first is not None and one.tells & {"where", "when"}:
            told.append(at)
    return {at: set(before) for at, before, where in errands if before and not where}


def conditions_of(question, answer, where):
    """Kinds of things that a question tells conditions of, ``ANY`` where it says not of what;
    ``where``: does it tell a place?"""
    conditions = told(question)
    if not conditions and not where:
        return frozenset()
    kinds = brought_up(question) or things(answer)
    if not kinds and "budget" in conditions and asked_for(answer) & SAID_LATER:
        return frozenset((ANY,))
    kinds &= ERRANDS
    return kinds | TRAVEL if kinds & TRAVEL else kinds


def spoken_of(one):
    """The kinds that an exchange speaks of, for which conditions may have been told."""
    return one.things | {ANY}
