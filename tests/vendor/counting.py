"""Tokens as this vendor counts them: near the engine's counts, and not quite the same."""

import functools
import math
import re

from .load import engine

# Our count is exact for OpenAI's vocabulary and an estimate for the others: the real ones deviate.
_DEVIATION = {"openai": (1.0, 3), "anthropic": (1.021, 5), "gemini": (0.984, 2)}
_TEXT = (
    "the order was shipped on Monday and the invoice follows with the usual terms of payment "
    "because our customer asked for a partial delivery we suggest to confirm it by mail first"
)
_WORDS = _TEXT.split()
_JOINED = re.compile(r"<question-(\d)-(\w+)>\n(.*?)\n</question-\1-\2>", re.DOTALL)


@functools.lru_cache(maxsize=4096)
def count(text, api_format):
    """Tokens of a text at this vendor."""
    factor, _extra = _DEVIATION[api_format]
    return math.ceil(engine("prompt.tokens").count_text(text, api_format="openai").tokens * factor)


def frame_of(api_format):
    """Tokens that the frame of one message takes."""
    return _DEVIATION[api_format][1]


def count_prompt(texts, api_format):
    """Tokens of a whole prompt: its texts, and some for the frame of each message."""
    return sum(count(text, api_format) + _DEVIATION[api_format][1] for text in texts) + 3


def compose(seed, size):
    """Text of about ``size`` tokens, always the same for the same seed."""
    start = sum(seed.encode("utf-8", "replace")) % len(_WORDS)
    return " ".join(_WORDS[(start + n) % len(_WORDS)] for n in range(max(size, 1)))


def follow(prompt):
    """Answers between the marks that a prompt with several questions asks for, '' for others."""
    return "\n".join(
        f"<answer-{n}-{sign}>{compose(question, 12)}</answer-{n}-{sign}>"
        for n, sign, question in _JOINED.findall(prompt)
    )
