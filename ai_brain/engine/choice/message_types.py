"""Which type of message is this? Told from the examples and cues that a type's record holds.

A type is known by its cues (``message_cues``), by what its examples share and others do not (naive
Bayes over words, pairs of words, marks, length, and what the words are about), and by the examples
that are nearest; words with a meaning that neither know speak against it. How much each of these
tells, and how much it takes to be of any type, are the few numbers of ``_WEIGHTS``, fitted by
``tools/fit_message_types.py`` on labelled messages. Of a type that a person made nothing else is
known; of those that are shipped some thousand messages told more (``message_weights``), which is
weighed by ``_TRAINED``, fitted by ``tools/fit_message_weights.py``.

>>> types = [
...     MessageType("thanks", {"en": ["Thank you so much"]}, {"en": ["thanks", "thank you"]}),
...     MessageType("order", {"en": ["I would like to order two"]}, {"en": ["order/buy … #"]}),
... ]
>>> classify("thanks, that was great!", types)[0].code
'thanks'
>>> classify([{"role": "user", "content": "Please buy 20 pens"}], types)[0].code
'order'
>>> classify("My hard disk is full.", types)[0] is None
True
"""

import math
from functools import lru_cache
from typing import NamedTuple

from ..base.text import content_text
from .message_model import Model
from .message_weights import shipped_data
from .message_words import MAX_CHARS, read

SURE = 0.8  # a type is named from this certainty on: a wrong type costs more than none
APART = 0.1  # and only if the next one is so much less likely: ties are nobody's

# Of the evidence for a type; a twentieth above what was fitted, as on the developing sets more was
# right than the certainty said.
_WEIGHTS = {
    "cues": 2.3,
    "hints": 3.12,
    "against": 2.67,
    "bayes": 0.59,
    "about": 0.26,
    "near": 10.5,
    "odd": 4.07,
}
# The same of types that message_weights knows.
_TRAINED = {
    "cues": 1.4,
    "hints": 3.15,
    "against": 2.34,
    "near": 19.4,
    "trained": 0.42,
}
# With nothing said, no type.
NONE = 0.4
# So much of what is like none of a set's types speaks against those of another set.
ELSEWHERE = 0.1


class MessageType(NamedTuple):
    """A type of message and how such a message is answered.

    ``examples`` and ``cues``: by language (``{"en": […]}``, "" if unknown) lists, or a text with
    one a line; ``message_cues`` says what a cue may hold.
    ``none``: a message that is like this is of no type (what the other types of its ``set`` are
    not).
    ``complexity`` simple, moderate, complex; ``quality`` low, medium, high; ``provider`` efficient
    or strong; ``tools`` none or given; ``context`` none, last (``context_turns`` turns) or all.
    """

    code: str
    examples: dict = {}
    cues: dict = {}
    complexity: str = "moderate"
    quality: str = "medium"
    max_tokens: int = 0
    temperature: float = 0.7
    provider: str = "efficient"
    tools: str = "given"
    context: str = "all"
    context_turns: int = 0
    none: bool = False
    name: dict = {}
    set: str = ""


def classify(messages, types):
    """(type or None, certainty 0..1): which of ``types`` the last message of the user is of.

    ``messages``: a text, or messages in OpenAI's shape. ``types``: :class:`MessageType` s, or
    whatever has their ``code``, ``examples``, ``cues``, ``none`` and ``set``.

    The certainty is the chance that the type is right; with None it is the chance that no type
    fits. None is returned below ``SURE`` and where two types are within ``APART`` of each other.
    Reads the first 3,000 and last 1,000 characters at most. Never raises on what people write.

    >>> classify("", [])
    (None, 1.0)
    """
    types = prepare(types)
    told = _told(messages, types)
    if not told:
        return None, 1.0
    return _best(types, *_chances(types, told))


def name_type(messages, types):
    """(type, certainty 0..1) as :func:`classify` tells them, or None where it names none.

    >>> types = [MessageType("order", {}, {"en": ["order/buy … #"]})]
    >>> name_type("My hard disk is full.", types) is None
    True
    """
    found, certainty = classify(messages, types)
    return (found, certainty) if found else None


def _best(types, chances, none):
    """(type or None, certainty) of {number: chance} and of the chance that none fits. Types of one
    code (a greeting in either set) do not stand in each other's way."""
    of_code = {}
    for number, chance in chances.items():
        code = types[number].code
        of_code[code] = of_code.get(code, 0.0) + chance
    ranked = sorted(of_code, key=of_code.get, reverse=True)[:2]
    best = of_code[ranked[0]] if ranked else 0.0
    if best < SURE or (len(ranked) > 1 and best - of_code[ranked[1]] < APART):
        return None, round(none, 4)
    found = max((n for n in chances if types[n].code == ranked[0]), key=chances.get)
    return types[found], round(best, 4)


def _last_text(messages):
    if isinstance(messages, str):
        return messages
    if not isinstance(messages, list | tuple):
        return ""
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            return content_text(message.get("content"))
    return ""


class Prepared(tuple):
    """Types that were read and learned from."""

    def __new__(cls, types):
        self = super().__new__(cls, types)
        self.model = _model(_frozen(self))
        self.weights = {
            part: [
                (_WEIGHTS if column is None else _TRAINED).get(part, 0.0)
                for column in self.model.columns
            ]
            for part in _WEIGHTS.keys() | _TRAINED.keys()
        }
        return self


def prepare(types):
    """Types ready for :func:`classify`, which does this itself; who keeps the result saves it the
    comparing of texts, half a millisecond a call.

    >>> prepare([MessageType("order", cues={"en": "order\\nbuy"})])[0].code
    'order'
    """
    return types if isinstance(types, Prepared) else Prepared(types or ())


def evidence(text, types):
    """{number of the type: {part: value}}: what speaks for each type, before it is weighed."""
    types = prepare(types)
    told = types.model.told(read(text))
    told.hear(range(len(types)))
    for number in range(len(types)):
        told.look(number)
    rows = zip(*told.parts.values(), strict=True)
    return {number: dict(zip(told.parts, row, strict=True)) for number, row in enumerate(rows)}


def _told(messages, types):
    """What the last message tells of each type; None where there is nothing to tell."""
    text = _last_text(messages)
    if not types or not any(map(str.isalpha, text[:MAX_CHARS])):
        return None
    return types.model.told(read(text))


def _chances(types, told):
    """({number: chance} of the types that can be named, chance that none fits)."""
    scores = dict(enumerate(told.scores(types.weights)))
    chances = share_out(scores, types, NONE)
    return chances, max(0.0, 1.0 - sum(chances.values()))


def share_out(scores, types, none):
    """Softmax over the scores of types, of what stands for none of a type's set, and of ``none``
    itself: a mail is not told the worse for being none of the types of a coaching chat."""
    top = max([none, *scores.values()])
    powers = {number: math.exp(score - top) for number, score in scores.items()}
    shared, elsewhere, own = math.exp(none - top), 0.0, {}
    for number, power in powers.items():
        kind = types[number]
        if kind.none:
            own[kind.set] = own.get(kind.set, 0.0) + power
            elsewhere += ELSEWHERE * power
        else:
            shared += power
    totals = {
        kind.set: shared + elsewhere + (1.0 - ELSEWHERE) * own.get(kind.set, 0.0) for kind in types
    }
    return {
        number: power / totals[types[number].set]
        for number, power in powers.items()
        if not types[number].none
    }


# ---------------------------------------------------------------------- what is learned


def _frozen(types):
    """What types are told by, hashable."""
    return tuple((t.code, _lines(t.examples), _lines(t.cues)) for t in types)


def _lines(by_language):
    """((language, lines), …) of a dict by language, a list, or a text with a line each."""
    if not isinstance(by_language, dict):
        by_language = {"": by_language}
    found = []
    for language, lines in by_language.items():
        lines = lines.splitlines() if isinstance(lines, str) else lines or ()
        kept = tuple(line for line in lines if isinstance(line, str) and line.strip())
        found.append((str(language or ""), kept))
    return tuple(found)


@lru_cache(maxsize=16)
def _model(frozen):
    return Model(frozen)


# ---------------------------------------------------------------------- what is shipped


@lru_cache(maxsize=4)
def shipped_types(name):
    """The types of a shipped set, "coaching" or "business", as :class:`MessageType` s, prepared.

    >>> [t.code for t in shipped_types("coaching")][:3]
    ['greeting', 'check_in', 'celebration']
    """
    return prepare(MessageType(**item) for item in shipped_data() if item["set"] == name)
