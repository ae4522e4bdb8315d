"""What thousands of messages told of the shipped types, and of which types it holds."""

from pathlib import Path

import pytest
from engine.choice.message_types import Prepared, classify, shipped_types
from engine.choice.message_weights import NO_TYPE, line_of, name_of, trained
from engine.choice.message_words import fold

DATA = Path(__file__).with_name("data")
ROOT = Path(__file__).resolve().parents[4]


def as_record(kind, drop=0, add=(), code=None):
    """A shipped type with some of its English examples taken out, or others added."""
    examples = {**kind.examples, "en": [*kind.examples["en"][drop:], *add]}
    return kind._replace(examples=examples, code=code or kind.code)


def known(types):
    """The codes of those of some types that the weights tell of."""
    prepared = Prepared(types)
    pairs = zip(prepared, prepared.model.columns, strict=True)
    return {kind.code for kind, column in pairs if column is not None}


ALL = {kind.code for kind in shipped_types("business")}


def test_every_row_of_the_file_is_read():
    lines = (DATA.parents[2] / "choice" / "data" / "message_weights.txt").read_text("utf-8")
    rows = trained().rows
    assert len(rows) == sum("\t" in line for line in lines.splitlines())
    assert "#" in rows
    assert any(isinstance(feature, tuple) and feature[0] == "#" for feature in rows)
    assert {len(row) for row in rows.values()} == {len(trained().columns)}
    assert len(trained().biases) == len(trained().columns)


def test_a_line_is_read_as_it_was_written(monkeypatch, tmp_path):
    from engine.choice import message_weights

    rows = {"#": [2.0, -3.5], ("#", "euro"): [0.0, 15.875], ("<length>", 3): [-15.875, 1.125]}
    lines = [line_of(name_of(feature), values) for feature, values in rows.items()]
    head = ["# a remark", "coaching/greeting business/thanks", "-1.5 0.25"]
    (tmp_path / "message_weights.txt").write_text("\n".join([*head, *lines]), encoding="utf-8")
    monkeypatch.setattr(message_weights, "_DATA", tmp_path)
    found = message_weights.trained.__wrapped__()
    assert found.rows == rows
    assert found.columns == {("coaching", "greeting"): 0, ("business", "thanks"): 1}
    assert found.biases == (-1.5, 0.25)


@pytest.mark.parametrize(
    ("types", "codes"),
    [
        (shipped_types("business"), ALL),
        ([as_record(t, add=["Please, once more"]) for t in shipped_types("business")], ALL),
        ([as_record(t, drop=1) for t in shipped_types("business")], ALL),
        (reversed(shipped_types("business")), ALL),
        ([t for t in shipped_types("business") if t.code in ("thanks", NO_TYPE)],
         {"thanks", NO_TYPE}),
        # without what is of no type the others are not weighed so
        ([t for t in shipped_types("business") if t.code != NO_TYPE], set()),
        ([as_record(t, drop=40 * (t.code == NO_TYPE)) for t in shipped_types("business")], set()),
        ([as_record(t, drop=30 * (t.code == "thanks")) for t in shipped_types("business")],
         ALL - {"thanks"}),
        ([as_record(t, code="own") for t in shipped_types("business")], set()),
        ([], set()),
    ],
)  # fmt: skip
def test_it_holds_of_a_type_that_has_nearly_all_its_examples(types, codes):
    assert known(types) == codes


def test_who_corrects_a_line_is_told_as_before():
    types = [as_record(t, drop=1) for t in shipped_types("business")]
    for text in ("Could you put this report in five lines?", "Thanks to the rain we are closed."):
        before, after = (classify(text, of)[0] for of in (shipped_types("business"), types))
        assert (before and before.code) == (after and after.code)


def test_no_message_is_both_learned_from_and_asked():
    folder = ROOT / "tools" / "messages"
    asked = {
        fold(line.split("\t")[-1]).strip()
        for path in DATA.glob("message_types_*.tsv")
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    }
    learned = [
        line.split("\t")
        for path in sorted(folder.glob("*.tsv"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(learned) > 6000
    assert {len(row) for row in learned} == {4}
    assert not asked & {fold(row[3]).strip() for row in learned}
