"""OpenAI's chat completions, from the side of who serves them: the shapes of answers.

Shapes: ``openai-python`` 3.57 (November 2026), ``types/chat``; streams as its ``_streaming.py``
reads them.
"""

from .openai_read import read
from .pieces import Said, dump
from .sam import told

__all__ = ["StreamWriter", "error", "finish", "model", "models", "read", "usage", "write"]

_FINISH = ("stop", "length", "tool_calls", "content_filter")
_TYPES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


def write(answer, asked, id, created):
    """Return the JSON of a whole answer.

    :param dict answer: what ``send_message`` returns
    :param Asked asked: what it answers
    :param str id: of the answer; ``created``: seconds since 1970
    """
    calls = [_written(call) for call in answer.get("tool_calls") or ()]
    message = {
        "role": "assistant",
        "content": answer.get("content") or (None if calls else ""),
        "refusal": None,
    }
    if calls:
        message["tool_calls"] = calls
    return {
        "id": id,
        "object": "chat.completion",
        "created": created,
        "model": answer.get("model") or asked.model,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": finish(answer)}
        ],
        "usage": usage(answer),
    }


def finish(answer):
    """The finish reason, as the client's types have it.

    >>> finish({"finish_reason": "end of all"}), finish({"tool_calls": [{}], "finish_reason": ""})
    ('stop', 'tool_calls')
    """
    reason = answer.get("finish_reason")
    if reason in _FINISH:
        return reason
    return "tool_calls" if answer.get("tool_calls") else "stop"


def usage(answer):
    """The usage in OpenAI's counts, where the cached ones are part of the prompt's.

    >>> usage({"usage": {"input_tokens": 5, "cache_read_tokens": 3, "output_tokens": 2,
    ...                  "reasoning_tokens": 4}})["completion_tokens"]
    6
    """
    counts = answer.get("usage") or {}
    read, written, thought = (
        counts.get(name) or 0
        for name in ("cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
    )
    prompt = (counts.get("input_tokens") or 0) + read + written
    completion = (counts.get("output_tokens") or 0) + thought
    found = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": read, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": thought, "audio_tokens": 0},
    }
    if written:
        found["prompt_tokens_details"]["cache_write_tokens"] = written
    return found


def _written(call):
    found = {
        "id": call.get("id") or "",
        "type": "function",
        "function": {"name": call.get("name") or "", "arguments": call.get("arguments") or "{}"},
    }
    if call.get("thought_signature"):  # Gemini wants it back; its own OpenAI address names it so
        signature = {"thought_signature": call["thought_signature"]}
        found["extra_content"] = {"google": signature}
    return found


def error(status, kind, message, param=None, code=None, extra=None):
    """Return the body of an error.

    :param int status: of HTTP
    :param str kind: what it is here; OpenAI's type of error goes by the status
    :param dict extra: further keys of the error (of a budget: which, spent, limit, reset)
    """
    other = "server_error" if status >= 500 else "invalid_request_error"
    return {
        "error": {
            "message": message,
            "type": _TYPES.get(status, other),
            "param": param,
            "code": code,
            **(extra or {}),
        }
    }


def models(found):
    """Return the JSON of the list of models.

    :param list found: dicts with ``id``, and perhaps ``created`` (seconds) and ``owned_by``
    """
    return {"object": "list", "data": [model(one) for one in found]}


def model(one):
    """Return the JSON of one model.

    >>> model({"id": "auto"})["object"]
    'model'
    """
    return {
        "id": one["id"],
        "object": "model",
        "created": one.get("created") or 0,
        "owned_by": one.get("owned_by") or "sam",
    }


class StreamWriter:
    """Writes one answer in pieces: ``event`` for each, then ``end`` or ``error``.

    >>> from .asked import Asked
    >>> writer = StreamWriter(Asked([], "m"), "chatcmpl-1", 0)
    >>> b'"role":"assistant"' in writer.event({"type": "delta", "text": "Hel"})
    True
    >>> writer.end({"content": "Hello", "model": "m", "usage": {}}).endswith(b"data: [DONE]\\n\\n")
    True
    """

    content_type = "text/event-stream"

    def __init__(self, asked, id, created):
        self._asked = asked
        self._head = {"id": id, "object": "chat.completion.chunk", "created": created}
        self._model = asked.model
        self._said = Said()
        self._begun = False

    def event(self, piece):
        """Return the bytes of a piece; see ``pieces``."""
        if isinstance(piece, dict) and piece.get("thought"):
            return b""  # OpenAI's clients have no place for what another vendor's model thinks
        return self._delta(*self._said.take(piece))

    def end(self, answer):
        """Return the bytes that end the stream: what is left, the reason, usage and cost.

        :param dict answer: what ``send_message`` returns
        """
        self._model = answer.get("model") or self._model
        found = [self._delta(*one) for one in self._said.rest(answer)]
        beside = {} if self._asked.include_usage else {"x_sam": told(answer)}
        if not self._begun:
            found.append(self._delta("", None))
        found.append(self._chunk([_choice({}, finish(answer))], **beside))
        if self._asked.include_usage:
            counts = {**usage(answer), "cost": answer.get("cost_usd")}
            found.append(self._chunk([], usage=counts, x_sam=told(answer)))
        return b"".join([*found, b"data: [DONE]\n\n"])

    def error(self, status, kind, message, param=None, code=None, extra=None):
        """Return the bytes of an error amid the stream, which ends it."""
        return _event(error(status, kind, message, param, code, extra))

    def heartbeat(self):
        """Return bytes that say nothing, to keep what lies between from hanging up."""
        return b": heartbeat\n\n"

    def _delta(self, text, call):
        delta = {} if self._begun else {"role": "assistant", "content": "" if not call else None}
        self._begun = True
        if call:
            delta["tool_calls"] = [_call_delta(call)]
        elif text:
            delta["content"] = text
        return self._chunk([_choice(delta, None)])

    def _chunk(self, choices, **more):
        if self._asked.include_usage:
            more.setdefault("usage", None)
        return _event({**self._head, "model": self._model, "choices": choices, **more})


def _choice(delta, reason):
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def _call_delta(call):
    found = {"index": call["index"], "function": {"arguments": call["arguments"]}}
    if call.get("id") or call.get("name"):
        found.update(id=call.get("id") or "", type="function")
        found["function"]["name"] = call.get("name") or ""
    if call.get("thought_signature"):
        found["extra_content"] = {"google": {"thought_signature": call["thought_signature"]}}
    return found


def _event(value):
    return f"data: {dump(value)}\n\n".encode("utf-8", "replace")
