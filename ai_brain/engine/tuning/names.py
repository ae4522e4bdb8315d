"""Names of people and companies in a text: those that a database knows, however they are written.

A name of several words is found in any case, with or without its accents, in either order. A name
of one word, a part of a person's name (``Müller``, ``Jürgen``) and what is peculiar in a company's
are found alone too: with a capital, and without one where no ordinary word is written so or a
title or greeting stands before it. German and English genitives and short endings of other
languages belong to it.

>>> names = Names()
>>> names.add("Jürgen Müller")
>>> names.add("Anna Klein")
>>> text = "Herrn Müllers Auftrag (juergen mueller), ganz klein, von müller für frau klein"
>>> [text[one.start : one.end] for one in names.names_in(text)]
['Müllers', 'juergen mueller', 'müller', 'klein']
"""

import re
import unicodedata
from functools import lru_cache

from ..base.lazy import regex
from .name_words import CALENDAR, LEGAL, NAMELESS, PARTICLES, TRADES, WORDS
from .numbers import Found
from .ordinary import is_ordinary, is_written

#: The most words of a name that are looked at together.
MOST_WORDS = 8
#: Letters of a name that may take an ending of a language, and of the ending.
STEM, ENDING = 5, 2

_COMMON = WORDS | CALENDAR | PARTICLES
_TOKEN = regex(r"(?:[^\W_][\u0300-\u036f]*)+")
_GAP = regex(r"[\s,.'’`´\-‐‑–&+/_]{0,4}\Z")
_CJK = regex(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]{2,}")
_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_STARTS = regex(r"(?:\A|[.!?:;\n\r\t•>|\"“„«¿¡]|^\s*[-*])\s*\Z", re.MULTILINE)
_IN_A_DATE = regex(
    r"(?:\d\.?\s+(?:del?\s+)?|\b(?:(?:fin|mes|mois|partir|inicios?|finales)\s+de|in|im|of|on|"
    r"by|since|until|till|from|to|early|late|mid|last|next|am|ab|bis|"
    r"seit|vom|zum|anfang|mitte|ende|en|du|le|au|el|del|al|desde|hasta)\s+)\Z",
    re.IGNORECASE,
)
_NUMBER_NEXT = regex(r",?\s+\d")
#: After one an uncapitalised word that is known is a noun ("der koch").
_ARTICLE = regex(
    r"\b(?:the|an?|der|die|das|de[mnrs]|eine?[mnrs]?|les?|la|une?|du|el|los|las|una)\s\Z",
    re.IGNORECASE,
)
_OWNS = regex(r"['’]s?(?!\w)")
#: What stands before a name and before nothing else.
_TITLE = regex(
    r"\b(?:(?:herrn?|frau|fräulein|liebe[rs]?|mr|mrs|ms|miss|dear|hi|hello|hey|hallo|servus|dr|prof|"
    r"monsieur|madame|mme|mlle|cher|chère|bonjour|salut|señora?|señorita|sra?|srta|don|doña|hola|"
    r"estimad[oa]|querid[oa])\.?|m\.)\s+\Z",
    re.IGNORECASE,
)


def fold(word):
    """A word as it is compared: without case and accents.

    >>> fold("Ångström"), fold("STRAUß"), fold("Wójcik")
    ('angstrom', 'strauss', 'wojcik')
    """
    if word.isascii():  # nothing of it is special
        return word.lower()
    word = unicodedata.normalize("NFC", word).casefold().translate(_SPECIAL)
    if word.isascii():
        return word
    split = unicodedata.normalize("NFKD", word)
    return "".join(sign for sign in split if not unicodedata.combining(sign))


@lru_cache(maxsize=20_000)
def folds(word):
    """Both ways in which a word may be written without accents: ``Muller`` and ``Mueller``."""
    plain = fold(word)
    if word.isascii():
        return (plain,)
    lower = unicodedata.normalize("NFC", word).casefold()
    spelt = fold(lower.translate(_SPELT))
    return (plain, spelt) if spelt != plain else (plain,)


class Names:
    """The names that are looked for.

    :param texts: the texts that will be searched, where they are known: names of which no word
        occurs in them are not kept, so that a database of any size fits
    """

    def __init__(self, texts=None):
        self._phrases, self._starts, self._parts, self._cjk = set(), set(), set(), set()
        self._capital = set()
        self._longest, self._plain = 1, {}
        self._seen = None if texts is None else self._words_of(texts)

    @staticmethod
    def _words_of(texts):
        seen = set()
        for text in texts:
            for word in set(_TOKEN.findall(text)):
                for form in folds(word):
                    seen.update(form[: len(form) - cut] for cut in range(ENDING + 1))
            for run in _CJK.findall(text):
                seen.update(run)
        return seen

    def add(self, name, person=True):
        """Look for a name; of a ``person``'s also for its parts."""
        name = name or ""
        for run in _CJK.findall(name):
            if 2 <= len(run) <= 12:
                self._cjk.add(run)
        words = _TOKEN.findall(name)[:MOST_WORDS]
        if not person:
            self._add_words(words, person)
            words = _without_legal(words)
        self._add_words(words, person)

    def _add_words(self, words, person):
        forms = [folds(word) for word in words]
        plain = [one[0] for one in forms]
        if not plain or _is_nameless(plain):
            return
        if self._seen is not None and not any(form in self._seen for one in forms for form in one):
            return
        alone = plain if person else [fold(word) for word in words if _is_peculiar(word)]
        self._add_forms(plain, person, alone)
        spelt = [one[-1] for one in forms]
        if spelt != plain:
            self._plain.update(zip(spelt, plain, strict=True))
            alone = [one[-1] for one in forms if one[0] in alone]
            self._add_forms(spelt, person, alone)

    def _add_forms(self, words, person, alone):
        if len(words) == 1:
            if words[0] not in NAMELESS and _is_part(words[0]):
                self._parts.add(words[0])
            return
        if not person:
            self._add_phrase(words)
            self._parts.update(alone)
            return
        count = len(words)
        for first in range(count):
            for last in range(first + 2, count + 1):
                self._add_phrase(words[first:last])
        self._add_phrase([words[0], words[-1]])
        for place in range(1, count):
            self._add_phrase(words[place:] + words[:place])
        self._parts.update(word for word in alone if _is_part(word))
        if words[-1] in PARTICLES and len(words[-1]) > 2:
            self._parts.add(words[-1])  # "Priya Das"

    def _add_phrase(self, words):
        if sum(word not in PARTICLES and len(word) > 1 for word in words) < 2:
            return
        phrases = self._capital if all(word in _COMMON for word in words) else self._phrases
        phrases.add(" ".join(words))
        self._starts.add(words[0])
        self._longest = max(self._longest, len(words))

    # -- looking -------------------------------------------------------------------------------

    def names_in(self, text, known=()):
        """The names in a text, a list of :class:`Found`; ``key`` is the name without accents.

        :param known: keys of names that stand elsewhere in the same example
        """
        tokens = [(one.start(), one.end(), one[0]) for one in _TOKEN.finditer(text)]
        found, doubtful, place = [], [], 0
        while place < len(tokens):
            count, key = self._phrase_at(text, tokens, place)
            if count:
                end = tokens[place + count - 1][1]
                found.append(Found(tokens[place][0], end, "name", self._written(key)))
                place += count
                continue
            key = self._part_at(text, *tokens[place])
            if key:
                one = Found(*tokens[place][:2], "name", self._written(key))
                (doubtful if key in _COMMON else found).append(one)
            place += 1
        words = {word for one in found for word in one.key.split()}
        words.update(word for key in known for word in key.split())
        edges = {one.start for one in found}, {one.end for one in found}
        found += [one for one in doubtful if self._is_meant(one, text, edges, words)]
        found += self._cjk_in(text, found)
        return sorted(found)

    def _written(self, key):
        """``juergen mueller`` as ``jurgen muller``: one name, one key."""
        return " ".join(self._plain.get(word, word) for word in key.split())

    def _phrase_at(self, text, tokens, place):
        """(number of words, key) of the longest name that begins here; (0, '')."""
        forms = folds(tokens[place][2])
        if not any(form in self._starts for form in forms):
            return 0, ""
        row, last = [tokens[place]], place
        while len(row) < self._longest and last + 1 < len(tokens):
            if not _GAP.match(text[tokens[last][1] : tokens[last + 1][0]]):
                break
            last += 1
            row.append(tokens[last])
        written = [folds(word) for _start, _end, word in row]
        for count in range(len(row), 1, -1):
            for side in (0, -1):
                words = [forms[side] for forms in written[:count]]
                for end in _stems(words[-1]):
                    key = " ".join([*words[:-1], end])
                    if key in self._phrases or (
                        key in self._capital and not any(one[2][0].islower() for one in row[:count])
                    ):
                        return count, key
        return 0, ""

    def _part_at(self, text, start, _end, word):
        """The part of a name that a word is, or ''."""
        if word[0].isdigit():
            return ""
        key = self._part_of(word)
        if key and word[0].islower():
            before = text[max(0, start - 16) : start]
            if key in _COMMON or is_ordinary(word) or is_ordinary(key):
                return key if _TITLE.search(before) and key in folds(word) else ""
            noun = _ARTICLE.search(before) and is_written(word.capitalize())
            return key if len(word) > 2 and not noun else ""
        return key

    def _part_of(self, word):
        for form in folds(word):
            if form in self._parts:
                return form
        if len(word) <= 2:
            return ""
        for form in folds(word):
            for stem in _stems(form)[1:]:
                if stem in self._parts:
                    return stem
            if word[0].islower():  # "costado" is no form of Costa
                continue
            for cut in range(1, ENDING + 1):
                if len(form) - cut >= STEM and form[:-cut] in self._parts:
                    return form[:-cut]
        return ""

    def _is_meant(self, one, text, edges, words):
        """Is an ordinary word with a capital (Will, April) a name here?

        :param edges: where the names that are sure begin, and where they end
        """
        if one.key in words:
            return True
        if any(one.end + gap in edges[0] or one.start - gap in edges[1] for gap in (1, 2)):
            return True
        before = text[max(0, one.start - 40) : one.start]
        if _TITLE.search(before) or _OWNS.match(text, one.end):
            return True
        if one.key in CALENDAR:
            return not (_IN_A_DATE.search(before) or _NUMBER_NEXT.match(text, one.end)) and not (
                _STARTS.search(before)
            )
        return not _STARTS.search(before)

    def _cjk_in(self, text, found):
        if not self._cjk:
            return
        lengths = sorted({len(name) for name in self._cjk}, reverse=True)
        taken = {one.start for one in found}
        for run in _CJK.finditer(text):
            place = run.start()
            while place < run.end():
                for length in lengths:
                    name = text[place : place + length]
                    if name in self._cjk and place not in taken:
                        yield Found(place, place + length, "name", name)
                        place += length - 1
                        break
                place += 1


def _stems(word):
    """A word, and what it is a genitive of.

    >>> _stems("mullers"), _stems("strauss")
    (('mullers', 'muller'), ('strauss', 'straus'))
    """
    return (word, word[:-1]) if word.endswith("s") and len(word) > 3 else (word,)


def _is_part(word):
    return word not in PARTICLES and len(word) > 1 and not word.isdigit()


def _is_nameless(words):
    """Do the words of a name name nobody ("My Company", "Administrator")?"""
    return (
        len(words) > 1
        and all(word in NAMELESS or word in WORDS for word in words)
        and not (NAMELESS.isdisjoint(words))
    )


def _is_peculiar(word):
    """Is a word of a company's name its own ("Valdecilla"), not its trade ("Metallbau")?"""
    plain = fold(word)
    return (
        _is_part(plain)
        and len(plain) > 3
        and plain not in LEGAL | NAMELESS
        and not plain.endswith(TRADES)
        and not is_ordinary(word)
    )


def _without_legal(words):
    """The words of a company's name without its legal form (GmbH, Ltd, S.A.).

    >>> _without_legal(["Aceros", "del", "Norte", "S", "A"])
    ['Aceros', 'del', 'Norte']
    """
    words = list(words)
    while len(words) > 1 and (fold(words[-1]) in LEGAL or len(words[-1]) == 1):
        words.pop()
    return words
