"""What is learned from the examples and cues of types of messages: see ``message_types``.

What each type makes of a word, a pair of words or a concept is one row, a number a type. A message
has some hundred of them, and each is added for every type. So a row is kept as one whole number
with a field of 32 bits a type (``_packed``): adding two rows is adding two numbers.

How like its examples a message is takes the longest. That is looked at only for the few types that
are likeliest by all else, and not where none is near (``Told.scores``).
"""

import math
import sys
from array import array
from operator import mul
from typing import NamedTuple

from .message_cues import CueIndex, Remembered
from .message_weights import columns_of, trained
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
LOOKED_AT = 3  # types whose examples are looked at
FAR = -1.0  # and, of those that are shipped, the score that they need for it
_STRONG = 8  # concepts of a message that are looked at in pairs
# A field of a row: a number from 0 on, up to 32, so that sums of 2,000 rows stay within 32 bits: a
# message has MAX_TOKENS words and as many pairs.
_ONE, _LOWEST = 1 << 16, -16.0


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


def _packed(values):
    """Numbers from 0 on as fields of one whole number, of ``_ONE`` each."""
    fields = array("I", (round(value * _ONE) for value in values))
    if sys.byteorder == "big":
        fields.byteswap()
    return int.from_bytes(fields.tobytes(), "little")


def _fields(total, count):
    """The first ``count`` fields of a sum of packed rows."""
    octets = (total & ((1 << 32 * count) - 1)).to_bytes(4 * count, "little")
    fields = array("I", octets)
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
        self.columns = columns_of(frozen)
        #: numbers of a row: what the examples tell, and the messages, if they are known
        self.width = self.count * (1 + any(column is not None for column in self.columns))
        self.far = [-math.inf if column is None else FAR for column in self.columns]
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
            for number, weight, _at in self.index.hits(tokens):
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
        # log P(feature | type) - log P(feature), shrunk towards nothing by two examples' weight;
        # of what a single example holds nothing
        rows, none = trained().rows if self.width > self.count else {}, ()
        self.rows, unseen = {}, {True: self.unknown_stop, False: self.unknown}
        for f in df.keys() | rows.keys():
            n, bayes = df.get(f, 0), [0.0] * self.count
            if n > 1:
                share = n / total
                bayes = [
                    math.log((counts.get(f, 0) + 2.0 * share) / (size + 2.0) / share)
                    for counts, size in zip(by_type, sizes, strict=True)
                ]
            of_many = rows.get(f, none)
            learned = [of_many[at] if of_many and at is not None else 0.0 for at in self.columns]
            values = [*bayes, *learned][: self.width]
            told = [max(value, _LOWEST) - _LOWEST for value in values]
            square = rare[f] ** 2 if n else 0.0 if f in _LENGTHS else unseen[f in stop]
            self.rows[f] = _packed([*told, square])

    def _like(self, examples, rare, sizes):
        """What messages have in common with the examples: of each type {feature: what each of its
        examples has in common there, packed}."""
        places, found = [0] * self.count, [{} for _ in sizes]
        for number, features in examples:
            norm = math.sqrt(sum((w * rare[f]) ** 2 for f, w in features.items())) or 1.0
            for feature, weight in features.items():
                common = weight * rare[feature] ** 2 / norm
                if common:
                    found[number].setdefault(feature, {})[places[number]] = common
            places[number] += 1
        self.shared = [
            {f: _packed([at.get(n, 0.0) for n in range(max(at) + 1)]) for f, at in of_type.items()}
            for of_type in found
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


def likeliest(scores, far):
    """The numbers of the types whose examples are worth a look, by all else that is known.

    :param far: scores up to which a type is too far off, a number a type
    """
    ranked = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)[:LOOKED_AT]
    return [number for number in ranked if scores[number] > far[number]]


class Told:
    """What a message tells of each type.

    ``parts``: {part: [its value for each type]}, see ``message_types._WEIGHTS``; "near" is 0 until
    :meth:`look` is told to.
    """

    def __init__(self, model, tokens):
        self.model = model
        self._tokens = model.spelled(tokens)
        words = [model.words[token.word] for token in self._tokens]
        content = [
            (at, word)
            for at, word in enumerate(words)
            if word.content and self._tokens[at].weight > 0.5
        ]
        cues, touched = self._cues()
        none = (0.0, 0.0, 0.0)
        told = [cues.get(number, none) for number in range(model.count)]
        strong, hints, against = map(list, zip(*told, strict=True)) if told else ([], [], [])
        self._groups, self._square = [], 0.0
        both = word_features(self._tokens, words)
        (bayes, learned), (about, too) = map(self._summed, both)
        self._closer = len(content) / (len(content) + 1.0) / (math.sqrt(self._square) or 1.0)
        self.parts = {
            "cues": strong,
            "hints": hints,
            "against": [-value for value in against],
            "bayes": bayes,
            "about": about,
            "near": [0.0] * model.count,
            "odd": self._odd(content, touched, strong),
            "trained": self._trained(learned, too, both),
        }

    def scores(self, weights):
        """A number a type: its parts, weighed by {part: a number a type}."""
        rows = [map(mul, weights[part], values) for part, values in self.parts.items()]
        scores, near = list(map(sum, zip(*rows, strict=True))), self.parts["near"]
        for number in likeliest(scores, self.model.far):
            self.look(number)
            scores[number] += weights["near"][number] * near[number]
        return scores

    def look(self, number):
        """Find how like its examples of a type the message is: its part "near"."""
        self.parts["near"][number] = self._near(number) * self._closer

    def _summed(self, features):
        """(what naive Bayes says, the sum of what thousands of messages told) of some features: a
        number a type each. Adds them to the square of the length of all features' vector, each
        weighed by how rare it is; and keeps those that are known."""
        model, count, width = self.model, self.model.count, self.model.width
        rows, told = model.rows, [0.0] * width
        for weight, group in _by_weight(features):
            known = group & rows.keys()
            total = sum([rows[feature] for feature in known])
            self._square += weight**2 * self._unknown(group, known)
            self._square += weight**2 * (total >> 32 * width) / _ONE
            self._groups.append((weight, known))
            fields, lowest = _unpacked(total, width, weight), weight * len(known) * _LOWEST
            told = [value + field + lowest for value, field in zip(told, fields, strict=True)]
        size = math.sqrt(sum(features.values())) or 1.0
        return [value / size for value in told[:count]], told[count:]

    def _trained(self, words, about, features):
        """How likely each type is by what thousands of messages told: its log odds; 0 of a type
        that they do not know."""
        if not words:
            return [0.0] * self.model.count
        size = math.sqrt(sum(sum(some.values()) for some in features)) or 1.0
        biases = trained().biases
        return [
            0.0 if at is None else biases[at] + (one + other) / size
            for at, one, other in zip(self.model.columns, words, about, strict=True)
        ]

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
            ((unit, total),) = totals.items()
            close = _fields(total, size)
        else:
            weighed = [_unpacked(total, size, weight) for weight, total in totals.items()]
            unit, close = _ONE, list(map(sum, zip(*weighed, strict=True)))
        top = sorted(close)[-3:] or [0.0]
        return (0.6 * top[-1] + 0.4 * sum(top) / 3) * unit / _ONE

    def _odd(self, content, touched, strong):
        """Of each type the share of the words with a meaning that its examples and cues do not
        know, against it; it counts the less the more its cues say."""
        if None not in self.model.columns:
            return [0.0] * self.model.count  # the messages behind "trained" say more
        odd = _unpacked(sum([word.odd for _at, word in content]), self.model.count)
        strange = {at: word.strange for at, word in content}
        for number, places in touched.items():
            odd[number] -= sum([strange[at][number] for at in places if at in strange])
        most = max(len(content), 1)
        return [-part / most * max(0.0, 1.0 - sure) for part, sure in zip(odd, strong, strict=True)]

    def _cues(self):
        """{number: (strong, hints, against)}: each further cue counts less, and one that stands
        on the same words as a stronger one hardly; {number: places that its cues stand on}"""
        tokens, by_type = self._tokens, {}
        worth = self.model.worth[language_of([token.word for token in tokens])]
        cues = self.model.index.cues
        for number, weight, at in self.model.index.hits(tokens):
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
                min(sums["against"], 2.0),
            )
        return found, touched
