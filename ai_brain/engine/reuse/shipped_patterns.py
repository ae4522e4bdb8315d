"""The patterns that are shipped: ``data/patterns.json``, in four languages.

Phrases are parted by ``|``. ``words`` names phrases that several patterns share: whoever says good
morning in the afternoon is greeted all the same.

>>> [pattern.code for pattern in shipped()]  # doctest: +NORMALIZE_WHITESPACE
['greeting_morning', 'greeting_afternoon', 'greeting_evening', 'thanks', 'confirmation',
 'workout_done', 'struggling']
>>> shipped()[0].hours, shipped()[2].hours, shipped()[5].conditions
((5, 12), (17, 5), 'streak >= 3')
"""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Shipped(NamedTuple):
    """A pattern as it is shipped; phrases and answers are tuples by language."""

    code: str
    name: dict
    triggers: dict
    along: dict
    answers: dict
    most_words: int
    hours: tuple | None
    conditions: str
    replies: bool


@cache
def shipped():
    """Return the shipped patterns, in the order in which they are asked."""
    path = Path(__file__).with_name("data") / "patterns.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    return tuple(_read(one, data["words"][one["words"]]) for one in data["patterns"])


def _read(one, words):
    return Shipped(
        code=one["code"],
        name=one["name"],
        triggers=_phrases(words["triggers"]),
        along=_phrases(words["along"]),
        answers={language: tuple(lines) for language, lines in one["answers"].items()},
        most_words=one["most_words"],
        hours=tuple(one["hours"]) if "hours" in one else None,
        conditions=one.get("conditions", ""),
        replies=one.get("replies", False),
    )


def _phrases(by_language):
    return {
        language: tuple(phrase.strip() for phrase in text.split("|"))
        for language, text in by_language.items()
    }
