"""Gemini's batches with the calls in the request and the answers in the operation.

Source of the shapes: Google's API reference, "Batch API". The operation carries all answers each
time it is read, so it is fetched into a file and looked through there.
"""

import datetime

from .address import join_url
from .base import clean_text
from .batch import (
    MAX_PAGES,
    ArrayReader,
    BatchLimits,
    BatchService,
    BatchState,
    identifier,
    json_text,
    moment,
    number,
    part,
    with_query,
)
from .errors import BadAnswer, NotYetKnown, RequestCancelled, RequestExpired, ResultsCut

_KEY = "inlinedResponses"
_LIFE = datetime.timedelta(hours=48)  # "a job that is pending or running that long expires"
_PAGE = 20
_STATUS = {
    "PENDING": "sent",
    "SUCCEEDED": "done",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    "EXPIRED": "expired",
}
# The codes of google.rpc.Code, and the HTTP status that its documentation gives each.
_HTTP_STATUS = {3: 400, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401}
_CANCELLED, _LATE = 1, 4


class GeminiBatches(BatchService):
    # Inline calls are at most 20 MB in all; their number is bounded by nothing else.
    limits = BatchLimits(50_000, 20 * 1000**2)

    def line(self, endpoint, item):
        model = item.request.model
        request = {"model": model if "/" in model else f"models/{model}"}
        request.update(self.wire.payload(item.request))
        return {"request": request, "metadata": {"key": item.custom_id}}

    def send(self, endpoint, writer, items, label):
        head = b'{"batch":{"display_name":%s,"input_config":{"requests":{"requests":['
        file = writer.spool(items, head % json_text(label), b",", b"]}}}}")
        url = self.wire.url(endpoint, writer.model, "batchGenerateContent")
        state = self._state(self.post_once(endpoint, url, file, large=True))
        state.total = state.total or writer.count
        state.label = state.label or label
        return state

    def find(self, endpoint, label, since, known=()):
        """See the base. The list's order is not promised, so all of it is read."""
        token = ""
        for _page in range(MAX_PAGES):
            url = with_query(
                join_url(self.wire.base(endpoint), "/batches"), f"pageSize={_PAGE}{token}"
            )
            page = self._slim(endpoint, url)
            rows = page.get("operations") or []
            if not isinstance(rows, list):
                raise BadAnswer("The vendor's list of batches does not have the promised form.")
            for row in rows:
                if part(part(row).get("metadata")).get("displayName") == label:
                    return self._state(row)
            if not page.get("nextPageToken"):
                return None
            token = f"&pageToken={identifier(page['nextPageToken'], 'page')}"
        raise NotYetKnown("The vendor's list of batches is too long to be searched.")

    def poll(self, endpoint, batch_id):
        return self._state(self._slim(endpoint, self._url(endpoint, batch_id)))

    def cancel(self, endpoint, batch_id):
        self.ask(endpoint, "POST", self._url(endpoint, batch_id, ":cancel"))
        return self.poll(endpoint, batch_id)

    def results(self, endpoint, state):
        if not state.result_refs:
            return
        with self.fetched(endpoint, self._url(endpoint, state.id)) as (file, cut):
            reader = ArrayReader(file, _KEY)
            for row in reader:
                key = clean_text(part(row.get("metadata")).get("key"))
                yield key, self._result(endpoint, row)
        if reader.closed:
            return  # what follows says the same once more
        if cut:
            raise cut
        if reader.cut:
            raise ResultsCut("The vendor's answer with the batch's results ended early.")

    def _result(self, endpoint, row):
        error = row.get("error")
        if error:
            code = part(error).get("code")
            if code == _CANCELLED:
                return RequestCancelled("The batch was cancelled before this call was processed.")
            if code == _LATE:
                return RequestExpired("The batch expired before this call was processed.")
            status = _HTTP_STATUS.get(code, 400) if type(code) is int else 400
            return self.refused(endpoint, status, part(error).get("message"))
        return self.outcome(self.wire.read_answer, part(row.get("response")), "")

    def forget(self, endpoint, state):
        self.delete(endpoint, self._url(endpoint, state.id))

    def _slim(self, endpoint, url):
        """What the vendor says, without the answers in it."""
        with self.fetched(endpoint, url) as (file, cut):
            reader = ArrayReader(file, _KEY)
            for _row in reader:
                pass
        if cut:
            raise cut
        if reader.rest is None:
            raise BadAnswer("The vendor's answer about the batch cannot be read.")
        return reader.rest

    def _url(self, endpoint, batch_id, verb=""):
        name = identifier(batch_id.removeprefix("batches/"))
        return join_url(self.wire.base(endpoint), f"/batches/{name}{verb}")

    @staticmethod
    def _state(data):
        told = part(data.get("metadata"))
        stats = part(told.get("batchStats"))
        state = clean_text(told.get("state")).rpartition("STATE_")[2]
        status = _STATUS.get(state, "running")
        name = clean_text(data.get("name")).removeprefix("batches/")
        begun = moment(told.get("createTime"))
        answered = _KEY in part(data.get("response")) or _KEY in part(told.get("output"))
        return BatchState(
            id=f"batches/{identifier(name)}",
            status="failed" if data.get("error") and status == "running" else status,
            total=number(stats.get("requestCount")),
            done=number(stats.get("successfulRequestCount")),
            failed=number(stats.get("failedRequestCount")),
            created_at=begun,
            expires_at=begun and begun + _LIFE,
            result_refs=("response",) if answered else (),
            label=clean_text(told.get("displayName")),
        )
