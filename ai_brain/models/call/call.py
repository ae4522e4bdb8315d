"""What one call carries from step to step. Plain data: safe when the database is not."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from ...engine.price.pricing import Price
from ...engine.price.usage import TokenUsage
from ...engine.prompt.tokens import TokenCount
from ...providers import ChatResponse, Endpoint


@dataclass
class Target:
    """A provider as the call needs it after the reservation, without the ORM."""

    provider_id: int
    name: str
    model_name: str
    endpoint: Endpoint
    price: Price | None
    price_id: int | None
    max_tokens: int
    fallback_id: int | None = None


@dataclass
class Call:
    """A request, then its answer. Steps of ``ai.service`` read and change it in place."""

    messages: list
    company_id: int
    user_id: int
    configured_id: int
    tags: dict = field(default_factory=dict)
    blocks: dict = field(default_factory=dict)
    task_type: str = "chat"
    mode: str | None = None
    quality_required: str = "medium"
    max_tokens: int | None = None
    temperature: float | None = None
    tools: list | None = None
    tool_choice: object = None
    max_budget_usd: float | None = None
    max_latency_ms: int | None = None
    idempotency_key: str | None = None
    extra: dict = field(default_factory=dict)
    streaming: bool = False

    target: Target | None = None
    configured: Target | None = None
    tried_ids: list = field(default_factory=list)
    count: TokenCount | None = None
    frozen: dict = field(default_factory=dict)

    reservation_id: int | None = None
    held_usd: Decimal = Decimal(0)
    budget_switched: bool = False
    alert_due: bool = False
    sent: bool = False

    kind: str = "api"
    state: str = "done"
    response: ChatResponse | None = None
    error: Exception | None = None
    usage: TokenUsage | None = None
    tokens_estimated: bool = False
    cost_usd: Decimal = Decimal(0)
    baseline_usd: Decimal = Decimal(0)
    latency_ms: int = 0
    token_usage_id: int | bool = False

    complexity: float | None = None
    recommendation: dict | None = None
    waste_report: dict | None = None
    advice: dict = field(default_factory=dict)
    notices: list = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    attempt_started: float = 0.0

    @property
    def answered(self):
        """Is there an answer already, so that no vendor need be asked?"""
        return self.response is not None

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
        ]
        text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
        return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()

    @property
    def long_cache(self):
        """May the request ask for cache writes of one hour, which Anthropic bills dearest?"""
        asked = (self.messages, self.tools, self.extra)
        return self.target.endpoint.api_format == "anthropic" and "'1h'" in repr(asked)

    @property
    def last_user_text(self):
        """The text of the last message of the user, '' if there is none."""
        for message in reversed(self.messages):
            if message["role"] == "user":
                return text_of(message)
        return ""


def text_of(message):
    """Return a message's text; parts that are no text are left out."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content if isinstance(part, dict))
