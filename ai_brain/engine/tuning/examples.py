"""What an example to learn from is: a whole exchange of plain text, as chat fine-tuning takes it.

Source of the form: OpenAI's guide "Supervised fine-tuning": a JSON object a line, whose
``messages`` have the roles system, user and assistant, the last one the assistant's.
"""

import hashlib
import json

from ..base.text import content_text

#: Characters of an example; a longer one teaches little and makes a file that vendors refuse.
MOST_CHARS = 100_000
#: What a finish reason says that ended an answer by itself, in the words of the formats.
WHOLE = ("stop", "end_turn", "stop_sequence", "STOP", "completed")
#: Why a call is no example, in the order in which it is looked for. The first that fits is told.
REASONS = (
    "error",
    "not_chat",
    "reused",
    "other",
    "unrated",
    "low",
    "cut",
    "no_text",
    "tools",
    "media",
    "shape",
    "long",
    "twice",
    "more",
)
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def read(messages, answer):
    """(messages of the example, None), or (None, the code of :data:`REASONS` why there is none).

    :param messages: as the call sent them, OpenAI's shape; None where they are not kept
    :param answer: the text that came

    >>> read([{"role": "user", "content": "2+2?"}], "4")
    ([{'role': 'user', 'content': '2+2?'}, {'role': 'assistant', 'content': '4'}], None)
    >>> read([{"role": "tool", "content": "4", "tool_call_id": "a"}], "4")
    (None, 'tools')
    >>> read(None, "4"), read([{"role": "user", "content": "?"}], "")
    ((None, 'no_text'), (None, 'no_text'))
    """
    if not isinstance(messages, list) or not messages or not (answer or "").strip():
        return None, "no_text"
    found = []
    for message in messages:
        if not isinstance(message, dict):
            return None, "shape"
        if message.get("tool_calls") or message.get("role") in ("tool", "function"):
            return None, "tools"
        content = message.get("content")
        if _has_media(content):
            return None, "media"
        text, role = content_text(content), _ROLES.get(message.get("role"))
        if role is None or not text.strip():
            return None, "shape"
        found.append({"role": role, "content": text})
    if found[-1]["role"] != "user":
        return None, "shape"
    found.append({"role": "assistant", "content": answer})
    if sum(len(message["content"]) for message in found) > MOST_CHARS:
        return None, "long"
    return found, None


def _has_media(content):
    if isinstance(content, str) or content is None:
        return False
    parts = content if isinstance(content, list) else [content]
    return any(
        not isinstance(part, dict) or part.get("type") not in ("text", "refusal") for part in parts
    )


def line(messages):
    """An example as a line of the file, bytes with its end of line.

    >>> line([{"role": "user", "content": "Grüße"}]).decode()
    '{"messages": [{"role": "user", "content": "Grüße"}]}\\n'
    """
    text = json.dumps({"messages": messages}, ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def fingerprint(messages):
    """What is the same for examples of the same question, a hex digest: it is taught once.

    >>> asked = {"role": "user", "content": "Hello"}
    >>> a, b = ({"role": "assistant", "content": text} for text in ("Hi", "Good day"))
    >>> fingerprint([asked, a]) == fingerprint([asked, b])
    True
    """
    return hashlib.sha256(line(messages[:-1])).hexdigest()


def validation_of(keys, share):
    """Those of ``keys`` that are kept to check what was learnt, a set: always the same ones.

    :param keys: what tells the examples apart, e.g. ids
    :param share: of 100 examples so many; at least one is left to learn from

    >>> sorted(validation_of(range(1, 11), 20))
    [3, 10]
    >>> validation_of([7], 50), validation_of(range(10), 0)
    (set(), set())
    """
    keys = list(dict.fromkeys(keys))
    count = min(round(len(keys) * share / 100), max(len(keys) - 1, 0))
    return set(sorted(keys, key=_draw)[:count])


def _draw(key):
    return hashlib.sha256(f"validation {key}".encode()).hexdigest()
