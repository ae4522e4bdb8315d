"""What a turn comes back to, though it says it in other words: "the hotel", "a taxi to get there".

A conversation settles things of a kind and refers to them later by the kind alone. The kinds and
their words stand in ``data/settled_things.txt``.
"""

from functools import cache
from pathlib import Path

from ..base.lazy import regex
from .history_words import BRINGS_UP, TURN_CHARS
from .text import terms

_WORD = regex(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_KNOWN = frozenset(
    "the my our this that these those your der die das den dem des mein meine meinen meinem meiner"
    " unser unsere unseren unserem unserer diese dieser dieses diesen diesem im zum zur vom"
    " le la les mon ma mes notre nos ce cet cette ces du au aux votre"
    " el los las mi mis nuestro nuestra nuestros nuestras este esta estos estas ese esa del al"
    " su sus".split()
)
_ELIDED = ("l'", "l’", "d'", "d’")
_LONGEST = 3  # words of a kind's name
_REACH = 2  # the name begins at most so many words after "the"
# Asks to book, buy or arrange; what it is may have been offered long before.
_ARRANGES = regex(
    r"(?i)\b(?:book|reserve|buy|purchase|get|make|schedule|arrange|rent|order|need|want|like"
    r"|buch\w*|reservier\w*|kauf\w*|bestell\w*|brauche|möchte|hätte"
    r"|réserv\w+|achet\w+|achèt\w+|commander|besoin|voudrais|aimerais"
    r"|reserv\w+|comprar|compro|pedir|necesito|quiero|quisiera)\b"
)
# What is arranged of a kind, by the word that it goes by.
_ARRANGED = {
    "room": ("lodging",), "rooms": ("lodging",), "zimmer": ("lodging",),
    "chambre": ("lodging",), "habitación": ("lodging",),
    "night": ("lodging",), "nights": ("lodging",), "nacht": ("lodging",), "nächte": ("lodging",),
    "nuit": ("lodging",), "nuits": ("lodging",), "noche": ("lodging",), "noches": ("lodging",),
    "reservation": ("eating", "lodging"), "reservierung": ("eating", "lodging"),
    "réservation": ("eating", "lodging"), "reserva": ("eating", "lodging"),
    "appointment": ("visit",), "termin": ("visit",), "rendez-vous": ("visit",), "cita": ("visit",),
    "ticket": ("train", "flight", "event", "film"), "tickets": ("train", "flight", "event", "film"),
    "seat": ("train", "flight", "event", "film"), "seats": ("train", "flight", "event", "film"),
    "karten": ("train", "event", "film"), "fahrkarte": ("train",), "fahrkarten": ("train",),
    "billet": ("train", "flight", "event"), "billets": ("train", "flight", "event"),
    "billete": ("train", "flight"), "billetes": ("train", "flight"),
    "entradas": ("event", "film"),
}  # fmt: skip
# A table to eat at, not one of figures.
_TABLE = regex(
    r"(?i)\b(?:book|reserv\w*|buch\w*|reservier\w*|réserv\w+)\b[^.?!]{0,40}"
    r"\b(?:tables?|tisch|mesa)\b|\b(?:tables?|tisch|mesa) (?:for|für|pour|para)\b"
    r"|\b(?:tisch|mesa)\b[^.?!]{0,40}\b(?:buch|reserv)\w*"
)
# Goes on with the errand: what was settled of where, when and for whom holds for it, too.
_ALSO = regex(
    r"(?i)\b(?:also|as well|in addition|additionally|auch|außerdem|zusätzlich|ebenfalls|aussi"
    r"|également|en plus|también|además)\b"
)
_THERE = regex(
    r"(?i)\b(?:nearby|near (?:it|there|here)|close to it"
    r"|around (?:there|here)|(?:that|this) (?:same )?(?:day|date|night|evening|area|city|town)"
    r"|(?:while|when|once) (?:i|we)(?:'m| am|'re| are| get| arrive)"
    r"|in der nähe|an (?:dem|diesem) tag|wenn (?:ich|wir) dort"
    r"|à proximité|près de là|ce jour-là|ce même jour|là-bas"
    r"|cerca de (?:allí|ahí)|ese (?:mismo )?día|allí|ahí|allá)\b"
    r"|(?<!hi )(?<!hey )(?<!hello )(?<!is )(?<!are )(?<!was )(?<!were )(?<!will )(?<!would )"
    r"\bthere\b"
    r"(?! (?:is|are|was|were|any|be|will|has|have)\b)(?!'s)|\b(?:dort|dorthin|dahin)\b"
)
# Accepts what was said, in front of what is asked next.
_ACCEPTS = regex(
    r"(?i)^\W*(?:(?:oh|and|but|so)\W+)?(?:thanks?|thank you|great|good|perfect|ok(?:ay)?"
    r"|alright|all right|yes|yep|yup|yeah|no|nope|sure|fine|nice|cool|excellent|wonderful|awesome"
    r"|it'?s (?:ok|good|fine)|that(?:'s| is| sounds| works| will do| would be)|sounds|danke|super"
    r"|gut|perfekt|ja|nein|in ordnung|merci|parfait|très bien|d'accord|oui|non|gracias|perfecto"
    r"|genial|vale|bien|sí)\b"
)
# Kinds that a trip or an evening holds together.
_ERRANDS = frozenset(
    "lodging eating sight cab train flight car ticket event film home trip visit weather".split()
)


@cache
def _kinds():
    """{words of a name: its kinds}"""
    found = {}
    path = Path(__file__).with_name("data") / "settled_things.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            kind, _, names = line.partition(":")
            for name in names.split():
                found.setdefault(tuple(name.split("_")), set()).add(kind)
    return found


def _words(text):
    return [word.lower() for word in _WORD.findall(text[:TURN_CHARS])]


def _kinds_at(words, at):
    kinds, found = _kinds(), set()
    for length in range(1, _LONGEST + 1):
        found |= kinds.get(tuple(words[at : at + length]), set())
    return found


def things(text):
    """Kinds of things that a text speaks of."""
    words = _words(text)
    return frozenset().union(*(_kinds_at(words, at) for at in range(len(words))))


def comes_back_to(question):
    """Kinds of things that a question takes for known: "the hotel", "a table" that is booked."""
    words, found = _words(question), set()
    for at, word in enumerate(words):
        if word.startswith(_ELIDED):
            rest = [word[2:], *words[at + 1 : at + _LONGEST]]
            found |= _kinds_at(rest, 0)
        if word in _KNOWN:
            for start in range(at, at + 1 + _REACH):
                found |= _kinds_at(words, start)
    if _TABLE.search(question[:TURN_CHARS]):
        found.add("eating")
    if _ARRANGES.search(question[:TURN_CHARS]):
        for word in words:
            found.update(_ARRANGED.get(word, ()))
    return frozenset(found)


def accepts(question):
    """Does it begin with a word on what was said, "Great"?"""
    return bool(_ACCEPTS.search(question[:TURN_CHARS]))


def goes_on(question, earlier, begins):
    """Does a question for something else rest on what was settled before? ``earlier``: kinds of
    things that the exchange before it speaks of; ``begins``: that has no word of what the question
    asks for."""
    question = question[:TURN_CHARS]
    words = _words(question)
    kinds = frozenset().union(
        *(_kinds_at(words, at) for at, word in enumerate(words) if word not in _ARRANGED)
    )
    if not kinds & _ERRANDS or kinds & earlier:
        return False
    there = _THERE.search(question)
    return bool(
        (there and not terms(question[: there.start()].lstrip("¿¡ ")).specific)
        or (_ALSO.search(question) and BRINGS_UP.search(question[:200]))
        or (begins and accepts(question))
    )
