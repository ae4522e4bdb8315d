"""Token usage: what vendors report, brought into counts that do not overlap.

Vendors disagree about what includes what. OpenAI's ``prompt_tokens`` contains the cached
tokens and ``completion_tokens`` the reasoning; Anthropic's ``input_tokens`` excludes cache
reads and writes; Gemini counts thoughts on top of the candidates in most answers and inside
them in some. Everything after this module works on :class:`TokenUsage` alone, where the five
counts add up to the total.

>>> usage = TokenUsage.from_openai({
...     "prompt_tokens": 1000, "completion_tokens": 300,
...     "prompt_tokens_details": {"cached_tokens": 800},
...     "completion_tokens_details": {"reasoning_tokens": 200}})
>>> usage
TokenUsage(input=200, output=100, cache_read=800, reasoning=200)
>>> usage.total
1300
>>> TokenUsage.from_anthropic({"input_tokens": 200, "output_tokens": 100,
...                            "cache_read_input_tokens": 800}).input_total
1000
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from .reported import UsageError, token_count
from .returned import returned_cost_usd

# What reads a vendor's usage is imported when such a vendor answers.

__all__ = ["TokenUsage", "UsageError", "returned_cost_usd", "token_count"]

# count: the counts that are part of it
_PARTS = {
    "input": ("input_audio", "input_image", "input_video"),
    "cache_read": ("cache_read_audio", "cache_read_image", "cache_read_video"),
    "cache_write": ("cache_write_1h",),
    "output": ("output_audio", "output_image"),
}
_PART_NAMES = tuple(part for parts in _PARTS.values() for part in parts)
_COLUMNS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}
_WORDS = ("service", "region")


@dataclass(frozen=True, repr=False)
class TokenUsage:
    """Tokens of one call in five disjoint counts, and what else decides its price.

    ``input`` is uncached input, ``output`` is visible output without reasoning. The counts
    after the five are no further ones: ``input_audio``, ``input_image`` and ``input_video`` say
    how many of ``input`` were such, ``cache_read_audio`` and its like of ``cache_read``,
    ``output_audio`` and ``output_image`` of ``output``, and ``cache_write_1h`` how many of
    ``cache_write`` were written with a lifetime of one hour.

    audio_seconds: seconds of sound that the vendor bills, where it bills by time;
    web_searches: searches that the vendor made and bills by number; service: how the call was
    processed where not in the usual way ("batch", "flex", "priority", "fast", or the vendor's own
    word); region: where, if the vendor says that it was bound to one ("us", "eu");
    unknown: names of what the vendor reports and no price can cover.

    Raises UsageError when a count is not an int of 0 or more, or a part exceeds its whole.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    input_image: int = 0
    input_video: int = 0
    cache_read_audio: int = 0
    cache_read_image: int = 0
    cache_read_video: int = 0
    output_audio: int = 0
    output_image: int = 0
    audio_seconds: int = 0
    web_searches: int = 0
    service: str = ""
    region: str = ""
    unknown: tuple[str, ...] = ()

    def __post_init__(self):
        own = self.__dict__
        for name in _COUNTS:
            if type(own[name]) is not int or own[name] < 0:
                token_count(own[name], name)
        if not any(map(own.get, _PART_NAMES)):
            return  # as nearly every usage
        for whole, parts in _PARTS.items():
            within = sum(getattr(self, part) for part in parts)
            if within > getattr(self, whole):
                raise UsageError(
                    f"{', '.join(parts)} ({within}) are part of {whole} "
                    f"({getattr(self, whole)}) and cannot exceed it"
                )

    def __repr__(self):
        said = ", ".join(f"{name}={value!r}" for name, value in self._said().items())
        return f"TokenUsage({said})"

    def _said(self):
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }

    @property
    def input_total(self):
        """Everything that was sent: uncached input, cache reads and cache writes."""
        return self.input + self.cache_read + self.cache_write

    @property
    def output_total(self):
        """Everything that was generated: visible output and reasoning."""
        return self.output + self.reasoning

    @property
    def total(self):
        return self.input_total + self.output_total

    def by_rate(self):
        """(kind, tokens) of everything that is billed by the token, disjoint.

        >>> dict(TokenUsage(input=10, input_audio=4).by_rate())
        {'input': 6, 'input_audio': 4}
        """
        own, found = self.__dict__, []
        if not any(map(own.get, _PART_NAMES)):
            return [(kind, own[kind]) for kind in _COLUMNS if own[kind]]  # as of nearly every usage
        for kind in _COLUMNS:
            if not own[kind]:
                continue
            parts = [(part, own[part]) for part in _PARTS.get(kind, ()) if own[part]]
            rest = own[kind] - sum(tokens for _part, tokens in parts)
            found += [(kind, rest), *parts] if rest else parts
        return found

    def as_dict(self):
        """The counts under the names of the ledger's columns.

        >>> TokenUsage(input=7, output=2).as_dict()["total_tokens"]
        9
        """
        found = {column: getattr(self, kind) for kind, column in _COLUMNS.items()}
        return {**found, "total_tokens": self.total}

    def details(self):
        """What the five columns do not say, as a dict for JSON; None where they say it all.

        >>> TokenUsage(input=7, service="flex").details()
        {'service': 'flex'}
        """
        found = {name: value for name, value in self._said().items() if name not in _COLUMNS}
        if "unknown" in found:
            found["unknown"] = list(found["unknown"])
        return found or None

    @classmethod
    def from_row(cls, columns, details=None):
        """The usage of a ledger row: a mapping with its five columns, and its ``details()``.

        Raises UsageError where they do not fit together.

        >>> TokenUsage.from_row({"input_tokens": 7, "output_tokens": None}, {"input_audio": 3})
        TokenUsage(input=7, input_audio=3)
        """
        more = {name: value for name, value in (details or {}).items() if name in _DETAILS}
        if "unknown" in more:
            more["unknown"] = tuple(more["unknown"])
        counts = {kind: columns.get(column) or 0 for kind, column in _COLUMNS.items()}
        return cls(**counts, **more)

    @classmethod
    def from_openai(cls, raw):
        """Usage of an OpenAI chat completion, or one of its like: :mod:`.usage_openai`."""
        from .usage_openai import counts

        return cls(**counts(raw))

    @classmethod
    def from_speech(cls, raw):
        """Usage of a transcription in OpenAI's format: :mod:`.usage_speech`."""
        from .usage_speech import counts

        return cls(**counts(raw))

    @classmethod
    def from_anthropic(cls, raw):
        """Usage of an Anthropic message: :mod:`.usage_anthropic`."""
        from .usage_anthropic import counts

        return cls(**counts(raw))

    @classmethod
    def from_gemini(cls, raw):
        """Usage of a Gemini answer (``usageMetadata``): :mod:`.usage_gemini`."""
        from .usage_gemini import counts

        return cls(**counts(raw))


_COUNTS = tuple(
    field.name for field in fields(TokenUsage) if field.name not in (*_WORDS, "unknown")
)
_DETAILS = frozenset(field.name for field in fields(TokenUsage)) - set(_COLUMNS)
