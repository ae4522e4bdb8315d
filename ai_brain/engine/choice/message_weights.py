"""The types that are shipped, and what some thousand messages told about them.

``data/message_weights.txt`` holds, for words, pairs of words and concepts, how much each speaks for
each type: one logistic regression a type, fitted by ``tools/fit_message_weights.py`` on the
messages of ``tools/messages``. They count for a type whose record still holds nearly all of the
examples that it was shipped with, whatever was added; who takes more out means another type.

>>> weights = trained()
>>> weights.rows["danke"][weights.columns["business", "thanks"]] > 1.0
True
"""

import base64
import json
import sys
from array import array
from functools import cache
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).with_name("data")
#: The code of what is of no type, in each set.
NO_TYPE = "other"
#: What one step of a stored number is worth.
STEP = 1 / 8
MOST = 127 * STEP
#: Of a shipped type's examples so many are to be there still.
KEPT = 0.9
#: A row is kept where a number is at least this: without the others as many are told.
LEAST = 1.5


class Trained(NamedTuple):
    """``columns``: {(set, code): place}; ``biases``: a number a place; ``rows``: {feature: a number
    a place}, features as ``message_model.word_features`` has them."""

    columns: dict
    biases: tuple
    rows: dict


@cache
def shipped_data():
    """The types of data/message_types.json, as dicts."""
    data = json.loads((_DATA / "message_types.json").read_text(encoding="utf-8"))
    return data["types"]


@cache
def trained():
    """The :class:`Trained` weights."""
    lines = (_DATA / "message_weights.txt").read_text(encoding="utf-8").splitlines()
    # a line without a tab is a remark, where it begins as a figure's does
    lines = [line for line in lines if "\t" in line or not line.startswith("#")]
    names, biases, *lines = lines
    columns = {tuple(name.split("/")): at for at, name in enumerate(names.split())}
    rows = {}
    for line in lines:
        feature, _tab, values = line.partition("\t")
        parts = feature.split(" ")
        if parts[0] == "<length>":
            parts[1] = int(parts[1])
        # as the words of messages are kept
        parts = [sys.intern(part) if isinstance(part, str) else part for part in parts]
        numbers = [n * STEP for n in array("b", base64.b64decode(values))]
        rows[parts[0] if len(parts) == 1 else tuple(parts)] = numbers
    return Trained(columns, tuple(map(float, biases.split())), rows)


def name_of(feature):
    """A feature as the file has it.

    >>> name_of(("<length>", 3))
    '<length> 3'
    """
    return feature if isinstance(feature, str) else " ".join(map(str, feature))


def line_of(name, values):
    """A line of the file, None where each number is too small to be kept.

    >>> line_of("good mornin", [2.0, -0.01]), line_of("good table", [0.5, -0.1])
    ('good mornin\\tEAA=', None)
    """
    values = [max(-MOST, min(MOST, value)) for value in values]
    if max(map(abs, values)) < LEAST:
        return None
    numbers = [round(value / STEP) for value in values]
    return f"{name}\t{base64.b64encode(array('b', numbers).tobytes()).decode()}"


@cache
def _shipped_examples():
    """{code: [(set, the lines of its examples)]}"""
    found = {}
    for item in shipped_data():
        lines = {line.strip() for lines in item["examples"].values() for line in lines}
        found.setdefault(item["code"], []).append((item["set"], frozenset(lines)))
    return found


def columns_of(frozen):
    """[place in the rows, or None], [its set, or None]: of which of some types the weights tell. Of
    none of a set whose type for what is none of them is not there: they are weighed against each
    other.

    :param frozen: as ``message_model.Model`` takes it
    """
    places, found = trained().columns, []
    for code, by_language, _cues in frozen:
        mine = {line.strip() for _language, lines in by_language for line in lines}
        kept = [
            (len(lines & mine) / len(lines), name)
            for name, lines in _shipped_examples().get(code, ())
        ]
        share, name = max(kept, default=(0.0, None))
        found.append((name, code) if share >= KEPT else None)
    whole = {name for name, code in filter(None, found) if code == NO_TYPE}
    found = [known if known and known[0] in whole else None for known in found]
    return [known and places.get(known) for known in found], [known and known[0] for known in found]
