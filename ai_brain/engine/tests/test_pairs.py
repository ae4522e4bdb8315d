"""Every function that compares texts is run on the table of pairs, and none is forgotten."""

import ast
import re
from decimal import Decimal
from pathlib import Path

import pytest
from engine.reuse import canonical_key, same_question
from engine.waste import Earlier, Exchange, History, analyze
from engine.waste.context import RedundantContext
from engine.waste.history import UnnecessaryHistory
from engine.waste.repeat import DuplicateQuery
from engine.waste.same import Request, same_request
from pairs import read_pairs, safe_pairs, unsafe_pairs

ROOT = Path(__file__).resolve().parents[3]


def asked_again(one, two):
    """Does the duplicate rule call ``one`` a repetition of ``two``?"""
    cost = Decimal("0.01")
    call = Exchange(cost, cost, 50, 20, [{"role": "user", "content": one}], "Yes.")
    earlier = Earlier(1, 60, same=False, text=two, input_tokens=50, comparable=True)
    return bool(analyze(call, History(earlier=(earlier,)), rules=(DuplicateQuery(),)).findings)


def same_key(one, two):
    """The key under which an answer may be kept; where it is equal, the texts are compared."""
    return Request(one).key == Request(two).key and Request(one).same_as(two)


def english_key(one, two):
    """The key of questions, read as English: it folds more there than in any other language."""
    return canonical_key(one, "en") == canonical_key(two, "en")


def in_any_language(one, two):
    """The same question in some language?"""
    return any(same_question(one, two, lang) for lang in ("en", "de", "fr", "es", None))


# What a conversation is about between the two texts: nothing of either.
BETWEEN = (
    ("Where is the Eiffel tower?", "It stands in Paris, on the Champ de Mars."),
    ("How tall is a giraffe?", "A grown giraffe reaches five metres and a half."),
    ("Who painted the Mona Lisa?", "Leonardo painted it in Florence."),
)


def left_out(turn, question):
    """Does the history rule call ``turn`` of no use to ``question``, asked after other things?"""
    said = [(turn, f"{turn} " * 12), *BETWEEN]
    messages = [
        {"role": role, "content": text}
        for exchange in said
        for role, text in zip(("user", "assistant"), exchange, strict=True)
    ]
    messages.append({"role": "user", "content": question})
    cost = Decimal("0.01")
    call = Exchange(cost, cost, 400, 20, messages, f"{question} It is so.")
    found = analyze(call, History(), rules=(UnnecessaryHistory(),)).findings
    return any(0 in finding.target["turns"] for finding in found)


def block_left_out(text, question):
    """Does the context rule call a block that says ``text`` of no use to ``question``?"""
    block = f"{text} " * 12
    messages = [{"role": "system", "content": block}, {"role": "user", "content": question}]
    cost = Decimal("0.01")
    answer = f"{question} It is so."
    call = Exchange(cost, cost, 400, 20, messages, answer, blocks={"notes": block})
    return bool(analyze(call, History(), rules=(RedundantContext(),)).findings)


# These hold a text against a question to tell whether it is needed. What is near to the question
# and names another thing may be what tells the two apart: it is kept, and so is the same thing.
KEEPING = {
    "engine/waste/history.py:UnnecessaryHistory": left_out,
    "engine/waste/context.py:RedundantContext": block_left_out,
}
# A function that tells whether two texts ask the same joins here, under the place of its source.
COMPARING = {
    "engine/waste/same.py:same_request": same_request,
    "engine/waste/same.py:same_as": same_key,
    "engine/waste/repeat.py:DuplicateQuery": asked_again,
    "engine/reuse/same_question.py:same_question": in_any_language,
    "engine/reuse/same_question.py:canonical_key": english_key,
}
# These fold politeness in English alone.
ENGLISH_ONLY = {
    "engine/reuse/same_question.py:same_question",
    "engine/reuse/same_question.py:canonical_key",
}
# Named like one, and compares something else.
OTHERS = {
    "engine/waste/repeat.py:_same_context": "sizes",
    "engine/choice/message_model.py:_near": "what kind of message it is; no answer is shared",
    "models/budget/ai_cost_budget_period.py:_same_rows": "rows of budgets",
    "engine/prompt/prefix.py:_same": "how many characters two texts begin alike with",
    "engine/prompt/figures_times.py:same_date": "dates that were read",
    "engine/prompt/figures_times.py:is_near_date": "dates that differ in one part",
    "engine/prompt/figures_follow.py:_alike": "the kinds of two numbers",
    "engine/prompt/figures_given.py:near": "numbers made of those near to one",
    "engine/prompt/figures_given.py:near_sums": "numbers made of those near to one",
    "engine/waste/history.py:_near": "words of neighbouring turns, for what is sent with a call",
    "models/savings/what_if_texts.py:_asked_alike": "the keys of kept answers, told from by them",
    "models/batch/request_joined.py:_take_alike": "calls of one user and model; each is asked",
    "models/batch/request_joined.py:_with_alike": "calls of one user and model; each is asked",
    "models/batch/request_joined.py:_answer_alike": "asks several questions, each with its answer",
}
NAMED_LIKE_ONE = re.compile(
    r"(?i)(?:^|_)(?:same|similar\w*|alike|near|equal\w*|duplicate\w*|canonical\w*)(?:_|$)"
    r"|^(?:Duplicate|Similar|Same)[A-Z]"
)


def found_by_inspection():
    for addon in ("ai_brain", "ai_sam_cost_dashboard"):
        for path in sorted((ROOT / addon).rglob("*.py")):
            inside = path.relative_to(ROOT / addon)
            if inside.parts[0] in ("tests", "demo") or "tests" in inside.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and NAMED_LIKE_ONE.search(
                    node.name
                ):
                    yield f"{inside.as_posix()}:{node.name}"


def test_what_compares_texts_is_run_on_the_pairs():
    assert set(found_by_inspection()) == set(COMPARING) | set(OTHERS)


def test_no_text_is_held_against_another_by_likeness():
    likeness = re.compile(
        r"\b(?:difflib|SequenceMatcher|pg_trgm|similarity\(|jaccard|levenshtein)\b"
    )
    found = [
        path.name
        for path in (ROOT / "ai_brain").rglob("*.py")
        if "tests" not in path.parts and likeness.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("place", COMPARING)
@pytest.mark.parametrize("pair", unsafe_pairs(), ids=lambda pair: f"{pair.lang} {pair.why}")
def test_what_names_another_thing_is_told_apart(place, pair):
    assert not COMPARING[place](pair.a, pair.b)
    assert not COMPARING[place](pair.b, pair.a)


@pytest.mark.parametrize("place", COMPARING)
def test_nine_of_ten_that_differ_by_politeness_case_or_space_are_the_same(place):
    pairs = [pair for pair in safe_pairs() if pair.lang == "en" or place not in ENGLISH_ONLY]
    found = sum(COMPARING[place](pair.a, pair.b) for pair in pairs)
    assert found >= (0.8 if place in ENGLISH_ONLY else 0.9) * len(pairs)


@pytest.mark.parametrize("place", KEEPING)
@pytest.mark.parametrize("pair", read_pairs(), ids=lambda pair: f"{pair.lang} {pair.why}")
def test_what_is_near_to_the_question_is_never_called_needless(place, pair):
    assert not KEEPING[place](pair.a, pair.b)
    assert not KEEPING[place](pair.b, pair.a)


@pytest.mark.parametrize("place", KEEPING)
def test_the_rules_are_not_silent_on_the_table(place):
    """They would call the same text needless if the question were about something else."""
    other = "How many litres of paint does a room of twenty square metres need?"
    pairs = [pair for pair in read_pairs() if pair.lang == "en"]
    found = sum(KEEPING[place](pair.a, other) for pair in pairs)
    assert found >= 0.5 * len(pairs)


def test_the_table_is_as_large_as_stated_and_holds_no_pair_twice():
    unsafe, safe = unsafe_pairs(), safe_pairs()
    assert len(unsafe) >= 240
    assert len(safe) >= 60
    assert (
        {pair.lang for pair in unsafe} == {pair.lang for pair in safe} == {"en", "de", "fr", "es"}
    )
    texts = [frozenset((pair.a, pair.b)) for pair in unsafe + safe]
    assert len(texts) == len(set(texts))
