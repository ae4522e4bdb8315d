"""Anthropic's message batches. Source of the shapes: its API reference, "Message Batches".

A batch carries no word of ours but the ids of its calls, and those are seen in its results only:
whether a batch that still runs is the one that is looked for cannot be told before it ended.
"""

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
    with_query,
)
from .errors import BadAnswer, NotYetKnown, RequestCancelled, RequestExpired

_PATH = "/messages/batches"
# The kinds of error that its reference lists, and the HTTP status of each.
_HTTP_STATUS = {
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 500,
    "overloaded_error": 529,
}


class AnthropicBatches(BatchService):
    limits = BatchLimits(100_000, 256 * 1000**2)
    one_model = False

    def line(self, endpoint, item):
        return {"custom_id": item.custom_id, "params": self.wire.payload(item.request)}

    def send(self, endpoint, writer, items, label):
        file = writer.spool(items, b'{"requests":[', b",", b"]}")
        url = self.wire.url(endpoint, _PATH)
        state = self._state(self.post_once(endpoint, url, file, large=True))
        state.total = state.total or writer.count
        state.label = label
        return state

    def find(self, endpoint, label, since, known=()):
        after, unclear = "", 0
        for _page in range(MAX_PAGES):
            url = with_query(self.wire.url(endpoint, _PATH), f"limit={PAGE}{after}")
            page = self.ask(endpoint, "GET", url)
            rows = page.get("data")
            if not isinstance(rows, list):
                raise BadAnswer("The vendor's list of batches does not have the promised form.")
            states = [self._state(row) for row in rows if isinstance(row, dict)]
            for state in states:
                if state.created_at and state.created_at < since - SKEW:
                    return self._not_found(unclear)
                if state.id in known:
                    continue
                begins = self._first_id(endpoint, state)
                if begins is None:
                    unclear += 1
                elif begins.startswith(f"{label}-"):
                    state.label = label
                    return state
            if not page.get("has_more") or not states:
                return self._not_found(unclear)
            after = f"&after_id={states[-1].id}"
        raise NotYetKnown("The vendor's list of batches is too long to be searched.")

    @staticmethod
    def _not_found(unclear):
        if unclear:
            raise NotYetKnown(
                f"{unclear} batches of that time are still under way, and whose they are shows "
                "only in their results. Look again when they have ended."
            )

    def _first_id(self, endpoint, state):
        """The id in the first result, the rest of which is left there; None: none can be seen."""
        if not state.result_refs:
            return None
        url = self._url(endpoint, state.id, "/results")
        response = http.request(endpoint, "GET", url, self.wire.headers(endpoint))
        begun = b""
        try:
            for chunk in http.iter_chunks(response, endpoint):
                begun += chunk
                if b"\n" in chunk:
                    break
            row = http.decode(begun.partition(b"\n")[0])
        except BadAnswer:
            return None
        finally:
            response.close()
        return clean_text(row.get("custom_id"))

    def poll(self, endpoint, batch_id):
        return self._state(self.ask(endpoint, "GET", self._url(endpoint, batch_id)))

    def cancel(self, endpoint, batch_id):
        url = self._url(endpoint, batch_id, "/cancel")
        return self._state(self.ask(endpoint, "POST", url))

    def results(self, endpoint, state):
        """See the base. The address in ``results_url`` is not followed: it would get the key."""
        if state.result_refs:
            for row in self.read_lines(endpoint, self._url(endpoint, state.id, "/results")):
                result = self._result(endpoint, part(row.get("result")))
                yield clean_text(row.get("custom_id")), result

    def _result(self, endpoint, result):
        kind = result.get("type")
        if kind == "succeeded":
            return self.outcome(self.wire.read_answer, part(result.get("message")))
        if kind == "expired":
            return RequestExpired("The batch expired before this call was processed.")
        if kind == "canceled":
            return RequestCancelled("The batch was cancelled before this call was processed.")
        if kind == "errored":
            error = part(result.get("error"))
            error = part(error.get("error")) or error
            code = clean_text(error.get("type"))
            return self.refused(endpoint, _HTTP_STATUS.get(code, 400), error.get("message"), code)
        return BadAnswer("A result of the batch is of no known kind.")

    def forget(self, endpoint, state):
        self.delete(endpoint, self._url(endpoint, state.id))

    def _url(self, endpoint, batch_id, verb=""):
        return self.wire.url(endpoint, f"{_PATH}/{identifier(batch_id)}{verb}")

    @staticmethod
    def _state(data):
        counts = {name: number(count) for name, count in part(data.get("request_counts")).items()}
        expired, cancelled = counts.get("expired", 0), counts.get("canceled", 0)
        status = "running"
        if data.get("processing_status") == "ended":
            status = "cancelled" if cancelled else "expired" if expired else "done"
        found = data.get("results_url")
        return BatchState(
            id=identifier(data.get("id")),
            status=status,
            total=sum(counts.values()),
            done=counts.get("succeeded", 0),
            failed=counts.get("errored", 0) + expired + cancelled,
            created_at=moment(data.get("created_at")),
            expires_at=moment(data.get("expires_at")),
            result_refs=(clean_text(found),) if found else (),
        )
