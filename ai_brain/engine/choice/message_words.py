"""Messages as words: folded, cut into clauses and sentences, greetings and pasted text dimmed.

Lower case without accents, so that "étape", "etape" and "Etape" are one word; contractions are
joined in English ("I'm" is ``im``) and split elsewhere ("j'ai" is ``j ai``). Question marks,
exclamation marks and percent signs are words too, and so are figures.

>>> [t.word for t in read("Why can't I log in? Ça m'énerve !")]
['why', 'cant', 'i', 'log', 'in', '?', 'ca', 'm', 'enerve', '!']
>>> [(t.word, round(t.weight, 2)) for t in read('Hi Ann, please translate "good evening"')]
[('hi', 0.62), ('ann', 0.62), ('translate', 1.0), ('good', 0.15), ('evening', 0.15)]
"""

import json
import unicodedata
from functools import cache, lru_cache, partial
from itertools import chain, repeat
from pathlib import Path
from typing import NamedTuple

from ..base.lazy import regex

MAX_CHARS = 4000  # of a message: the beginning and the end, where people put what they want
MAX_TOKENS = 500
QUOTED, PASTED = 0.15, 0.3
OPENER_WORDS = 5

_TOKEN = regex(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*|[?!%]|[.,;:()\n\"“”„«»]")
_BEYOND_ASCII = regex(r"[^\x00-\x7f]+")
_LONG = regex(r"([^\W\d_])\1{2,}")
_ENGLISH_TAIL = frozenset(("t", "s", "m", "re", "ve", "ll", "d"))
_ENDS = frozenset("?!.\n;")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "”": "”", "»": "«"}


class Token(NamedTuple):
    """``word`` folded; ``sentence`` its number; ``first`` whether it begins a clause; ``weight``
    0..1, how much it tells what the writer wants."""

    word: str
    sentence: int
    first: bool
    weight: float


def fold(text):
    """Lower case, without accents and other marks.

    >>> fold("Größe, ÉTÉ, mañana")
    'grosse, ete, manana'
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text.casefold())
    if text.isascii():
        return text
    return _BEYOND_ASCII.sub(_without_marks, text)  # most letters need no look


def _without_marks(found):
    return "".join(c for c in found[0] if not unicodedata.combining(c))


@cache
def lexicon():
    """The words of data/message_words.json: suffixes, stopwords, and patterns of courtesy."""
    path = Path(__file__).with_name("data") / "message_words.json"
    return json.loads(path.read_text(encoding="utf-8"))


def one_slip(word, other):
    """Do two words differ by one letter that is wrong, missing, or swapped with its neighbour?

    >>> one_slip("reciept", "receipt"), one_slip("invoce", "invoice"), one_slip("plan", "plant")
    (True, True, True)
    >>> one_slip("order", "other")
    False
    """
    if len(word) > len(other):
        word, other = other, word
    at = next((n for n, letter in enumerate(word) if letter != other[n]), len(word))
    if len(word) < len(other):
        return len(other) - len(word) == 1 and word[at:] == other[at + 1 :]
    if word[at + 1 :] == other[at + 1 :]:
        return word != other
    return word[at : at + 2] == other[at : at + 2][::-1] and word[at + 2 :] == other[at + 2 :]


class Spelling:
    """Words that are known, and the one that an unknown word was meant to be.

    Only words of six letters and more, with the first letter right: shorter ones are too near to
    one another.

    >>> Spelling(["invoice", "translate"]).meant("transalte")
    'translate'
    """

    def __init__(self, words):
        self.known = set(words)
        self._heads, self._tails = {}, {}  # a slip leaves the beginning or the end as it was
        for word in sorted(self.known):
            if len(word) >= 5 and word.isalpha():
                self._heads.setdefault(word[:3], []).append(word)
                self._tails.setdefault((word[0], word[-3:]), []).append(word)

    def meant(self, word):
        """The known word, "" if there is none."""
        if len(word) < 6 or len(word) > 20 or word in self.known or not word.isalpha():
            return ""
        for words in (self._heads.get(word[:3], ()), self._tails.get((word[0], word[-3:]), ())):
            for other in words:
                if -2 < len(other) - len(word) < 2 and one_slip(word, other):
                    return other
        return ""


@cache
def stopwords():
    """Function words of all languages, folded."""
    return frozenset(w for words in lexicon()["stopwords"].values() for w in words.split())


@cache
def _says_little():
    return stopwords().union("?!%")


@cache
def _spoken_in():
    """{function word: [(language, its share of the word)]}"""
    found = {}
    for language, words in lexicon()["stopwords"].items():
        for word in words.split():
            found.setdefault(word, []).append(language)
    return {word: [(n, 1.0 / len(names)) for n in names] for word, names in found.items()}


def language_of(words):
    """The language of folded words by their function words, "" if unsure.

    >>> language_of(["wie", "ist", "der", "stand"]), language_of(["patron"])
    ('de', '')
    """
    points = dict.fromkeys(lexicon()["stopwords"], 0.0)
    for shares in filter(None, map(_spoken_in().get, words)):
        for language, share in shares:
            points[language] += share
    ranked = sorted(points, key=points.get, reverse=True)
    best, second = points[ranked[0]], points[ranked[1]]
    return ranked[0] if best >= 1.0 and best >= 1.5 * second + 0.5 else ""


@cache
def _concepts():
    """({word: concepts}, {stem: concepts}, lengths of stems, {(word, word): concepts})"""
    words, stems, phrases, name = {}, {}, {}, None
    path = Path(__file__).with_name("data") / "message_concepts.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            for word in line.split():
                parts = tuple(word.replace("-", "_").split("_"))
                if word.endswith("*"):
                    stems.setdefault(word[:-1], set()).add(name)
                elif len(parts) > 1:
                    phrases.setdefault(parts[0], []).append((parts, name))
                else:
                    words.setdefault(word, set()).add(name)
    return words, stems, sorted({len(s) for s in stems}), phrases


@lru_cache(maxsize=20_000)
def concepts_of(word):
    """What a folded word is about, by data/message_concepts.txt.

    >>> sorted(concepts_of("gimnasio")), sorted(concepts_of("qwerty"))
    (['sport'], [])
    """
    words, stems, lengths, _phrases = _concepts()
    found = set(words.get(word, ()))
    for length in lengths:
        if length > len(word):
            break
        found |= stems.get(word[:length], set())
    return frozenset(found)


def phrases_of(word):
    """((words, concept), …): the phrases that begin with a folded word, and what they are about."""
    return tuple(_concepts()[3].get(word, ()))


@cache
def _suffixes(language):
    found = lexicon()["suffixes"]
    return sorted(found.get(language, found[""]), key=len, reverse=True)


@cache
def _addressed():
    return frozenset(lexicon()["addressed"].split())


def stem(word, language=""):
    """A word without its longest ending; four letters stay.

    >>> stem("translating", "en"), stem("zielen", "de"), stem("objetivos", "es"), stem("was", "en")
    ('translat', 'ziel', 'objetiv', 'was')
    """
    for suffix in _suffixes(language):
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word[: -len(suffix)]
    return word


@lru_cache(maxsize=20_000)
def _drawn_in(word):
    return _LONG.sub(r"\1", word)


def split_words(text):
    """Folded words and marks of a text, in order; letters that are drawn out count once.

    >>> split_words("Aujourd'hui j'ai fini: 8k!")
    ['aujourd', 'hui', 'j', 'ai', 'fini', ':', '8', 'k', '!']
    >>> split_words("Hiiii, sooo good")
    ['hi', ',', 'so', 'good']
    """
    words = list(map(_drawn_in, _TOKEN.findall(fold(text))))
    if "'" not in text and "’" not in text:
        return words
    found = []
    for word in words:
        if "'" in word or "’" in word:
            parts = word.replace("’", "'").split("'")
            if len(parts) == 2 and len(parts[0]) > 1 and parts[1] in _ENGLISH_TAIL:
                found.append(parts[0] + parts[1])
            elif parts == ["i", "m"] or parts == ["i", "ve"] or parts == ["i", "d"]:
                found.append("".join(parts))
            else:
                found.extend(part for part in parts if part)
        else:
            found.append(word)
    return found


def clip(text):
    """Both ends of a long text, without lone surrogates.

    >>> len(clip("a" * 9000)) < 4100
    True
    """
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS * 3 // 4] + "\n\n" + text[-MAX_CHARS // 4 :]
    return text.encode("utf-8", "replace").decode("utf-8")


@cache
def _patterns(name):
    """[[{alternative, …}, …], …]: the phrases of courtesy; ``…`` is None. Longest first."""
    found = []
    for line in lexicon()[name]:
        slots = [None if s == "…" else frozenset(fold(s).split("/")) for s in line.split()]
        found.append(slots)
    return sorted(found, key=len, reverse=True)


def _begins(words, slots):
    """Number of words that a phrase covers at the beginning of some words, 0 if it does not."""
    at = 0
    for number, slot in enumerate(slots):
        if slot is None:
            rest = slots[number + 1]
            for skip in range(at, min(len(words), at + 7)):
                if words[skip] in rest:
                    return skip + 1
            return 0
        if at >= len(words) or words[at] not in slot:
            return 0
        at += 1
    return at


@cache
def _heads(name):
    """The words that a phrase of courtesy may begin with."""
    return frozenset().union(*(slots[0] for slots in _patterns(name)))


def _covered(words, name):
    if not words or words[0] not in _heads(name):
        return 0
    return next((n for n in (_begins(words, slots) for slots in _patterns(name)) if n), 0)


def _has_pleasantry(words):
    """Does a phrase of courtesy begin with one of the first four words?"""
    if _heads("pleasantries").isdisjoint(words[:4]):
        return False
    return any(
        _begins(words[at:], slots)
        for at, word in enumerate(words[:4])
        if word in _heads("pleasantries")
        for slots in _patterns("pleasantries")
    )


def _clauses(text):
    """[(words, ends a sentence, quoted, pasted)]: a text between its punctuation marks."""
    found, words, quote, pasted, before = [], [], None, False, ""
    lines = 0

    def close(ends):
        nonlocal words
        if words or ends:
            found.append((words, ends, quote is not None, pasted))
            words = []

    for word in split_words(text)[: MAX_TOKENS * 2]:
        if word[0].isalnum():  # most are
            words.append(word)
        elif quote is not None and word == quote:
            close(False)
            quote = None
        elif word in _QUOTES and quote is None:
            close(False)
            quote = _QUOTES[word]
        elif word == "\n":
            lines += 1
            if before == ":" or (lines > 1 and found and found[-1][2]):
                pasted = pasted or before == ":"
            close(True)
            continue
        elif word in "?!":
            words.append(word)
            close(True)
        elif word in _ENDS or word in ",:()":
            close(word in _ENDS)
        else:
            words.append(word)
        before, lines = word, 0
    close(True)
    return found


def _cut_polite(words):
    """Words without what only asks kindly, at their beginning and their end."""
    while words:
        covered = _covered(words, "polite")
        if not covered or (covered == len(words) and len(words) > 1):
            break
        words = words[covered:]
    return words


def read(text):
    """The :class:`Token` s of a text, courtesy at the beginnings of clauses left out.

    Salutations and closings weigh less the more is said beside them; what stands in quotation
    marks or below a line that ends in a colon is material, and weighs little where something
    stands outside.
    """
    parts, sentence, seen = [], 0, False
    for words, ends, quoted, pasted in _clauses(clip(text)):
        kind = "quoted" if quoted else "pasted" if pasted else "core"
        if words and kind == "core":
            marks = [w for w in words if w not in "?!"]
            opener = _covered(words, "openers")
            if not seen and opener:
                if len(marks) <= OPENER_WORDS:
                    kind = "courtesy"
                else:
                    while opener < len(words) and words[opener] in _addressed():
                        opener += 1
                    parts.append((words[:opener], sentence, "courtesy"))
                    words = words[opener:]
            elif marks and _covered(marks, "closers") and len(marks) <= OPENER_WORDS and parts:
                kind = "courtesy"
            elif _has_pleasantry(marks):
                kind = "courtesy" if len(marks) <= 9 else kind
        if kind == "core":
            kept = _cut_polite(words)
            seen = seen or any(w not in "?!" for w in kept)
            words = kept
        if words:
            parts.append((words, sentence, kind))
        sentence += bool(ends)
    return _weighed(parts)


def _weighed(parts):
    core_words = [words for words, _n, kind in parts if kind == "core"]
    said = sum(map(len, core_words))
    said -= sum(sum(map(_says_little().__contains__, words)) for words in core_words)
    core = said or any(core_words)
    weights = {
        "core": 1.0,
        "courtesy": 1.0 / (1.0 + 0.6 * said),
        "quoted": QUOTED if core else 1.0,
        "pasted": PASTED if core else 1.0,
    }
    tokens = []
    for words, sentence, kind in parts:
        # as Token(word, sentence, first, weight), in half the time
        firsts = chain((True,), repeat(False))
        columns = zip(words, repeat(sentence), firsts, repeat(weights[kind]))
        tokens += map(partial(tuple.__new__, Token), columns)
        if len(tokens) >= MAX_TOKENS:
            break
    return tokens[:MAX_TOKENS]
