"""Calls that may wait: what the vendors' batch services have in common.

A batch is written to a temporary file and sent from there, and its results are fetched into one
and read line by line, so that neither is ever in memory as a whole, nor a connection open while
the caller works on the answers. An answer of a batch is priced by
``engine.price.pricing.cost(usage, price, batch=True, when=…)``.
"""

import contextlib
import dataclasses
import datetime
import json
import re
import tempfile
from dataclasses import dataclass
from decimal import Decimal

from . import http
from .base import ChatRequest, clean_text
from .errors import (
    AnswerCut,
    AnswerTimeout,
    BadAnswer,
    InvalidRequest,
    ProviderError,
    ResultsCut,
    ServerError,
)

#: A file that is sent or fetched may take this long at least, whatever a single call may.
TRANSFER_S = 600
MAX_RESULTS_BYTES = 1024**3
MAX_LINE_BYTES = http.MAX_ANSWER_BYTES
#: Pages of the vendor's list that a search reads, and rows of each.
MAX_PAGES = 20
PAGE = 100
#: The vendor's clock and ours may differ by so much.
SKEW = datetime.timedelta(minutes=10)
FINAL = ("done", "expired", "cancelled", "failed")

_LABEL = re.compile(r"[A-Za-z0-9_]{1,40}")
_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # Anthropic's, the narrowest of the three
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_END = object()


@dataclass
class BatchItem:
    """One call of a batch. ``custom_id``: the batch's label, ``-``, and letters and digits."""

    custom_id: str
    request: ChatRequest


@dataclass
class BatchState:
    """What the vendor says of a batch.

    ``status``: sent (accepted, not begun), running, or one of :data:`FINAL`; all of these but
    failed may have results. ``done`` and ``failed`` of ``total`` are 0 until the vendor counts.
    Times are aware, or None. ``result_refs``: where the results are, in the vendor's words;
    ``input_ref``: the file that was uploaded; ``label``: ours, '' where the vendor keeps none.
    ``error``: why it failed as a whole, in the vendor's words.
    """

    id: str
    status: str
    total: int = 0
    done: int = 0
    failed: int = 0
    created_at: datetime.datetime | None = None
    expires_at: datetime.datetime | None = None
    result_refs: tuple = ()
    label: str = ""
    input_ref: str = ""
    error: str = ""


@dataclass(frozen=True)
class BatchLimits:
    """The most that one batch may hold: calls, and bytes as they are sent."""

    items: int
    size: int


class BatchService:
    """One vendor's service. Subclasses say how a batch is written, sent, found and read.

    :param wire: the format whose payloads and answers the batch is made of
    """

    limits = BatchLimits(0, 0)
    #: Are all calls of a batch for one model?
    one_model = True

    def __init__(self, wire):
        self.wire = wire

    # -- what a caller uses --------------------------------------------------------------------

    # pylint: disable-next=method-required-super
    def create(self, endpoint, items, label):
        """Send the calls as one batch: its :class:`BatchState`.

        :param items: iterable of :class:`BatchItem`, read once, never held as a whole
        :param str label: at most 40 letters, digits and underscores; the vendor keeps it, and
            every ``custom_id`` begins with it and a ``-``
        :raise InvalidRequest: no items, too many or too large, an id that is none or comes twice,
            models that differ where they may not; nothing was sent
        :raise ProviderError: with ``billing`` 'unknown' the batch may exist: :meth:`find` it
            before it is sent again. It is never sent twice here
        """
        if not _LABEL.fullmatch(label):
            raise InvalidRequest(
                "A batch's label is 1 to 40 letters, digits and underscores. Choose another."
            )
        with tempfile.TemporaryFile() as file:
            writer = BatchWriter(file, self, endpoint, label)
            return self.send(endpoint, writer, items, label)

    def find(self, endpoint, label, since, known=()):
        """The batch of that label in the vendor's list, or None: there is none.

        :param datetime since: aware; it was sent after this
        :param known: ids of batches that have another label
        :raise NotYetKnown: the vendor cannot tell yet; ask again later and send nothing meanwhile
        """
        raise NotImplementedError

    def poll(self, endpoint, batch_id):
        """How far the batch is."""
        raise NotImplementedError

    def results(self, endpoint, state):
        """Iterate over (custom_id, ChatResponse or ProviderError), in the vendor's order.

        What comes twice or was never asked is passed on. A ``ProviderError`` is the outcome of
        that one call; its ``billing`` says what it costs.

        :raise ResultsCut: after all readable lines: the file ended early or had others
        """
        raise NotImplementedError

    def cancel(self, endpoint, batch_id):
        """Ask the vendor to stop: the state after that; what is done already stays paid."""
        raise NotImplementedError

    def forget(self, endpoint, state):
        """Delete at the vendor what was sent and answered, once the results are stored."""
        raise NotImplementedError

    # -- what a subclass implements and uses ---------------------------------------------------

    def send(self, endpoint, writer, items, label):
        """Write the batch through ``writer`` and send its file."""
        raise NotImplementedError

    def line(self, endpoint, item):
        """The JSON object of one call."""
        raise NotImplementedError

    def ask(self, endpoint, method, url, body=None):
        """One exchange of JSON that may be repeated: the decoded answer."""
        response = http.request(endpoint, method, url, self.wire.headers(endpoint), body)
        return http.read_json(response, endpoint)

    def post_once(self, endpoint, url, body, large=False):
        """Send what must not exist twice: no retry, and what may have arrived is 'unknown'."""
        at = patient(endpoint) if large else endpoint
        try:
            response = http.request(at, "POST", url, self.wire.headers(at), body, retries=0)
            return http.read_json(response, at)
        except ServerError as error:
            error.billing = "unknown"
            raise

    def delete(self, endpoint, url):
        """Delete something; that it is gone already is as good."""
        try:
            http.request(endpoint, "DELETE", url, self.wire.headers(endpoint)).close()
        except InvalidRequest as error:
            if error.status not in (404, 410):
                raise

    @contextlib.contextmanager
    def fetched(self, endpoint, url):
        """(file of the results, the error that cut it short or None)."""
        at = patient(endpoint)
        response = http.request(at, "GET", url, self.wire.headers(at))
        with tempfile.TemporaryFile() as file:
            cut = None
            try:
                for chunk in http.iter_chunks(response, at, limit=MAX_RESULTS_BYTES):
                    file.write(chunk)
            except (AnswerCut, AnswerTimeout) as error:
                cut = ResultsCut(error.message)
                cut.late = error.late
            file.seek(0)
            yield file, cut

    def read_lines(self, endpoint, url):
        """Yield the objects of a JSONL file; what cannot be read is told at the end."""
        unreadable = 0
        with self.fetched(endpoint, url) as (file, cut):
            while line := file.readline(MAX_LINE_BYTES + 1):
                if len(line) > MAX_LINE_BYTES:
                    cut = cut or ResultsCut("A line of the batch's results is too long to read.")
                    break
                if not line.strip():
                    continue
                try:
                    row = http.decode(line)
                except BadAnswer:
                    unreadable += 1
                    continue
                yield row
        if cut:
            raise cut
        if unreadable:
            raise ResultsCut(
                f"{unreadable} lines of the batch's results cannot be read: the file ended early "
                "or is damaged. Ask for them again."
            )

    def outcome(self, read, *arguments):
        """What ``read`` makes of an answer: a ChatResponse, or the error as a value."""
        try:
            return read(*arguments)
        except ProviderError as error:
            return error

    def refused(self, endpoint, status, message, code=""):
        """The error of a call that the vendor refused; it did not bill it."""
        words = self.words(endpoint, message)
        host = http.host_of(endpoint.base_url or self.wire.default_base_url)
        error = http.error_of_status(host, status, words, clean_text(code))
        error.billing = "none"
        return error

    def words(self, endpoint, message):
        """What the vendor says, as it can be kept: short, and without the key."""
        return http.redact(clean_text(message), endpoint.read__key())[:500]


class BatchWriter:
    """Writes the calls of a batch into a file and holds them to the limits."""

    def __init__(self, file, service, endpoint, label):
        self.file = file
        self.count = 0
        self.model = None
        self._service, self._endpoint, self._label = service, endpoint, label
        self._seen = set()

    def spool(self, items, head=b"", between=b"\n", tail=b""):
        """Write ``head``, each call as JSON with ``between`` between them, and ``tail``."""
        limits = self._service.limits
        self.file.write(head)
        size = len(head)
        for item in items:
            self._check(item)
            data = http.encode(self._service.line(self._endpoint, item))
            self.count += 1
            size += len(data) + len(between)
            if self.count > limits.items:
                raise InvalidRequest(
                    f"A batch of this vendor holds at most {limits.items} calls. Make it smaller."
                )
            if size > limits.size:
                raise InvalidRequest(
                    f"A batch of this vendor holds at most {limits.size // 1000**2} MB. "
                    + ("Send fewer calls at once." if self.count > 1 else "This call is too long.")
                )
            if self.count > 1:
                self.file.write(between)
            self.file.write(data)
        if not self.count:
            raise InvalidRequest("A batch without calls cannot be sent. Add calls first.")
        self.file.write(tail)
        self.file.flush()
        return self.file

    def _check(self, item):
        name = item.custom_id
        good = isinstance(name, str) and _CUSTOM_ID.fullmatch(name)
        if not good or not name.startswith(f"{self._label}-"):
            raise InvalidRequest(
                "The id of a call in a batch is the batch's label, a hyphen, and letters and "
                "digits, at most 64 in all."
            )
        if name in self._seen:
            raise InvalidRequest(f"The id '{name}' comes twice in the batch. Name each call once.")
        self._seen.add(name)
        model = self.model = self.model or item.request.model
        if self._service.one_model and item.request.model != model:
            raise InvalidRequest(
                "All calls of a batch of this vendor are for one model. Make a batch for each."
            )


def patient(endpoint):
    """The endpoint with the time that a large file may take."""
    return dataclasses.replace(endpoint, timeout_s=max(endpoint.timeout_s, TRANSFER_S))


def with_query(url, query):
    """The address with a query, after one that it has.

    >>> with_query("https://x/v1/batches?a=1", "limit=2")
    'https://x/v1/batches?a=1&limit=2'
    """
    return f"{url}{'&' if '?' in url else '?'}{query}"


def identifier(value, what="batch"):
    """A vendor's id, which becomes part of an address, or BadAnswer."""
    if isinstance(value, str) and _ID.fullmatch(value):
        return value
    raise BadAnswer(f"The vendor named no {what} that can be asked for.")


def part(value, kind=dict):
    """``value`` if it is such, else an empty one."""
    return value if isinstance(value, kind) else kind()


def number(value):
    """A count that the vendor gives as number or text; 0 for anything else.

    >>> number(3), number("12"), number(None), number(-1), number("x"), number(True)
    (3, 12, 0, 0, 0, 0)
    """
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        return int(value)
    return value if type(value) is int and 0 <= value < 2**31 else 0


def moment(value):
    """An aware datetime of seconds since 1970 or of RFC 3339 text; None for anything else.

    >>> moment(0).isoformat(), moment("2026-01-02T03:04:05.123456789Z").isoformat()
    ('1970-01-01T00:00:00+00:00', '2026-01-02T03:04:05.123456+00:00')
    >>> moment("soon"), moment(None), moment(10**30)
    (None, None, None)
    """
    utc = datetime.timezone.utc
    try:
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return datetime.datetime.fromtimestamp(int(value), utc)
        if isinstance(value, str):
            # before Python 3.11 fractions have 3 or 6 digits and Z is unknown
            match = re.fullmatch(r"([-\dT:]{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", value)
            if match:
                fraction = (match[2] or "0")[:6].ljust(6, "0")
                zone = "+00:00" if match[3] == "Z" else match[3]
                return datetime.datetime.fromisoformat(f"{match[1]}.{fraction}{zone}")
    except (ValueError, OverflowError, OSError):
        return None
    return None


class ArrayReader:
    """Reads one JSON object whose arrays named ``key`` are too large for memory.

    Iterating yields the objects of the first such array that has any. After that ``rest`` is the
    whole object with those arrays empty; ``cut`` says whether the text ended early, ``closed``
    whether that was after all that was yielded.
    The key is looked for in the text: inside a JSON string its quotes would be escaped.

    >>> import io
    >>> text = b'{"a": 1, "rows": [{"n": 1}, {"n": "]"}], "z": {"rows": []}}'
    >>> reader = ArrayReader(io.BytesIO(text), "rows")
    >>> list(reader), reader.rest, reader.cut
    ([{'n': 1}, {'n': ']'}], {'a': 1, 'rows': [], 'z': {'rows': []}}, False)
    >>> reader = ArrayReader(io.BytesIO(text[:30]), "rows")
    >>> list(reader), reader.rest, reader.cut
    ([{'n': 1}], None, True)
    """

    def __init__(self, file, key):
        self._file = file
        self._opening = re.compile(rf'"{re.escape(key)}"\s*:\s*\[')
        self._decoder = http.DECODER
        self._buffer = ""
        self._tail = b""
        self._ended = False
        self.rest = None
        self.cut = self.closed = False

    def _more(self):
        """Read on; twice as much each time, so that long items are not scanned again and again."""
        data = self._file.read(max(64 * 1024, len(self._buffer)))
        self._ended = not data
        data = self._tail + data
        whole = len(data)
        # a character that is not there as a whole stays for the next piece
        while not self._ended and whole > len(data) - 4 and whole and data[whole - 1] & 0x80:
            whole -= 1
            if data[whole] & 0x40:
                break
        self._tail = data[whole:]
        self._buffer += data[:whole].decode("utf-8", "replace")
        return not self._ended

    def __iter__(self):
        kept, given = [], False
        while not self.cut:
            match = self._opening.search(self._buffer)
            if not match:
                if len(self._buffer) > 2 * MAX_LINE_BYTES:
                    self.cut = True
                elif not self._more():
                    break
                continue
            kept.append(self._buffer[: match.end()])
            self._buffer = self._buffer[match.end() :]
            first = not given
            while (item := self._item()) is not _END:
                given = True
                if first:
                    yield item
            self.closed = self.closed or (given and not self.cut)
        if not self.cut:
            with contextlib.suppress(BadAnswer):
                self.rest = http.decode("".join(kept) + self._buffer)
        self.cut = self.rest is None

    def _item(self):
        """The next object of the array, or _END with the buffer at its bracket."""
        while True:
            self._buffer = self._buffer.lstrip(" \t\r\n,")
            if self._buffer[:1] == "]":
                return _END
            if self._buffer[:1] not in ("", "{"):
                break
            with contextlib.suppress(ValueError, RecursionError):
                item, end = self._decoder.raw_decode(self._buffer)
                self._buffer = self._buffer[end:]
                return item
            if len(self._buffer) > MAX_LINE_BYTES or not self._more():
                break
        self.cut = True
        return _END


def json_text(value):
    """JSON bytes of one of our own texts, as part of a larger text that is written by hand."""
    return json.dumps(value).encode()
