"""Words, and what they mean in four languages: what a prompt and a tool are compared by.

>>> words("Get the currentWeather_in Zürich, e.g. 12°C!")
['get', 'the', 'current', 'weather', 'in', 'zurich', 'e', 'g', '12', 'c']
>>> [stem(word) for word in ("reservations", "reserve", "movies", "movie", "cities", "city")]
['reserv', 'reserv', 'movi', 'movi', 'citi', 'citi']
"""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from ..base.lazy import regex

LANGUAGES = ("en", "de", "fr", "es")
READ_CHARS = 20_000  # of the texts of a prompt
_PATH = Path(__file__).with_name("data") / "tool_words.txt"
_HUMPS = regex(r"(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = regex(r"[^\W_]+")
_SUFFIXES = (
    *("izations", "ization", "ations", "ation", "ators", "ator", "ating", "ated", "ates", "ate"),
    *("ments", "ment", "ions", "ion", "ings", "ing"),
    *("able", "ible", "ally", "ors", "ers", "ies", "ied", "als", "ed", "es", "er", "or", "al"),
    *("ly", "s"),
)
_CUT = 8
_PART = 14  # of a compound


def fold(text):
    """Lower case, without accents; ß is ss.

    >>> fold("Größe")
    'grosse'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
        text = "".join(c for c in text if not unicodedata.combining(c))
    return text.lower()


def words(text):
    """The words of a text in their order, folded; names in code are taken apart."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return [fold(word) for word in _WORD.findall(_HUMPS.sub(" ", text))]


@lru_cache(65_536)
def stem(word):
    """The part of a folded word that its forms share, roughly."""
    if word.isdigit() or word == "news":
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + ("i" if suffix in ("ies", "ied") else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeilos":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 2 and word[-1] == "y":
        word = word[:-1] + "i"
    return word[:_CUT]


class Lexicon(NamedTuple):
    """What data/tool_words.txt says.

    exact, begins: by language {word or beginning: ids of concepts};
    function: by language the words without a subject; generic: stems of words that tell no tool
    from another; numbers: words for a number; small_talk: words that ask for nothing, phrases: runs
    of words that do not either;
    actions: ids of concepts that fit any tool."""

    exact: dict
    begins: dict
    function: dict
    generic: frozenset
    numbers: frozenset
    small_talk: frozenset
    phrases: tuple
    actions: frozenset


@cache
def lexicon():
    exact = {name: {} for name in LANGUAGES}
    begins = {name: {} for name in LANGUAGES}
    lists, section, number = {}, None, 0
    actions, phrases = set(), []
    for line in _PATH.read_text(encoding="utf-8").splitlines():
        line = fold(line).strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
        elif section == "small talk phrases":
            phrases.append(tuple(line.split()))
        elif section in ("concepts", "actions"):
            number += 1
            if section == "actions":
                actions.add(number)
            for name, column in zip(LANGUAGES, line.split("|")):
                for word in column.split():
                    if word.endswith("-"):
                        begins[name].setdefault(word[:-1], set()).add(number)
                    elif name == "en":
                        exact[name].setdefault(stem(word), set()).add(number)
                    else:
                        exact[name].setdefault(word, set()).add(number)
        else:
            lists.setdefault(section, set()).update(line.split())
    function = {name: frozenset(lists[f"function {name}"]) for name in LANGUAGES}
    function["other"] = frozenset(lists["other"])
    return Lexicon(
        exact,
        begins,
        function,
        frozenset(map(stem, lists["generic"])),
        frozenset(lists["numbers"]),
        frozenset(lists["small talk"]),
        tuple(sorted(phrases, key=len, reverse=True)),
        frozenset(actions),
    )


@lru_cache(65_536)
def meanings(word, language):
    """The concepts of a folded word in a language: a frozenset of numbers, empty if unknown.

    >>> bool(meanings("regenschirm", "de") & meanings("weather", "en"))
    True
    >>> bool(meanings("besprechungszimmer", "de") & meanings("room", "en"))
    True
    """
    known = lexicon()
    if language == "en":
        return frozenset(known.exact["en"].get(stem(word), ()))
    found = set(known.exact[language].get(word, ()))
    begins = known.begins[language]
    word = word[:40]
    for end in range(2, len(word) + 1):
        found.update(begins.get(word[:end], ()))
    if language == "de" and len(word) > 8:
        # a compound, by any part that it holds
        for start in range(3, len(word) - 3):
            for end in range(start + 4, min(len(word), start + _PART) + 1):
                found.update(begins.get(word[start:end], ()))
    return frozenset(found)


def spoken(found):
    """The language of words: one of LANGUAGES, "other", or "" if they do not say.

    Function words say it; between languages that share some, the words of the lexicon do.

    >>> [spoken(words(text)) for text in ("Wie wird das Wetter?", "Xyz", "Near Los Gatos")]
    ['de', '', 'en']
    """
    known = lexicon()
    found = [word for word in found if len(word) > 1]
    hits = {name: sum(word in theirs for word in found) for name, theirs in known.function.items()}
    if any(hits.values()):
        for name in LANGUAGES:
            skipped = known.function[name]
            hits[name] += sum(
                bool(meanings(word, name)) for word in found[:400] if word not in skipped
            )
        hits["en"] += sum(stem(word) in known.generic for word in found)
    best = max(hits.values())
    # on a tie the first wins: what may be a language without a column is not read, then English
    return next(name for name in ("other", *LANGUAGES) if hits[name] == best) if best else ""
