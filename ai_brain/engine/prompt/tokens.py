"""How many tokens a request has: exact where the vocabulary is known, else an estimate.

>>> count_text("<|endoftext|> is plain text here", "gpt-4o").exact
True
>>> count_tokens([{"role": "user", "content": "Hello"}], "gpt-4o")
TokenCount(tokens=8, exact=True, upper_bound=8, method='o200k_base')

Messages are in OpenAI's shape: ``role``, ``content`` (a text or a list of parts), and where
they have them ``name``, ``tool_calls``, ``tool_call_id``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from . import token_claude, token_estimate, vocab
from .token_family import MEDIA, family_of

# tiktoken merges one run of letters or spaces as a whole: slow for megabytes without a break,
# and on spaces its pattern overflows the stack. A block without any break ends in a cut.
_BLOCK = 10_000
_BREAK = re.compile(r"\s\S|\S\s|[^\W\d][^\w\s]|\d\D|\D\d")
_PER_CUT = 4

# A message's frame, a name, the start of the answer, and functions:
# https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken
_FRAME, _NAME, _ANSWER_START = 3, 1, 3
_FUNCTION = {"o200k_base": 7, "cl100k_base": 10}
_PARAMETERS, _PARAMETER, _ENUM, _ENUM_ITEM, _FUNCTIONS_END = 3, 3, -3, 3, 12
_TOOL_CALL = 8
_CLAUDE_FRAME_MOST = 8
_CLAUDE_MARGIN = 1.35  # over the estimate of a text; the newer tokenizer is the least sure
_CLAUDE_BLOCKS = ("tool_use", "tool_result", "thinking", "redacted_thinking")
_ROLES = ("system", "user", "assistant", "tool")
# Keys of a request for which vendors write a prompt of their own, in the three formats.
_PROMPTED = (
    "response_format",
    "structured_outputs",
    "guided_json",
    "guided_regex",
    "guided_choice",
    "guided_grammar",
    "prompt_mode",
    "safe_prompt",
    "output_config",
    "output_format",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
)
_COUNTED = frozenset(("role", "name", "tool_call_id", "content", "tool_calls"))


class TokenCount(NamedTuple):
    """``tokens``, whether that is ``exact``, a number that it stays below, and the method.

    Exact is the count of plain texts for a model whose vocabulary and frames of messages are
    public; images, tools and what messages have besides make it an estimate. ``upper_bound``
    equals ``tokens`` for an exact count; for an estimate it adds the margin of its family (see
    token_family) and never exceeds what the bytes of the text allow.
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
    return _result(tally, family)


def count_tokens(messages, model="", api_format="openai", tools=None, asked=None):
    """TokenCount of a chat request: ``messages`` and function ``tools`` in OpenAI's shape.

    ``asked``: what else the request has of ``tool_choice``, ``thinking`` and ``response_schema``;
    the estimate for Claude knows what they add, no bound has it (see ``upper_bound_of``).
    Raises TypeError when a message is no mapping.
    """
    family = family_of(model, api_format)
    tally, framed, most, side, role = _Tally(), 0, 0, None, None
    for message in messages:
        if not isinstance(message, Mapping):
            raise TypeError(f"expected a message (a mapping), got {message!r:.80}")
        if family.exact:
            tally.add(_FRAME)
        role = message.get("role")
        if family.exact or role not in _ROLES:  # in the frame of the others
            _add_text(tally, role, family)
        # Anthropic joins messages of one side that follow one another; what tools gave is a user's
        before, side = side, "user" if role == "tool" else role
        apart = not family.claude or side != before
        if family.claude and role == "assistant" and not framed:
            tally.add(token_claude.BEGUN_BY_ASSISTANT)
        apart = apart and (family.frames_system or framed or role != "system")
        framed, most = framed + bool(apart), most + (family.frames_system or role != "system")
        for key in ("name", "tool_call_id"):
            if message.get(key):
                inner = _Tally()
                _add_text(inner, message[key], family)
                unread = family.claude and key == "tool_call_id"
                tally.add(0 if unread else inner.tokens, inner.upper, *inner.doubts[:1])
        if message.get("name"):
            tally.add(_NAME)
        _add_content(tally, message.get("content"), family)
        for place, call in enumerate(_listed(message.get("tool_calls"))):
            _add_tool_call(tally, call, family, place)
        _add_besides(tally, message)
    if family.exact:
        tally.add(_ANSWER_START)
    else:
        begun = bool(family.claude) and role == "assistant"  # the answer's frame is its own
        frames = family.frame * max(framed - 1 - begun, 0)
        most = (_CLAUDE_FRAME_MOST if family.claude else 2 * family.frame) * max(most - 1, 0)
        tally.add(family.constant + frames, family.constant + most + family.hidden)
    if tools:
        _add_tools(tally, tools, family)
    if family.claude:
        tally.tokens += _asked_of_claude(asked or {}, tools, model, family)
    return _result(tally, family)


def upper_bound_of(value):
    """The most tokens that ``value`` can be: a token a byte of its JSON.

    For whatever goes to the vendor and is not counted (a schema, a tool choice, unknown keys, a
    file's text): vocabularies are made of bytes or fall back to them, so no text has more tokens
    than bytes. A text or bytes count as they are, all else as the longest JSON there is of it, in
    which what is not ASCII is escaped: a template may write it so. None, empty texts and
    collections are 0.
    Where a vendor writes a prompt of its own around it, that is in the family's ``hidden``,
    ``tools_hidden`` or ``schema_hidden``.

    >>> upper_bound_of({"type": "json_object"}), upper_bound_of("Grüße"), upper_bound_of(None)
    (23, 7, 0)
    >>> upper_bound_of({"title": "Größe"})
    28
    """
    if value is None or value == "" or (isinstance(value, (list, tuple, dict)) and not value):
        return 0
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    text = value if isinstance(value, str) else token_claude.as_json(value, escaped=True)
    return len(text.encode("utf-8", "surrogatepass"))


def prompt_around(extra, model="", api_format="openai", schema=False):
    """The most tokens that a vendor may write itself for what ``extra`` asks for; 0 for nothing.

    An answer of a certain shape (``schema``: asked for by an option of its own), Mistral's prompts
    for reasoning and for safety. The bytes of ``extra`` itself are in :func:`upper_bound_of`.

    >>> prompt_around({"response_format": {"type": "json_object"}}, "claude-sonnet-4-6")
    830
    >>> prompt_around({"top_p": 0.5, "output_config": {"effort": "low"}}, "claude-sonnet-4-6")
    0
    """
    inner = extra.get("generationConfig")
    asked = {**extra, **inner} if isinstance(inner, Mapping) else extra
    return family_of(model, api_format).schema_hidden if schema or _shaped(asked) else 0


def _shaped(asked):
    for key in _PROMPTED:
        value = asked.get(key)
        if key == "output_config" and isinstance(value, Mapping):
            value = value.get("format")
        if value and value != {"type": "text"}:
            return True
    return False


def _result(tally, family):
    if family.exact and not tally.doubts:
        whole = int(tally.tokens)
        return TokenCount(whole, True, whole, family.encoding)
    whole = max(round(tally.tokens), 1 if tally.tokens else 0)
    method = "; ".join((family.method, *tally.doubts))
    return TokenCount(whole, False, max(whole, math.ceil(tally.upper)), method)


def _add_text(tally, text, family):
    """Add one text: its count, and the least of the family's margin and its bytes."""
    if not text:
        return
    text = text if isinstance(text, str) else token_claude.as_json(text)
    tokens, counted, doubt, margin = _encoded(text, family)
    if family.exact and not doubt:
        tally.add(tokens)
        return
    # A vocabulary of bytes, or one that falls back to them, needs a token a byte at most.
    most = len(text.encode("utf-8", "surrogatepass")) + 1
    if family.splits_as_gemini:
        counted = token_estimate.gemini(text, tokens)
        tokens = max(tokens, counted)
    elif family.single_digits:
        counted += token_estimate.single_digits(text)
        tokens = counted
    room = 0 if family.own or family.exact else token_estimate.room(text)
    bound = tokens * margin
    if family.claude:
        # the weights of words may come to more than the margin of the vocabulary they weigh
        bound = max(bound, counted * _CLAUDE_MARGIN)
    upper = max(counted, min(bound + room, most))
    tally.add(min(counted, most) if family.claude else counted, upper, doubt)


def _encoded(text, family):
    """(tokens in the family's encoding, the model's, doubt or None, margin) of ``text``."""
    try:
        encoding = vocab.load(family.encoding)
        parts = _parts(text)
        read = [vocab.encode(encoding, part) for part in parts]
    except vocab.VocabularyMissing:
        tokens = math.ceil(token_estimate.estimate(text, family.encoding))
        doubt = "no vocabulary: estimated from text features"
        return tokens, tokens * family.factor, doubt, 2 * family.margin
    tokens = sum(map(len, read))
    counted, margin = tokens * family.factor, family.margin
    if family.claude:
        newer = family.claude == "newer"
        found = [token_claude.tokens_of(encoding, one, newer) for one in read]
        counted = sum(own for own, _more in found)
        margin += sum(more for _own, more in found) / max(tokens, 1)
    if len(parts) == 1:
        return tokens, counted, None, margin
    doubt = f"runs of more than {_BLOCK:,} characters were cut"
    return tokens, counted, doubt, margin + _PER_CUT * len(parts) / max(tokens, 1)


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


def _add_content(tally, content, family, nested=False):
    if content is None:
        return
    if isinstance(content, str):
        _add_text(tally, content, family)
        return
    if not isinstance(content, (list, tuple)):
        content = [content]
    used = 0
    for part in content:
        kind = str(part.get("type")) if isinstance(part, Mapping) else "text"
        if not isinstance(part, Mapping) or "type" not in part:
            _add_text(tally, part, family)
            tally.add(0, doubt="content of an unknown shape is estimated")
        elif kind == "text":
            _add_text(tally, part.get("text") or "", family)
            if set(part) - {"type", "text"}:
                tally.add(0, doubt="texts with more than their text are estimated")
        elif family.claude and kind in _CLAUDE_BLOCKS and not nested:
            _add_claude_block(tally, part, kind, family, used)
            used += kind == "tool_use"
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
    most = upper * (max(family.media, family.media_most) if kind == "image" else family.media)
    tally.add(tokens * family.media, most, f"{kind} content is estimated")


def _add_claude_block(tally, part, kind, family, used):
    """A block of Anthropic's: its JSON is the bound, ids and the vendor's own keys are not read."""
    bound, inner = _Tally(), _Tally()
    if kind == "tool_use":
        _add_text(bound, part, family)
        _add_claude_call(inner, part.get("name"), part.get("input"), family, used)
        bound.upper += inner.upper
    elif kind == "tool_result":
        _add_text(bound, part, family)
        _add_content(inner, part.get("content"), family, nested=True)
    else:
        # what was thought before an answer is not read again; while tools are called it is, and
        # that is in the bound alone
        _add_text(bound, part, family)
    tally.add(inner.tokens, max(bound.upper, inner.upper), f"{kind} content is estimated")


def _add_claude_call(tally, name, given, family, place):
    """A call of a function and the frame of its answer, by its place among those of a turn."""
    first, further, argument = token_claude.CALL[family.claude]
    tally.add(further if place else first, max(first, further))
    _add_text(tally, name, family)
    for key, value in token_claude.arguments_of(given):
        tally.add(argument)
        _add_text(tally, key, family)
        _add_text(tally, value, family)


def _add_tool_call(tally, call, family, place):
    # In OpenAI's shape, or as ChatResponse.tool_calls gives them: name and arguments at the top.
    function = call.get("function", call) if isinstance(call, Mapping) else None
    function = function if isinstance(function, Mapping) else {}
    if family.claude:
        inner, given = _Tally(), function.get("arguments")
        _add_claude_call(inner, function.get("name"), given, family, place)
        bound = _Tally()
        _add_text(bound, given, family)
        tally.add(inner.tokens, inner.upper + bound.upper, "tool calls are estimated")
        return
    for key in ("name", "arguments"):
        _add_text(tally, function.get(key) or "", family)
    tally.add(_TOOL_CALL, 2 * _TOOL_CALL, "tool calls are estimated")


def _add_besides(tally, message):
    """What a message has that is not counted above (reasoning, audio, an answer to a tool)."""
    besides = {k: v for k, v in message.items() if k not in _COUNTED and v not in (None, "")}
    if besides:
        bound = upper_bound_of(besides)
        tally.add(bound / 4, bound, f"{', '.join(map(str, besides))} of messages estimated")
    if message.get("tool_call_id") or message.get("role") in ("tool", "function"):
        tally.add(0, 8, "answers of tools are estimated")


def _add_tools(tally, tools, family):
    """Function definitions, as OpenAI writes them into the prompt (see the cookbook)."""
    inner = _Tally()
    for tool in _listed(tools):
        function = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        function = function if isinstance(function, Mapping) else {}
        if family.claude:
            _add_text(inner, token_claude.written(tool), family)
            continue
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
    # What the prompt of Claude's tools comes to is added by the model, the most of it is bounded
    more = 0 if family.claude else added
    # The definitions as they are sent, or escaped, are the more cautious figure.
    raw = _Tally()
    _add_text(raw, token_claude.as_json(tools, escaped=not family.exact), family)
    upper = max(inner.upper, raw.upper) * 1.25 + added + family.tools_hidden
    tally.add(inner.tokens + more, upper, "tool definitions are estimated")


def _asked_of_claude(asked, tools, model, family):
    """Tokens of what Anthropic writes for tools, for thinking and for a schema."""
    tally, choice = _Tally(), asked.get("tool_choice")
    if tools:
        forced = token_claude.is_forced(choice)
        tally.add(token_claude.tool_prompt(model, forced))
        _add_text(tally, forced and token_claude.forced_name(choice), family)
    tally.add(token_claude.thinking_prompt(model, asked.get("thinking")))
    if asked.get("response_schema"):
        inner = _Tally()
        _add_text(inner, asked["response_schema"], family)
        tally.add(token_claude.SCHEMA + token_claude.SCHEMA_TOKEN * inner.tokens)
    return tally.tokens


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
