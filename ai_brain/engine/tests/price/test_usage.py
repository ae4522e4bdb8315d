"""Usage as vendors report it becomes five counts that add up."""

import math
import random
from decimal import Decimal

import pytest
from engine.price.usage import TokenUsage, UsageError, returned_cost_usd


def usage(**counts):
    return TokenUsage(**counts)


OPENAI_CASES = {
    "plain": (
        {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
        usage(input=12, output=5),
    ),
    "openai cached input is inside prompt_tokens": (
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
        usage(input=86, cache_read=1920, output=300),
    ),
    "openai reasoning is inside completion_tokens": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 300,
            "total_tokens": 310,
            "completion_tokens_details": {"reasoning_tokens": 256},
        },
        usage(input=10, output=44, reasoning=256),
    ),
    "responses api names": (
        {
            "input_tokens": 75,
            "output_tokens": 40,
            "total_tokens": 115,
            "input_tokens_details": {"cached_tokens": 32},
            "output_tokens_details": {"reasoning_tokens": 30},
        },
        usage(input=43, cache_read=32, output=10, reasoning=30),
    ),
    "deepseek hit and miss": (
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 36,
            "prompt_tokens_details": {"cached_tokens": 64},
            "completion_tokens_details": {"reasoning_tokens": 8},
        },
        usage(input=36, cache_read=64, output=12, reasoning=8),
    ),
    "deepseek before it had details": (
        {"prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hit_tokens": 64},
        usage(input=36, cache_read=64, output=20),
    ),
    "mistral": (
        {"prompt_tokens": 8, "total_tokens": 91, "completion_tokens": 83, "num_cached_tokens": 0},
        usage(input=8, output=83),
    ),
    "groq adds times": (
        {
            "queue_time": 0.018,
            "prompt_tokens": 18,
            "prompt_time": 0.001,
            "completion_tokens": 556,
            "completion_time": 0.46,
            "total_tokens": 574,
            "total_time": 0.47,
        },
        usage(input=18, output=556),
    ),
    "cerebras": (
        {
            "prompt_tokens": 22,
            "completion_tokens": 13,
            "total_tokens": 35,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
        usage(input=22, output=13),
    ),
    "vllm sends null details": (
        {
            "prompt_tokens": 7,
            "total_tokens": 16,
            "completion_tokens": 9,
            "prompt_tokens_details": None,
        },
        usage(input=7, output=9),
    ),
    "ollama": (
        {"prompt_tokens": 26, "completion_tokens": 0, "total_tokens": 26},
        usage(input=26),
    ),
    "together and moonshot keep cached_tokens flat": (
        {"prompt_tokens": 50, "completion_tokens": 2, "total_tokens": 52, "cached_tokens": 40},
        usage(input=10, cache_read=40, output=2),
    ),
    "openrouter cache writes": (
        {
            "prompt_tokens": 194,
            "completion_tokens": 2,
            "total_tokens": 196,
            "cost": 0.95,
            "prompt_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 100},
        },
        usage(input=84, cache_read=10, cache_write=100, output=2),
    ),
    "xai reasoning comes on top": (
        {
            "prompt_tokens": 32,
            "completion_tokens": 9,
            "total_tokens": 135,
            "completion_tokens_details": {"reasoning_tokens": 94},
        },
        usage(input=32, output=9, reasoning=94),
    ),
    "reasoning above completion can only be on top": (
        {
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "completion_tokens_details": {"reasoning_tokens": 8},
        },
        usage(input=5, output=3, reasoning=8),
    ),
    "gemini's compatible endpoint hides thinking in the total": (
        {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 130},
        usage(input=10, output=20, reasoning=100),
    ),
    "embedding": ({"prompt_tokens": 8, "total_tokens": 8}, usage(input=8)),
    "zero tokens": ({"prompt_tokens": 0, "completion_tokens": 0}, usage()),
}


@pytest.mark.parametrize("name", OPENAI_CASES)
def test_openai_style_usage(name):
    raw, expected = OPENAI_CASES[name]
    assert TokenUsage.from_openai(raw) == expected


ANTHROPIC_CASES = {
    "plain": ({"input_tokens": 12, "output_tokens": 5}, usage(input=12, output=5)),
    "cache reads and writes are not in input_tokens": (
        {
            "input_tokens": 50,
            "output_tokens": 503,
            "cache_creation_input_tokens": 248,
            "cache_read_input_tokens": 1800,
        },
        usage(input=50, output=503, cache_read=1800, cache_write=248),
    ),
    "writes split by lifetime": (
        {
            "input_tokens": 2048,
            "output_tokens": 503,
            "cache_read_input_tokens": 1800,
            "cache_creation_input_tokens": 248,
            "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
            "service_tier": "standard",
        },
        usage(input=2048, output=503, cache_read=1800, cache_write=248, cache_write_1h=100),
    ),
    "nulls": (
        {
            "input_tokens": 3,
            "output_tokens": 1,
            "cache_creation": None,
            "cache_read_input_tokens": None,
        },
        usage(input=3, output=1),
    ),
}


@pytest.mark.parametrize("name", ANTHROPIC_CASES)
def test_anthropic_usage(name):
    raw, expected = ANTHROPIC_CASES[name]
    assert TokenUsage.from_anthropic(raw) == expected


def gemini(prompt=0, cand=0, total=None, thoughts=0, cached=0, tool=0):
    names = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": cand,
        "thoughtsTokenCount": thoughts,
        "cachedContentTokenCount": cached,
        "toolUsePromptTokenCount": tool,
    }
    raw = {key: value for key, value in names.items() if value or key == "promptTokenCount"}
    return raw if total is None else {**raw, "totalTokenCount": total}


GEMINI_CASES = {
    "plain": (gemini(4, 20, total=24), usage(input=4, output=20)),
    "thoughts on top": (
        gemini(10, 20, thoughts=100, total=130),
        usage(input=10, output=20, reasoning=100),
    ),
    "thoughts inside": (
        gemini(10, 120, thoughts=100, total=130),
        usage(input=10, output=20, reasoning=100),
    ),
    "thoughts alone": (gemini(10, thoughts=50, total=60), usage(input=10, reasoning=50)),
    "cached content is inside the prompt": (
        gemini(1000, 5, cached=900, total=1005),
        usage(input=100, cache_read=900, output=5),
    ),
    "tool prompt in the total": (
        gemini(10, 20, tool=30, thoughts=5, total=65),
        usage(input=40, output=20, reasoning=5),
    ),
    "tool prompt left out of the total": (
        gemini(10, 20, tool=30, thoughts=5, total=35),
        usage(input=40, output=20, reasoning=5),
    ),
    "no total": (gemini(10, 20, thoughts=5), usage(input=10, output=20, reasoning=5)),
    "what the total has on top is output": (gemini(10, 20, total=40), usage(input=10, output=30)),
}


@pytest.mark.parametrize("name", GEMINI_CASES)
def test_gemini_usage(name):
    raw, expected = GEMINI_CASES[name]
    assert TokenUsage.from_gemini(raw) == expected


WRONG = [True, False, -1, 1.0, math.nan, math.inf, "12", [], {}]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_a_wrong_count_is_refused_everywhere(wrong):
    with pytest.raises(UsageError):
        TokenUsage(input=wrong)
    for name in ("prompt_tokens", "completion_tokens", "total_tokens", "prompt_cache_hit_tokens"):
        with pytest.raises(UsageError, match=name):
            TokenUsage.from_openai({"prompt_tokens": 5, "completion_tokens": 5, name: wrong})
    with pytest.raises(UsageError):
        TokenUsage.from_openai(
            {
                "prompt_tokens": 5,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": wrong},
            }
        )
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens"):
        with pytest.raises(UsageError, match=name):
            TokenUsage.from_anthropic({"input_tokens": 5, "output_tokens": 5, name: wrong})
    for name in ("promptTokenCount", "candidatesTokenCount", "totalTokenCount"):
        with pytest.raises(UsageError, match=name):
            TokenUsage.from_gemini({**gemini(5, 5, total=10), name: wrong})


@pytest.mark.parametrize("wrong", [None, [], "usage", 5, {}], ids=repr)
def test_missing_usage_is_refused(wrong):
    for read in (TokenUsage.from_openai, TokenUsage.from_anthropic, TokenUsage.from_gemini):
        with pytest.raises(UsageError):
            read(wrong)


CONTRADICTIONS = [
    ("from_openai", {"prompt_tokens": 5}),
    (
        "from_openai",
        {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 6}},
    ),
    (
        "from_openai",
        {
            "prompt_tokens": 50,
            "completion_tokens": 1,
            "prompt_cache_hit_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 6},
        },
    ),
    ("from_openai", {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": [1]}),
    ("from_anthropic", {"input_tokens": 5}),
    ("from_anthropic", {"output_tokens": 5}),
    (
        "from_anthropic",
        {
            "input_tokens": 1,
            "output_tokens": 1,
            "cache_creation_input_tokens": 9,
            "cache_creation": {"ephemeral_1h_input_tokens": 8},
        },
    ),
    ("from_gemini", {"candidatesTokenCount": 5, "totalTokenCount": 5}),
    ("from_gemini", gemini(5, 5, cached=6, total=10)),
    ("from_gemini", gemini(5, 5, total=9)),
]


@pytest.mark.parametrize(("reader", "raw"), CONTRADICTIONS)
def test_usage_that_contradicts_itself_is_refused(reader, raw):
    with pytest.raises(UsageError):
        getattr(TokenUsage, reader)(raw)


def random_usage(rng, keys, depth=0):
    values = [None, True, 0, 3, 40, 500, -1, 2.5, "7", [], {}]
    found = {key: rng.choice(values) for key in rng.sample(keys, rng.randrange(len(keys)))}
    if depth == 0:
        for key in ("prompt_tokens_details", "completion_tokens_details", "cache_creation"):
            if rng.random() < 0.3:
                found[key] = random_usage(rng, keys, 1)
    return found


def test_any_usage_is_either_read_or_refused():
    rng = random.Random(11)
    keys = [
        *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"),
        *("reasoning_tokens", "input_tokens", "output_tokens", "cache_write_tokens"),
        *("cache_creation_input_tokens", "cache_read_input_tokens", "cost", "is_byok"),
        *("ephemeral_1h_input_tokens", "promptTokenCount", "candidatesTokenCount"),
        *("thoughtsTokenCount", "totalTokenCount", "cachedContentTokenCount"),
    ]
    read = 0
    for _ in range(6000):
        raw = random_usage(rng, keys)
        for reader in (
            TokenUsage.from_openai,
            TokenUsage.from_anthropic,
            TokenUsage.from_gemini,
            returned_cost_usd,
        ):
            try:
                found = reader(raw)
            except UsageError:
                continue
            if isinstance(found, TokenUsage):
                read += 1
                named = "totalTokenCount" if reader == TokenUsage.from_gemini else "total_tokens"
                if reader != TokenUsage.from_anthropic:
                    assert found.total >= (raw.get(named) or 0), raw
    assert read > 100


def test_the_parts_add_up_to_the_total():
    one = usage(input=1, output=20, cache_read=300, cache_write=4000, reasoning=50000)
    assert (one.input_total, one.output_total, one.total) == (4301, 50020, 54321)
    assert one.as_dict() == {
        "input_tokens": 1,
        "output_tokens": 20,
        "cache_read_tokens": 300,
        "cache_write_tokens": 4000,
        "reasoning_tokens": 50000,
        "total_tokens": 54321,
    }


def test_hour_long_writes_are_part_of_the_writes():
    with pytest.raises(UsageError, match="cache_write_1h"):
        usage(cache_write=5, cache_write_1h=6)


def test_returned_cost_keeps_the_digits_of_the_answer():
    assert returned_cost_usd({"cost": 0.1}) == Decimal("0.1")
    assert returned_cost_usd({"cost": 0}) == 0
    assert returned_cost_usd({"cost": 1e-07}) == Decimal("0.0000001")
    assert returned_cost_usd({"cost": {"total_cost": 0.006}}) == Decimal("0.006")
    assert returned_cost_usd({}) is None
    assert returned_cost_usd({"cost": None}) is None


def test_on_the_customers_own_key_the_upstream_cost_comes_on_top():
    raw = {"cost": 0.05, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.95}}
    assert returned_cost_usd(raw) == Decimal("1.00")
    assert returned_cost_usd({**raw, "is_byok": False}) == Decimal("0.05")
    with pytest.raises(UsageError, match="upstream"):
        returned_cost_usd({"cost": 0.05, "is_byok": True})


@pytest.mark.parametrize("wrong", [True, -0.1, math.nan, math.inf, "0.1", []], ids=repr)
def test_a_wrong_returned_cost_is_refused(wrong):
    with pytest.raises(UsageError):
        returned_cost_usd({"cost": wrong})
