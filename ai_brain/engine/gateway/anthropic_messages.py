"""Anthropic's messages, from the side of who serves them: the shapes of answers.

Shapes: ``anthropic-sdk-python`` 2.14 (November 2026), ``types``; the order of a stream's events as
its ``lib/streaming/_messages.py`` insists on.
"""

import json
from datetime import datetime, timezone

from .anthropic_read import read
from .pieces import Said, dump
from .sam import told

__all__ = ["StreamWriter", "error", "model", "models", "read", "stop_reason", "usage", "write"]

_STOP = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
#: Arguments of a tool call that are looked at, to see whether they are whole.
MOST_PARSED, MOST_PIECES = 20_000, 5_000
_THOUGHTS = ("thinking", "redacted_thinking")
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def write(answer, asked, id, created):
    """Return the JSON of a whole answer.

    :param dict answer: what ``send_message`` returns
    :param Asked asked: what it answers
    :param str id: of the answer
    """
    content = [dict(block) for block in answer.get("thoughts") or ()]
    if answer.get("content"):
        content.append({"type": "text", "text": answer["content"], "citations": None})
    content += [_use(call) for call in answer.get("tool_calls") or ()]
    return {
        **_message(id, answer.get("model") or asked.model, usage(answer)),
        "content": content,
        **_stopped(answer),
    }


def _message(id, model_name, counts):
    return {
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": model_name,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": counts,
    }


def _stopped(answer):
    return {
        "stop_reason": stop_reason(answer),
        "stop_sequence": answer.get("stop_sequence") or None,
    }


def stop_reason(answer):
    """Why the answer ended, in Anthropic's words.

    >>> stop_reason({"finish_reason": "length"}), stop_reason({"finish_reason": "error"})
    ('max_tokens', 'end_turn')
    """
    if answer.get("stop_sequence"):
        return "stop_sequence"
    reason = _STOP.get(answer.get("finish_reason"))
    return reason or ("tool_use" if answer.get("tool_calls") else "end_turn")


def usage(answer):
    """The usage in Anthropic's counts, where cached tokens are no part of the input's.

    >>> usage({"usage": {"input_tokens": 5, "cache_read_tokens": 3, "output_tokens": 2}})
    {'input_tokens': 5, 'cache_creation_input_tokens': 0, 'cache_read_input_tokens': 3, \
'output_tokens': 2}
    """
    counts = answer.get("usage") or {}
    thought = counts.get("reasoning_tokens") or 0
    found = {
        "input_tokens": counts.get("input_tokens") or 0,
        "cache_creation_input_tokens": counts.get("cache_write_tokens") or 0,
        "cache_read_input_tokens": counts.get("cache_read_tokens") or 0,
        "output_tokens": (counts.get("output_tokens") or 0) + thought,
    }
    if thought:
        found["output_tokens_details"] = {"thinking_tokens": thought}
    return found


def _use(call):
    return {**_used(call), "input": _input(call.get("arguments"))}


def _used(call):
    name = call.get("name") or ""
    return {"type": "tool_use", "id": call.get("id") or "", "name": name, "input": {}}


def _input(arguments):
    """The object of a call's arguments; what a model wrote that is none is kept as text."""
    try:
        value = json.loads(arguments) if arguments and arguments.strip() else {}
    except ValueError:
        value = arguments
    return value if isinstance(value, dict) else {"arguments": value}


def error(status, kind, message, param=None, code=None, extra=None):
    """Return the body of an error.

    :param int status: of HTTP, which decides on Anthropic's type of error
    :param str kind: what it is here
    :param dict extra: further keys of the error (of a budget: which, spent, limit, reset)
    """
    kind = _TYPES.get(status) or ("api_error" if status >= 500 else "invalid_request_error")
    more = {name: value for name, value in (("param", param), ("code", code)) if value}
    return {"type": "error", "error": {"type": kind, "message": message, **more, **(extra or {})}}


def models(found):
    """Return the JSON of the list of models.

    :param list found: dicts with ``id``, and perhaps ``created`` (seconds) and ``display_name``
    """
    rows = [model(one) for one in found]
    ends = (rows[0]["id"], rows[-1]["id"]) if rows else (None, None)
    return {"data": rows, "has_more": False, "first_id": ends[0], "last_id": ends[1]}


def model(one):
    """Return the JSON of one model.

    >>> model({"id": "auto"})["created_at"]
    '1970-01-01T00:00:00Z'
    """
    created = datetime.fromtimestamp(one.get("created") or 0, timezone.utc)
    return {
        "type": "model",
        "id": one["id"],
        "display_name": one.get("display_name") or one["id"],
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
    }


class StreamWriter:
    """Writes one answer in pieces: ``event`` for each, then ``end`` or ``error``.

    What the request's input was is not known before the answer's end: the counts of
    ``message_start`` are 0, those of ``message_delta`` are the whole, as the clients take them.

    >>> from .asked import Asked
    >>> writer = StreamWriter(Asked([], "m"), "msg_1", 0)
    >>> writer.event({"type": "delta", "text": "Hel"}).split()[1]
    b'message_start'
    >>> writer.end({"content": "Hello", "usage": {}}).split()[-2]
    b'data:'
    """

    content_type = "text/event-stream"

    def __init__(self, asked, id, created):
        self._asked, self._id = asked, id
        self._said = Said()
        self._begun = False
        #: the block that is open: its kind, or the index of a tool call; and the next one's place
        self._open, self._place = None, -1
        self._closed = set()
        #: arguments of the tool call that is open; what came of others before it was whole
        self._arguments, self._held = [], {}

    def event(self, piece):
        """Return the bytes of a piece; see ``pieces``."""
        started = [*self._start(self._asked.model)]
        if isinstance(piece, dict) and piece.get("thought"):
            return b"".join([*started, *self._think(**piece["thought"])])
        return b"".join([*started, *self._take(*self._said.take(piece))])

    def end(self, answer):
        """Return the bytes that end the stream: what is left, the reason, usage and cost.

        :param dict answer: what ``send_message`` returns
        """
        found = [*self._start(answer.get("model") or self._asked.model), *self._let_go(True)]
        for one in self._said.rest(answer):
            found += self._take(*one)
        found += [*self._let_go(True), *self._close()]
        stopped = {"delta": _stopped(answer), "usage": usage(answer), "x_sam": told(answer)}
        found.append(_event("message_delta", **stopped))
        return b"".join([*found, _event("message_stop")])

    def error(self, status, kind, message, param=None, code=None, extra=None):
        """Return the bytes of an error amid the stream, which ends it."""
        body = error(status, kind, message, param, code, extra)
        return _event("error", error=body["error"])

    def heartbeat(self):
        """Return bytes that say nothing, to keep what lies between from hanging up."""
        return _event("ping") if self._begun else b": heartbeat\n\n"

    def _start(self, model_name):
        if self._begun:
            return
        self._begun = True
        yield _event("message_start", message=_message(self._id, model_name, usage({})))

    def _take(self, text, call):
        block, text = ("text", text) if call is None else (call["index"], call["arguments"])
        if block != self._open:
            yield from self._let_go()
        if block != self._open and not self._is_whole():
            self._held.setdefault(block, (call, []))[1].append(text)
            return
        yield from self._put(block, text, call)

    def _put(self, block, text, call):
        if call is None:
            if text:
                yield from self._turn_to(block, {"type": "text", "text": ""})
                yield self._delta({"type": "text_delta", "text": text})
            return
        if block in self._closed and not text.strip():
            return
        yield from self._turn_to(block, _used(call))
        if text:
            self._arguments.append(text)
            yield self._delta({"type": "input_json_delta", "partial_json": text})

    def _let_go(self, everything=False):
        """Write what was held back while a tool call was not whole: a vendor may give the pieces
        of several by turns, and here no block is opened twice."""
        while self._held and (everything or self._is_whole()):
            block = next(iter(self._held))
            call, texts = self._held.pop(block)
            yield from self._put(block, "".join(texts), call)

    def _is_whole(self):
        """May the open block be closed? A tool call may where its arguments are an object; those
        that are long are not parsed again and again, and closed at the end."""
        if not isinstance(self._open, int):
            return True
        text = "".join(self._arguments) if len(self._arguments) < MOST_PIECES else ""
        try:
            return len(text) < MOST_PARSED and isinstance(json.loads(text), dict)
        except (ValueError, RecursionError):
            return False

    def _think(self, index, piece):
        """A thought that begins, or goes on."""
        if piece["type"] in _THOUGHTS:
            begins = {**piece, "thinking": ""} if piece["type"] == "thinking" else piece
            yield from self._turn_to(("thought", index), begins)
            said = piece.get("thinking")
            piece = {"type": "thinking_delta", "thinking": said} if said else None
        if piece and self._open == ("thought", index):
            yield self._delta(piece)

    def _turn_to(self, block, begins):
        """Open a block, the one before closed: no two of them are open at once."""
        if self._open == block:
            return
        yield from self._close()
        if block in self._closed:
            raise ValueError("a tool call went on after another had begun")
        self._open, self._place, self._arguments = block, self._place + 1, []
        yield _event("content_block_start", index=self._place, content_block=begins)

    def _close(self):
        if self._open is None:
            return
        if self._open != "text":
            self._closed.add(self._open)
        self._open = None
        yield _event("content_block_stop", index=self._place)

    def _delta(self, delta):
        return _event("content_block_delta", index=self._place, delta=delta)


def _event(kind, **fields):
    data = dump({"type": kind, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode("utf-8", "replace")
