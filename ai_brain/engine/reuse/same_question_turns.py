"""Turns of an English question that mean the same, written one way.

Taken word by word from what is left of it (``same_question_english``): "how can customers pay" is
"how do customers pay", "which printer is best" is "what is the best printer".
"""

from .same_question_words import ASKS, SUPERLATIVE

_SUBJECTS = frozenset("i you we they he she".split())
_LIKE_THE_BEST = frozenset(("good", "great", "top"))
#: "What printer is best": what stands between is a noun, and none of these.
_NO_NOUN = frozenset("is are was one of in on at and or that which who it this to for".split())
_EVER = (("of", "all", "time"), ("in", "history"), ("in", "world"), ("in", "this", "world"))
_STATES = frozenset(("USA", "usa", "U.S", "U.S.A", "u.s", "u.s.a"))
_MEANING = (
    ("what", "is", "meant", "by"),
    ("what", "do", "you", "mean", "by"),
    ("what", "do", "we", "mean", "by"),
)
_DOUBLED = frozenset("get run put sit win swim cut shop plan begin".split())


def turned(words, before):
    """Return the words of a question with its turns made alike.

    :param list words: of the question, without articles, plurals and agreement
    :param list before: the same while verbs still agreed: "what are good …" asks for several
    :return: list

    >>> def turn(text): return " ".join(turned(text.split(), text.split()))
    >>> turn("how can customer pay invoice"), turn("where can i see order")
    ('how do customer pay invoice', 'where do i see order')
    >>> turn("what printer is best for label"), turn("what is it like to live in US")
    ('what is best printer for label', 'what is it like living in US')
    >>> turn("what is best printer ? why or why not"), turn("why do customer complain")
    ('what is best printer and why', 'why customer complain')
    """
    words = _joined(words)
    if not words:
        return words
    words = ["US" if word in _STATES else word for word in words]
    first = _FIRST.get(words[0])
    if first:
        words = first(words, before)
    return _without_ever(words)


def _joined(words):
    """Two questions in one, whether a mark parts them or "and"; "why" at the end in one form."""
    if "why" in words[-1:] or words[-3:] == ["or", "why", "not"]:
        if words[-4:] == ["why", "or", "why", "not"]:
            words = words[:-3]
        asked = words[:-1]
        for extra in (["if", "so"], ["and"], ["?"]):
            if len(asked) > len(extra) and asked[-len(extra) :] == extra:
                asked = asked[: -len(extra)]
        if len(asked) > 3 and len(asked) < len(words) - 1:
            words = [*asked, "and", "why"]
    if "?" not in words:
        return words
    found = []
    for at, word in enumerate(words):
        after = words[at + 1 : at + 3]
        if word != "?" or not found or not after:
            found.append(word)
        elif after[0].lower() in ASKS:
            found.append("and")
        elif after[0] != "and" or after[1:2] == [] or after[1] not in ASKS:
            found.append(word)
    return found


def _without_ever(words):
    """The best of all time is the best."""
    if not SUPERLATIVE.intersection(words):
        return words
    why = words[-2:] == ["and", "why"]
    end = len(words) - (2 if why else 0)
    for phrase in _EVER:
        if end > len(phrase) + 2 and tuple(words[end - len(phrase) : end]) == phrase:
            return [*words[: end - len(phrase)], *words[end:]]
    return words


def _how(words, _before):
    if len(words) > 3 and words[1] == "can" and words[2] not in ("i", "we", "one", "you"):
        return ["how", "do", *words[2:]]
    return words


def _where(words, _before):
    if len(words) > 3 and words[1] in ("can", "could") and words[2] in ("i", "we", "one"):
        return ["where", "do", "i", *words[3:]]
    return words


def _why(words, _before):
    if len(words) > 3 and words[1] == "do" and words[2] != "not":
        return ["why", *words[2:]]
    return words


def _what(words, before):
    for phrase in _MEANING:
        if len(words) > len(phrase) and tuple(words[: len(phrase)]) == phrase:
            return ["what", "is", "meaning", "of", *words[len(phrase) :]]
    if len(words) > 3 and words[1] == "do" and words[-1] == "mean" and words[2] not in _SUBJECTS:
        return ["what", "is", "meaning", "of", *words[2:-1]]
    asked = [word.lower() for word in before[:3]]
    if (
        asked[1:2] == ["are"]
        and asked[2:]
        and asked[2] in _LIKE_THE_BEST
        and words[2:3] == asked[2:]
    ):
        return [*words[:2], "best", *words[3:]]
    for at in (2, 3):
        if words[at : at + 2] == ["is", "best"] and not _NO_NOUN.intersection(words[1:at]):
            return ["what", "is", "best", *words[1:at], *words[at + 2 :]]
    if words[1:5] == ["is", "it", "like", "to"] and len(words) > 5 and words[5].isalpha():
        return [*words[:4], _doing(words[5]), *words[6:]]
    return words


def _doing(verb):
    """
    >>> [_doing(verb) for verb in "be live run see study".split()]
    ['being', 'living', 'running', 'seeing', 'studying']
    """
    if verb in _DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("e") and len(verb) > 2 and not verb.endswith(("ee", "ye", "oe")):
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


_FIRST = {"how": _how, "where": _where, "why": _why, "what": _what}
