"""What Claude makes of a text and of tools, whose vocabulary is not published.

A word that cl100k_base has early is one token at Claude as well; one that it learned late (a rank
above some 50,000 of its 100,000) is mostly two there. So each token of cl100k_base weighs 1 and
what WEIGHTS adds for its kind and rank. They were fitted by ``tools/vocabulary/fit_claude.py`` to
809 questions that Claude 3 Haiku was asked (RouteWorks/RouterArena, commit 4714a9ad) and to 204
recorded requests of plain text to Claude 3 to 4.6, which split alike, of the repositories that
``benchmarks/bench_tokens.py`` names with their commits. Where a repository is left out of the fit
its requests are off by 2.0 % on average, those of less than 60 tokens by 1.7 %. "Measured" below:
in these, and in their requests with tools.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from ..base.lazy import regex

#: Ranks of cl100k_base at which words are told apart.
RANKS = (5000, 20000, 35000, 50000, 65000, 80000)
#: From here on a word may be split in two and more, which a margin for prose does not allow for.
RARE, RARE_MORE = RANKS[2], 0.9
# Tokens that one of cl100k_base weighs beyond itself. lower_, other_: a word after a space, in
# small letters or not, by rank; joined_: letters without a space before them.
WEIGHTS = {
    "digits_1": -0.107,
    "digits_2": 0.188,
    "digits_3": -0.039,
    "joined_0": 0.032,
    "joined_1": -0.048,
    "joined_2": 0.009,
    "joined_3": -0.017,
    "joined_4": 0.74,
    "joined_5": 1.226,
    "joined_6": 1.391,
    "line_end": 0.124,
    "lower_0": 0.003,
    "lower_1": 0.025,
    "lower_2": 0.013,
    "lower_3": 0.329,
    "lower_4": 0.893,
    "lower_5": 1.179,
    "lower_6": 0.748,
    "other_0": 0.149,
    "other_1": -0.035,
    "other_2": 0.07,
    "other_3": 0.601,
    "other_4": 1.028,
    "other_5": 0.944,
    "other_6": 1.698,
    "sign": -0.123,
    "sign_and_line": 1.005,
    "signs": -0.018,
    "signs_2": 0.323,
    "signs_3": 0.904,
    "signs_and_line": 0.149,
    "space": 0.391,
    "spaced_quote": 1.106,
    "spaced_sign": 0.229,
    "spaces": 0.103,
    "stop": 0.011,
}
#: Letters beyond ASCII, and parts of them, which the measured texts have too few of.
_FOREIGN = 0.1

# The tokenizer since Opus 4.7 has what these weights come to times this, by the beginning of the
# kind (71 recorded requests to Sonnet 5, Opus 4.8 and 5 of tidyverse/ellmer, commit 57e3d72d,
# activeagents/activeagent, a7614289, maruel/genai, 66b63e62, and pydantic/pydantic-ai, 4fda3898:
# within 2 %, short ones 6 %): nearly two for a word with a capital, less for white space.
NEWER = {
    "lower_": 1.15,
    "other_": 2.0,
    "joined_": 1.1,
    "space": 0.65,
    "line_end": 0.8,
    "sign_and_line": 0.8,
    "signs_and_line": 0.8,
}
NEWER_CAPITAL, NEWER_REST = 2.0, 1.35

# The prompt that defining any tool adds: where the model may choose, and where it must call one
# (platform.claude.com/docs/en/agents-and-tools/tool-use/overview, July 2026; for the oldest models
# docs.anthropic.com, "Tool use pricing and tokens"; measured: whole requests within 1.3 %).
_TOOL_PROMPTS = (
    (r"opus-4[-.]7", (675, 804)),
    (r"opus-4[-.]8|(opus|fable|mythos)-[5-9]", (290, 410)),
    (r"(sonnet|haiku)-[5-9]", (354, 474)),
    (r"-4[-.][5-9]", (496, 588)),
    (r"-4", (313, 315)),
    (r"3[-.][57]-haiku|3-haiku", (264, 355)),
    (r"sonnet[-@]20240620", (294, 261)),
    (r"3-opus", (530, 281)),
    (r"3-sonnet", (159, 235)),
    (r"3[-.][57]", (313, 315)),
)
_NEWEST = (496, 588)
#: A call with its answer, each further one at once, and each argument, by tokenizer (measured).
CALL = {"older": (43, 70, 12), "newer": (23, 23, 21)}
#: A budget to think, from 1,024 tokens on (measured: 22 to 32, 29 mostly); adaptive adds 17
#: at Claude 4.6 (measured twice) and none later (measured in three repositories).
THINKING, ADAPTIVE = 29, 17
#: A conversation that begins with the assistant (measured: 10 and 13).
BEGUN_BY_ASSISTANT = 11
#: A schema for the answer: what is written around it, and each token of its JSON (measured on 44).
SCHEMA, SCHEMA_TOKEN = 96, 1.37


def tool_prompt(model, forced=False):
    """Tokens of the prompt that Claude is given with any tool.

    >>> tool_prompt("claude-sonnet-4-5"), tool_prompt("claude-3-5-haiku-latest", forced=True)
    (496, 355)
    """
    for pattern, tokens in _TOOL_PROMPTS:
        if regex(pattern).search((model or "").lower()):
            return tokens[forced]
    return _NEWEST[forced]


def thinking_prompt(model, thinking):
    """Tokens that asking to think adds.

    >>> thinking_prompt("claude-sonnet-4-5", {"type": "enabled", "budget_tokens": 2000})
    29
    """
    kind = thinking.get("type") if isinstance(thinking, Mapping) else None
    adaptive = kind == "adaptive" and regex(r"-4[-.]6").search(model or "")
    return THINKING if kind == "enabled" else ADAPTIVE if adaptive else 0


def is_forced(choice):
    """Does a tool choice, in OpenAI's shape or Anthropic's, demand a call?

    >>> is_forced("auto"), is_forced("required"), is_forced({"type": "tool", "name": "find"})
    (False, True, True)
    """
    kind = choice.get("type") if isinstance(choice, Mapping) else choice
    return kind in ("required", "any", "tool", "function")


def forced_name(choice):
    """The name of the one function that a tool choice demands, '' where it names none."""
    if not isinstance(choice, Mapping):
        return ""
    holder = choice.get("function") if isinstance(choice.get("function"), Mapping) else choice
    return str(holder.get("name") or "")


def written(tool):
    """A function as Claude reads it (measured: without a token besides).

    >>> written({"function": {"name": "now", "description": "The time"}})
    '{"description": "The time", "name": "now", "parameters": {"type": "object"}}'
    """
    function = tool.get("function", tool) if isinstance(tool, Mapping) else {}
    function = function if isinstance(function, Mapping) else {}
    schema = function.get("parameters") or function.get("input_schema") or {"type": "object"}
    said = {"description": function.get("description") or "", "name": function.get("name")}
    return as_json({**said, "parameters": schema})


def arguments_of(given):
    """The arguments of a call as (name, text): they are written out, not as JSON.

    >>> arguments_of('{"city": "Ulm", "days": 2}'), arguments_of("no JSON")
    ([('city', 'Ulm'), ('days', '2')], [('', 'no JSON')])
    """
    if isinstance(given, str):
        try:
            given = json.loads(given) if given.strip() else {}
        except (ValueError, RecursionError):
            return [("", given)]
    if not isinstance(given, Mapping):
        return [("", as_json(given))] if given is not None else []
    return [(str(k), v if isinstance(v, str) else as_json(v)) for k, v in given.items()]


def as_json(value, escaped=False):
    """A value as JSON, with what is beyond ASCII ``escaped`` or not; never raises.

    >>> as_json({"city": "Köln"}), as_json("ö", escaped=True)
    ('{"city": "Köln"}', '"\\\\u00f6"')
    """
    try:
        return json.dumps(value, ensure_ascii=escaped, default=str)
    except (TypeError, ValueError, RecursionError):
        with suppress(RecursionError):  # what is nested so deeply cannot be sent either
            return str(value)
    return ""


def tokens_of(encoding, ids, newer=False):
    """(estimated tokens of a text at Claude, what rare words may need besides) by its ``ids``."""
    tokens = more = 0
    for rank, n in Counter(ids).items():
        weight, rare = _weight(encoding, rank, newer)
        tokens += n * weight
        more += n * rare
    return tokens, more


@lru_cache(maxsize=40_000)
def _weight(encoding, rank, newer):
    piece = encoding.decode_single_token_bytes(rank)
    kind = kind_of(piece, rank)
    is_word = kind.startswith(("lower_", "other_", "joined_"))
    weight = 1 + (_FOREIGN if kind == "foreign" else WEIGHTS.get(kind, 0.0))
    rare = RARE_MORE if is_word and rank >= RARE else 0.0
    if not newer:
        return weight, rare
    if is_word and piece[:1].isupper():
        return weight * NEWER_CAPITAL, 2 * rare
    found = (times for start, times in NEWER.items() if kind.startswith(start))
    return weight * next(found, NEWER_REST), 2 * rare


def kind_of(piece, rank):
    """Which of WEIGHTS a token of cl100k_base has, by its bytes and rank; or ``foreign``.

    >>> kind_of(b" capital", 6864), kind_of(b"12", 717), kind_of(b".", 13), kind_of(b'":', 794)
    ('lower_1', 'digits_2', 'stop', 'signs')
    """
    if not piece.isascii():
        return "foreign"
    text = piece.decode("ascii")
    bare = text.strip()
    if not bare:
        return "line_end" if "\n" in text else "space" if len(text) == 1 else "spaces"
    if bare.isalpha():
        place = sum(rank >= least for least in RANKS)
        way = "joined" if text[0] == bare[0] else "lower" if bare.islower() else "other"
        return f"{way}_{place}"
    if bare.isdigit():
        return f"digits_{len(bare)}"
    if "\n" in text:
        return "sign_and_line" if len(bare) == 1 else "signs_and_line"
    if len(bare) > 1:
        # those of JSON and of addresses came early
        return f"signs_{min(len(bare), 3)}" if rank >= RANKS[0] else "signs"
    if text[0] == " ":  # a quote that opens: two tokens
        return "spaced_quote" if bare == "'" else "spaced_sign"
    return "stop" if bare in ".,?!:;" else "sign"
