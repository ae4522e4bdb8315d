"""Cues: what an administrator writes to say which words tell a type of message.

One cue a line, without a pattern language that could run away::

    invoice            the word, its endings too (invoices)
    translat*          every word that begins so
    good morning       words next to each other
    list/show … dates  one of several words; ``…`` (or ``...``) lets up to six words between
    ^ how to           only where a clause begins
    slept # hours      # is any figure; ? ! % are words
    is … ready ?       a question mark at the end makes it surer; many leave it out
    ~ budget           a hint: not enough alone
    - hard disk        speaks against the type

Matching walks over the words once and holds positions of slots; its cost is the number of words
times the number of cues that share one.

>>> index = CueIndex({"ask": {"en": ["^ how to", "~ step*"]}, "tell": {"": ["# hours", "- why"]}})
>>> from .message_words import read
>>> sorted((cue.kind, cue.line) for cue, _weight, _at in index.match(read("How to step back?")))
[('cue', '^ how to'), ('hint', '~ step*')]
>>> sorted(cue.kind for cue, _weight, _at in index.match(read("Why did it take 7 hours?")))
['against', 'cue']
"""

from typing import NamedTuple

from .message_words import fold, split_words, stem

GAP = 6
_UNASKED = 0.6  # of a cue that ends in a question mark which is not there
MAX_LINES, MAX_LINE, MAX_SLOTS = 2000, 500, 8
MOST_REMEMBERED = 20_000  # words that an index remembers
_KINDS = {"-": "against", "~": "hint"}
_MARKS = frozenset('.,;:()\n"“”„«»')


class Cue(NamedTuple):
    """``slots``: [(alternatives, gap before)]; ``start``: only at the beginning of a clause."""

    code: str
    language: str
    line: str
    kind: str
    start: bool
    slots: tuple

    @property
    def alone(self):
        """Is it a single word, wherever that stands?"""
        return len(self.slots) == 1 and not self.start

    @property
    def strength(self):
        """How much it tells before it was tried on examples: phrases more than words."""
        if self.kind == "hint":
            return 0.45
        sure = len(self.slots) + self.start
        return 1.0 if sure == 1 else 1.3 if sure == 2 else 1.5


def parse(code, language, line):
    """The :class:`Cue` of a line, None if it holds none.

    >>> parse("x", "en", "~ List/show ... dates").slots
    ((('list', 'show'), False), (('dates',), True))
    """
    line = " ".join(line[:MAX_LINE].split())
    kind, rest = "cue", line
    if line[:1] in _KINDS:
        kind, rest = _KINDS[line[0]], line[1:]
    slots, gap, start = [], False, False
    for part in rest.replace("...", "…").replace("…", " … ").split():
        if part == "…":
            gap = bool(slots)
        elif part == "^" and not slots:
            start = True
        elif "/" in part:
            words = tuple(w for w in map(_word, part.split("/")) if w)
            if words:
                slots.append((words, gap))
                gap = False
        elif part == "#":
            slots.append((("#",), gap))
            gap = False
        else:
            for word in split_words(part.rstrip("*")):
                if word not in _MARKS:
                    slots.append(((word,), gap))
                    gap = False
            if part.endswith("*") and slots:
                words, before = slots[-1]
                slots[-1] = ((words[0] + "*",), before)
    if not slots or len(slots) > MAX_SLOTS:
        return None
    return Cue(code, language, line, kind, start, tuple(slots))


def _word(text):
    if text in ("#", "?", "!", "%"):
        return text
    words = split_words(fold(text.rstrip("*")))
    if len(words) != 1 or words[0] in _MARKS:
        return None
    return words[0] + "*" if text.endswith("*") else words[0]


class Remembered(dict):
    """{word: what a function says of it}, as people's words are few."""

    def __init__(self, function):
        super().__init__()
        self._function = function

    def __missing__(self, word):
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        found = self[word] = self._function(word)
        return found


class CueIndex:
    """The cues of several types: ``{code: {language: [line]}}``."""

    def __init__(self, cues_of):
        self.cues, self._exact, self._stems, self._prefixes = [], {}, {}, {}
        self._slots = Remembered(self._slots_of)
        for code, by_language in cues_of.items():
            count = 0
            for language, lines in by_language.items():
                for line in lines:
                    count += 1
                    cue = parse(code, language, line) if count <= MAX_LINES else None
                    if cue:
                        self._add(cue)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})
        # slots without which a cue does not hold
        self._needed = [
            frozenset(number * MAX_SLOTS + at for at in range(self._count_needed(cue)))
            for number, cue in enumerate(self.cues)
        ]
        self._rarest = frozenset(
            min(needed, key=lambda slot: (self._common(slot), slot)) for needed in self._needed
        )
        self._all = [
            frozenset(number * MAX_SLOTS + at for at in range(len(cue.slots)))
            for number, cue in enumerate(self.cues)
        ]

    @staticmethod
    def _count_needed(cue):
        return len(cue.slots) - (len(cue.slots) > 1 and "?" in cue.slots[-1][0])

    def _add(self, cue):
        number = len(self.cues)
        self.cues.append(cue)
        for at, (words, _gap) in enumerate(cue.slots):
            slot = number * MAX_SLOTS + at
            for word in words:
                if word.endswith("*"):
                    self._prefixes.setdefault(word[:-1], []).append(slot)
                    continue
                self._exact.setdefault(word, []).append(slot)
                if len(word) > 4:
                    stems = self._stems.setdefault(cue.language, {})
                    stems.setdefault(stem(word, cue.language), []).append(slot)

    def words(self):
        """The words that cues name in full."""
        return self._exact.keys()

    def knows(self, word):
        """Does a cue hold a word, or its beginning?"""
        return bool(self._slots[word])

    def _common(self, slot):
        """How many slots of all cues have a slot's words: of a phrase the rarest word is looked
        for first."""
        number, at = divmod(slot, MAX_SLOTS)
        words = self.cues[number].slots[at][0]
        return sum(len(self._exact.get(word, ())) or 1 for word in words)

    def _slots_of(self, word):
        """{code: (slots that a word fits, numbers of the cues that it fits alone, of the further
        ones whose rarest slot it fits)}"""
        by_code = {}
        for slot in self._fits(word):
            by_code.setdefault(self.cues[slot // MAX_SLOTS].code, set()).add(slot)
        found = {}
        for code, slots in by_code.items():
            numbers = sorted({slot // MAX_SLOTS for slot in slots & self._rarest})
            alone = tuple(number for number in numbers if self.cues[number].alone)
            begun = tuple(number for number in numbers if number not in alone)
            found[code] = frozenset(slots), alone, begun
        return found

    def _fits(self, word):
        yield from self._exact.get(word, ())
        if word[0].isdigit():
            yield from self._exact.get("#", ())
            return
        if len(word) > 4:
            for language, stems in self._stems.items():
                yield from stems.get(stem(word, language), ())
        for length in self._lengths:
            if length > len(word):
                break
            yield from self._prefixes.get(word[:length], ())

    def match(self, tokens):
        """[(cue, weight 0..1, positions)] of the cues that some tokens hold."""
        codes = {cue.code for cue in self.cues}
        return [(self.cues[number], weight, at) for number, weight, at in self.hits(tokens, codes)]

    def hits(self, tokens, codes):
        """[(number of the cue, weight 0..1, positions)] of the cues of some types that some tokens
        hold."""
        at_word = {}
        for at, token in enumerate(tokens):
            at_word.setdefault(token.word, []).append(at)
        slots_of = []
        for word, places in at_word.items():
            fits = self._slots[word]
            slots_of += [(fits[code], places) for code in codes if code in fits]
        there = set().union(*[slots for (slots, _single, _begun), _places in slots_of])
        # most cues lack a word: only of the others it is asked where their words stand
        needed, single, numbers = self._needed, {}, set()
        for (_slots, alone, begun), positions in slots_of:
            for number in alone:
                single.setdefault(number, []).extend(positions)
            for number in begun:
                if needed[number] <= there:
                    numbers.add(number)
        found = []
        for number, positions in single.items():
            at = positions[0]
            if len(positions) > 1:  # the first of the heaviest, as below
                at = max(positions, key=lambda p: (tokens[p].weight, -p))
            found.append((number, tokens[at].weight, (at,)))
        wanted = set().union(*[self._all[number] for number in numbers])
        places = {}
        for (slots, _single, _begun), positions in slots_of:
            for slot in slots & wanted:
                before = places.get(slot)
                places[slot] = sorted(before + positions) if before else positions
        for number in numbers:
            cue = self.cues[number]
            hit = self._walk(cue, number, places[number * MAX_SLOTS], places, tokens)
            if hit:
                weight = sum([tokens[p].weight for p in hit]) / len(hit)
                whole = len(hit) == len(cue.slots)
                found.append((number, weight if whole else weight * _UNASKED, hit))
        return found

    def _walk(self, cue, number, positions, places, tokens):
        """The positions of the heaviest way through a cue's slots, () if there is none."""
        if cue.start:
            positions = [p for p in positions if tokens[p].first]
        reached = {p: (p,) for p in positions}
        for at in range(1, len(cue.slots)):
            if not reached:
                return ()
            following = {}
            if cue.slots[at][1]:
                earliest = min(reached)
                for p in places.get(number * MAX_SLOTS + at, ()):
                    if p <= earliest:
                        continue
                    for q in range(p - 1, max(-1, p - GAP - 2), -1):
                        if q in reached and tokens[q].sentence == tokens[p].sentence:
                            following[p] = (*reached[q], p)
                            break
            else:
                for p in places.get(number * MAX_SLOTS + at, ()):
                    before = reached.get(p - 1)
                    if before and tokens[p - 1].sentence == tokens[p].sentence:
                        following[p] = (*before, p)
            if not following and at == len(cue.slots) - 1 and "?" in cue.slots[at][0]:
                break
            reached = following
        if len(reached) == 1:
            return next(iter(reached.values()))
        return max(reached.values(), key=lambda way: sum(tokens[p].weight for p in way), default=())
