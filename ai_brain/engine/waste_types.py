"""What the waste rules read and return: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple


def text_of(message):
    """The text of a message; parts that are no text are left out."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content if isinstance(part, dict))


@dataclass(frozen=True)
class Exchange:
    """A finished call. ``messages``: OpenAI shape, the question last; None where no text is kept.

    ``blocks``: named context blocks (name -> text) that are part of the messages. ``cost`` and
    ``input_cost`` in USD, ``input_tokens`` as billed for the whole input; ``counted_tokens`` as
    counted before sending, which is what history compares with (None: the same). ``tags``: module,
    agent_type, cron_id, provider_id, provider_name where known; they are what a finding links to.
    """

    cost: Decimal
    input_cost: Decimal
    input_tokens: int
    output_tokens: int = 0
    messages: list | None = None
    answer: str | None = None
    blocks: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    counted_tokens: int | None = None

    @property
    def size(self):
        """Input tokens in the measure of history."""
        return self.input_tokens if self.counted_tokens is None else self.counted_tokens

    @property
    def question(self):
        """Text of the last message of the user, '' if there is none."""
        return next((text_of(m) for m in reversed(self.messages or ()) if m["role"] == "user"), "")

    @property
    def characters(self):
        """Characters of the whole input; at least 1."""
        size = sum(len(text_of(m)) for m in self.messages or ())
        return max(1, size)

    def tokens_of(self, characters):
        """The part of the input tokens that so many characters of it are."""
        return round(self.input_tokens * min(1.0, characters / self.characters))


class Earlier(NamedTuple):
    """A call of the same company before this one: ``same`` if its content is equal to a letter,
    ``text`` what is kept of its question, ``comparable`` if it served the same record."""

    key: int
    age_s: float
    same: bool
    text: str = ""
    input_tokens: int = 0
    comparable: bool = True


class Cheaper(NamedTuple):
    """The provider that a recommendation named for this call, at what it would have cost.
    ``quality`` is the lower end that reached ``needed``; ``rated`` the ratings behind it."""

    key: int
    name: str
    cost: Decimal
    quality: float
    needed: float
    rated: float = 0


class History(NamedTuple):
    """What was known before the call: ``sizes`` input tokens of earlier calls of this kind (or
    None if unknown), ``earlier`` calls to compare with, ``cheaper`` or None."""

    sizes: list | None = None
    earlier: tuple = ()
    cheaper: Cheaper | None = None


class Finding(NamedTuple):
    """``basis`` is what the waste is a part of: the 'input', the choice of 'model', or the 'call'.

    ``target`` says what to change: ``{'kind': 'context_block'|'provider'|'module'|'agent'|'cron'|
    'conversation', 'name': …, 'id': …}``. Tokens and cost are final after :func:`analyze`.
    """

    type: str
    description: str
    recommendation: str
    tokens_wasted: int
    cost_wasted: Decimal
    basis: str = "input"
    target: dict = {}

    def as_dict(self):
        """JSON-able: amounts as float."""
        return {
            "type": self.type,
            "description": self.description,
            "tokens_wasted": self.tokens_wasted,
            "cost_wasted": float(self.cost_wasted),
            "recommendation": self.recommendation,
            "target": self.target,
        }


class Report(NamedTuple):
    """``score`` 0..100: the share of the cost (of the tokens, if it was free) that was wasted."""

    findings: tuple
    score: float
    savings: Decimal
    not_assessed: tuple

    def as_dict(self):
        """The shape that ``analyze_waste`` returns, JSON-able."""
        return {
            "waste_detected": bool(self.findings),
            "waste_score": self.score,
            "findings": [finding.as_dict() for finding in self.findings],
            "potential_savings_usd": float(self.savings),
            "not_assessed": list(self.not_assessed),
        }
