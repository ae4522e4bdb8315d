"""May the answer to one request serve another? A canonical key, and nothing that resembles.

Likeness does not tell it: "revenue of last month" is nearer to "revenue of last year" than to a
true paraphrase, and C, C# and C++ differ by a sign. So two requests are the same if nothing is left
of their difference once politeness, white space, closing marks, and letter case where it carries
no meaning are taken away. Word order, figures, signs, accents and every other word stay.

>>> same_request("Hi, could you please list all open invoices?", "list all open invoices")
True
>>> same_request("How do I compile a program in C?", "How do I compile a program in C#?")
False
>>> Request("What's  the VAT rate in Austria?").key
'what is the VAT rate in austria'
"""

import unicodedata
from functools import cache
from typing import NamedTuple

from ..base.lazy import regex
from ..base.politeness import CASE_TELLS, PRONOUNS
from .same_words import (
    ABLE,
    ABOUT_WORDS,
    ASKS,
    CONTRACTIONS,
    ENGLISH,
    GREETINGS,
    HOW,
    NUMBERS,
    OPENERS,
    PLEASE,
    SAID,
    THANKS,
)

LIMIT = 2000  # longer texts are the same only if they are equal to a letter

_WIDTHS = ("<wide>", "<narrow>", "<noBreak>")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„«»‟", '"'),
        **dict.fromkeys("−–—‐‑", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", None),
        "…": "...",
    }
)
_CHUNK = regex(r"\S+")
_LONG = regex("[a-z]{6,}")
_OPENING = "\"'([¿¡"
_CLOSING = ".,;:!?\"')]"
_BREAKS = frozenset(".!?:")
_ENDS = frozenset(".!?")
_PLEASE_BEGINS = frozenset(phrase[0] for phrase in PLEASE)


def same_request(one, two):
    """May the answer to one request serve the other?

    :param str one, two: the texts; anything past ``LIMIT`` characters must be equal to a letter
    :return: bool; False where it is not sure
    """
    return Request(one).same_as(two)


class Request:
    """A request that others are held against: what is far from it is told by its long words alone,
    so it is read only when it has to be."""

    __slots__ = ("_read", "_telling", "text")

    def __init__(self, text):
        self.text, self._telling, self._read = text, None, None

    @property
    def key(self):
        """What it has in common with the same request in other words."""
        return self._facts().key

    def _facts(self):
        if self._read is None:
            self._read = _read(self.text)
        return self._read

    def same_as(self, other):
        """:func:`same_request` of this text and another (a str or a Request)."""
        if not isinstance(other, Request):
            if self._is_far(other):
                return False
            other = Request(other)
        if self.text == other.text:
            return True
        mine, its = self._facts(), other._facts()
        if not mine.key or mine.key != its.key:
            return False
        if mine.words == its.words or (mine.english and its.english):
            return True
        # In other languages a capital may make a noun of a verb: all or none were typed.
        return mine.case_free or its.case_free

    def _is_far(self, text):
        """Does a text lack one of the long words, or have them in another order? Then it need not
        be read: only politeness and what is written in another way may be missing."""
        if not (text.isascii() and self.text.isascii()):
            return False
        if self._telling is None:
            self._telling = _telling(self.text.lower())
        low = text.lower()
        return any(word not in low for word in self._telling) or _telling(low) != self._telling


class _Facts(NamedTuple):
    """A request as it was read: what is compared, its words, and what may be made of its case."""

    key: str
    words: tuple
    case_free: bool
    english: bool


def _read(text):
    if len(text) > LIMIT:
        return _Facts(text, (text,), False, False)
    words = _words(_plain(text))
    letters = [c for c in text if c.isalpha() and c.lower() != c.upper()]
    low, high = not any(c.isupper() for c in letters), not any(c.islower() for c in letters)
    case_free = bool(letters) and (low or high) and len(words) > 1
    english = sum(word.lower() in ENGLISH for word in words) >= 2
    shouted = case_free and high and len(letters) > 5
    words = _recased(words, shouted)
    words = _bare(words, not ABOUT_WORDS.search(_plain(text)))
    if english:
        words = [NUMBERS.get(word, word) for word in words]
    # Shouting hides which of two words was meant.
    unsure = shouted and any(w in CASE_TELLS or w in PRONOUNS for w in words)
    key = " ".join(
        word if _is_marked(word) or word.lower() in PRONOUNS else word.lower() for word in words
    )
    return _Facts(text if unsure else key, tuple(words), case_free, english)


def _telling(text):
    loose = _may_be_missing()
    return [word for word in _LONG.findall(text) if word not in loose]


@cache
def _may_be_missing():
    """The long words that are left out, or written in another way."""
    phrases = (*GREETINGS, *THANKS, *PLEASE, *OPENERS, *ABLE, *HOW)
    said = [*(word for phrase in phrases for word in phrase), *NUMBERS, *CONTRACTIONS]
    return frozenset(_LONG.findall(" ".join((*said, *CONTRACTIONS.values())).lower()))


def _plain(text):
    """The text with signs that only look different made alike; signs that mean something stay."""
    text = text.translate(_ALIKE)
    if not text.isascii():
        text = "".join(
            unicodedata.normalize("NFKC", c)
            if unicodedata.decomposition(c).startswith(_WIDTHS)
            else c
            for c in unicodedata.normalize("NFC", text)
        )
    return text


def _words(text):
    """Words and marks of a text; a mark that belongs to a word (C#, .NET, -5, 5%) stays on it."""
    found = []
    for chunk in _CHUNK.findall(text):
        start, end = 0, len(chunk)
        while start < end and chunk[start] in _OPENING:
            start += 1
        while end > start and chunk[end - 1] in _CLOSING:
            end -= 1
        opening, word, closing = chunk[:start], chunk[start:end], chunk[end:]
        found.extend(c for c in opening if c not in "¿¡")
        if word:
            found.append(word)
        for c in closing:
            if not (found and found[-1] == c and c in _ENDS):
                found.append(c)
    return found


def _is_marked(word):
    """Does its case carry meaning? Acronyms, units, single letters, names that are words too."""
    return any(c.isupper() for c in word[1:]) or (word.isupper() and word != "I")


def _recased(words, shouted):
    """Capitals of a beginning, and of a text in capitals throughout, are taken back."""
    out, begins = [], True
    for word in words:
        if (
            shouted
            or (
                begins
                and word[0].isupper()
                and not _is_marked(word)
                and word.lower() not in PRONOUNS
            )
            or (begins and len(word) == 1)
        ):
            word = word.lower()
        elif not begins and word.lower() in CASE_TELLS and word[0].isupper():
            word = word.upper() if word.isupper() else "^" + word
        out.append(word)
        begins = word in _BREAKS or (begins and not word[0].isalnum())
    return out


def _bare(words, polite):
    """The words without greeting, thanks, politeness and closing marks; contractions written out.

    ``polite``: False where the text is about words, which may be those of politeness.
    """
    asked = "?" in words[-2:]
    if polite:
        words = _without_edges(words)
        words = _without_please(words)
        words, opened = _without_opener(words)
    else:
        opened = False
    while words and words[-1] in _ENDS:
        words = words[:-1]
    words = [
        part for word in words for part in CONTRACTIONS.get(word.lower(), word).split()
    ] or list(words)
    for phrase in HOW:
        if _begins(words, phrase):
            return ["how", "to", *words[len(phrase) :]]
    if asked and not opened and not (words and words[0].lower() in ASKS):
        words = [*words, "?"]
    return words


def _begins(words, phrase):
    if not words or words[0].lower() != phrase[0]:
        return False  # most of them, and nothing is made for it
    return tuple(word.lower() for word in words[: len(phrase)]) == phrase


def _without_edges(words):
    """Take greetings from the beginning, and thanks from both ends, where a mark parts them."""
    changed = True
    while changed:
        changed = False
        for phrase in (*GREETINGS, *THANKS):
            size = len(phrase)
            if _begins(words, phrase) and len(words) > size + 1 and words[size] in ",.!;":
                words, changed = words[size + 1 :], True
                break
        bare = list(words)
        while bare and bare[-1] in _ENDS:
            bare.pop()
        for phrase in THANKS:
            size = len(phrase)
            if (
                len(bare) > size + 1
                and _begins(bare[-size:], phrase)
                and bare[-size - 1] in ",.!?;"
            ):
                words, changed = bare[: -size - (bare[-size - 1] in ",;")], True
                break
    return words


def _without_please(words):
    """Take "please" out wherever it stands, with the comma that goes with it."""
    out, at = [], 0
    while at < len(words):
        phrase = None
        if words[at].lower() in _PLEASE_BEGINS:
            phrase = next((p for p in PLEASE if _begins(words[at:], p)), None)
        if phrase is None or len(words) == len(phrase):
            out.append(words[at])
            at += 1
            continue
        at += len(phrase)
        if out and out[-1] == ",":
            out.pop()
            if at < len(words) and words[at] == ",":
                at += 1
        elif not out and at < len(words) and words[at] == ",":
            at += 1
    return out


def _without_opener(words):
    for phrase in OPENERS:
        if _begins(words, phrase) and len(words) > len(phrase) + 1:
            return words[len(phrase) :], True
    for phrase in ABLE:
        if _begins(words, phrase) and len(words) > 3 and words[2].lower() in SAID:
            rest = words[2:]
            return (rest[2:] if _begins(rest, ("tell", "me")) else rest), True
    return words, False
