"""The shapes every wire format shares, and the register of formats.

A format turns a :class:`ChatRequest` into its vendor's JSON, sends it, and turns the answer into
a :class:`ChatResponse`. Messages have the shape of OpenAI's chat completions; the other formats
convert. Another addon adds a format by calling :func:`register_wire`.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from ..engine.price.usage import TokenUsage
from . import allowed, spoken, uncounted
from .address import check_url
from .errors import ConfigurationError, InvalidRequest
from .key import Key, read__text

_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


@dataclass
class Endpoint:
    """Where a provider is reached. ``timeout_s`` bounds a whole answer, streamed or not.

    ``api_key`` is given as text and held as a :class:`~.key.Key`: only :meth:`read__key` reads it.
    ``has_batch``: whether the vendor's batch service is at this address: True where a gateway of
    one's own passes it on, False for never; None goes by the address, see
    :meth:`WireFormat.batch_for`.
    """

    api_format: str
    base_url: str = ""
    api_key: str | Key = field(default="", repr=False)
    timeout_s: float = 60
    allow_private: bool = True
    has_batch: bool | None = None

    def __post_init__(self):
        self.api_key = Key(read__text(self.api_key) or "")

    def read__key(self):
        """The text of the key, '' for none; safe_eval refuses this name."""
        return read__text(self.api_key)


@dataclass
class ChatRequest:
    """One call in OpenAI's shape.

    ``messages``: dicts with ``role`` (system, user, assistant, tool), ``content`` (text, or a list
    of parts), and ``tool_calls`` / ``tool_call_id`` where they apply. ``tools``: OpenAI function
    tools. ``extra``: more keys of the vendor's JSON, as far as the format allows them.
    ``response_schema``: the JSON schema of the answer, checked by ``engine.call.schema``; its
    ``content`` is JSON then. ``cache_mark``: how long the vendor shall keep its beginning, 5m or
    1h, and ``cache_tail`` the whole of it for five minutes, where a format marks that and the
    caller set no mark; ``cache_key``: what is the same for all requests with this beginning, where
    a format takes one.
    """

    messages: list
    model: str
    max_tokens: int
    temperature: float | None = None
    tools: list | None = None
    tool_choice: object = None
    stop: object = None
    extra: dict = field(default_factory=dict)
    response_schema: dict | None = None
    cache_mark: str | None = None
    cache_tail: bool = False
    cache_key: str | None = None


@dataclass
class ChatResponse:
    """One answer. ``usage`` is None where the vendor did not say (never zero tokens instead).

    ``finish_reason``: stop, length, tool_calls, content_filter, error, or the vendor's own word.
    ``tool_calls``: ``{'id', 'name', 'arguments'}`` with the arguments as JSON text.
    ``returned_cost_usd``: the vendor's own figure for this call, if it gives one.
    ``stop_sequence``: at which text it ended, where the vendor says so. ``thoughts``: Anthropic's
    blocks of thinking, which it wants back with the results of tools.
    """

    content: str = ""
    usage: TokenUsage | None = None
    model: str = ""
    finish_reason: str = ""
    tool_calls: list = field(default_factory=list)
    returned_cost_usd: Decimal | None = None
    request_id: str = ""
    raw_usage: dict | None = None
    stop_sequence: str = ""
    thoughts: list = field(default_factory=list)


@dataclass
class EmbeddingRequest:
    """Texts, or lists of token numbers, whose vectors are asked for.

    ``dimensions``: their length, where a model has several; ``user``: whom the vendor shall hold
    responsible.
    """

    inputs: list
    model: str
    dimensions: int | None = None
    user: str | None = None


@dataclass
class EmbeddingResponse(ChatResponse):
    """Vectors (lists of floats, all as long) in the order of the inputs, without any text."""

    vectors: list = field(default_factory=list)


@dataclass
class SpeechRequest:
    """A recording whose text is asked for.

    ``file``: a binary file that can be sought, sent as it is read; ``size``: its bytes;
    ``container``: a key of ``engine.tasks.recording.CONTAINERS``; ``seconds``: its length, None
    where nobody knows it; ``language``: of what is said, two letters; ``timestamps``: of what the
    times are asked for, segment or word.
    """

    file: object
    size: int
    container: str
    model: str
    seconds: float | None = None
    language: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    timestamps: tuple = ()


@dataclass
class Transcript(ChatResponse):
    """What was said, in ``content``; ``duration`` in seconds, None where the vendor does not say.

    ``segments`` and ``words``: dicts with ``start`` and ``end`` in seconds, and ``text`` or
    ``word``.
    """

    language: str = ""
    duration: float | None = None
    segments: list = field(default_factory=list)
    words: list = field(default_factory=list)


class CallPiece(str):
    """A piece of a tool call in a stream of texts: no text itself, so that who wants the text alone
    may join all pieces.

    >>> piece = CallPiece(0, "call_1", "look", '{"a"')
    >>> piece == "", piece.call
    (True, {'index': 0, 'id': 'call_1', 'name': 'look', 'arguments': '{"a"'})

    ``call``: ``index`` of the call in the answer, ``id`` and ``name`` ('' but in its first piece),
    ``arguments``: what is added to them.
    """

    def __new__(cls, index, id="", name="", arguments="", **more):
        piece = super().__new__(cls)
        piece.call = {"index": index, "id": id, "name": name, "arguments": arguments, **more}
        return piece


class ThoughtPiece(str):
    """A piece of what a model thinks aloud, in a stream of texts, no text itself.

    ``thought``: ``index`` of the block in the answer, and ``piece``, Anthropic's block that begins
    or its delta.
    """

    def __new__(cls, index, thought):
        piece = super().__new__(cls)
        piece.thought = {"index": index, "piece": thought}
        return piece


class ChatStream:
    """Iterates over the text of an answer as it arrives; tool calls come as :class:`CallPiece`.

    After the last piece ``response`` is the whole :class:`ChatResponse`; until then it is None.
    ``partial`` is what has arrived so far (its ``usage`` is None: the final event did not come).
    ``close()`` hangs up. A connection that breaks raises :class:`StreamCut` with the partial.
    """

    def __init__(self, pieces, partial, close=None):
        self._pieces = pieces
        self._partial = partial
        self._close = close
        self.response = None

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return next(self._pieces)
        except StopIteration as stop:
            if self.response is None and stop.value is not None:
                self.response = stop.value
            raise StopIteration from None

    @property
    def partial(self):
        return self.response or self._partial()

    def close(self):
        self._pieces.close()
        if self._close:
            self._close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


# A message in OpenAI's shape, with what vendors want back of their own answers.
MESSAGE_KEYS = frozenset(
    (
        "role",
        "content",
        "name",
        "tool_calls",
        "tool_call_id",
        "refusal",
        "annotations",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "prefix",
        "is_error",
        "cache_control",
    )
)
_MODEL = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,255}")


class WireFormat:
    """One vendor's way of speaking. Subclasses set ``api_format`` and implement the calls.

    They declare what they send, and call :meth:`check` before they send it; what is not declared is
    refused by name. A key belongs here if the vendor documents it and it can neither add to what is
    billed beyond the tokens that were held nor change their rate.
    """

    api_format = ""
    default_base_url = ""
    #: Keys of ``extra`` that reach the vendor as they are.
    extra_keys = frozenset()
    #: Keys of a message; those that the format has no place for are dropped.
    message_keys = MESSAGE_KEYS
    #: Further keys of a tool call than id, type, index, name, arguments, function.
    call_keys = frozenset()
    #: Kinds of content -> the keys of each beside ``type``.
    part_types = {"text": ("text",), "image_url": ("image_url",)}
    #: Does the vendor fetch a picture from an address, and nothing but a picture?
    fetches_pictures = True
    #: Does it take tools in a shape of its own that is no function?
    native_tools = False
    #: Times to live of a prompt cache that the price covers.
    cache_ttls = ("5m",)
    #: Does it ask for answers that fit a schema (``ChatRequest.response_schema``)?
    takes_schema = False
    #: Keys of ``extra`` that say the same as a schema.
    schema_keys = frozenset()
    #: Its service for calls that may wait (:class:`~.batch.BatchService`); None: it has none.
    batch = None
    #: Its service that trains models (:class:`~.tuning.TuningService`); None: it has none.
    tuning = None

    def spoken(self, request):
        """Return the request in this format's own words: what ``extra`` asks for in those of
        another, and this one has as well. What it has not stays, and :meth:`check` refuses it.
        """
        return spoken.spoken(request, self.api_format)

    def check(self, request):
        """Refuse what may not be sent; see ``allowed``.

        :raise InvalidRequest: names the key, kind of content, tool or model, and says why
        """
        self.check_model(request.model)
        self.check_extra(request.extra)
        allowed.check_messages(self, request.messages)
        allowed.check_tools(self, request.tools, request.tool_choice)
        if request.response_schema is not None:
            self.check_schema(request)

    def check_schema(self, request):
        """Refuse a schema for the answer where it cannot be asked for."""
        if not self.takes_schema:
            raise InvalidRequest(
                f"The format '{self.api_format}' has no way to ask for an answer that fits a "
                "schema. Use another provider, or ask for JSON in the text."
            )
        twice = sorted(self.schema_keys & set(request.extra))
        if twice:
            raise InvalidRequest(
                f"'extra' may not set '{twice[0]}' beside response_schema, which sets it."
            )

    def check_extra(self, extra):
        """Refuse keys of ``extra`` that are not declared."""
        allowed.check_extra(extra, self.extra_keys)
        allowed.check_cache(self, extra.get("cache_control"))

    def check_model(self, model):
        """Refuse a model's name that cannot be one."""
        if not isinstance(model, str) or not _MODEL.fullmatch(model):
            raise InvalidRequest(
                "The name of the model is 1 to 255 characters without line breaks. Copy it from "
                "the vendor's list."
            )

    def uncounted_bytes(self, request):
        """Bytes sent beyond what is counted in tokens; see ``uncounted``."""
        return uncounted.uncounted_bytes(request, self.api_format)

    def batch_for(self, endpoint):
        """The batch service at this address, or None.

        Only the vendors themselves have one: who else speaks a format (Azure, Ollama, OpenRouter)
        offers its calls, not its batches. Nobody is asked for it: servers answer an address that
        they do not know with anything, and the question would leave at every look.
        """
        if self.batch is None or endpoint.has_batch is False:
            return None
        if endpoint.has_batch:
            return self.batch
        host = check_url(endpoint.base_url or self.default_base_url).hostname
        official = check_url(self.default_base_url).hostname
        return self.batch if host == official or host.endswith("." + official) else None

    def complete(self, endpoint, request):
        """Send one call and wait for the whole answer: a :class:`ChatResponse`."""
        raise NotImplementedError

    def stream(self, endpoint, request):
        """Send one call and return a :class:`ChatStream`."""
        raise NotImplementedError

    def list_models(self, endpoint):
        """The names of the models that this key may use, sorted."""
        raise NotImplementedError

    def test(self, endpoint):
        """Check address and key without a billed call: the number of models seen."""
        return len(self.list_models(endpoint))

    def check_embedding(self, request, base_url=""):
        """Refuse an :class:`EmbeddingRequest` that cannot be sent.

        :raise ConfigurationError: the format has no embeddings
        """
        raise ConfigurationError(
            f"The format '{self.api_format}' has no embeddings here: "
            "use a provider of the OpenAI format for this task."
        )

    def check_speech(self, request, base_url=""):
        """Refuse a :class:`SpeechRequest` that cannot be sent, its size apart.

        :raise ConfigurationError: the format has no transcriptions
        """
        raise ConfigurationError(
            f"The format '{self.api_format}' has no speech to text here: "
            "use a provider of the OpenAI format for this task."
        )

    def most_audio_bytes(self, base_url=""):
        """The largest file that may be sent to an address, in bytes."""
        return 0

    def embed(self, endpoint, request):
        """Send an :class:`EmbeddingRequest`: an :class:`EmbeddingResponse`."""
        self.check_embedding(request)

    def transcribe(self, endpoint, request):
        """Send a :class:`SpeechRequest`: a :class:`Transcript`."""
        self.check_speech(request)


_wires = {}


def register_wire(wire):
    """Make a format known under its ``api_format``; a later one replaces an earlier one."""
    if not wire.api_format:
        raise ValueError("A wire format needs an api_format.")
    _wires[wire.api_format] = wire
    return wire


def get_wire(api_format):
    """The format of that name; :class:`ConfigurationError` if there is none."""
    try:
        return _wires[api_format]
    except KeyError:
        known = ", ".join(sorted(_wires))
        raise ConfigurationError(
            f"No wire format named '{api_format}' is installed. Known: {known}."
        ) from None


def with_extra(body, extra):
    """``body`` and the caller's further keys, which have passed :meth:`WireFormat.check`.

    >>> with_extra({"model": "m"}, {"top_p": 0.5})
    {'model': 'm', 'top_p': 0.5}
    """
    clash = sorted(set(extra) & set(body))
    if clash:
        raise InvalidRequest(
            f"'extra' may not set {', '.join(clash)}: it would change what the call can cost, or "
            "has an option of its own."
        )
    return {**body, **extra}


def clean_text(value):
    """Text that PostgreSQL can store: NUL and lone surrogates become U+FFFD; non-text is ''."""
    return _NOT_TEXT.sub("\ufffd", value) if isinstance(value, str) else ""
