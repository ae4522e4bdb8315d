"""OpenAI's batches: a file of calls goes up, one or two files of answers come down.

Source of the shapes: OpenAI's API reference, "Files" and "Batch".
"""

import uuid

from . import http
from .base import clean_text
from .batch import (
    MAX_PAGES,
    PAGE,
    SKEW,
    BatchLimits,
    BatchService,
    BatchState,
    identifier,
    moment,
    number,
    part,
    patient,
    with_query,
)
from .errors import BadAnswer, NotYetKnown, ProviderError, RequestCancelled, RequestExpired

_PATH = "/v1/chat/completions"
_LABEL_KEY = "ai_brain_label"
_STATUS = {
    "validating": "sent",
    "in_progress": "running",
    "finalizing": "running",
    "cancelling": "running",
    "completed": "done",
    "expired": "expired",
    "cancelled": "cancelled",
    "failed": "failed",
}


class OpenAIBatches(BatchService):
    limits = BatchLimits(50_000, 200 * 1000**2)

    def line(self, endpoint, item):
        body = self.wire.payload(endpoint, item.request)
        return {"custom_id": item.custom_id, "method": "POST", "url": _PATH, "body": body}

    def send(self, endpoint, writer, items, label):
        file_id = self._upload(endpoint, writer, items, label)
        body = {
            "input_file_id": file_id,
            "endpoint": _PATH,
            "completion_window": "24h",
            "metadata": {_LABEL_KEY: label},
        }
        url = self.wire.url(endpoint, "/batches")
        try:
            state = self._state(self.post_once(endpoint, url, http.encode(body)))
        except ProviderError as error:
            if error.billing == "none":
                self._delete_files(endpoint, [file_id], quiet=True)
            raise
        state.total = state.total or writer.count
        state.label = state.label or label
        return state

    def _upload(self, endpoint, writer, items, label):
        """Send the calls as a file of the purpose "batch": its id. A second try costs nothing."""
        boundary = uuid.uuid4().hex.encode()
        head = (
            b'--%s\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
            b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%s.jsonl"\r\n'
            b"Content-Type: application/jsonl\r\n\r\n"
        ) % (boundary, boundary, label.encode())
        file = writer.spool(items, head, b"\n", b"\n\r\n--%s--\r\n" % boundary)
        at = patient(endpoint)
        headers = {
            **self.wire.headers(at),
            "Content-Type": f"multipart/form-data; boundary={boundary.decode()}",
        }
        response = http.request(at, "POST", self.wire.url(at, "/files"), headers, file)
        return identifier(http.read_json(response, at).get("id"), "file")

    def find(self, endpoint, label, since, known=()):
        after = ""
        for _page in range(MAX_PAGES):
            url = with_query(self.wire.url(endpoint, "/batches"), f"limit={PAGE}{after}")
            page = self.ask(endpoint, "GET", url)
            rows = page.get("data")
            if not isinstance(rows, list):
                raise BadAnswer("The vendor's list of batches does not have the promised form.")
            states = [self._state(row) for row in rows if isinstance(row, dict)]
            for state in states:
                if state.label == label:
                    return state
            ended = not page.get("has_more") or not states
            if ended or (states[-1].created_at and states[-1].created_at < since - SKEW):
                return None
            after = f"&after={states[-1].id}"
        raise NotYetKnown("The vendor's list of batches is too long to be searched.")

    def poll(self, endpoint, batch_id):
        data = self.ask(endpoint, "GET", self._url(endpoint, batch_id))
        state = self._state(data)
        rows = part(part(data.get("errors")).get("data"), list)
        told = [clean_text(part(row).get("message")) for row in rows[:10]]
        state.error = self.words(endpoint, " ".join(dict.fromkeys(filter(None, told))))
        return state

    def cancel(self, endpoint, batch_id):
        url = self._url(endpoint, batch_id, "/cancel")
        return self._state(self.ask(endpoint, "POST", url))

    def results(self, endpoint, state):
        cut = None
        for ref in state.result_refs:  # the second file is fetched though the first was cut
            try:
                url = self.wire.url(endpoint, f"/files/{identifier(ref, 'file')}/content")
                for row in self.read_lines(endpoint, url):
                    yield clean_text(row.get("custom_id")), self._result(endpoint, row)
            except ProviderError as error:
                cut = cut or error
        if cut:
            raise cut

    def _result(self, endpoint, row):
        error, response = row.get("error"), part(row.get("response"))
        if error:
            code = clean_text(part(error).get("code"))
            if code == "batch_expired":
                return RequestExpired("The batch expired before this call was processed.")
            if code == "batch_cancelled":
                return RequestCancelled("The batch was cancelled before this call was processed.")
            return self.refused(endpoint, 400, part(error).get("message"), code)
        status, body = response.get("status_code"), response.get("body")
        if type(status) is int and status >= 400:
            said = part(part(body).get("error"))
            return self.refused(endpoint, status, said.get("message"), said.get("code"))
        if not isinstance(body, dict):
            return BadAnswer("A result of the batch has no answer.")
        return self.outcome(self.wire.read_answer, endpoint, body)

    def forget(self, endpoint, state):
        self._delete_files(endpoint, [state.input_ref, *state.result_refs])

    def _delete_files(self, endpoint, names, quiet=False):
        for name in filter(None, names):
            try:
                self.delete(endpoint, self.wire.url(endpoint, f"/files/{identifier(name)}"))
            except ProviderError:
                if not quiet:
                    raise

    def _url(self, endpoint, batch_id, verb=""):
        return self.wire.url(endpoint, f"/batches/{identifier(batch_id)}{verb}")

    @staticmethod
    def _state(data):
        counts = part(data.get("request_counts"))
        files = (data.get("output_file_id"), data.get("error_file_id"))
        return BatchState(
            id=identifier(data.get("id")),
            status=_STATUS.get(clean_text(data.get("status")), "running"),
            total=number(counts.get("total")),
            done=number(counts.get("completed")),
            failed=number(counts.get("failed")),
            created_at=moment(data.get("created_at")),
            expires_at=moment(data.get("expires_at")),
            result_refs=tuple(clean_text(name) for name in files if name),
            label=clean_text(part(data.get("metadata")).get(_LABEL_KEY)),
            input_ref=clean_text(data.get("input_file_id")),
        )
