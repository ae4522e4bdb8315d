"""Which vocabulary a model's tokens are counted with, and how far the count can be trusted.

A family is chosen by the model's name first, as vendors serve each other's models, and by the
wire format where the name says nothing. ``margin`` is what an estimate is multiplied by to be
safe. Margins of vendors that publish no vocabulary are set with a wide hand, not measured.
"""

from __future__ import annotations

from typing import NamedTuple

from ..base.lazy import regex


class Family(NamedTuple):
    """How to count for a group of models.

    encoding: the vocabulary; exact: it is the models' own, and so are the frames of messages;
    factor, constant: tokens = count x factor + constant; margin: upper bound = count x margin;
    tools: tokens that defining any tool adds; media: what images weigh against GPT-4o's.
    """

    method: str
    encoding: str
    exact: bool = False
    factor: float = 1.0
    constant: float = 0.0
    margin: float = 1.5
    tools: int = 0
    media: float = 1.0


# (tokens, upper bound) of a piece of content that is not text. Images in GPT-4o: 85, and 170 for
# each of at most 8 tiles (https://developers.openai.com/api/docs/guides/images-vision); 765 is
# one of 1024 x 1024. What a file or a sound costs depends on its length, which is not known here.
MEDIA = {
    "image": (765, 1600),
    "image_low": (85, 85),
    "other": (2000, 20000),
}

OPENAI_CL100K = Family("cl100k_base", "cl100k_base", exact=True, margin=1.0)
OPENAI_O200K = Family("o200k_base", "o200k_base", exact=True, margin=1.0)
# GPT-4o mini bills an image 33.33 times as many tokens (2833 and 5667 a tile, same page).
OPENAI_O200K_MINI = Family("o200k_base", "o200k_base", exact=True, margin=1.0, media=33.35)
# Same vocabulary; how these frame messages is not published.
OPENAI_REASONING = Family("o200k_base, message frames estimated", "o200k_base", margin=1.1)
# The factor and the constant held within 2.6 % of what Claude 3 and 4 report as input. Claude's
# tokenizer since Opus 4.7 gives up to 1.35 times as many (anthropic.com/news/claude-opus-4-7),
# hence the margin. Defining tools adds a system prompt of 159 to 530 tokens by model, of which
# the highest is taken (docs.anthropic.com, "Tool use pricing and tokens").
CLAUDE = Family(
    "estimate: cl100k_base x 1.095 + 8.5",
    "cl100k_base",
    factor=1.095,
    constant=8.5,
    margin=1.6,
    tools=530,
    media=2.1,
)
GEMINI = Family("estimate: o200k_base for Gemini", "o200k_base", margin=1.5)
# Llama 3's vocabulary and those derived from it extend cl100k_base.
LLAMA = Family("estimate: cl100k_base", "cl100k_base", margin=1.5)
OTHER = Family("estimate: o200k_base", "o200k_base", margin=1.6)
# The sandbox bills by this very count.
SANDBOX = OPENAI_O200K

_BY_NAME = tuple(
    (regex(pattern), family)
    for pattern, family in (
        (r"claude", CLAUDE),
        (r"gemini|gemma|learnlm", GEMINI),
        (r"(^|ft:)gpt-(3\.5|35)|(^|ft:)gpt-4(-|$)|^text-embedding-(3|ada-002)", OPENAI_CL100K),
        (r"^gpt-4\.5|^(ft:)?gpt-4\.1|^chatgpt-4o", OPENAI_O200K),
        (r"(^|ft:)gpt-4o-mini", OPENAI_O200K_MINI),
        (r"(^|ft:)gpt-4o", OPENAI_O200K),
        (r"^(ft:)?(gpt-[5-9]|gpt-oss|o[1-9](-|$)|codex|chatgpt)", OPENAI_REASONING),
        (r"llama|qwen", LLAMA),
    )
)
_BY_FORMAT = {"anthropic": CLAUDE, "gemini": GEMINI, "sandbox": SANDBOX}


def family_of(model, api_format="openai"):
    """The Family of ``model``, with or without a vendor in front of it.

    >>> family_of("openai/gpt-4o-2024-08-06").method
    'o200k_base'
    >>> family_of("anthropic/claude-sonnet-4.5", "openai") is CLAUDE
    True
    >>> family_of("my-deployment", "gemini") is GEMINI
    True
    """
    if api_format == "sandbox":
        return SANDBOX
    name = (model or "").lower().rsplit("/", 1)[-1]
    for pattern, family in _BY_NAME:
        if pattern.search(name):
            return family
    return _BY_FORMAT.get(api_format, OTHER)
