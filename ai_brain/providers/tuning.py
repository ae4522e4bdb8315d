"""Models that are trained: OpenAI's files and fine-tuning jobs.

Source of the shapes: OpenAI's API reference, "Files" and "Fine-tuning" (``method`` in place of the
older ``hyperparameters``, ``metadata`` to find a job again), read 2026-11.
"""

import datetime
import re
import uuid
from dataclasses import dataclass

from . import http
from .base import clean_text
from .batch import MAX_PAGES, PAGE, SKEW, identifier, moment, number, part, patient, with_query
from .errors import BadAnswer, InvalidRequest, NotYetKnown, ProviderError, ServerError

LABEL_KEY = "ai_brain_label"
#: Bytes of a file; OpenAI takes 512 MB.
MAX_FILE_BYTES = 200 * 1000**2
#: Events that one look reads at most, the newest.
MAX_EVENTS = 100
FINAL = ("succeeded", "failed", "cancelled")
_STATUS = {
    "validating_files": "sent",
    "queued": "sent",
    "paused": "running",
    "running": "running",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
_LEVELS = ("info", "warn", "error")
_STEP = re.compile(r"[Ss]tep (\d{1,9})(?:/(\d{1,9}))?")
_SUFFIX = re.compile(r"[A-Za-z0-9-]{0,40}")


@dataclass
class TuningState:
    """What the vendor says of a job. ``status``: sent, running or one of :data:`FINAL`.

    ``trained_tokens``: what it bills, None while it is unknown. ``tuned_model``: the name of what
    came of it, '' until then. ``error``: why it failed, in the vendor's words.
    """

    id: str
    status: str
    label: str = ""
    tuned_model: str = ""
    trained_tokens: int | None = None
    created_at: datetime.datetime | None = None
    expected_end: datetime.datetime | None = None
    file_refs: tuple = ()
    error: str = ""


@dataclass
class TuningEvent:
    """One line of a job's log. ``step`` of ``steps`` are 0 where it names none."""

    id: str
    message: str
    level: str = "info"
    at: datetime.datetime | None = None
    step: int = 0
    steps: int = 0


@dataclass
class TuningRequest:
    """What is trained. Files are ids of :meth:`TuningService.upload`; 0 leaves it to the vendor."""

    model: str
    training_file: str
    label: str
    validation_file: str = ""
    epochs: int = 0
    batch_size: int = 0
    learning_rate: float = 0
    suffix: str = ""


class TuningService:
    """OpenAI's service, and that of whoever speaks it.

    :param wire: the format whose address and headers are used
    """

    def __init__(self, wire):
        self.wire = wire

    def upload(self, endpoint, file, name):
        """Send a JSONL file for training: its id. Files without a job cost nothing.

        :param file: a binary file, read from its beginning, never as a whole
        :param str name: letters, digits, hyphens and underscores; the vendor lists it
        :raise ProviderError: nothing was trained; a file may be left there (:meth:`leftovers`)
        """
        file.seek(0, 2)
        if file.tell() > MAX_FILE_BYTES:
            raise InvalidRequest(
                f"A file for training holds at most {MAX_FILE_BYTES // 1000**2} MB. "
                "Take fewer examples."
            )
        boundary = uuid.uuid4().hex.encode()
        head = (
            b'--%s\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nfine-tune\r\n'
            b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%s.jsonl"\r\n'
            b"Content-Type: application/jsonl\r\n\r\n"
        ) % (boundary, boundary, name.encode())
        at = patient(endpoint)
        headers = {
            **self.wire.headers(at),
            "Content-Type": f"multipart/form-data; boundary={boundary.decode()}",
        }
        body = Multipart(head, file, b"\r\n--%s--\r\n" % boundary)
        response = http.request(at, "POST", self.wire.url(at, "/files"), headers, body)
        return identifier(http.read_json(response, at).get("id"), "file")

    # pylint: disable-next=method-required-super
    def create(self, endpoint, request):
        """Start a job: its :class:`TuningState`. It is never sent twice here.

        :param request: :class:`TuningRequest`
        :raise ProviderError: with ``billing`` 'unknown' the job may exist: :meth:`find` it before
            anything is sent again
        """
        if not _SUFFIX.fullmatch(request.suffix):
            raise InvalidRequest("A suffix has up to 40 letters, digits and hyphens.")
        chosen = {
            "n_epochs": request.epochs,
            "batch_size": request.batch_size,
            "learning_rate_multiplier": request.learning_rate,
        }
        chosen = {name: value for name, value in chosen.items() if value}
        body = {
            "model": request.model,
            "training_file": request.training_file,
            "method": {"type": "supervised", "supervised": {"hyperparameters": chosen}},
            "metadata": {LABEL_KEY: request.label},
            **({"validation_file": request.validation_file} if request.validation_file else {}),
            **({"suffix": request.suffix} if request.suffix else {}),
        }
        url = self.wire.url(endpoint, "/fine_tuning/jobs")
        headers = self.wire.headers(endpoint)
        try:
            response = http.request(endpoint, "POST", url, headers, http.encode(body), retries=0)
            return self._state(endpoint, http.read_json(response, endpoint))
        except ServerError as error:
            error.billing = "unknown"
            raise

    def find(self, endpoint, label, since, file_ref=""):
        """The job of that label, or of that training file, in the vendor's list; None: there is
        none.

        :param datetime since: aware; it was sent after this
        :raise NotYetKnown: the list is too long to be searched
        """
        for row in self._pages(endpoint, "/fine_tuning/jobs"):
            state = self._state(endpoint, row)
            if state.label == label or (file_ref and file_ref in state.file_refs):
                return state
            if state.created_at and state.created_at < since - SKEW:
                return None
        return None

    def poll(self, endpoint, job_id):
        """How far the job is."""
        return self._state(endpoint, self._ask(endpoint, "GET", self._url(endpoint, job_id)))

    def events(self, endpoint, job_id):
        """The newest lines of its log, a list of :class:`TuningEvent`, the oldest first."""
        url = with_query(self._url(endpoint, job_id, "/events"), f"limit={MAX_EVENTS}")
        rows = part(self._ask(endpoint, "GET", url).get("data"), list)[:MAX_EVENTS]
        found = [self._event(endpoint, row) for row in rows if isinstance(row, dict)]
        return [event for event in reversed(found) if event]

    def cancel(self, endpoint, job_id):
        """Ask the vendor to stop: the state after that; what was trained by then is paid."""
        url = self._url(endpoint, job_id, "/cancel")
        return self._state(endpoint, self._ask(endpoint, "POST", url))

    def leftovers(self, endpoint, label):
        """Ids of files whose name begins with the label: what a dead sender left behind."""
        return [
            identifier(row.get("id"), "file")
            for row in self._pages(endpoint, "/files", "&purpose=fine-tune")
            if clean_text(row.get("filename")).startswith(label)
        ]

    def forget(self, endpoint, names):
        """Delete files at the vendor, once the job is over. One that is gone is as good."""
        for name in filter(None, names):
            url = self.wire.url(endpoint, f"/files/{identifier(name, 'file')}")
            try:
                http.request(endpoint, "DELETE", url, self.wire.headers(endpoint)).close()
            except InvalidRequest as error:
                if error.status not in (404, 410):
                    raise

    # -- reading -------------------------------------------------------------------------------

    def _ask(self, endpoint, method, url):
        response = http.request(endpoint, method, url, self.wire.headers(endpoint))
        return http.read_json(response, endpoint)

    def _pages(self, endpoint, path, more=""):
        after = ""
        for _page in range(MAX_PAGES):
            url = with_query(self.wire.url(endpoint, path), f"limit={PAGE}{more}{after}")
            page = self._ask(endpoint, "GET", url)
            rows = page.get("data")
            if not isinstance(rows, list):
                raise BadAnswer("The vendor's list does not have the promised form.")
            rows = [row for row in rows if isinstance(row, dict)]
            yield from rows
            if not page.get("has_more") or not rows:
                return
            after = f"&after={identifier(rows[-1].get('id'))}"
        raise NotYetKnown("The vendor's list is too long to be searched.")

    def _url(self, endpoint, job_id, verb=""):
        return self.wire.url(endpoint, f"/fine_tuning/jobs/{identifier(job_id, 'job')}{verb}")

    def _words(self, endpoint, text):
        return http.redact(clean_text(text), endpoint.read__key())[:500]

    def _state(self, endpoint, data):
        status = _STATUS.get(clean_text(data.get("status")), "running")
        trained = data.get("trained_tokens")
        files = (data.get("training_file"), data.get("validation_file"))
        tuned = clean_text(data.get("fine_tuned_model"))
        try:
            self.wire.check_model(tuned or "none")
        except ProviderError:
            raise BadAnswer("The vendor's name of the tuned model cannot be one.") from None
        return TuningState(
            id=identifier(data.get("id"), "job"),
            status=status,
            label=clean_text(part(data.get("metadata")).get(LABEL_KEY)),
            tuned_model=tuned,
            trained_tokens=trained if type(trained) is int and trained >= 0 else None,
            created_at=moment(data.get("created_at")),
            expected_end=moment(data.get("estimated_finish")),
            file_refs=tuple(clean_text(name) for name in files if name),
            error=self._words(endpoint, part(data.get("error")).get("message")),
        )

    def _event(self, endpoint, row):
        name, message = clean_text(row.get("id")), self._words(endpoint, row.get("message"))
        if not name or not message:
            return None
        data, level = part(row.get("data")), clean_text(row.get("level"))
        step, steps = number(data.get("step")), number(data.get("total_steps"))
        told = _STEP.search(message)
        if told and not steps:
            step, steps = int(told[1]), int(told[2] or 0)
        return TuningEvent(
            id=name[:128],
            message=message,
            level=level if level in _LEVELS else "info",
            at=moment(row.get("created_at")),
            step=step,
            steps=steps,
        )


class Multipart:
    """A file between two pieces of bytes, read from its beginning as one, never as a whole."""

    def __init__(self, head, file, tail):
        self._head, self._file, self._tail = head, file, tail
        file.seek(0, 2)
        self._size = len(head) + file.tell() + len(tail)
        self.seek(0)

    def __len__(self):
        return self._size

    def seek(self, place):
        """Begin anew; only 0 is a place."""
        if place:
            raise ValueError("read from the beginning")
        self._file.seek(0)
        self._rest = [self._head, None, self._tail]

    # pylint: disable-next=method-required-super
    def read(self, size=-1):
        """Up to ``size`` bytes."""
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(64 * 1024), b""))
        while self._rest:
            if self._rest[0] is None:
                found = self._file.read(size)
            else:
                found, self._rest[0] = self._rest[0][:size], self._rest[0][size:]
            if found:
                return found
            self._rest.pop(0)
        return b""
