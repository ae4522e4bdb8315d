"""What is learned from the examples and cues of types of messages: see ``message_types``.

What each type makes of a word, a pair of words or a concept is one row, a number a type. A message
has some hundred of them, and each is added for every type. So a row is kept as one whole number
with a field of 32 bits a type (``_packed``): adding two rows is adding two numbers.

That comes first. Cues and examples take the longest: of the types that are shipped only those are
asked that are likeliest by what comes before (``message_stages``).
"""

import math
import sys
from array import array
from typing import NamedTuple

from .message_cues import CueIndex, Remembered
from .message_stages import OF_CUES, Sets, score
from .message_weights import NO_TYPE, columns_of, trained
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
_BOUNDS = (3, 6, 12, 25)  # of a message's length in words
_LENGTHS = frozenset(("<length>", bound) for bound in _BOUNDS)
_FOREIGN = 0.3  # of a cue in another language than the message's, as far as that is known
_STRONG = 8  # concepts of a message that are looked at in pairs
# A field of a row: a number from 0 on, up to 32, so that sums of 2,000 rows stay within 32 bits: a
# message has MAX_TOKENS words and as many pairs.
_ONE, _LOWEST = 1 << 16, -16.0
# The most of a field of 16 bits, what is rounded up of MAX_TOKENS words, pairs and concepts aside.
_LARGEST = 60_000


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
    return sys.intern(word[: _STEM if len(word) <= _LONG else _STEM + 2])


def _facts_of(word):
    return _Word(_cut(word), tuple(concepts_of(word)), phrases_of(word), False, (), 0)


def _spoken(phrases, tokens, at):
    """What the phrases are about that some tokens hold from a place on."""
    for parts, concept in phrases:
        if tuple(token.word for token in tokens[at : at + len(parts)]) == parts:
            yield concept


def word_features(tokens, words=None):
    """({feature: weight} of words cut to six letters, pairs and the length, {feature: weight} of
    what it is about): what naive Bayes sees.

    ``words``: the :class:`_Word` s of the tokens.
    """
    words = words or [_facts_of(token.word) for token in tokens]
    found, heaviest, before, length = {}, {}, None, 0
    told = found.get
    for at, (word, (_text, _sentence, first, weight)) in enumerate(zip(words, tokens, strict=True)):
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
    for bound in _BOUNDS:
        if length <= bound:
            found["<length>", bound] = 1.0
            break
    about = {("<about>", concept): weight for concept, weight in heaviest.items()}
    strong = sorted([concept for concept, weight in heaviest.items() if weight > 0.5])[:_STRONG]
    about.update(
        (("<both>", one, other), 1.0) for n, one in enumerate(strong) for other in strong[n + 1 :]
    )
    return found, about


def _by_weight(features):
    """[(weight, its features)]: mostly a single one."""
    weights = set(features.values())
    if len(weights) == 1:
        return [(weights.pop(), features.keys())]
    return [(w, {f for f, weight in features.items() if weight == w}) for w in weights]


def _packed(values, unit=_ONE, kind="I"):
    """Numbers from 0 on as fields of one whole number, of ``unit`` each.

    :param str kind: "I" of 32 bits, "H" of 16
    """
    fields = array(kind, (round(value * unit) for value in values))
    if sys.byteorder == "big":
        fields.byteswap()
    return int.from_bytes(fields.tobytes(), "little")


def _fields(total, count, kind="I"):
    """The first ``count`` fields of a sum of packed rows."""
    fields = array(kind)
    size = fields.itemsize * count
    fields.frombytes((total & ((1 << 8 * size) - 1)).to_bytes(size, "little"))
    if sys.byteorder == "big":
        fields.byteswap()
    return fields


def _unpacked(total, count, weight=1.0):
    """The first ``count`` numbers of a sum of packed rows, each times a weight."""
    unit = weight / _ONE
    return [field * unit for field in _fields(total, count)]


class Model:
    """Types as their examples and cues tell them.

    :param frozen: ``((code, examples, cues), …)``, a type each; examples and cues are ``((language,
        (line, …)), …)``
    """

    def __init__(self, frozen):
        self.count = len(frozen)
        self.index = CueIndex({n: dict(cues) for n, (_code, _examples, cues) in enumerate(frozen)})
        examples = [
            (n, read(text))
            for n, (_code, by_language, _cues) in enumerate(frozen)
            for text in [t for _lang, texts in by_language for t in texts][:MAX_EXAMPLES]
        ]
        told = {token.word for _n, tokens in examples for token in tokens}
        self.spelling = Spelling(told.union(self.index.words()))
        self.meant = Remembered(self.spelling.meant)
        self.words = Remembered(self._facts)
        #: of which types it is known what thousands of messages told: a place in those rows each
        self.columns, names = columns_of(frozen)
        codes = [code for code, _examples, _cues in frozen]
        self.sets = Sets.of(names, [code == NO_TYPE for code in codes])
        self._learn(examples)
        self._try_cues(examples)

    def told(self, tokens):
        """Return the :class:`Told` of a message's tokens."""
        return Told(self, tokens)

    # ------------------------------------------------------------------ from the examples

    def _try_cues(self, examples):
        """What a cue is worth: less where it holds for examples of other types too."""
        own, all_, cues = {}, {}, self.index.cues
        for type_, tokens in examples:
            for number, weight, _at in self.index.hits(tokens, range(self.count)):
                if weight > 0.5:
                    all_[number] = all_.get(number, 0) + 1
                    own[number] = own.get(number, 0) + (cues[number].code == type_)
        worth = [
            cue.strength * ((own[n] + 2.0) / (all_[n] + 2.0) if n in all_ else 1.0)
            for n, cue in enumerate(cues)
        ]
        # {language of the message, "" if unsure: what each cue is worth there}
        languages = lexicon()["stopwords"]
        self.worth = {
            spoken: [
                value * _FOREIGN if cue.language in languages and cue.language != spoken else value
                for value, cue in zip(worth, cues, strict=True)
            ]
            for spoken in languages
        }
        self.worth[""] = worth

    def _learn(self, examples):
        """Count features: which types hold them, how often, and beside what."""
        both = [(number, word_features(tokens)) for number, tokens in examples]
        read_ = [(number, {**words, **about}) for number, (words, about) in both]
        df, by_type, sizes = {}, [{} for _ in range(self.count)], [0] * self.count
        for number, features in read_:
            sizes[number] += 1
            counts = by_type[number]
            for feature in features:
                df[feature] = df.get(feature, 0) + 1
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
                min(1.0, counts.get(f, 0) / size / 0.25) if size else 0.0
                for counts, size in zip(by_type, sizes, strict=True)
            ]
            for f in df
            if f[0] == "<about>"
        }
        stop = stopwords()
        unknown = math.log(total + 1.0) if total else 0.0
        self.unknown, self.unknown_stop = unknown**2, (0.3 * unknown) ** 2
        rare = {
            f: 0.0
            if f[0] == "<length>"
            else math.log((total + 1.0) / (n + 0.5)) * (0.3 if f in stop else 1.0)
            for f, n in df.items()
        }
        self._like(read_, rare, sizes)
        # What thousands of messages told of a type, if they are known; else log P(feature | type)
        # - log P(feature), shrunk towards nothing by two examples' weight, and nothing of what a
        # single example holds.
        known = any(column is not None for column in self.columns)
        rows, none = trained().rows if known else {}, (0.0,) * len(trained().columns)
        self.rows, unseen = {}, {True: self.unknown_stop, False: self.unknown}
        for f in df.keys() | rows.keys():
            n, of_many = df.get(f, 0), rows.get(f, none)
            share = n / total if n > 1 else 0.0
            values = [
                of_many[at]
                if at is not None
                else math.log((counts.get(f, 0) + 2.0 * share) / (size + 2.0) / share)
                if share
                else 0.0
                for at, counts, size in zip(self.columns, by_type, sizes, strict=True)
            ]
            told = [max(value, _LOWEST) - _LOWEST for value in values]
            square = rare[f] ** 2 if n else 0.0 if f in _LENGTHS else unseen[f in stop]
            self.rows[f] = _packed([*told, square])

    def _like(self, examples, rare, sizes):
        """What messages have in common with the examples: of each type {feature: what each of its
        examples has in common there, packed}, and the unit of that: so many are 1.

        A message has no more in common with an example than this has with itself.
        """
        places, found, most = [0] * self.count, [{} for _ in sizes], [1.0] * self.count
        for number, features in examples:
            norm = math.sqrt(sum((w * rare[f]) ** 2 for f, w in features.items())) or 1.0
            common = {f: weight * rare[f] ** 2 / norm for f, weight in features.items() if rare[f]}
            most[number] = max(most[number], sum(common.values()))
            for feature, value in common.items():
                found[number].setdefault(feature, {})[places[number]] = value
            places[number] += 1
        self.units = [_LARGEST / value for value in most]
        self.shared = [
            {
                f: _packed([at.get(n, 0.0) for n in range(max(at) + 1)], unit, "H")
                for f, at in of_type.items()
            }
            for of_type, unit in zip(found, self.units, strict=True)
        ]
        self.sizes = sizes

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

    ``parts``: {part: [its value for each type]}, see ``message_types._WEIGHTS``; what cues tell is
    0 until :meth:`hear` is told to look for them, "near" until :meth:`look` is.
    """

    def __init__(self, model, tokens):
        self.model = model
        self._tokens = model.spelled(tokens)
        words = [model.words[token.word] for token in self._tokens]
        self._content = [
            (at, word)
            for at, word in enumerate(words)
            if word.content and self._tokens[at].weight > 0.5
        ]
        self._groups, self._square = [], 0.0
        both = word_features(self._tokens, words)
        said = [self._summed(features) for features in both]
        sizes = [sum(features.values()) for features in both]
        count = len(self._content)
        self._closer = count / (count + 1.0) / (math.sqrt(self._square) or 1.0)
        self.parts = {part: [0.0] * model.count for part in (*OF_CUES, "near")}
        self.parts.update(self._of_features(said, sizes))

    def scores(self, weights):
        """A number a type: its parts, weighed by {part: a number a type}."""
        return score(self.parts, weights, self.model.sets, self.hear, self.look)

    def hear(self, numbers):
        """Find what the cues of some types tell, and the words that those do not know."""
        found, touched = self._cues(numbers)
        parts = self.parts
        for number, values in found.items():
            parts["cues"][number], parts["hints"][number], parts["against"][number] = values
        if None in self.model.columns:  # else the messages behind "trained" say more
            parts["odd"] = self._odd(touched)

    def look(self, number):
        """Find how like its examples of a type the message is: its part "near"."""
        self.parts["near"][number] = self._near(number) * self._closer

    def _summed(self, features):
        """The sum of what some features tell: a number a type. Adds them to the square of the
        length of all features' vector, each weighed by how rare it is; and keeps those that are
        known."""
        count, rows = self.model.count, self.model.rows
        told = [0.0] * count
        for weight, group in _by_weight(features):
            known = group & rows.keys()
            total = sum([rows[feature] for feature in known])
            self._square += weight**2 * self._unknown(group, known)
            self._square += weight**2 * (total >> 32 * count) / _ONE
            self._groups.append((weight, known))
            fields, lowest = _unpacked(total, count, weight), weight * len(known) * _LOWEST
            told = [value + field + lowest for value, field in zip(told, fields, strict=True)]
        return told

    def _of_features(self, said, sizes):
        """The parts "trained" (log odds by what thousands of messages told), and, of types that
        those do not know, "bayes" and "about" (by the examples): see :meth:`_summed`."""
        bayes, about, both = (math.sqrt(size) or 1.0 for size in (*sizes, sum(sizes)))
        biases, found = trained().biases, {"bayes": [], "about": [], "trained": []}
        for at, one, other in zip(self.model.columns, *said, strict=True):
            known = at is not None
            found["bayes"].append(0.0 if known else one / bayes)
            found["about"].append(0.0 if known else other / about)
            found["trained"].append(biases[at] + (one + other) / both if known else 0.0)
        return found

    def _unknown(self, group, known):
        """How much features tell that no example holds."""
        unknown = group - known
        stops = len(unknown & stopwords())
        lengths = len(unknown & _LENGTHS)
        return (
            len(unknown) - stops - lengths
        ) * self.model.unknown + stops * self.model.unknown_stop

    def _near(self, number):
        """How like a type's examples it is, mostly the nearest one."""
        shared, size, totals = self.model.shared[number], self.model.sizes[number], {}
        for weight, known in self._groups:
            total = sum(filter(None, map(shared.get, known)))
            totals[weight] = totals.get(weight, 0) + total
        if len(totals) == 1:  # as of most messages: the weight can wait
            ((weight, total),) = totals.items()
            close = _fields(total, size, "H")
        else:
            weighed = [
                [field * weight for field in _fields(total, size, "H")]
                for weight, total in totals.items()
            ]
            weight, close = 1.0, list(map(sum, zip(*weighed, strict=True)))
        top = sorted(close)[-3:] or [0.0]
        return (0.6 * top[-1] + 0.4 * sum(top) / 3) * weight / self.model.units[number]

    def _odd(self, touched):
        """Of each type the share of the words with a meaning that its examples and cues do not
        know, against it; it counts the less the more its cues say."""
        content, strong = self._content, self.parts["cues"]
        odd = _unpacked(sum([word.odd for _at, word in content]), self.model.count)
        strange = {at: word.strange for at, word in content}
        for number, places in touched.items():
            odd[number] -= sum([strange[at][number] for at in places if at in strange])
        most = max(len(content), 1)
        return [-part / most * max(0.0, 1.0 - sure) for part, sure in zip(odd, strong, strict=True)]

    def _cues(self, numbers):
        """{number: (strong, hints, -against)} of some types: each further cue counts less, and one
        that stands on the same words as a stronger one hardly; {number: places that its cues stand
        on}"""
        tokens, by_type = self._tokens, {}
        worth = self.model.worth[language_of([token.word for token in tokens])]
        cues = self.model.index.cues
        for number, weight, at in self.model.index.hits(tokens, numbers):
            cue = cues[number]
            by_type.setdefault(cue.code, []).append((-worth[number] * weight, cue.kind, at))
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
                        fresh = 1.0 - 0.9 * len(covered.intersection(at)) / len(at)
                    covered.update(at)
                sums[kind] -= worth * factor[kind] * fresh
                factor[kind] *= 0.7
            touched[number] = covered
            found[number] = (
                min(sums["cue"], 4.0) * thin,
                min(sums["hint"], 1.6) * thin,
                -min(sums["against"], 2.0),
            )
        return found, touched
