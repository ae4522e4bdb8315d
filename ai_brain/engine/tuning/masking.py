"""Personal data of an example, masked before it leaves.

Mails, phone numbers, IBANs, card numbers, and the names that a database knows become placeholders.
One thing has one placeholder within an example, however it is written there, so that the answer
still speaks of whom the question named.

>>> from engine.tuning.names import Names
>>> names = Names()
>>> names.add("Anna Berger")
>>> masker = Masker(names)
>>> done = masker.mask(["Anna Berger <anna@example.com> asks about S00042", "Dear Anna, it left."])
>>> done.texts
['[NAME_1] <[EMAIL_1]> asks about S00042', 'Dear [NAME_1], it left.']
>>> done.counts
{'name': 2, 'mail': 1}
>>> done.masked[1]
Masked(text=0, start=10, end=19, kind='mail', placeholder='[EMAIL_1]')

The originals are kept nowhere: what is told of a mask is its kind and where it stands.
"""

from collections import Counter
from typing import NamedTuple

from .numbers import LABELS, REGIONS, Room, numbers_in

#: Of an example with more names none is recognised as a part of another.
MOST_NAMES = 200


class Masked(NamedTuple):
    """A placeholder: in which text, and from where to where, in the masked text."""

    text: int
    start: int
    end: int
    kind: str
    placeholder: str


class Done(NamedTuple):
    """Masked texts, and what stands masked in them."""

    texts: list
    masked: list

    @property
    def counts(self):
        """{kind: how often}, the first in the text first."""
        return dict(Counter(one.kind for one in self.masked))


class Masker:
    """Masks the texts of one example after another.

    :param names: :class:`engine.tuning.names.Names`, or None
    :param regions: countries whose national phone numbers are recognised
    """

    def __init__(self, names=None, regions=REGIONS):
        self._names, self._regions = names, tuple(regions)

    def mask(self, texts):
        """Mask the texts of one example together: :class:`Done`."""
        numbers = [numbers_in(text, self._regions) for text in texts]
        found = self._with_names(texts, numbers)
        given, used, masked, done = {}, Counter(), [], []
        owners = _owners(found)
        for place, text in enumerate(texts):
            pieces, at, length = [], 0, 0
            for one in found[place]:
                owner = (one.kind, owners.get(one.key, one.key) if one.kind == "name" else one.key)
                if owner not in given:
                    used[one.kind] += 1
                    given[owner] = f"[{LABELS[one.kind]}_{used[one.kind]}]"
                mask = given[owner]
                pieces += [text[at : one.start], mask]
                length += one.start - at
                masked.append(Masked(place, length, length + len(mask), one.kind, mask))
                length += len(mask)
                at = one.end
            done.append("".join([*pieces, text[at:]]))
        return Done(done, masked)

    def _with_names(self, texts, numbers):
        if not self._names:
            return numbers
        first = [self._names.names_in(text) for text in texts]
        known = {one.key for row in first for one in row}
        found = []
        for text, row, taken in zip(texts, first, numbers, strict=True):
            more = self._names.names_in(text, known) if len(texts) > 1 else row
            room = Room(len(text))
            room.put(taken)
            room.put(more)
            found.append(room.found())
        return found


def _owners(found):
    """{key of a name: key of the longer name in the example that it is a part of, if one is}."""
    keys = sorted({one.key for row in found for one in row if one.kind == "name"}, key=len)
    if len(keys) > MOST_NAMES:
        return {}
    words = {key: frozenset(key.split()) for key in keys}
    wholes = {}
    for key in keys:
        whole = [other for other in keys if words[key] < words[other]]
        same = [other for other in keys if words[key] == words[other]]
        if len({words[other] for other in whole}) == 1:
            wholes[key] = min(whole)
        elif not whole and len(same) > 1:
            wholes[key] = min(same)
    return wholes
