"""Numbers that a text says in words with what they are of: "three months", "two thirds"."""

from ..base.lazy import regex
from .figures_read import MOST_CHARS, Figure
from .figures_units import UNITS, WORDS

_HALVES = {"anderthalb": 1.5, "eineinhalb": 1.5, "zweieinhalb": 2.5, "dreieinhalb": 3.5}
_ONES = "one un une una ein eine einen einem einer eines".split()
_NUMBERS = {**{word: n for word, n in WORDS.items() if n > 1}, **_HALVES, **dict.fromkeys(_ONES, 1)}
_ALONE = frozenset({"both", "beide"})
_SPANS = sorted((name for name, unit in UNITS.items() if unit[0] in ("time", "months")), key=len)
_SPAN_RE = "|".join(name for name in reversed(_SPANS) if len(name) > 2 or name == "an")
_NUMBER_RE = "|".join(sorted((word for word in _NUMBERS if word not in _ALONE), key=len)[::-1])
#: "in a week" is one, "9.99 a month" is not.
_ARTICLE = r"(?:(?:for|within|in|of|after|before|than|lasts|takes|by|every)\s+)an?"
_SPAN = regex(
    rf"(?i)\b(?:(?P<number>{_NUMBER_RE}|{_ARTICLE})\s+(?P<half>and\s+a\s+half\s+)?"
    rf"(?:[^\W\d_]{{3,12}}\s+)??(?P<unit>{_SPAN_RE})\b(?P<more>\s+(?:and\s+a\s+half|et\s+demie?|y\s+medi[oa]))?"
    rf"|(?P<one>hour|hora|heure|año|year)\s+(?:and\s+a\s+half|et\s+demie?|y\s+medi[oa])"
    r"|(?:half\s+an?|halbe[nrs]?|demi-|une\s+demi-|medi[oa])\s?(?P<halved>hour|stunde|heure|hora|"
    r"day|tag|jour|día|year|jahr|année|año))\b"
)
_SHARES = {
    "half": 2, "hälfte": 2, "moitié": 2, "mitad": 2,
    "third": 3, "thirds": 3, "drittel": 3, "tiers": 3, "tercio": 3, "tercios": 3,
    "quarter": 4, "quarters": 4, "viertel": 4, "quart": 4, "quarts": 4, "cuarto": 4, "cuartos": 4,
    "fifth": 5, "fifths": 5, "fünftel": 5, "quinto": 5, "quintos": 5,
    "tenth": 10, "tenths": 10, "zehntel": 10, "dixième": 10, "décimo": 10,
}  # fmt: skip
_SHARE = regex(
    rf"(?i)(?<!and\s)\b(?:(?P<times>a|one|two|three|ein|zwei|drei|un|deux|trois|dos|tres|the|die|la|le|les|los|der)"
    rf"\s+(?P<part>{'|'.join(_SHARES)})"
    rf"|(?:one\s+in|un[ea]?\s+(?:[^\W\d_]{{3,15}}\s+)?(?:sur|de\s+cada))\s+(?P<of>{_NUMBER_RE}))\b"
)
_TIMES = {
    "two": 2,
    "zwei": 2,
    "deux": 2,
    "dos": 2,
    "les": 1,
    "three": 3,
    "drei": 3,
    "trois": 3,
    "tres": 3,
}
_COUNT = regex(
    rf"(?i)\b(?P<number>{_NUMBER_RE})\s+[^\W\d_]{{3,20}}\s+(?:of|at|à|de|zu|je|a)\s+(?=[€$£]?\d)"
)
_MOST = 40


def word_figures(text):
    """Return the figures that a text says in words: spans of time, and shares as per cent.

    >>> [(f.values[0][0], f.unit[1]) for f in word_figures("eleven weeks, an hour and a half")]
    [(11.0, 604800), (1.5, 3600)]
    >>> round(word_figures("ein Drittel")[0].values[0][0], 1)
    33.3
    """
    text = text[:MOST_CHARS]
    found = [one for match in _SPAN.finditer(text) if (one := _span(match))]
    found += [one for match in _SHARE.finditer(text) if (one := _share(match))]
    for match in _COUNT.finditer(text):
        value = float(_NUMBERS[match["number"].casefold()])
        found.append(Figure("number", match["number"], *match.span("number"), ((value, 1.0),)))
    return sorted(found, key=lambda one: one.start)[:_MOST]


def _span(match):
    if match["halved"]:
        value, unit = 0.5, match["halved"]
    elif match["one"]:
        value, unit = 1.5, match["one"]
    else:
        unit = match["unit"]
        value = _NUMBERS.get(match["number"].casefold(), 1)
        value += 0.5 if match["half"] or match["more"] else 0
    step = 1.0 if value == int(value) else 0.1
    unit = UNITS[unit.casefold()]
    return Figure("number", match[0], *match.span(), ((float(value), step),), unit)


def _share(match):
    if match["of"]:
        value = 100 / _NUMBERS[match["of"].casefold()]
    else:
        part = _SHARES[match["part"].casefold()]
        times = _TIMES.get(match["times"].casefold(), 1)
        if times >= part:
            return None
        value = 100 * times / part
    return Figure("number", match[0], *match.span(), ((value, 0.1),), UNITS["%"])
