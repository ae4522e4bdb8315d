"""Which type of message is this? Told from the examples and cues that a type's record holds.

Nothing but the records is learned from. A type is known by its cues (``message_cues``), by what
its examples share and others do not (naive Bayes over words, pairs of words, marks, length, and
what the words are about), and by the examples that are nearest; words with a meaning that neither
know speak against it. How much each of these tells, and how much it takes to be of any type, are
the few numbers of ``_WEIGHTS``, fitted by ``tools/fit_message_types.py`` on labelled messages.

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

import json
import math
from array import array
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

from ..base.text import content_text
from .message_cues import MOST_REMEMBERED, CueIndex
from .message_words import (
    MAX_CHARS,
    Spelling,
    concepts,
    concepts_of,
    language_of,
    lexicon,
    read,
    stopwords,
)

SURE = 0.75  # a type is named from this certainty on: a wrong type costs more than none
APART = 0.1  # and only if the next one is so much less likely: ties are nobody's
MAX_EXAMPLES = 400  # of a type; what is more is not read
_STEM, _LONG = 6, 10  # letters that words of examples are compared by; of long ones two more
_SLIPS = 40  # unknown words of a message that are looked up for a slip of the pen
_ABOUT = ("<about>", "<both>")
_FOREIGN = 0.3  # of a cue in another language than the message's, as far as that is known

# Of the evidence for a type, and for none.
_WEIGHTS = {
    "cues": 2.48,
    "hints": 2.05,
    "against": 3.0,
    "bayes": 0.62,
    "about": 0.27,
    "near": 12.23,
    "odd": 3.38,
    "none": 0.4,
}


class MessageType(NamedTuple):
    """A type of message and how such a message is answered.

    ``examples`` and ``cues``: by language (``{"en": […]}``, "" if unknown) lists, or a text with
    one a line; ``message_cues`` says what a cue may hold.
    ``none``: a message that is like this is of no type (what the other types are not).
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
    whatever has their ``code``, ``examples``, ``cues`` and ``none``.

    The certainty is the chance that the type is right; with None it is the chance that no type
    fits. None is returned below ``SURE`` and where two types are within ``APART`` of each other.
    Reads the first 3,000 and last 1,000 characters at most. Never raises on what people write.

    >>> classify("", [])
    (None, 1.0)
    """
    types = prepare(types)
    chances = _chances(_last_text(messages), types)
    ranked = sorted(chances.items(), key=lambda item: -item[1])
    none = max(0.0, 1.0 - sum(chances.values()))
    if not ranked or ranked[0][1] < SURE:
        return None, round(none, 4)
    number, best = ranked[0]
    if len(ranked) > 1 and best - ranked[1][1] < APART:
        return None, round(none, 4)
    return types[number], round(best, 4)


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
    parts = prepare(types).model.parts(read(text))
    rows = zip(*parts.values(), strict=True)
    return {number: dict(zip(parts, row, strict=True)) for number, row in enumerate(rows)}


def _chances(text, types):
    """{number: chance} of the types that can be named."""
    if not types or not any(c.isalpha() for c in text[:MAX_CHARS]):
        return {}
    parts = types.model.parts(read(text))
    weighed = [[_WEIGHTS[part] * value for value in values] for part, values in parts.items()]
    scores = dict(enumerate(map(sum, zip(*weighed, strict=True))))
    return share_out(scores, [t.none for t in types], _WEIGHTS["none"])


def share_out(scores, nones, none):
    """Softmax over the scores of types, of those that stand for none, and of ``none`` itself."""
    top = max([none, *scores.values()])
    powers = {number: math.exp(score - top) for number, score in scores.items()}
    total = sum(powers.values()) + math.exp(none - top)
    return {number: power / total for number, power in powers.items() if not nones[number]}


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
    return _Model(frozen)


def _cut(word):
    return word[: _STEM if len(word) <= _LONG else _STEM + 2]


def word_features(tokens):
    """{feature: weight} of what naive Bayes sees: words cut to six letters, pairs, the mood."""
    found, before = {}, None
    told = found.get
    for word, _sentence, first, weight in tokens:
        word = "#" if word[0].isdigit() else _cut(word)
        if weight > told(word, 0.0):
            found[word] = weight
        if before and not first:
            pair = before, word
            if weight > told(pair, 0.0):
                found[pair] = weight
        before = word
    heaviest = {}
    for at, concept in concepts([token.word for token in tokens]):
        heaviest[concept] = max(heaviest.get(concept, 0.0), tokens[at].weight)
    for concept, weight in heaviest.items():
        found["<about>", concept] = weight
    strong = sorted(concept for concept, weight in heaviest.items() if weight > 0.5)[:12]
    for n, one in enumerate(strong):
        for other in strong[n + 1 :]:
            found["<both>", one, other] = 1.0
    length = sum(1 for token in tokens if token.weight > 0.5)
    for bound in (3, 6, 12, 25):
        if length <= bound:
            found["<length>", bound] = 1.0
            break
    return found


class _Model:
    """Types as their examples and cues tell them."""

    def __init__(self, frozen):
        self.count, self.strange = len(frozen), {}
        cues = {n: dict(by_language) for n, (_code, _examples, by_language) in enumerate(frozen)}
        self.index = CueIndex(cues)
        read_examples = [
            (n, read(text))
            for n, (_code, examples, _cues) in enumerate(frozen)
            for text in [t for _lang, texts in examples for t in texts][:MAX_EXAMPLES]
        ]
        told = {token.word for _n, tokens in read_examples for token in tokens}
        self.spelling = Spelling(told.union(self.index.words()))
        self._count_words(read_examples)
        self._try_cues(read_examples)

    def _try_cues(self, examples):
        """What a cue is worth: less where it holds for examples of other types too."""
        own, all_ = {}, {}
        for number, tokens in examples:
            for cue, weight, _at in self.index.match(tokens):
                if weight > 0.5:
                    all_[cue] = all_.get(cue, 0) + 1
                    own[cue] = own.get(cue, 0) + (cue.code == number)
        self.worth = {
            cue: cue.strength * (own[cue] + 2.0) / (total + 2.0) for cue, total in all_.items()
        }

    def _count_words(self, examples):
        df, by_type, sizes = {}, [{} for _ in range(self.count)], [0] * self.count
        for number, tokens in examples:
            features = word_features(tokens)
            sizes[number] += 1
            for feature in features:
                df[feature] = df.get(feature, 0) + 1
                counts = by_type[number]
                counts[feature] = counts.get(feature, 0) + 1
        total = len(examples)
        # which types' examples hold a word
        self.known = {
            f: frozenset(n for n, counts in enumerate(by_type) if f in counts)
            for f in df
            if isinstance(f, str)
        }
        # how typical a concept is of each type, 0..1: half where a fifth of the examples hold it
        self.about = {
            f[1]: [
                min(1.0, counts.get(f, 0) / sizes[number] / 0.25) if sizes[number] else 0.0
                for number, counts in enumerate(by_type)
            ]
            for f in df
            if f[0] == "<about>"
        }
        self.unknown = math.log(total + 1.0) if total else 0.0
        # log P(feature | type) - log P(feature), shrunk towards nothing by two examples' weight:
        # for each feature a list, one number a type
        self.bayes = {}
        for feature, n in df.items():
            if n > 1:
                share = n / total
                ratios = (
                    math.log((counts.get(feature, 0) + 2.0 * share) / (size + 2.0) / share)
                    for counts, size in zip(by_type, sizes, strict=True)
                )
                self.bayes[feature] = array("d", ratios)
        # the examples of a type stand side by side: where it begins, and where the next one does
        self.bounds = list(accumulate(sizes, initial=0))
        stop = stopwords()
        idf = {f: math.log((total + 1.0) / (n + 0.5)) for f, n in df.items()}
        self.rare = {f: value * (0.3 if f in stop else 1.0) for f, value in idf.items()}
        # feature -> (examples, what each has in common there, but for the message's length): each
        # message reads thousands of them, which takes twice as long where they lie apart
        postings, numbers = {}, list(range(total))
        for at, (_number, tokens) in enumerate(examples):
            features = word_features(tokens)
            norm = self._norm(features)
            for feature, weight in features.items():
                if feature[0] != "<length>":
                    places, commons = postings.setdefault(feature, ([], array("d")))
                    places.append(numbers[at])
                    commons.append(weight * self.rare[feature] ** 2 / norm)
        self.postings = {f: (tuple(places), commons) for f, (places, commons) in postings.items()}

    def _norm(self, features):
        """The length of the vector of the features, each weighed by how rare it is."""
        rare, unknown, stop = self.rare, self.unknown, stopwords()
        total = 0.0
        for feature, weight in features.items():
            value = rare.get(feature)
            if value is None:
                value = 0.3 * unknown if feature in stop else unknown
            total += (weight * value) ** 2
        length = next((f for f in features if f[0] == "<length>"), None)
        if length:
            total -= (features[length] * rare.get(length, unknown)) ** 2
        return math.sqrt(max(total, 0.0)) or 1.0

    def _spelled(self, tokens):
        """Tokens with the slips of the pen put right, as far as a known word is near."""
        found, tries = [], _SLIPS
        for token in tokens:
            word = token.word
            known = word in self.spelling.known or concepts_of(word) or self.index.knows(word)
            if tries and len(word) > 5 and not known:
                tries -= 1
                meant = self.spelling.meant(word)
                if meant:
                    token = token._replace(word=meant, weight=token.weight * 0.9)
            found.append(token)
        return found

    def parts(self, tokens):
        """{part: [its value for each type]}: see ``_WEIGHTS``."""
        tokens = self._spelled(tokens)
        features = word_features(tokens)
        near = self._near(features)
        cues, touched = self._cues(tokens)
        content = self._content(tokens)
        bayes, size = self._bayes({f: w for f, w in features.items() if f[0] not in _ABOUT})
        about, size_about = self._bayes({f: w for f, w in features.items() if f[0] in _ABOUT})
        odd = self._odd(content, touched)
        none = (0.0, 0.0, 0.0)
        told = [cues.get(number, none) for number in range(self.count)]
        strong, hints, against = map(list, zip(*told, strict=True)) if told else ([], [], [])
        return {
            "cues": strong,
            "hints": hints,
            "against": [-value for value in against],
            "bayes": [value / size for value in bayes],
            "about": [value / size_about for value in about],
            "near": [value * len(content) / (len(content) + 1.0) for value in near],
            "odd": [-value * max(0.0, 1.0 - sure) for value, sure in zip(odd, strong, strict=True)],
        }

    def _bayes(self, features):
        """(what features tell of each type, the size of it all)"""
        found = [(self.bayes[f], weight) for f, weight in features.items() if f in self.bayes]
        told = [
            ratios if weight == 1.0 else [ratio * weight for ratio in ratios]
            for ratios, weight in found
        ]
        return self._summed(told), math.sqrt(sum(features.values()) or 1.0)

    def _summed(self, rows):
        """The sums of rows of one number a type."""
        return list(map(sum, zip(*rows, strict=True))) if rows else [0.0] * self.count

    @staticmethod
    def _content(tokens):
        stop = stopwords()
        return [
            (at, _cut(token.word), concepts_of(token.word))
            for at, token in enumerate(tokens)
            if token.weight > 0.5 and token.word.isalpha() and token.word not in stop
        ]

    def _odd(self, content, touched):
        """Of each type the share of the words with a meaning that its examples and cues do not
        know."""
        rows = [self._strange(word, concepts_) for _at, word, concepts_ in content]
        odd = self._summed(rows)
        row_at = {at: row for (at, *_rest), row in zip(content, rows, strict=True)}
        for number, places in touched.items():
            odd[number] -= sum(row_at[at][number] for at in places if at in row_at)
        return [part / max(len(content), 1) for part in odd]

    def _strange(self, word, concepts_):
        """How little each type knows of a word, 0..1: remembered, as people's words are few."""
        row = self.strange.get((word, concepts_))
        if row is None:
            known = self.known.get(word, ())
            about = [self.about[concept] for concept in concepts_ if concept in self.about]
            near = list(map(max, zip(*about, strict=True))) if len(about) > 1 else [*about, None][0]
            row = [
                0.0 if number in known else 1.0 - near[number] if near else 1.0
                for number in range(self.count)
            ]
            if len(self.strange) >= MOST_REMEMBERED:
                self.strange.clear()
            self.strange[word, concepts_] = row
        return row

    def _near(self, features):
        """How like a type's examples it is, mostly the nearest one; a number a type."""
        close = [0.0] * self.bounds[-1]
        for feature, weight in features.items():
            places, commons = self.postings.get(feature, ((), ()))
            if weight == 1.0:  # most are
                for at, common in zip(places, commons, strict=True):
                    close[at] += common
            else:
                for at, common in zip(places, commons, strict=True):
                    close[at] += weight * common
        norm, found = self._norm(features), []
        for begin, end in pairwise(self.bounds):
            top = sorted(close[begin:end])[-3:] or [0.0]
            found.append((0.6 * top[-1] + 0.4 * sum(top) / 3) / norm)
        return found

    def _cues(self, tokens):
        """{number: (strong, hints, against)}: each further cue counts less, and one that stands
        on the same words as a stronger one hardly."""
        by_type, spoken = {}, language_of([token.word for token in tokens])
        known = lexicon()["stopwords"]
        for cue, weight, at in self.index.match(tokens):
            worth = self.worth.get(cue, cue.strength) * weight
            if spoken and cue.language in known and cue.language != spoken:
                worth *= _FOREIGN
            by_type.setdefault(cue.code, []).append((worth, cue.kind, at))
        length = sum(1 for token in tokens if token.weight > 0.5)
        thin = min(1.0, math.sqrt(60.0 / max(length, 1)))  # chance hits of long messages
        found, touched = {}, {}
        for number, hits in by_type.items():
            touched[number] = {p for _worth, kind, at in hits if kind != "against" for p in at}
            sums, covered = {"cue": 0.0, "hint": 0.0, "against": 0.0}, set()
            factor = dict.fromkeys(sums, 1.0)
            for worth, kind, at in sorted(hits, key=lambda hit: (-hit[0], hit[1], hit[2])):
                fresh = len(set(at) - covered) / len(at) if kind != "against" else 1.0
                sums[kind] += worth * factor[kind] * (0.1 + 0.9 * fresh)
                factor[kind] *= 0.7
                if kind != "against":
                    covered.update(at)
            found[number] = (
                min(sums["cue"], 4.0) * thin,
                min(sums["hint"], 1.6) * thin,
                min(sums["against"], 2.0),
            )
        return found, touched


# ---------------------------------------------------------------------- what is shipped


@lru_cache(maxsize=4)
def shipped_types(name):
    """The types of a shipped set, "coaching" or "business", as :class:`MessageType` s, prepared.

    >>> [t.code for t in shipped_types("coaching")][:3]
    ['greeting', 'check_in', 'celebration']
    """
    path = Path(__file__).with_name("data") / "message_types.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    return prepare(MessageType(**item) for item in data["types"] if item["set"] == name)
