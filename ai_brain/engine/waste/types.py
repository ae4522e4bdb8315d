"""What the waste rules read and return: plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from ..base.sentence import ENGLISH, kept
from ..base.text import text_of
from .text import Reference

MAX_BLOCKS = 50  # context blocks of a call that are judged
QUESTION_CHARS = 100_000  # of a question that blocks are looked for in


class TimeUp(Exception):
    """The time that the rules have is used up."""


def _no_limit():
    """The time is not limited."""


def without(text, parts):
    """The text with the parts taken out."""
    for part in parts:
        if part:
            text = text.replace(part, " ")
    return text


@dataclass(frozen=True)
class Exchange:
    """A finished call. ``messages``: OpenAI shape, the question last; None where no text is kept.

    ``blocks``: named context blocks (name -> text) that are part of the messages. ``cost`` and
    ``input_cost`` in USD, ``input_tokens`` as billed for the whole input; ``counted_tokens`` as
    counted before sending, which is what history compares with (None: the same). ``tags``: module,
    agent_type, cron_id, provider_id, provider_name where known; they are what a finding links to.
    ``tick``: a rule calls it in its loops; it raises :class:`TimeUp` once the time is up.
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
    tick: Callable = field(default=_no_limit, repr=False, compare=False)

    @property
    def size(self):
        """Input tokens in the measure of history."""
        return self.input_tokens if self.counted_tokens is None else self.counted_tokens

    @cached_property
    def question(self):
        """Text of the last message of the user, '' if there is none."""
        return next((text_of(m) for m in reversed(self.messages or ()) if m["role"] == "user"), "")

    @cached_property
    def characters(self):
        """Characters of the whole input; at least 1."""
        size = sum(len(text_of(m)) for m in self.messages or ())
        return max(1, size)

    @cached_property
    def asked(self):
        """The question without the context blocks that it carries."""
        return without(self.question[:QUESTION_CHARS], self.judged_blocks.values())

    @cached_property
    def judged_blocks(self):
        """The first ``MAX_BLOCKS`` context blocks: a caller that sends more has none of the rest
        judged."""
        return dict(islice(self.blocks.items(), MAX_BLOCKS))

    @cached_property
    def reference(self):
        """The question and the answer, read once for all rules."""
        return Reference(self.asked, self.answer or "", self.tick)

    def tokens_of(self, characters):
        """The part of the input tokens that so many characters of it are."""
        return round(self.input_tokens * min(1.0, characters / self.characters))


class Earlier(NamedTuple):
    """A call of the same company before this one: ``same`` if its content is equal to a letter,
    ``text`` what is kept of its question, ``comparable`` if it served the same record with the
    same context, ``own`` if the same user made it: of a colleague's, key and age are not told."""

    key: int
    age_s: float
    same: bool
    text: str = ""
    input_tokens: int = 0
    comparable: bool = True
    own: bool = True


class Cheaper(NamedTuple):
    """The provider that a recommendation named for this call, at what it would have cost.
    ``quality`` is the figure that reached ``needed``, ``lower`` and ``upper`` the ends of its
    interval; ``rated`` the ratings behind it, ``evidence`` (a Sentence) all that it rests on."""

    key: int
    name: str
    cost: Decimal
    quality: float
    needed: float
    rated: float = 0
    lower: float | None = None
    upper: float | None = None
    evidence: object = None


class Later(NamedTuple):
    """The scheduled action that made the call, which nobody waited for, and what the call would
    have cost at the vendor's price for calls that may wait."""

    key: int
    name: str
    cost: Decimal


class Prefixes(NamedTuple):
    """Beginnings of the call before and of this one, at a vendor that caches them: what a read
    costs, of the input price, and whether a finding may quote them."""

    earlier: str
    now: str
    read: Decimal = Decimal("0.1")
    quotes: bool = True


class History(NamedTuple):
    """What was known before the call: ``sizes`` input tokens of earlier calls of this kind (or
    None if unknown), ``earlier`` calls to compare with, ``cheaper``, ``prefix`` and ``later`` or
    None."""

    sizes: list | None = None
    earlier: tuple = ()
    cheaper: Cheaper | None = None
    prefix: Prefixes | None = None
    later: Later | None = None


class Finding(NamedTuple):
    """``basis`` is what the waste is a part of: the 'input', the choice of 'model', or the 'call'.

    ``description`` and ``recommendation`` are each a ``Sentence``, or a str in one language.
    ``target`` says what to change: ``{'kind': 'context_block'|'provider'|'module'|'agent'|'cron'|
    'conversation', 'name': …, 'id': …}``. Tokens and cost are final after :func:`analyze`.
    """

    type: str
    description: object
    recommendation: object
    tokens_wasted: int
    cost_wasted: Decimal
    basis: str = "input"
    target: dict = {}

    def as_kept(self):
        """What is stored of it, JSON-able: sentences as codes, what follows from the rest not at
        all. :func:`read_finding` is its inverse."""
        target = dict(self.target)
        if target.get("names") == [target.get("name")]:
            del target["names"]
        implied = _implied(self.target, self.tokens_wasted)
        return {
            "type": self.type,
            "description": _without(kept(self.description), implied),
            "tokens_wasted": self.tokens_wasted,
            "cost_wasted": float(self.cost_wasted),
            "recommendation": _without(kept(self.recommendation), implied),
            "target": target,
        }


def _implied(target, tokens):
    """Arguments of a finding's sentences that its other values say already."""
    return {"target": target.get("name"), "targets": target.get("names"), "tokens": tokens}


def _without(said, implied):
    if isinstance(said, str):
        return said
    code, args = said
    args = {n: v for n, v in args.items() if n not in implied or v != implied[n]}
    return [code, args] if args else [code]


def read_finding(stored, reader=ENGLISH):
    """A stored finding with its sentences as texts for the reader; texts stay as they are."""
    found = dict(stored)
    target = dict(found.get("target") or {})
    if target.get("kind") == "context_block" and "names" not in target:
        target["names"] = [target.get("name")]
    implied = _implied(target, found.get("tokens_wasted"))
    for name in ("description", "recommendation"):
        said = found.get(name)
        if isinstance(said, list) and said:
            args = said[1] if len(said) > 1 else {}
            found[name] = reader.words(said[0], {**implied, **args})
            found["target"] = target
    return found


class Report(NamedTuple):
    """``score`` 0..100: the share of the cost (of the tokens, if it was free) that was wasted."""

    findings: tuple
    score: float
    savings: Decimal
    not_assessed: tuple

    def as_kept(self):
        """What is stored beside detected, score and savings, JSON-able; empty if there is none."""
        stored = {}
        if self.findings:
            stored["findings"] = [finding.as_kept() for finding in self.findings]
        if self.not_assessed:
            stored["not_assessed"] = list(self.not_assessed)
        return stored

    def as_dict(self, reader=ENGLISH):
        """The shape that ``analyze_waste`` returns, JSON-able."""
        return read_report(self.as_kept(), self.score, self.savings, reader)


def read_report(stored, score=0.0, savings=0, reader=ENGLISH):
    """The shape that ``analyze_waste`` returns, of what :meth:`Report.as_kept` made.

    A report that was stored whole has its own score and savings, and its texts as they are.
    """
    findings = stored.get("findings")
    findings = findings if isinstance(findings, list) else []
    return {
        "waste_detected": bool(findings),
        "waste_score": score,
        "potential_savings_usd": float(savings),
        "not_assessed": [],
        **stored,
        "findings": [read_finding(found, reader) for found in findings],
    }
