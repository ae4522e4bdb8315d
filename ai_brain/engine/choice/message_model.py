"""What is learned from the examples and cues of types of messages: see ``message_types``.

What each type makes of a word, a pair of words or a concept is one row, a number a type. A message
has some hundred of them, and each is added for every type. So a row is kept as one whole number
with a field of 32 bits a type (``_packed``): adding two rows is adding two numbers.

How like its examples a message is takes the longest. That is summed up only for the types for
which it can matter (``Told.settle``); of the others a bound is known, as the sum of the most that
any example has in common.
"""

import math
import sys
from array import array
from typing import NamedTuple

from .message_cues import CueIndex, Remembered
from .message_words import (
    Spelling,
    concepts_of,
    language_of,
    lexicon,
    phrases_of,
    read,
    stopwords,
)

MAX_EXAMPLES = 400  # of a type; what is more is not read
_STEM, _LONG = 6, 10  # letters that words of examples are compared by; of long ones two more
_SLIPS = 40  # unknown words of a message that are looked up for a slip of the pen
_ABOUT = ("<about>", "<both>")
_FOREIGN = 0.3  # of a cue in another language than the message's, as far as that is known
_STRONG = 12  # concepts of a message that are looked at in pairs
# A field of a row: a number from 0 on, so that sums of 2,000 rows stay within 32 bits.
_ONE, _LOWEST = 1 << 16, -12.0


class _Word(NamedTuple):
    """What is known of a word: how it is compared, what it is about, phrases that begin with it,
    whether it has a meaning of its own, and how little each type knows of it, 0..1 (``strange``, a
    number a type; ``odd``, packed)."""

    cut: str
    concepts: tuple
    phrases: tuple
    content: bool
    strange: tuple
    odd: int


def _cut(word):
    if word[0].isdigit():
        return "#"
    return word[: _STEM if len(word) <= _LONG else _STEM + 2]


def _facts_of(word):
    return _Word(_cut(word), tuple(concepts_of(word)), phrases_of(word), False, (), 0)


def _spoken(phrases, tokens, at):
    """What the phrases are about that some tokens hold from a place on."""
    for parts, concept in phrases:
        if tuple(token.word for token in tokens[at : at + len(parts)]) == parts:
            yield concept


def word_features(tokens, words=None):
    """{feature: weight} of what naive Bayes sees: words cut to six letters, pairs, the mood.

    ``words``: the :class:`_Word` s of the tokens.
    """
    words = words or [_facts_of(token.word) for token in tokens]
    found, heaviest, before, length = {}, {}, None, 0
    told = found.get
    for at, (word, (text, _sentence, first, weight)) in enumerate(zip(words, tokens, strict=True)):
        cut = word.cut
        if weight > told(cut, 0.0):
            found[cut] = weight
        if before and not first:
            pair = before, cut
            if weight > told(pair, 0.0):
                found[pair] = weight
        before = cut
        length += weight > 0.5
        concepts = word.concepts
        if word.phrases:
            concepts = (*concepts, *_spoken(word.phrases, tokens, at))
        for concept in concepts:
            if weight > heaviest.get(concept, 0.0):
                heaviest[concept] = weight
    for concept, weight in heaviest.items():
        found["<about>", concept] = weight
    strong = sorted(concept for concept, weight in heaviest.items() if weight > 0.5)[:_STRONG]
    for n, one in enumerate(strong):
        for other in strong[n + 1 :]:
            found["<both>", one, other] = 1.0
    for bound in (3, 6, 12, 25):
        if length <= bound:
            found["<length>", bound] = 1.0
            break
    return found


class _Row(NamedTuple):
    """What the examples tell of a feature: ``packed``, the most that an example of each type has in
    common there and then what naive Bayes says of each type; ``square`` of how rare it is; and
    {type: (places of its examples, what each has in common)}."""

    packed: int
    square: float
    shared: dict


def _packed(values):
    """Numbers from 0 on as fields of one whole number, of ``_ONE`` each."""
    fields = array("I", (round(value * _ONE) for value in values))
    return int.from_bytes(fields.tobytes(), sys.byteorder)


def _sum(packed, count):
    """The sums of packed rows of ``count`` numbers."""
    total = sum(packed).to_bytes(4 * count, sys.byteorder)
    return [field / _ONE for field in array("I", total)]


class Model:
    """Types as their examples and cues tell them.

    :param frozen: ``((code, examples, cues), …)``, a type each; examples and cues are ``((language,
        (line, …)), …)``
    """

    def __init__(self, frozen):
        self.count = len(frozen)
        self.index = CueIndex({n: dict(by_language) for n, (_c, _e, by_language) in enumerate(frozen)})
        examples = [
            (n, read(text))
            for n, (_code, by_language, _cues) in enumerate(frozen)
            for text in [t for _lang, texts in by_language for t in texts][:MAX_EXAMPLES]
        ]
        told = {token.word for _n, tokens in examples for token in tokens}
        self.spelling = Spelling(told.union(self.index.words()))
        self.meant = Remembered(self.spelling.meant)
        self.words = Remembered(self._facts)
        self._learn(examples)
        self._try_cues(examples)

    def told(self, tokens):
        """Return the :class:`Told` of a message's tokens."""
        return Told(self, tokens)

    # ------------------------------------------------------------------ from the examples

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

    def _learn(self, examples):
        """Count features: which types hold them, how often, and beside what."""
        read_ = [(number, word_features(tokens)) for number, tokens in examples]
        df, self.by_type, self.sizes = {}, [{} for _ in range(self.count)], [0] * self.count
        for number, features in read_:
            self.sizes[number] += 1
            counts = self.by_type[number]
            for feature in features:
                df[feature] = df.get(feature, 0) + 1
                counts[feature] = counts.get(feature, 0) + 1
        total = len(examples)
        # which types' examples hold a word
        self.known = {
            f: frozenset(n for n, counts in enumerate(self.by_type) if f in counts)
            for f in df
            if isinstance(f, str)
        }
        # how typical a concept is of each type, 0..1: half where a fifth of the examples hold it
        self.about = {
            f[1]: [
                min(1.0, counts.get(f, 0) / size / 0.25) if size else 0.0
                for counts, size in zip(self.by_type, self.sizes, strict=True)
            ]
            for f in df
            if f[0] == "<about>"
        }
        stop = stopwords()
        unknown = math.log(total + 1.0) if total else 0.0
        self.unknown, self.unknown_stop = unknown**2, (0.3 * unknown) ** 2
        rare = {
            f: math.log((total + 1.0) / (n + 0.5)) * (0.3 if f in stop else 1.0)
            for f, n in df.items()
        }
        shared = self._shared(read_, rare)
        self.rows = {
            f: self._row(f, n / total, 0.0 if f[0] == "<length>" else rare[f] ** 2, shared.get(f))
            for f, n in df.items()
        }
        self.nothing = _packed([-_LOWEST] * self.count) << (32 * self.count)

    def _shared(self, examples, rare):
        """{feature: {type: [(place of the example, what it has in common there)]}}"""
        found, places = {}, [0] * self.count
        for number, features in examples:
            del_length = [(f, w) for f, w in features.items() if f[0] != "<length>"]
            norm = math.sqrt(sum((w * rare[f]) ** 2 for f, w in del_length)) or 1.0
            for feature, weight in del_length:
                common = weight * rare[feature] ** 2 / norm
                found.setdefault(feature, {}).setdefault(number, []).append((places[number], common))
            places[number] += 1
        return found

    def _row(self, feature, share, square, shared):
        """log P(feature | type) - log P(feature), shrunk towards nothing by two examples' weight;
        of what a single example holds nothing."""
        shared = shared or {}
        told = [0.0] * self.count
        if sum(counts.get(feature, 0) for counts in self.by_type) > 1:
            told = [
                math.log((counts.get(feature, 0) + 2.0 * share) / (size + 2.0) / share)
                for counts, size in zip(self.by_type, self.sizes, strict=True)
            ]
        most = [max((c for _at, c in shared.get(n, ())), default=0.0) for n in range(self.count)]
        near = [value + 1 / _ONE if value else 0.0 for value in most]  # a bound is rounded up
        packed = _packed([*near, *(max(value, _LOWEST) - _LOWEST for value in told)])
        return _Row(packed, square, {n: tuple(pairs) for n, pairs in shared.items()})

    # ------------------------------------------------------------------ of a word

    def _facts(self, word):
        facts = _facts_of(word)
        if not word.isalpha() or word in stopwords():
            return facts
        known = self.known.get(facts.cut, ())
        about = [self.about[concept] for concept in facts.concepts if concept in self.about]
        near = list(map(max, zip(*about, strict=True))) if about else [0.0] * self.count
        strange = tuple(0.0 if n in known else 1.0 - near[n] for n in range(self.count))
        return facts._replace(content=True, strange=strange, odd=_packed(strange))

    def spelled(self, tokens):
        """Tokens with the slips of the pen put right, as far as a known word is near."""
        found, tries = list(tokens), _SLIPS
        known, words, index = self.spelling.known, self.words, self.index
        for at, token in enumerate(tokens):
            word = token.word
            if word in known or len(word) < 6 or words[word].concepts or index.knows(word):
                continue
            if not tries:
                break
            tries -= 1
            meant = self.meant[word]
            if meant:
                found[at] = token._replace(word=meant, weight=token.weight * 0.9)
        return found


class Told:
    """What a message tells of each type.

    ``parts``: {part: [its value for each type]}, see ``message_types._WEIGHTS``. Until
    :meth:`settle` "near" is the most that it can be.
    """

    def __init__(self, model, tokens):
        self.model = model
        self._tokens = model.spelled(tokens)
        words = [model.words[token.word] for token in self._tokens]
        features = word_features(self._tokens, words)
        content = [
            (at, word)
            for at, word in enumerate(words)
            if word.content and self._tokens[at].weight > 0.5
        ]
        cues, touched = self._cues()
        none = (0.0, 0.0, 0.0)
        told = [cues.get(number, none) for number in range(model.count)]
        strong, hints, against = map(list, zip(*told, strict=True)) if told else ([], [], [])
        bayes, about, near = self._summed(features)
        self._closer = len(content) / (len(content) + 1.0) / self._norm
        odd = self._odd(content, touched)
        self.parts = {
            "cues": strong,
            "hints": hints,
            "against": [-value for value in against],
            "bayes": bayes,
            "about": about,
            "near": [value * self._closer for value in near],
            "odd": [-value * max(0.0, 1.0 - sure) for value, sure in zip(odd, strong, strict=True)],
        }

    def scores(self, weights):
        """A number a type: its parts, weighed."""
        rows = [
            [weights[part] * value for value in values] for part, values in self.parts.items()
        ]
        return list(map(sum, zip(*rows, strict=True)))

    def score(self, number, weights):
        """That of one type."""
        return sum(weights[part] * values[number] for part, values in self.parts.items())

    def settle(self, numbers):
        """Make "near" exact for the types of some numbers."""
        near = self.parts["near"]
        for number in numbers:
            near[number] = self._near(number) * self._closer

    def _summed(self, features):
        """(bayes of words, bayes of concepts, bound of near): a number a type each; keeps the rows
        of the features that examples hold, and the length of the vector of all features, each
        weighed by how rare it is."""
        model, stop, count = self.model, stopwords(), self.model.count
        find, about_of = model.rows.get, _ABOUT
        found, groups, norm = [], {}, 0.0
        weights = {False: 0.0, True: 0.0}
        for feature, weight in features.items():
            row, about = find(feature), feature[0] in about_of
            weights[about] += weight
            if row is not None:
                found.append((weight, row.shared))
                norm += weight * weight * row.square
                group = about, weight
                if group in groups:
                    groups[group].append(row.packed)
                else:
                    groups[group] = [row.packed]
            elif feature[0] != "<length>":
                rare = model.unknown_stop if feature in stop else model.unknown
                norm += weight * weight * rare
        self._found, self._norm = found, math.sqrt(norm) or 1.0
        near, sums = [0.0] * count, {False: [0.0] * count, True: [0.0] * count}
        for (about, weight), packed in groups.items():
            total = _sum(packed, 2 * count)
            lowest, told = len(packed) * _LOWEST, sums[about]
            for n in range(count):
                near[n] += weight * total[n]
                told[n] += weight * (total[count + n] + lowest)
        words, concepts = (
            [value / (math.sqrt(weights[about]) or 1.0) for value in sums[about]]
            for about in (False, True)
        )
        return words, concepts, near

    def _near(self, number):
        """How like a type's examples it is, mostly the nearest one."""
        close = [0.0] * self.model.sizes[number]
        for weight, shared in self._found:
            pairs = shared.get(number)
            if pairs:
                for at, common in pairs:
                    close[at] += weight * common
        top = sorted(close)[-3:] or [0.0]
        return 0.6 * top[-1] + 0.4 * sum(top) / 3

    def _odd(self, content, touched):
        """Of each type the share of the words with a meaning that its examples and cues do not
        know."""
        odd = _sum([word.odd for _at, word in content], self.model.count)
        strange = {at: word.strange for at, word in content}
        for number, places in touched.items():
            odd[number] -= sum(strange[at][number] for at in places if at in strange)
        most = max(len(content), 1)
        return [part / most for part in odd]

    def _cues(self):
        """{number: (strong, hints, against)}: each further cue counts less, and one that stands
        on the same words as a stronger one hardly; {number: places that its cues stand on}"""
        tokens, worth_of = self._tokens, self.model.worth
        by_type, spoken = {}, language_of([token.word for token in tokens])
        known = lexicon()["stopwords"]
        for cue, weight, at in self.model.index.match(tokens):
            worth = (worth_of.get(cue) or cue.strength) * weight
            if spoken and cue.language in known and cue.language != spoken:
                worth *= _FOREIGN
            by_type.setdefault(cue.code, []).append((-worth, cue.kind, at))
        length = sum([token.weight > 0.5 for token in tokens])
        thin = min(1.0, math.sqrt(60.0 / max(length, 1)))  # chance hits of long messages
        found, touched = {}, {}
        for number, hits in by_type.items():
            sums, covered = {"cue": 0.0, "hint": 0.0, "against": 0.0}, set()
            factor = dict.fromkeys(sums, 1.0)
            for worth, kind, at in sorted(hits) if len(hits) > 1 else hits:
                fresh = 1.0
                if kind != "against":
                    if covered:
                        fresh = 0.1 + 0.9 * len(set(at) - covered) / len(at)
                    covered.update(at)
                sums[kind] -= worth * factor[kind] * fresh
                factor[kind] *= 0.7
            touched[number] = covered
            found[number] = (
                min(sums["cue"], 4.0) * thin,
                min(sums["hint"], 1.6) * thin,
                min(sums["against"], 2.0),
            )
        return found, touched
