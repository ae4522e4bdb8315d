from pathlib import Path

from engine.reuse.conditions import parse
from engine.reuse.patterns import Index, Occasion, Pattern
from engine.reuse.shipped_patterns import shipped

LANGUAGES = ("en", "de", "fr", "es")


def shipped_index():
    return Index(
        Pattern(
            place,
            one.triggers,
            one.along,
            most_words=one.most_words,
            hours=one.hours,
            conditions=parse(one.conditions),
            replies=one.replies,
        )
        for place, one in enumerate(shipped())
    )


def lines(name):
    """Lines of a file that was written, and frozen, before there was a pattern."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()]


def answered(text, language, index):
    """The kind of the pattern that answers, None if none does."""
    hits = index.hits(text, Occasion(9.0, 0, language, {"streak": 5}))
    hit = next(hits, None)
    return hit and shipped()[hit.pattern.id].code.split("_")[0]


def test_what_people_send_is_answered_by_the_pattern_of_its_kind():
    index = shipped_index()
    missed = [
        (language, kind, text)
        for language, kind, text in lines("patterns_positive.tsv")
        if answered(text, language, index) != kind
    ]
    assert len(missed) <= 20, missed
    for language in LANGUAGES:
        assert sum(line[0] == language for line in missed) <= 5, missed


def test_what_only_looks_like_it_is_left_to_the_model():
    index = shipped_index()
    wrong = [
        (language, text, answered(text, language, index))
        for language, text in lines("patterns_negative.tsv")
        if answered(text, language, index)
    ]
    assert len(wrong) <= 2, wrong
