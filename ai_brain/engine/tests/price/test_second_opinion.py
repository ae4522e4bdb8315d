"""The catalogue's second opinion: when two price lists count as differing."""

import doctest
import importlib.util
from decimal import Decimal
from pathlib import Path

import pytest

PATH = Path(__file__).resolve().parents[4] / "tools" / "catalogue" / "second_opinion.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("second_opinion", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raw(**more):
    return {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, **more}


def test_its_examples(tool):
    assert doctest.testmod(tool).failed == 0


def test_floats_per_token_become_exact_rates(tool):
    rates = tool.Opinion(raw(cache_read_input_token_cost=2.8e-08)).rates()
    assert rates == {
        "input": Decimal("2.5"),
        "output": Decimal("10"),
        "cache_read": Decimal("0.028"),
    }
    assert tool.per_million(5.5000000000000004e-08) == Decimal("0.055")


def test_only_more_than_one_percent_is_a_difference(tool):
    opinion = tool.Opinion(raw())
    assert tool.differences({"input": "2.5", "output": "10"}, opinion) == []
    assert tool.differences({"input": "2.525", "output": "10"}, opinion) == []
    [row] = tool.differences({"input": "2.5", "output": "10.2"}, opinion)
    assert row == {"what": "output", "genai_prices": "10.2", "litellm": "10", "percent": "-2"}


def test_a_tier_that_one_list_lacks_is_a_difference(tool):
    price = {"input": "2.5", "output": "10"}
    tiered = tool.Opinion(raw(input_cost_per_token_above_200k_tokens=5e-06))
    [row] = tool.differences(price, tiered)
    assert (row["what"], row["genai_prices"], row["litellm"]) == ("tier", "none", "200000")
    same = {**price, "tiers": [{"above": 200_000, "input": "5"}]}
    assert tool.differences(same, tiered) == []
    # One list says "from 200,000 on", the other "above": the same tier, told apart by a token.
    inclusive = {**price, "tiers": [{"above": 199_999, "input": "5"}]}
    assert tool.differences(inclusive, tiered) == []
    dearer = {**price, "tiers": [{"above": 200_000, "input": "6"}]}
    assert [row["what"] for row in tool.differences(dearer, tiered)] == ["input above 200000"]


def test_a_cache_rate_of_zero_is_no_opinion(tool):
    opinion = tool.Opinion(raw(cache_creation_input_token_cost=0.0))
    assert tool.differences({"input": "2.5", "output": "10", "cache_write": "3"}, opinion) == []
    price = {"input": "2.5", "output": "10"}
    opinion.complete(price)
    assert "cache_write" not in price


def test_missing_cache_rates_are_completed_on_flat_prices_only(tool):
    opinion = tool.Opinion(raw(cache_read_input_token_cost=2.5e-07))
    flat = {"input": "2.5", "output": "10"}
    opinion.complete(flat)
    assert flat["cache_read"] == "0.25"
    tiered = {"input": "2.5", "tiers": [{"above": 5, "input": "3"}]}
    opinion.complete(tiered)
    assert "cache_read" not in tiered


def test_a_model_is_found_under_the_vendors_prefix_whatever_its_case(tool):
    found = tool.SecondOpinion({"groq/Qwen/Qwen3": raw(), "gpt": {}}, {"groq": "groq/", "x": ""})
    assert found.find("groq", "qwen/qwen3").rates()["input"] == Decimal("2.5")
    assert found.find("groq", "qwen/qwen4") is None
    assert found.find("x", "gpt") is None
