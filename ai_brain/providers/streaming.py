"""One loop for every streamed format: bytes -> events -> text, and how a stream may end."""

from . import http
from .errors import StreamCut
from .sse import parse_events


class StreamState:
    """``ended``: the vendor said that the answer is complete. ``done``: nothing more is to come.
    ``refused``: the model said that it does not answer."""

    ended = done = refused = False


def run_stream(response, endpoint, answer, on_event):
    """Generator of text pieces whose return value is the ChatResponse.

    ``on_event(answer, name, data, state)`` is a generator over the text of one event. A stream
    that closes without having said that the answer is complete is cut, however tidily it closed.
    """
    state = StreamState()
    chunks = http.iter_chunks(response, endpoint, answer.partial)
    error = None
    try:
        for name, data in parse_events(chunks):
            if data.strip():
                yield from on_event(answer, name, data, state)
            if state.done:
                http.finish(response, chunks)
                break
    except StreamCut as exc:
        if not (state.ended and answer.raw_usage is not None):
            error = exc  # the answer and its usage are whole otherwise: only the goodbye is missing
    finally:
        if not state.done:
            response.close()
    if error is None and not state.ended:
        error = StreamCut(
            "The vendor ended the stream before the answer was complete; the call may have been "
            "billed.",
            partial=answer.partial(),
        )
    if error is not None:
        raise error
    return answer.response()
