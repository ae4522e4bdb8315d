"""An answer while it is put together: the same for every format, whole or streamed."""

import contextlib
import json

from ..engine.price.usage import UsageError, returned_cost_usd
from .base import CallPiece, ChatResponse, clean_text
from .errors import BadAnswer
from .http import plain

# Beyond these a figure is a mistake, and would not fit the ledger's columns.
MAX_TOKENS = 2**31 - 1
MAX_COST_USD = 10**6
MIN_EXPONENT = -30


class Answer:
    """Collects text, tool calls and usage; :meth:`response` gives the ChatResponse.

    :param read_usage: the TokenUsage constructor of the format
    """

    def __init__(self, read_usage):
        self._read_usage = read_usage
        self.text = []
        self.calls = {}
        self.raw_usage = None
        self.beside_usage = {}
        self.model = ""
        self.request_id = ""
        self.finish_reason = ""
        self.stop_sequence = ""
        self.thoughts = {}

    def note(self, model=None, request_id=None):
        self.model = clean_text(model) or self.model
        self.request_id = clean_text(request_id) or self.request_id

    def add_text(self, text):
        """Append a piece and return it as it may be stored ('' for none)."""
        if text is None:
            return ""
        if not isinstance(text, str):
            raise self.bad("the text is not text")
        text = clean_text(text)
        if text:
            self.text.append(text)
        return text

    def call(self, index):
        """The tool call of that place, made if new."""
        return self.calls.setdefault(index, {"id": "", "name": "", "arguments": ""})

    def piece(self, index, id="", name="", arguments=""):
        """A piece of the tool call of that place, which :meth:`call` knows, for who reads a stream;
        its index is the call's place among the calls."""
        return CallPiece([*self.calls].index(index), id, name, arguments)

    def merge_usage(self, raw):
        """Take the usage of an event; later figures replace earlier ones (they are cumulative)."""
        if isinstance(raw, dict):
            new = {key: value for key, value in raw.items() if value is not None}
            self.raw_usage = {**(self.raw_usage or {}), **new}
        elif raw is not None:
            self.raw_usage = {"unreadable": True}

    def note_usage(self, **facts):
        """Remember what an answer says beside its usage and decides the price with it.

        Such a fact alone is no usage: without one, what was billed stays unknown.
        """
        self.beside_usage.update({name: value for name, value in facts.items() if value})

    def bad(self, what):
        return BadAnswer(
            f"The vendor's answer does not have the promised form: {what}.", partial=self.partial()
        )

    def partial(self):
        """What has arrived so far. Its usage is None: the figure that counts comes last."""
        return self._build(None, None)

    def response(self):
        usage = cost = None
        if self.raw_usage is not None:
            with contextlib.suppress(UsageError):
                usage = self._read_usage(self._whole_usage())
            with contextlib.suppress(UsageError):
                cost = returned_cost_usd(self.raw_usage)
        if usage is not None and usage.total > MAX_TOKENS:
            usage = None
        if cost is not None and (cost > MAX_COST_USD or cost.as_tuple().exponent < MIN_EXPONENT):
            cost = None
        return self._build(usage, cost)

    def _whole_usage(self):
        return self.raw_usage and {**self.beside_usage, **self.raw_usage}

    def _build(self, usage, cost):
        return ChatResponse(
            content="".join(self.text),
            usage=usage,
            model=self.model,
            finish_reason=self.finish_reason,
            tool_calls=[self.calls[index] for index in sorted(self.calls)],
            returned_cost_usd=cost,
            request_id=self.request_id,
            raw_usage=plain(self._whole_usage()),
            stop_sequence=self.stop_sequence,
            thoughts=[self.thoughts[index] for index in sorted(self.thoughts)],
        )


def expect(answer, value, kind, what, optional=False):
    """``value`` if it is a ``kind`` (or None where optional), else BadAnswer."""
    if isinstance(value, kind) or (optional and value is None):
        return value
    raise answer.bad(what)


def arguments_of(text, refuse):
    """The object in a tool call's JSON arguments ('' is an empty one), or ``refuse()`` raised."""
    try:
        value = json.loads(text) if text and text.strip() else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise refuse()
    return value
