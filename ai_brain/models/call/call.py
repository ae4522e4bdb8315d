"""What one call carries from step to step. Plain data: safe when the database is not."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from ...engine.base.sentence import ENGLISH, Reader
from ...engine.base.text import last_user_text
from ...engine.ledger.kinds import KINDS
from ...engine.price import pricing
from ...engine.price.pricing import Price
from ...engine.price.usage import TokenUsage
from ...engine.prompt.tokens import TokenCount, count_tokens
from ...providers import ChatResponse, Endpoint
from ...providers.spoken import THOUGHTS
from ..base.transactions import Apart


@dataclass(frozen=True)
class Target:
    """A provider as a call needs it, without the ORM; ``count``: the input's tokens there."""

    provider_id: int
    name: str
    model_name: str
    api_format: str
    price: Price | None
    price_id: int | None
    max_tokens: int
    count: TokenCount
    window: int = 0
    fallback_id: int | None = None
    #: bytes of what is sent and cannot be counted: each could be a token
    uncounted: int = 0

    @property
    def most_input(self):
        """The most input tokens that can be billed; a vendor reads no more than its window."""
        most = self.count.upper_bound + self.uncounted
        return min(most, self.window) if self.window else most


class Moment(NamedTuple):
    """What is fixed when a call is reserved, so that settling needs no company any more."""

    create_date: datetime
    local_date: date
    currency_id: int
    currency_rate: Decimal


class Outcome(NamedTuple):
    """An answer that no vendor was asked for. ``usage`` is what asking would have taken."""

    kind: str
    response: ChatResponse
    usage: TokenUsage = TokenUsage()
    baseline_usd: Decimal = Decimal(0)


class Claim(NamedTuple):
    """A step wants this provider asked; ``engine.choice.deciding`` says who is heard.

    ``told`` is what the reader is told if it is; ``memory`` joins the call's then.
    """

    reason: str
    provider_id: int
    told: str = ""
    memory: dict | None = None


class Evidence(NamedTuple):
    """A statement that changes data and gives an ``id``, which ``kept`` gets. One that changes a
    row ``shared`` by many calls comes last, so that the others wait the least for it."""

    statement: object
    kept: object = None
    shared: bool = False


@dataclass
class Attempt:
    """One try at one provider, made anew for each: nothing of a failed one gets into the next."""

    target: Target
    kind: str = "api"
    moment: Moment | None = None
    endpoint: Endpoint | None = None
    reservation_id: int | None = None
    held_usd: Decimal = Decimal(0)
    #: what the estimate was raised by, as the vendor had billed more before
    hold_factor: Decimal = Decimal(1)
    sent: bool = False
    #: its caller, or the server, gives it less time than the provider's record allows
    hurried: bool = False
    #: the call goes to the cheapest provider by order of a budget, which has been told so
    switched: bool = False
    #: what the reader is told if the answer was shortened to fit a budget
    shortened: str | None = None

    response: ChatResponse | None = None
    error: Exception | None = None
    state: str = "done"
    usage: TokenUsage | None = None
    tokens_estimated: bool = False
    cost_usd: Decimal = Decimal(0)
    baseline_usd: Decimal = Decimal(0)
    started: float = field(default_factory=lambda: time.monotonic())
    latency_ms: int = 0
    token_usage_id: int | bool = False
    #: what the answer holds, where it had to fit a schema, and what of it does not
    data: object = None
    problems: list = field(default_factory=list)
    #: so many questions were answered by the one call that it was part of; 1: by itself
    joined: int = 1
    #: the joined call gave no answer to this one: it is asked singly
    unread: bool = False
    #: what it would have cost by itself, an estimate; None: what it cost
    singly_usd: Decimal | None = None
    #: (cost, estimate) of the joined call
    whole_usd: tuple | None = None
    alert_due: bool = False
    #: what the tightest budget that applied has left, None without one
    remaining_usd: Decimal | None = None

    @property
    def paid(self):
        """Was a vendor to be asked for it?"""
        return KINDS[self.kind].vendor

    @property
    def lasting(self):
        """Does it answer the question, rather than say that nobody did?"""
        return KINDS[self.kind].lasting

    @property
    def saved_usd(self):
        """What the configured provider would have charged more."""
        return self.baseline_usd - self.cost_usd


class Parked(NamedTuple):
    """What a call that may be sent with others yields before it is sent; it is told whether its
    attempt has been answered meanwhile."""

    call: object
    attempt: object


@dataclass
class Call:
    """A request, then its answer. Steps read and change it; what they replace, they replace
    whole (``call.messages = …``), so that :meth:`restore` can put it back."""

    messages: list
    company_id: int
    user_id: int
    apart: Apart
    configured_id: int
    configured: Target | None = None
    #: whom the next attempt asks
    target: Target | None = None
    tags: dict = field(default_factory=dict)
    blocks: dict = field(default_factory=dict)
    #: what the caller says of the situation, for conditions; no vendor sees it
    variables: dict = field(default_factory=dict)
    task_type: str = "chat"
    #: what is asked for where that is no chat: a ``job.Job``
    job: object = None
    max_tokens: int | None = None
    temperature: float | None = None
    tools: list | None = None
    tool_choice: object = None
    #: texts at which the answer ends
    stop: list | None = None
    response_schema: dict | None = None
    max_budget_usd: float | None = None
    max_latency_ms: int | None = None
    idempotency_key: str | None = None
    extra: dict = field(default_factory=dict)
    #: options that steps brought
    options: dict = field(default_factory=dict)
    #: the same by name, where the call itself says nothing
    policy: dict = field(default_factory=dict)
    #: ids of the only providers that it may ask; None: any
    allowed_ids: frozenset | None = None
    #: it names its provider, rather than take the default
    names_provider: bool = True
    streaming: bool = False
    #: it may be answered in one call with like questions; who says so drives it (``Parked``)
    together: bool = False
    #: (outcomes, key) of the memo that it is paid once by; None: that of its cursor
    slot: tuple | None = None
    #: what a vendor's answer to it is in the ledger: a code of ``engine.ledger.kinds``
    kind: str = "api"
    #: the call that a feature asks it for
    within: object = None
    text_policy: str = "excerpt"
    reader: Reader = ENGLISH

    complexity: float | None = None
    #: (company id, task type, what ``ai_provider_evidence`` gives), read with something else
    evidence: tuple | None = None
    #: (model, format) -> messages, tools and their ``TokenCount``: see :meth:`count`
    counted: dict = field(default_factory=dict)
    #: name of a step -> what it remembers from phase to phase
    memory: dict = field(default_factory=dict)
    #: what was changed on the way, for a person
    notices: list = field(default_factory=list)
    #: what the vendor shall cache of it: see ``ChatRequest``
    cache_mark: str | None = None
    cache_tail: bool = False
    cache_key: str | None = None
    #: joins the fingerprint, from steps
    distinct: tuple = ()
    tried_ids: list = field(default_factory=list)
    attempt: Attempt | None = None
    #: who decided on the target: a code of ``engine.ledger.reasons``; and why, for a person
    reason: str = "configured"
    why: str = ""
    #: the first try of a call with a schema, where its answer did not fit
    first_try: Attempt | None = None
    #: a reader has received text: no other provider may go on from there
    read: bool = False
    #: nothing is sent: somebody asked what it would cost
    rehearsed: bool = False
    #: it is handed in to be sent later, with others
    deferred: bool = False
    #: it runs without what optimises, so that it shows what calls would cost
    held_out: bool = False
    started: float = field(default_factory=lambda: time.monotonic())

    def snapshot(self):
        """Return what :meth:`restore` takes."""
        return {**vars(self), "notices": list(self.notices), "memory": dict(self.memory)}

    def restore(self, before):
        """Put back what a failed step has changed."""
        vars(self).clear()
        vars(self).update(before)

    @cached_property
    def content_hash(self):
        """Fingerprint of what was asked, of whom, and how: 16 hex digits."""
        parts = [
            self.messages,
            self.tools,
            self.task_type,
            self.max_tokens,
            self.temperature,
            self.tool_choice,
            self.configured_id,
            *([self.extra] if self.extra else ()),
            *([{"stop": self.stop}] if self.stop else ()),
            *([self.response_schema] if self.response_schema else ()),
            *([self.job.identity] if self.job else ()),
            *self.distinct,
        ]
        text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()

    def count(self, model_name, api_format):
        """Return the ``TokenCount`` of what is sent, counted once as long as that stays what it
        is."""
        if self.job:
            return self.job.count(model_name, api_format)
        asked = {
            "tool_choice": self.tool_choice,
            "thinking": self.extra.get("thinking"),
            "response_schema": self.response_schema,
        }
        sent = (self.messages, self.tools, *asked.values())
        before, count = self.counted.get((model_name, api_format), ((None,) * len(sent), None))
        if count is None or any(one is not other for one, other in zip(sent, before, strict=True)):
            count = count_tokens(self.messages, model_name, api_format, self.tools, asked)
            self.counted[model_name, api_format] = sent, count
        return count

    @property
    def last_user_text(self):
        """The text of the last message of the user, '' if there is none."""
        return last_user_text(self.messages)

    @property
    def has_media(self):
        """Are pictures, sound or files sent?"""
        return any(
            part.get("type") not in ("text", *THOUGHTS)
            for message in self.messages
            if isinstance(message["content"], list)
            for part in message["content"]
        )

    def keep_tools(self, tools):
        """Send these tools alone. With the last of them goes what vendors refuse without any: the
        choice among them, and whether several may run at once."""
        self.tools = tools or None
        if not tools:
            self.tool_choice = None
            self.extra = {k: v for k, v in self.extra.items() if k != "parallel_tool_calls"}

    def wanted(self, name):
        """Return an option as the call states it, else as a policy does; None if neither."""
        return self.options.get(name) or self.policy.get(name)

    def worst_case(self, target=None, batch=False):
        """Return the most that the call can cost at a target (the chosen one) in USD, a Decimal;
        ``pricing.UNPRICED`` where that is not known.

        :param batch: in a batch, which a job is not sent in
        """
        target = target or self.target
        if self.job:
            return self.job.worst_case(target)
        asked = (self.messages, self.tools, self.extra)
        # Anthropic bills cache writes of an hour dearest
        long_cache = target.api_format == "anthropic" and (
            self.cache_mark == "1h" or "'1h'" in repr(asked)
        )
        return pricing.worst_case(
            target.most_input,
            target.max_tokens,
            target.price,
            batch=batch,
            long_cache=long_cache,
            media=self.has_media,
        )
