"""What of a conversation must not be lost: numbers, dates, names, amounts, decisions and promises.

English, German, French and Spanish. Where it is unsure a word is taken for a name and a sentence
for a promise: that costs tokens, and the other way round a fact.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..base.lazy import regex
from .figures_read import read_figures, squashed
from .figures_units import MONTH_RE

_UNIT = regex(r"[^\n.!?]+(?:[.!?](?![\s\n]|$)[^\n.!?]*)*[.!?]*")
_ABBREVIATED = regex(
    r"(?i)(?:^|\s)(?:mr|mrs|ms|dr|prof|st|nr|no|hr|m|mme|mlle|sr|sra|ca|bzw|inkl|zzgl|vs|approx|e\.g|"
    r"i\.e|z\.\s?b)\.\Z"
)
_ORDINAL = regex(r"(?<!\d)\d{1,2}\.\Z")
_MONTH = regex(MONTH_RE)
_FENCE = regex(r"(?s)```.*?(?:```|\Z)")
_WORD = regex(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_DECIDED = regex(
    r"(?i)\b(?:decid\w*|decision\w*|agree[ds]?|agreement|settled (?:on|for)|opt(?:ed|s)? "
    r"(?:for|to)|chose|chosen|going with|we go (?:for|with)|let['’]?s go (?:for|with)|approved?|"
    r"rejected?|"
    r"confirm(?:ed|s)?|cancel\w*|finali[sz]ed|instead of|no longer|only if|"
    r"entschied\w*|entschieden|entscheid\w*|beschloss\w*|beschließ\w*|vereinbar\w*|festgelegt|"
    r"geeinigt|einig\w* uns|nehmen wir|bleibt es bei|es bleibt bei|genehmigt|abgelehnt|storniert|"
    r"bestätigt|zugestimmt|statt|nicht mehr|nur wenn|niemals|"
    r"décid\w*|décision\w*|conven\w*|retenu\w*|choisi\w*|d['’]accord|part(?:ons)? sur|optons|opté|"
    r"validé\w*|refusé\w*|annul\w*|confirmé\w*|au lieu de|ne \w+ plus|jamais|"
    r"decisión\w*|acord\w*|acuerdo|quedamos|quedado|elegi\w*|optamos|aprobad\w*|rechazad\w*|"
    r"cancelad\w*|confirmad\w*|en lugar de|ya no|nunca)\b"
)
_PROMISED = regex(
    r"(?i)\b(?:i|we|he|she|they)(?:['’]ll| will| shall| am going to| are going to|['’]m going to|"
    r"['’]re going to| have to| need to)\b|"
    r"\b(?:promis\w*|make sure|get back to|follow up|owe\w*|remind\w*|deadline|due|"
    r"by (?:the end|the \d|next|end|tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|noon)|still open|to-?do)\b|"
    r"\b(?:ich|wir|er|sie) (?:\w+ )?(?:werde|werden|wird|schicke|schicken|melde|melden|kümmere|"
    r"kümmern|liefer\w*|sende|senden|prüfe|prüfen|reiche|bringe|bringen|rufe|rufen|mache|machen|"
    r"kläre|klären|muss|müssen)\b|\b(?:werde ich|werden wir|verspr\w*|zugesagt|zusage\w*|sage zu|"
    r"spätestens|erinner\w*|frist|fällig|bis (?:zum|morgen|montag|dienstag|mittwoch|donnerstag|"
    r"freitag|samstag|sonntag|ende|nächste\w*)|noch offen|steht noch aus)\b|"
    r"\b(?:je vais|nous allons|on va|promets|promis|promettons|m['’]engage|nous engageons|d['’]ici|"
    r"au plus tard|avant (?:le|la|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)|rappel\w*|"
    r"échéance|reste à|je (?:vous |te |le |la |les )?\w+rai|nous (?:vous |te )?\w+rons|dois|devons|"
    r"doit)\b|"
    r"\b(?:voy a|vamos a|va a|promet\w*|comprometo|comprometemos|a más tardar|antes del?|plazo|"
    r"recuérd\w*|recordar\w*|pendiente|vence|tengo que|tenemos que|debo|debemos|\w+(?:aré|eré|iré|"
    r"aremos|eremos|iremos))\b"
)
_GERMAN = frozenset(("der", "die", "das", "und", "ist", "nicht", "wir", "ein"))
_MOST_UNITS = 4_000
#: Characters of a conversation that are read, and of a sentence that an abbreviation goes on.
MOST_CHARS = 60_000
_LONGEST = 1_000
_AROUND = 4


class _Lists(NamedTuple):
    """Words of data/thread_words.txt: German articles and the like, endings of German nouns, words
    that open a sentence or are capitalised in English anyway."""

    articles: frozenset
    nouns: tuple
    openings: frozenset


@cache
def _lists():
    path = Path(__file__).with_name("data") / "thread_words.txt"
    parts = re.split(r"(?m)^\[(\w+)\]$", path.read_text(encoding="utf-8"))[1:]
    found = {name: words.split() for name, words in zip(parts[::2], parts[1::2], strict=True)}
    return _Lists(frozenset(found["articles"]), tuple(found["nouns"]), frozenset(found["openings"]))


class Unit(NamedTuple):
    """A sentence, line or row of a conversation with what it says that must stay: ``figures`` and
    ``names`` as they are compared, ``binding`` where it decides or promises something."""

    role: str
    text: str
    figures: frozenset
    names: frozenset
    binding: bool


def read_units(messages):
    """Return the ``Unit``s of messages (role and text), in their order; code is left out.

    >>> [u.binding for u in read_units([("user", "Nice day. We agreed on blue.")])]
    [False, True]
    """
    whole = "\n".join(text for _role, text in messages)
    lower = {word for word in _WORD.findall(whole) if word[0].islower()}
    german = _is_german(whole)
    found = []
    for role, text in messages:
        for said in _sentences(_FENCE.sub("\n", text)):
            if len(found) == _MOST_UNITS:
                return found
            if len(said) > 1:
                found.append(
                    Unit(
                        role,
                        said,
                        _figures(said),
                        _names(said, lower, german),
                        _binds(said),
                    )
                )
    return found


def _sentences(text):
    """Yield the sentences and lines of a text; a point of "14. Oktober" or "Ms." ends none."""
    begun = ""
    for line in text.splitlines():
        for match in _UNIT.finditer(line):
            said = f"{begun} {' '.join(match[0].split())}".strip()
            rest = line[match.end() : match.end() + 20].lstrip()
            end = said[-12:]
            goes_on = _ABBREVIATED.search(end) or (_ORDINAL.search(end) and _MONTH.match(rest))
            goes_on = goes_on and len(said) < _LONGEST
            begun = said if goes_on and rest else ""
            if not begun:
                yield said


def around(text, names):
    """Return the words around names: a short sentence whole, of a long one a few on each side.

    >>> around("One two three four five six Anna seven eight nine ten", {"anna"})
    '… three four five six Anna seven eight nine ten'
    """
    words = text.split()
    if len(words) <= 2 * _AROUND + 1:
        return text
    wanted = set()
    for place, word in enumerate(words):
        if any(match[0].casefold() in names for match in _WORD.finditer(word)):
            wanted.update(range(place - _AROUND, place + _AROUND + 1))
    parts, last = [], -1
    for place, word in enumerate(words):
        if place in wanted:
            parts += [word] if place == last + 1 else ["…", word]
            last = place
    return " ".join(parts)


def words_of(text):
    """Return the words of a text in one case, a set.

    >>> sorted(words_of("Blue, not grey"))
    ['blue', 'grey', 'not']
    """
    return {match[0].casefold() for match in _WORD.finditer(text)}


def _binds(text):
    """Does it decide or promise something? A question does not."""
    return not text.endswith("?") and bool(_DECIDED.search(text) or _PROMISED.search(text))


def _figures(text):
    """What stands in the text in figures, each in one way of writing."""
    found = set()
    for figure in read_figures(text):
        if figure.kind == "number":
            found.add(f"n{figure.values[0][0]!r}")
        elif figure.kind == "date":
            found.add("d" + "/".join(str(part) for value in figure.values[:1] for part in value))
        elif figure.kind == "time":
            found.add(f"t{figure.values[0]}")
        else:
            found.add("i" + squashed(figure.text))
    return frozenset(found)


def _names(text, lower, german):
    """Words that are capitalised without a reason of grammar."""
    found, before = set(), None
    words = list(_WORD.finditer(text))
    for place, match in enumerate(words):
        word = match[0]
        capital = word[0].isupper() and (len(word) > 1)
        follows = place + 1 < len(words) and words[place + 1][0][0].isupper()
        if capital and not _is_plain(word, place, before, follows, lower, german):
            found.add(word.casefold())
        before = word
    return frozenset(found)


def _is_plain(word, place, before, follows, lower, german):
    """Is a capitalised word none of a name?"""
    words = _lists()
    folded = word.casefold()
    if regex(r"['’]").split(folded)[0] in words.openings or folded.endswith(("n't", "n’t")):
        return True
    if folded in words.openings or folded in lower:
        return True
    if word.isupper() and len(word) < 2:
        return True
    if not german:
        return place == 0 and folded.endswith(("ing", "ly"))
    if before and before[0].isupper() and before.casefold() not in words.articles:
        return False  # Petra Vogt
    if place and before and before.casefold() in ("herr", "herrn", "frau", "firma"):
        return False
    # a noun has an article or an adjective before it, or an ending of nouns
    if place and (before.casefold() in words.articles or before.casefold().endswith(_ADJECTIVES)):
        return not follows
    return folded.endswith(words.nouns)


_ADJECTIVES = ("en", "er", "es", "em")


def _is_german(text):
    words = [word.casefold() for word in _WORD.findall(text[:20_000])]
    german = sum(
        word in ("der", "die", "das", "und", "ist", "nicht", "wir", "ein") for word in words
    )
    return german > 0.05 * max(1, len(words))
