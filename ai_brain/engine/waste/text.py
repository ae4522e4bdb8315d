"""What a text is about: its distinctive terms, in any language, without a dictionary.

Words are cut to a stem of six letters, so that most inflections meet; Chinese and Japanese give
pairs of characters. Function words and the words that every business mail holds are no terms.
Names, codes and figures are *specific*: one of them in an answer shows where it came from.

>>> sorted(terms("The pallets for order S00421 leave Hamburg on Friday.").specific)
['hambur', 's00421']
"""

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ..base.lazy import regex

_WORD = regex(r"[^\W_]+(?:[-'’./][^\W_]+)*")
_HAN = regex("[\u3040-\u30ff\u3400-\u9fff]+")
_SENTENCE = regex(r"(?:^|[.!?:;。！？\n\"“(\[|/-])\s*$")
_ORDINAL = regex(r"\d+(?:st|nd|rd|th)")
_STEM = 6


class _Lists(NamedTuple):
    """Words of data/waste_words.txt: function words (four letters and more, as shorter words are
    left out anyway), words of every company's texts, and stems of every chat."""

    function: frozenset
    generic_stems: frozenset
    function_stems: frozenset
    common: frozenset


@cache
def _lists():
    lists, words = {}, None
    path = Path(__file__).with_name("data") / "waste_words.txt"
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = lists.setdefault(line.strip("[]"), set())
        else:
            words.update(line.split())
    return _Lists(
        frozenset(lists["function"]),
        frozenset(map(_stem, lists["generic"])),
        frozenset(word[:_STEM] for word in lists["function"] if len(word) > _STEM),
        frozenset(lists["common"]),
    )


def common_stems():
    """English stems that tell no subject: those in one answer of forty and more.

    Counted over 2,414 instructions with answers of three models in tatsu-lab/alpaca_eval
    (Apache-2.0), commit cd543a149df89434d8a54582c0151c0b945c3d20.
    """
    return _lists().common


_POSSESSIVE = ("'s", "’s")
# What "I've", "it's" and their like leave.
_SHORTENED = frozenset({"ll", "re", "ve", "it", "he", "she", "let", "who"})


class Terms(NamedTuple):
    """``topic``: stems that carry the subject; ``specific``: those of them that are names, codes
    or figures; ``weak``: stems that any text of business may hold."""

    topic: frozenset
    specific: frozenset
    weak: frozenset


def _lowered(word):
    """In small letters; "Gina's store" is the one of Gina."""
    lowered = word.lower()
    return lowered[:-2] if lowered[-2:] in _POSSESSIVE else lowered


def _stem(word):
    if word[1:2] in ("'", "’"):
        word = word[2:]
    if word.startswith("ال") and len(word) > 4:
        word = word[2:]
    if word[:1].isdigit():
        return word
    if 4 < len(word) <= _STEM + 1 and word[-1] == "s" and word[-2] != "s" and word.isascii():
        word = word[:-1]
    return word[:_STEM]


def _is_code(word):
    """A figure of three digits and more that is no year, or digits and letters together."""
    digits = sum(c.isdigit() for c in word)
    if not digits:
        return False
    if _ORDINAL.fullmatch(word) or not word.strip("0"):
        return False  # "the 2nd", and the end of "30,000"
    year = len(word) == 4 and word[:2] in ("19", "20")
    return (digits >= 3 and not year) or any(c.isalpha() for c in word)


def _is_name(word, start, text):
    """Written with a capital inside a sentence, or an acronym."""
    if word.isupper():
        return 2 <= len(word) <= 5 and word.isascii()
    return word[0].isupper() and not _SENTENCE.search(text[max(0, start - 4) : start])


READ_CHARS = 12_000  # of a text; what it is about shows in its beginning
_TICK_WORDS = 256


def terms(text, limit=READ_CHARS, tick=None):
    """The :class:`Terms` of a text; only its first ``limit`` characters are read.

    ``tick`` is called now and then, so that it can end the reading by raising.
    """
    text = text[:limit]
    capitals_tell = language(text) != "de"  # German writes every noun with a capital
    function, generic_stems, function_stems, _common = _lists()
    topic, specific, weak = set(), set(), set()
    plain = text.isascii()
    if not plain:
        for match in _HAN.finditer(text):
            run = match.group()
            topic.update(
                run[i : i + 2]
                for i in range(len(run) - 1)
                if run[i] >= "\u3400" or "\u30a0" <= run[i] <= "\u30ff"
            )
    for number, match in enumerate(_WORD.finditer(text)):
        if tick and not number % _TICK_WORDS:
            tick()
        word = match.group()
        if not plain:
            if _HAN.search(word):
                continue
            if "\uac00" <= word[0] <= "\ud7a3":
                if len(word) > 1:
                    topic.add(word[:2])
                continue
        code = not word.isalpha() and _is_code(word)
        name = code
        if not code and word[0].isupper():
            acronym = word.isupper()
            name = (capitals_tell or acronym) and _is_name(word, match.start(), text)
        if not name and (len(word) < 4 or word.isdigit()):
            continue
        lowered = _lowered(word)
        if lowered in function or (len(word) <= 7 and lowered[:_STEM] in function_stems):
            continue
        stem = _stem(lowered)
        if len(stem) < 2 or stem in _SHORTENED:
            continue
        if stem in generic_stems and not code:
            weak.add(stem)
            continue
        topic.add(stem)
        if name:
            specific.add(stem)
    return Terms(frozenset(topic), frozenset(specific), frozenset(weak))


_FUNCTION_WORDS = {
    "en": "the and of to is for with that this are you in it at by from was be have has we can an "
    "or not they your our as on if which will also use how what do does",
    "de": "der die das und ist für mit nicht ein wir sie den dem des eine im am zu auf bei wird "
    "sind kann ich es von als auch werden haben oder nur noch bitte sich",
    "fr": "le les et est pour avec des une nous vous du dans sur au aux ce cette qui que par pas "
    "ne sont ou en pouvez je il elle être jours plus",
    "es": "el los las es para con una por que del en se un su al como más pueden puede desde "
    "hasta son está tiene dispone le lo hay mi sus ser",
    "it": "il gli che per con una del sono della di alla dei le nel si un da non lo ha è anche dal "
    "mille tutta come questo era grazie",
    "pt": "os as para com uma que do da não em no na dos das um por se ao são mais pode você é sua "
    "até",
    "nl": "de het een en is voor met niet van zijn wij op je in te dat die er aan mag hoe tot bij "
    "ook om worden kan",
    "pl": "na do się nie jest że dla oraz jak to po są od przez za czy być tylko można",
}


@cache
def _spoken_in():
    """{function word: languages}"""
    found = {}
    for name, words in _FUNCTION_WORDS.items():
        for word in words.split():
            found.setdefault(word, []).append(name)
    return found


_SCRIPTS = (
    ("cyrillic", regex("[а-яё]")),
    ("han", regex("[\u4e00-\u9fff]")),
    ("kana", regex("[\u3040-\u30ff]")),
    ("arabic", regex("[\u0600-\u06ff]")),
    ("hangul", regex("[\uac00-\ud7af]")),
    ("greek", regex("[α-ω]")),
    ("devanagari", regex("[\u0900-\u097f]")),
    ("hebrew", regex("[\u0590-\u05ff]")),
)
_LETTER = regex(r"[^\W\d_]")
_LETTERS = regex(r"[^\W\d_]{2,}")


def language(text):
    """A rough guess, '' if unsure: enough to know that two texts are not in the same one."""
    sample = text[:1200].lower()
    if not sample.isascii():
        letters = len(_LETTER.findall(sample)) or 1
        for name, pattern in _SCRIPTS:
            if len(pattern.findall(sample)) > 0.25 * letters:
                return "han" if name == "kana" else name
    words = _LETTERS.findall(sample)
    if len(words) < 6:
        return ""
    hits = dict.fromkeys(_FUNCTION_WORDS, 0)
    spoken_in = _spoken_in()
    for word in words:
        for name in spoken_in.get(word, ()):
            hits[name] += 1
    (first, best), (next_best, _second) = sorted(
        ((n, name) for name, n in hits.items()), reverse=True
    )[:2]
    return best if first >= max(2, 0.08 * len(words), 1.3 * next_best) else ""


def phrases(text, limit=READ_CHARS):
    """Pairs of neighbouring stems that are no function words: chance hardly repeats them."""
    function, generic_stems, _stems, _common = _lists()
    pairs, before = set(), None
    for word in _WORD.findall(text[:limit].lower()):
        if len(word) < 4 or word in function:
            before = None
            continue
        stem = _stem(word)
        if before and not (stem in generic_stems and before in generic_stems):
            pairs.add((before, stem))
        before = stem
    return pairs


class Reference:
    """A question and its answer, read once, that texts are held against."""

    def __init__(self, question, answer, tick=None):
        self.asked = terms(question, tick=tick)
        self.said = terms(answer, tick=tick)
        self.phrases = phrases(answer)

    def uses(self, text, tick=None):
        """Does the exchange use a text?

        The question naming one of its topics is enough, and so is a name, code or figure or a
        phrase that comes back; else enough of its topics must come up: more of them the more the
        text has, as long texts share words by chance.
        """
        part, said = terms(text, tick=tick), self.said
        if not part.topic:
            return True  # nothing to tell it by
        if part.topic & self.asked.topic:
            return True
        if part.specific & said.topic or said.specific & part.topic:
            return True
        shared = len(part.topic & said.topic)
        if shared >= max(2, math.ceil(0.12 * min(len(part.topic), 60))):
            return True
        return bool(shared and phrases(text) & self.phrases)
