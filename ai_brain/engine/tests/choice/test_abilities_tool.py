"""The abilities' converter: which model a table means, and what its figures are worth."""

import doctest
import importlib
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[4] / "tools" / "abilities"


@pytest.fixture(scope="module")
def names():
    return _load("names")


@pytest.fixture(scope="module")
def tables():
    return _load("tables")


def _load(name):
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location(f"abilities_{name}", TOOL / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module


def test_its_examples(names):
    assert doctest.testmod(names).failed == 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("claude-opus-4-5-20251101-high-effort", ("claude-opus-4-5", "plain")),
        ("claude-opus-4-5-20251101-low-effort", ("claude-opus-4-5", "less")),
        ("claude-sonnet-4-6-thinking-auto-high-effort", ("claude-sonnet-4-6", "thinking")),
        ("claude-sonnet-4-20250514 (32k thinking)", ("claude-sonnet-4", "thinking")),
        ("gpt-5 (high)", ("gpt-5", "more")),
        ("gpt-5.2-2025-12-11-nothinking", ("gpt-5-2", "plain")),
        ("gpt-5.2-2025-12-11-high", ("gpt-5-2", "thinking")),
        ("gemini-3-pro-preview-11-2025-high", ("gemini-3-pro", "plain")),
        ("DeepSeek V3 (0324)", ("deepseek-v3-0324", "plain")),
        ("DeepSeek Chat V3 (prev)", ("deepseek-v3", "plain")),
        ("GPT-4 Omni (05/13)", ("gpt-4o", "plain")),
        ("Mistral Large (24/02)", ("mistral-large-2402", "plain")),
        ("mistral-medium", ("mistral-medium-2312", "plain")),
        ("Llama-3.1-405B-Inst-fp8@together", ("llama-3-1-405b", "plain")),
        ("GPT-4o-2024-05-13 (FC)", ("gpt-4o", "plain")),
        ("o4-mini (high)", ("o4-mini", "more")),
    ],
)
def test_a_tables_name_means_a_family_and_a_level_of_thinking(names, written, meant):
    assert names.identify(written) == meant


@pytest.mark.parametrize(
    "written", ["deepseek-r1-distill-qwen-32b", "gemma-2-9b-it-SimPO", "Gemini App (2024-01-24)"]
)
def test_what_no_vendor_serves_under_that_name_is_left_out(names, written):
    assert names.identify(written) is None


def test_what_guessing_gives_is_no_ability(tables):
    assert tables.logit(0.625, guess=0.25) == pytest.approx(0.0)
    assert tables.logit(0.25, guess=0.25) == tables.logit(0.0) < -3
    assert tables.logit(1.0) == pytest.approx(-tables.logit(0.0))


def test_elo_becomes_the_share_of_wins(tables):
    rows = list(tables.arena(lambda _path: "model,arena_score\nA,1200\nB,1600\n", list))
    assert [round(row.score, 3) for row in rows] == [0.5, 0.909]


def test_a_release_is_a_table_for_each_category_and_needs_all_of_its_columns(tables):
    files = {
        "public/table_2026_01_08.csv": "model,a,b,c\nX,50,70,10\nY,50,,30\n",
        "public/categories_2026_01_08.json": '{"Language": ["a", "b"], "Coding": ["c"]}',
    }
    rows = list(tables.live_bench(files.get, lambda: list(files)))
    assert [(r.table, r.model, round(r.score, 2)) for r in rows] == [
        ("livebench 2026_01_08 Language", "X", 0.6),
        ("livebench 2026_01_08 Coding", "X", 0.1),
        ("livebench 2026_01_08 Coding", "Y", 0.3),
    ]
    assert {r.date for r in rows} == {"2026-01-08"}
