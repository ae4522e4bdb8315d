"""Which vocabulary a model's tokens are counted with, and how far the count can be trusted.

A family is chosen by the model's name first, as vendors serve each other's models, and by the
wire format where the name says nothing. ``margin`` is what an estimate is multiplied by to be
safe. Margins of vendors that publish no vocabulary are set with a wide hand, not measured.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..base.lazy import regex


class Family(NamedTuple):
    """How to count for a group of models.

    encoding: the vocabulary; exact: it is the models' own, and so are the frames of messages;
    factor: tokens = count x factor; margin: upper bound = count x margin; constant: what a
    request adds, its first message and a system message included; frame: what each further
    message adds; hidden: what a template may add besides, for the upper bound; tools: tokens
    that defining any tool adds, and tools_hidden what it may add besides, for the upper bound;
    media: what images weigh against GPT-4o's, media_most: the same for the upper bound, if more;
    splits_as_gemini: the count is corrected for what Gemini splits otherwise (token_estimate);
    single_digits: each digit is a token; own: the vocabulary is the models' own, or theirs
    extends it, so that the bound needs no room for what another would split; frames_system: a
    system message adds a frame as any other; claude: which of its two tokenizers
    token_claude is asked for, '' for those of other vendors.
    """

    method: str
    encoding: str
    exact: bool = False
    factor: float = 1.0
    margin: float = 1.5
    constant: float = 4.0
    frame: float = 3.0
    hidden: int = 64
    tools: int = 0
    tools_hidden: int = 300
    media: float = 1.0
    media_most: float = 0.0
    splits_as_gemini: bool = False
    single_digits: bool = False
    own: bool = False
    frames_system: bool = True
    claude: str = ""

    @property
    def schema_hidden(self):
        """What a vendor may write around a schema for the answer, for the upper bound.

        Those that have no other way make it a function that the model must call, with the prompt
        that belongs to functions: a schema is bounded as the tool that it may become.

        >>> CLAUDE.schema_hidden, OPENAI_O200K.schema_hidden
        (830, 600)
        """
        return max(SCHEMA_HIDDEN, self.tools + self.tools_hidden)


#: The longest prompt around a schema at vendors that have a way of their own to take one.
SCHEMA_HIDDEN = 600
# (tokens, upper bound) of a piece of content that is not text. Images in GPT-4o: 85, and 170 for
# each of at most 8 tiles (https://developers.openai.com/api/docs/guides/images-vision); 765 is
# one of 1024 x 1024. What a file or a sound costs depends on its length, which is not known here.
MEDIA = {
    "image": (765, 1600),
    "image_low": (85, 85),
    "other": (2000, 20000),
}

OPENAI_CL100K = Family("cl100k_base", "cl100k_base", exact=True, margin=1.0, tools_hidden=0)
OPENAI_O200K = Family("o200k_base", "o200k_base", exact=True, margin=1.0, tools_hidden=0)
# GPT-4o mini bills an image 33.33 times as many tokens (2833 and 5667 a tile, same page).
OPENAI_O200K_MINI = Family(
    "o200k_base", "o200k_base", exact=True, margin=1.0, tools_hidden=0, media=33.35
)
# "Measured" below: billed input in the recorded answers of pydantic/pydantic-ai's tests (MIT,
# November 2026; benchmarks/bench_tokens.py reads such records) and RouterArena's (Apache-2.0).
# Same vocabulary, one token less a request (measured: o3-mini, gpt-5); frames are not published.
OPENAI_REASONING = Family(
    "o200k_base, message frames estimated",
    "o200k_base",
    margin=1.1,
    constant=6,
    frame=4,
    hidden=24,
    own=True,
)
# What chat's own model and the first GPT-3.5, whose frames were others, add is not published.
OPENAI_CHAT = OPENAI_REASONING._replace(constant=7)
OPENAI_FIRST = OPENAI_CHAT._replace(
    method="cl100k_base, message frames estimated", encoding="cl100k_base", frame=5
)
# Models that search, hear or speak: the same vocabulary, and prompts of their own on top.
OPENAI_SPECIAL = OPENAI_REASONING._replace(margin=1.5, hidden=64)
# The Harmony template brings a system message of 67 tokens (measured at Cerebras and Groq).
GPT_OSS = Family(
    "estimate: o200k_base and the Harmony template",
    "o200k_base",
    margin=1.1,
    constant=68,
    frame=5,
    hidden=32,
    own=True,
)
# A line or two have 7 tokens more than their text ("What is 2+2?" 14), which a system message does
# not change; a further turn has 3 more, the beginning of an answer as the last one none (measured
# in the requests that token_claude names; the text as it says). Without the vocabulary the factor
# stands in. Defining tools adds a system prompt of 159 to 804 tokens by model and choice (the table
# in token_claude; ``tools`` and ``tools_hidden`` here bound it); thinking adds 29, a schema some
# 100 and itself, which the bound of what asks for them covers with what is hidden.
CLAUDE = Family(
    "estimate: Claude by cl100k_base",
    "cl100k_base",
    factor=1.1,
    constant=7,
    frames_system=False,
    frame=3,
    margin=1.6,
    hidden=48,
    tools=530,
    media=2.1,
    claude="older",
)
# The tokenizer since Opus 4.7: "up to 1.35 times as many" (anthropic.com/news/claude-opus-4-7);
# token_claude tells which words take more. "Say hello. Use only one word." has 17 tokens at Sonnet
# 5 and Opus 4.8, 15 at Haiku 4.5 (measured). Images may have 3.75 megapixels since Opus 4.7, and a
# token for 750 pixels (platform.claude.com, "Vision").
CLAUDE_NEW = CLAUDE._replace(
    method="estimate: newer Claude by cl100k_base",
    factor=1.4,
    constant=6.5,
    margin=2.1,
    media_most=3.2,
    claude="newer",
)
# Gemini bills what Gemma 3's tokenizer makes of the text and, since 2.5, one token a message (not
# at Vertex): 45 of 58 recorded requests to the token, all but three within one.
GEMINI = Family(
    "estimate: o200k_base with Gemini's way to split",
    "o200k_base",
    constant=1,
    frame=1,
    hidden=32,
    splits_as_gemini=True,
)
GEMINI_OLD = GEMINI._replace(constant=0, frame=0)
# Llama 3's vocabulary and those derived from it extend cl100k_base. Since 3.1 its template brings
# a system message with two dates: 35 tokens with the first message (measured at three vendors).
LLAMA = Family("estimate: cl100k_base", "cl100k_base", constant=35, frame=5, own=True)
LLAMA_OLD = LLAMA._replace(constant=10, own=False)
# Defining any tool brings a prompt of its own: 560 to 650 tokens more than the definitions
# (measured at Groq).
LLAMA_4 = LLAMA._replace(tools_hidden=900)
# Qwen's extends it as well, and has each digit apart, as Mistral's have (their published
# tokenizers).
QWEN = LLAMA._replace(constant=9, single_digits=True)
MISTRAL = Family("estimate: o200k_base", "o200k_base", margin=1.6, single_digits=True)
OTHER = Family("estimate: o200k_base", "o200k_base", margin=1.6)
# The sandbox bills by this very count.
SANDBOX = OPENAI_O200K

_BY_NAME = tuple(
    (regex(pattern), family)
    for pattern, family in (
        # Opus 4.7 and 4.8, and every Claude of generation 5 and later.
        (r"claude-(opus-4[-.][78]|(opus|sonnet|haiku|fable|mythos)-([5-9]|[1-9]\d)\b)", CLAUDE_NEW),
        (r"claude", CLAUDE),
        (r"gemini-(1|2\.0)|gemma|learnlm", GEMINI_OLD),
        (r"gemini", GEMINI),
        (r"^gpt-.*(search|audio|realtime|transcribe|tts|image)", OPENAI_SPECIAL),
        (r"gpt-oss", GPT_OSS),
        (r"^gpt-(3\.5|35)-turbo-0301", OPENAI_FIRST),
        (r"^chatgpt-4o", OPENAI_CHAT),
        (r"(^|ft:)gpt-(3\.5|35)|(^|ft:)gpt-4(-|$)|^text-embedding-(3|ada-002)", OPENAI_CL100K),
        (r"^gpt-4\.5|^(ft:)?gpt-4\.1", OPENAI_O200K),
        (r"(^|ft:)gpt-4o-mini", OPENAI_O200K_MINI),
        (r"(^|ft:)gpt-4o", OPENAI_O200K),
        (r"^(ft:)?(gpt-[5-9]|o[1-9](-|$)|codex|chatgpt)", OPENAI_REASONING),
        (r"llama-?3-|llama-?2|codellama", LLAMA_OLD),
        (r"llama-?4", LLAMA_4),
        (r"qwen|qwq", QWEN),
        (r"llama|deepseek-r1-distill", LLAMA),
        (r"(mi|mini|dev)stral|mixtral|codestral|magistral|pixtral|voxtral|nemo", MISTRAL),
    )
)
_BY_FORMAT = {"anthropic": CLAUDE, "gemini": GEMINI, "sandbox": SANDBOX}


@lru_cache(maxsize=256)  # every call asks, and models are few
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
