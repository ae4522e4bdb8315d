"""A stream while it is written: what of the answer has been said, and what is still to be said.

A piece is what ``stream_message`` yields: ``{'type': 'delta', 'text': str}``, with ``tool_call``
(index, id, name, arguments: what was added) where it is a piece of a tool call, and with
``thought`` (index, piece: Anthropic's block or its delta) where it is one of a thought.
"""

import json


def dump(value):
    """JSON on one line, its letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Said:
    """Keeps what was written of an answer, and names the rest when it ends.

    >>> said = Said()
    >>> said.take({"text": "Hel"})
    ('Hel', None)
    >>> [*said.rest({"content": "Hello", "tool_calls": [{"id": "a", "name": "f",
    ...                                                  "arguments": "{}"}]})]
    [('lo', None), ('', {'index': 0, 'id': 'a', 'name': 'f', 'arguments': '{}'})]
    """

    def __init__(self):
        self.text = 0
        self.calls = {}

    def take(self, piece):
        """Return ``(text, None)`` or ``('', piece of a tool call)`` of what comes."""
        if isinstance(piece, str):
            piece = {"text": piece}
        call = piece.get("tool_call")
        if call is None:
            text = piece.get("text") or ""
            self.text += len(text)
            return text, None
        self.calls[call["index"]] = self.calls.get(call["index"], 0) + len(call["arguments"])
        return "", call

    def rest(self, answer):
        """Yield what of the whole answer has not been written: an answer that was there at once,
        or one that its vendor gave in one piece."""
        text = answer.get("content") or ""
        if len(text) > self.text:
            yield self.take({"text": text[self.text :]})
        order = sorted(self.calls)
        for place, call in enumerate(answer.get("tool_calls") or ()):
            index = order[place] if place < len(order) else max((-1, *self.calls)) + 1
            arguments = call.get("arguments") or ""
            done = self.calls.get(index)
            if done is not None and len(arguments) <= done:
                continue
            begins = {"id": call.get("id") or "", "name": call.get("name") or ""}
            more = begins if done is None else {"id": "", "name": ""}
            if call.get("thought_signature"):
                more["thought_signature"] = call["thought_signature"]
            yield self.take(
                {"tool_call": {"index": index, **more, "arguments": arguments[done or 0 :]}}
            )
