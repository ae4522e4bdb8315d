"""Token usage: what vendors report, brought into five counts that do not overlap.

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
TokenUsage(input=200, output=100, cache_read=800, cache_write=0, reasoning=200, cache_write_1h=0)
>>> usage.total
1300
>>> TokenUsage.from_anthropic({"input_tokens": 200, "output_tokens": 100,
...                            "cache_read_input_tokens": 800}).input_total
1000
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_ABSENT = object()


class UsageError(ValueError):
    """The vendor's usage is missing, of a wrong type, negative or contradicts itself.

    The call may have been billed, so whoever catches this records an uncertain cost.
    """


def token_count(value, name="count"):
    """``value`` if it is a count of tokens (an int of 0 or more), else raise UsageError.

    >>> token_count(True)
    Traceback (most recent call last):
    ...
    UsageError: count: expected a whole number of tokens, got True
    """
    if type(value) is not int:
        raise UsageError(f"{name}: expected a whole number of tokens, got {value!r:.80}")
    if value < 0:
        raise UsageError(f"{name}: expected 0 tokens or more, got {value}")
    return value


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of one call in disjoint counts.

    ``input`` is uncached input, ``output`` is visible output without reasoning.
    ``cache_write_1h`` is no sixth count: it says how many of ``cache_write`` were written
    with a lifetime of one hour, which Anthropic bills dearer than its five minutes.

    Raises UsageError when a count is not an int of 0 or more.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    cache_write_1h: int = 0

    def __post_init__(self):
        for name in self.__dataclass_fields__:
            token_count(getattr(self, name), name)
        if self.cache_write_1h > self.cache_write:
            raise UsageError(
                f"cache_write_1h ({self.cache_write_1h}) is part of cache_write "
                f"({self.cache_write}) and cannot exceed it"
            )

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

    def as_dict(self):
        """The counts under the names of the ledger's columns.

        >>> TokenUsage(input=7, output=2).as_dict()["total_tokens"]
        9
        """
        return {
            "input_tokens": self.input,
            "output_tokens": self.output,
            "cache_read_tokens": self.cache_read,
            "cache_write_tokens": self.cache_write,
            "reasoning_tokens": self.reasoning,
            "total_tokens": self.total,
        }

    @classmethod
    def from_openai(cls, raw):
        """Usage of an OpenAI chat completion and of everything compatible with it.

        Also read: the Responses API's names, DeepSeek's ``prompt_cache_hit_tokens``, the flat
        ``cached_tokens`` of Together and Moonshot, OpenRouter's ``cache_write_tokens``, and
        vendors (xAI, Gemini's compatible endpoint) whose total shows that reasoning comes on
        top of ``completion_tokens``.
        """
        raw = _mapping(raw, "usage")
        prompt = _first(raw, "prompt_tokens", "input_tokens")
        total = _first(raw, "total_tokens")
        completion = _first(raw, "completion_tokens", "output_tokens")
        if prompt is None:
            raise UsageError("usage has no prompt_tokens")
        if completion is None:
            # Embeddings have no output and leave the count out; the total then proves it.
            if total != prompt:
                raise UsageError("usage has no completion_tokens")
            completion = 0
        prompt_details = _details(raw, "prompt_tokens_details", "input_tokens_details")
        output_details = _details(raw, "completion_tokens_details", "output_tokens_details")
        cached = _agreed(
            "cached input",
            _first(prompt_details, "cached_tokens"),
            _first(raw, "prompt_cache_hit_tokens"),
            _first(raw, "cached_tokens"),
            _first(raw, "cache_read_input_tokens"),
        )
        written = _agreed(
            "cache writes",
            _first(prompt_details, "cache_write_tokens", "cache_creation_tokens"),
            _first(raw, "cache_creation_input_tokens"),
        )
        if cached + written > prompt:
            raise UsageError(
                f"cached tokens ({cached} read, {written} written) exceed prompt_tokens ({prompt})"
            )
        reasoning = _agreed(
            "reasoning", _first(output_details, "reasoning_tokens"), _first(raw, "reasoning_tokens")
        )
        output, reasoning = _split_output(prompt, completion, reasoning, total)
        return cls(
            input=prompt - cached - written,
            output=output,
            cache_read=cached,
            cache_write=written,
            reasoning=reasoning,
        )

    @classmethod
    def from_anthropic(cls, raw):
        """Usage of an Anthropic message; ``input_tokens`` there excludes the cache.

        ``cache_creation`` may split the writes by lifetime. ``output_tokens`` contains the
        thinking, which Anthropic does not report apart.
        """
        raw = _mapping(raw, "usage")
        uncached = _first(raw, "input_tokens")
        output = _first(raw, "output_tokens")
        if uncached is None:
            raise UsageError("usage has no input_tokens")
        if output is None:
            raise UsageError("usage has no output_tokens")
        written = _first(raw, "cache_creation_input_tokens")
        split = _details(raw, "cache_creation")
        short = _first(split, "ephemeral_5m_input_tokens") or 0
        long = _first(split, "ephemeral_1h_input_tokens") or 0
        if written is None:
            written = short + long
        elif split and short + long != written:
            raise UsageError(
                f"cache_creation ({short} + {long}) contradicts "
                f"cache_creation_input_tokens ({written})"
            )
        return cls(
            input=uncached,
            output=output,
            cache_read=_first(raw, "cache_read_input_tokens") or 0,
            cache_write=written,
            cache_write_1h=long,
        )

    @classmethod
    def from_gemini(cls, raw):
        """Usage of a Gemini answer (``usageMetadata``).

        Zero counts are left out by Gemini. ``totalTokenCount`` decides whether the thoughts
        come on top of the candidates or inside them; tokens of the total that no part
        explains are counted as output.
        """
        raw = _mapping(raw, "usageMetadata")
        prompt = _first(raw, "promptTokenCount")
        if prompt is None:
            raise UsageError("usageMetadata has no promptTokenCount")
        tool_prompt = _first(raw, "toolUsePromptTokenCount") or 0
        cached = _first(raw, "cachedContentTokenCount") or 0
        candidates = _first(raw, "candidatesTokenCount") or 0
        thoughts = _first(raw, "thoughtsTokenCount") or 0
        total = _first(raw, "totalTokenCount")
        if cached > prompt:
            raise UsageError(
                f"cachedContentTokenCount ({cached}) exceeds promptTokenCount ({prompt})"
            )
        sent = prompt + tool_prompt
        if total is None or total in (sent + candidates + thoughts, prompt + candidates + thoughts):
            generated = candidates + thoughts
        else:
            # Some totals leave the tool prompt out although it is billed.
            base = prompt if total == prompt + candidates else sent
            generated = total - base
            if generated < max(candidates, thoughts):
                raise UsageError(
                    f"totalTokenCount ({total}) is less than its parts "
                    f"({sent} sent, {candidates} candidates, {thoughts} thoughts)"
                )
        return cls(
            input=sent - cached,
            output=generated - thoughts,
            cache_read=cached,
            reasoning=thoughts,
        )


def returned_cost_usd(raw):
    """What the vendor itself says that the call cost in USD, as a Decimal, or None.

    OpenRouter sends ``usage.cost``; for calls on the customer's own key at the upstream vendor
    (``is_byok``) that is OpenRouter's fee alone and the upstream cost comes on top
    (https://openrouter.ai/docs/use-cases/usage-accounting). Perplexity sends an object with
    ``total_cost``.

    >>> returned_cost_usd({"cost": 0.00014})
    Decimal('0.00014')
    >>> returned_cost_usd({"prompt_tokens": 3}) is None
    True

    Raises UsageError when the figure is not a finite number of 0 or more.
    """
    raw = _mapping(raw, "usage")
    value = raw.get("cost")
    if isinstance(value, Mapping):
        value = value.get("total_cost")
    if value is None:
        return None
    cost = _money(value, "cost")
    if raw.get("is_byok") is True:
        details = _details(raw, "cost_details")
        upstream = details.get("upstream_inference_cost")
        if upstream is None:
            raise UsageError("cost is only a fee (is_byok) and the upstream cost is missing")
        cost += _money(upstream, "upstream_inference_cost")
    return cost


def _money(value, name):
    if type(value) not in (int, float, Decimal):
        raise UsageError(f"{name}: expected a number, got {value!r:.80}")
    # repr() of a float gives back the digits of the JSON text; Decimal(float) would not.
    amount = Decimal(repr(value)) if type(value) is float else Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise UsageError(f"{name}: expected an amount of 0 or more, got {value!r}")
    return amount


def _split_output(prompt, completion, reasoning, total):
    """(visible output, reasoning) of an OpenAI style answer."""
    if reasoning > completion or (reasoning and total == prompt + completion + reasoning):
        return completion, reasoning
    if total is not None and total > prompt + completion:
        # Generated but in neither part: hidden thinking of a vendor that reports only the sum.
        return completion - reasoning, total - prompt - completion + reasoning
    return completion - reasoning, reasoning


def _mapping(value, name):
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}: expected an object, got {value!r:.80}")
    return value


def _details(raw, *names):
    """The first of the named objects that is present and not null, else an empty one."""
    for name in names:
        value = raw.get(name)
        if value is not None:
            return _mapping(value, name)
    return {}


def _first(raw, *names):
    """The first of the named counts that is present and not null, checked, else None."""
    for name in names:
        value = raw.get(name, _ABSENT)
        if value is not _ABSENT and value is not None:
            return token_count(value, name)
    return None


def _agreed(name, *counts):
    """The one count that several fields repeat; a 0 yields to a figure, two figures clash."""
    known = {count for count in counts if count}
    if len(known) > 1:
        raise UsageError(f"{name}: fields contradict each other ({sorted(known)})")
    return known.pop() if known else 0
