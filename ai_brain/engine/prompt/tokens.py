"""How many tokens a request has: exact where the vocabulary is known, else an estimate.

>>> count_text("<|endoftext|> is plain text here", "gpt-4o").exact
True
>>> count_tokens([{"role": "user", "content": "Hello"}], "gpt-4o")
TokenCount(tokens=8, exact=True, upper_bound=8, method='o200k_base')

Messages are in OpenAI's shape: ``role``, ``content`` (a text or a list of parts), and where
they have them ``name``, ``tool_calls``, ``tool_call_id``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from . import token_estimate, vocab
from .token_family import MEDIA, family_of

# tiktoken merges one run of letters or spaces as a whole: slow for megabytes without a break,
# and on spaces its pattern overflows the stack. A block without any break ends in a cut.
_BLOCK = 10_000
_BREAK = re.compile(r"\s\S|\S\s|[^\W\d][^\w\s]|\d\D|\D\d")
_PER_CUT = 4
# What the frames of an estimated request may have on top.
_SLACK = 16

# A message's frame, a name, the start of the answer, and functions:
# https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken
_FRAME, _NAME, _ANSWER_START = 3, 1, 3
_FUNCTION = {"o200k_base": 7, "cl100k_base": 10}
_PARAMETERS, _PARAMETER, _ENUM, _ENUM_ITEM, _FUNCTIONS_END = 3, 3, -3, 3, 12
_TOOL_CALL = 8


class TokenCount(NamedTuple):
    """``tokens``, whether that is ``exact``, a number that it stays below, and the method.

    ``upper_bound`` equals ``tokens`` for an exact count; for an estimate it adds the margin of
    its family (see token_family) and never exceeds what the bytes of the text allow.
    """

    tokens: int
    exact: bool
    upper_bound: int
    method: str


class _Tally:
    """What was added up so far: tokens, the most they can be, and why it is no exact count."""

    __slots__ = ("doubts", "tokens", "upper")

    def __init__(self):
        self.tokens, self.upper, self.doubts = 0, 0, ()

    def add(self, tokens, upper=None, doubt=None):
        self.tokens += tokens
        self.upper += tokens if upper is None else upper
        if doubt and doubt not in self.doubts:
            self.doubts += (doubt,)


def count_text(text, model="", api_format="openai"):
    """TokenCount of a bare ``text``, without any message around it."""
    family = family_of(model, api_format)
    tally = _Tally()
    _add_text(tally, text or "", family)
    return _result(tally, family, framed=False)


def count_tokens(messages, model="", api_format="openai", tools=None):
    """TokenCount of a chat request: ``messages`` and function ``tools`` in OpenAI's shape.

    Raises TypeError when a message is no mapping.
    """
    family = family_of(model, api_format)
    tally = _Tally()
    for message in messages:
        if not isinstance(message, Mapping):
            raise TypeError(f"expected a message (a mapping), got {message!r:.80}")
        # Others frame a message otherwise: allow them twice as much.
        tally.add(_FRAME, _FRAME if family.exact else 2 * _FRAME)
        for key in ("role", "name", "tool_call_id"):
            if message.get(key):
                _add_text(tally, message[key], family)
        if message.get("name"):
            tally.add(_NAME)
        _add_content(tally, message.get("content"), family)
        for call in _listed(message.get("tool_calls")):
            _add_tool_call(tally, call, family)
    tally.add(_ANSWER_START)
    if tools:
        _add_tools(tally, tools, family)
    return _result(tally, family, framed=True)


def _result(tally, family, framed):
    tokens = tally.tokens * family.factor + (family.constant if framed else 0)
    exact = family.exact and not tally.doubts
    if exact:
        whole = int(tally.tokens)
        return TokenCount(whole, True, whole, family.encoding)
    whole = math.ceil(tokens)
    if not tally.tokens:
        return TokenCount(0, False, 0, family.method)
    upper = max(whole, math.ceil(tally.upper + family.constant)) + _SLACK * framed
    method = "; ".join((family.method, *tally.doubts))
    return TokenCount(whole, False, upper, method)


def _add_text(tally, text, family):
    """Add one text: its count, and the least of the family's margin and its bytes."""
    text = text if isinstance(text, str) else _json(text)
    if not text:
        return
    tokens, doubt, margin = _encoded(text, family)
    if family.exact and not doubt:
        tally.add(tokens)
        return
    # A vocabulary of bytes, or one that falls back to them, needs a token a byte at most.
    most = len(text.encode("utf-8", "surrogatepass")) + 1
    tally.add(tokens, max(tokens, min(tokens * margin, most)), doubt)


def _encoded(text, family):
    """(tokens, doubt or None, margin) of ``text`` in the family's encoding."""
    try:
        encoding = vocab.load(family.encoding)
        parts = _parts(text)
        tokens = sum(vocab.count(encoding, part) for part in parts)
    except vocab.VocabularyMissing:
        tokens = math.ceil(token_estimate.estimate(text, family.encoding))
        return tokens, "no vocabulary: estimated from text features", 2 * family.margin
    if len(parts) == 1:
        return tokens, None, family.margin
    doubt = f"runs of more than {_BLOCK:,} characters were cut"
    return tokens, doubt, family.margin + _PER_CUT * len(parts) / max(tokens, 1)


def _parts(text):
    """``text`` in parts without endless runs of one kind of character."""
    edges = [0]
    if len(text) >= _BLOCK:
        for start in range(0, len(text) - _BLOCK + 1, _BLOCK):
            if not _BREAK.search(text, start, start + _BLOCK):
                edges.append(start + _BLOCK)
    if edges[-1] < len(text):
        edges.append(len(text))
    return [text[start:end] for start, end in pairwise(edges)]


def _add_content(tally, content, family):
    if content is None:
        return
    if not isinstance(content, (list, tuple)):
        content = [content]
    for part in content:
        kind = str(part.get("type")) if isinstance(part, Mapping) else "text"
        if not isinstance(part, Mapping) or "type" not in part:
            _add_text(tally, part, family)
        elif kind == "text":
            _add_text(tally, part.get("text") or "", family)
        elif kind in ("tool_result", "tool_use"):
            _add_text(tally, part, family)
        else:
            _add_media(tally, part, kind, family)


def _add_media(tally, part, kind, family):
    """An image, a sound or a file: never its base64, which is not what is billed."""
    image = part.get("image_url")
    if isinstance(image, Mapping) and image.get("detail") == "low" and family.exact:
        kind = "image_low"
    elif kind.startswith("image") or kind == "input_image":
        kind = "image"
    tokens, upper = MEDIA.get(kind, MEDIA["other"])
    tally.add(tokens * family.media, upper * family.media, f"{kind} content is estimated")


def _add_tool_call(tally, call, family):
    # In OpenAI's shape, or as ChatResponse.tool_calls gives them: name and arguments at the top.
    function = call.get("function", call) if isinstance(call, Mapping) else None
    function = function if isinstance(function, Mapping) else {}
    for key in ("name", "arguments"):
        _add_text(tally, function.get(key) or "", family)
    tally.add(_TOOL_CALL, 2 * _TOOL_CALL, "tool calls are estimated")


def _add_tools(tally, tools, family):
    """Function definitions, as OpenAI writes them into the prompt (see the cookbook)."""
    inner = _Tally()
    for tool in _listed(tools):
        function = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        function = function if isinstance(function, Mapping) else {}
        inner.add(_FUNCTION[family.encoding])
        line = f"{function.get('name') or ''}:{str(function.get('description') or '').rstrip('.')}"
        _add_text(inner, line, family)
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
        if isinstance(properties, Mapping) and properties:
            inner.add(_PARAMETERS)
            for name, schema in properties.items():
                _add_parameter(inner, name, schema, family)
    added = _FUNCTIONS_END + family.tools
    # The definitions as they are sent are the more cautious figure.
    raw = _Tally()
    _add_text(raw, _json(tools), family)
    upper = max(inner.upper, raw.upper) * 1.25 + added
    tally.add(inner.tokens + added, upper, "tool definitions are estimated")


def _add_parameter(tally, name, schema, family):
    schema = schema if isinstance(schema, Mapping) else {}
    tally.add(_PARAMETER)
    choices = schema.get("enum")
    if isinstance(choices, (list, tuple)):
        tally.add(_ENUM)
        for choice in choices:
            tally.add(_ENUM_ITEM)
            _add_text(tally, str(choice), family)
    described = str(schema.get("description") or "").rstrip(".")
    _add_text(tally, f"{name}:{schema.get('type') or ''}:{described}", family)
    nested = {key: schema[key] for key in ("items", "properties", "anyOf") if schema.get(key)}
    if nested:
        _add_text(tally, nested, family)


def _listed(value):
    return value if isinstance(value, (list, tuple)) else ()


def _json(value):
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(value)
