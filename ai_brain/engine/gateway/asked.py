"""One request in the words that ``ai.service.send_message`` takes, whatever format it came in.

Messages are in OpenAI's shape, with the marks and blocks of Anthropic's that have no other name
(``cache_control``, thinking). What shapes the answer beyond the options of a call stands in
``options`` under OpenAI's names, and ``thinking``, ``top_k`` and ``cache_control`` under
Anthropic's: each provider's format says it in its own words, or refuses it by name
(``providers.spoken``).
"""

from dataclasses import dataclass, field

from ..call.request import CONTEXT_TYPES, MAX_TAG
from .errors import invalid
from .shapes import check, closed, maybe, one_of
from .shapes import text as text_shape
from .shapes import whole as whole_shape

#: What a caller may say of a call for the ledger, in ``metadata`` or headers.
TAGS = (
    "module",
    "context_model",
    "context_type",
    "agent_type",
    "agent_mode",
    "session_id",
    "res_model",
)
IDS = ("res_id", "lead_id")
#: A caller tags a call by ``metadata``, or by headers of this beginning: ``x-sam-res-id``.
HEADER = "x-sam-"
ALIASES = {"agent": "agent_type", "session": "session_id"}
MOST_ID = 2**31 - 1
MOST_STOPS = 16
MOST_STOP = 256


@dataclass
class Asked:
    """What was asked for.

    ``model``: as the client named it; ``tags``: of the ledger, found in ``metadata``;
    ``options``: what goes to the provider beyond a call's own options; ``include_usage``: does a
    stream end with its usage?
    """

    messages: list
    model: str
    stream: bool = False
    max_tokens: int | None = None
    temperature: float | None = None
    tools: list | None = None
    tool_choice: object = None
    response_schema: dict | None = None
    stop: list | None = None
    options: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    include_usage: bool = False

    def call_options(self):
        """The keyword arguments of ``send_message``, those alone that were given.

        >>> Asked([], "m", max_tokens=5, options={"top_p": 0.5}).call_options()
        {'max_tokens': 5, 'extra': {'top_p': 0.5}}
        """
        found = {
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "tools": self.tools,
            "tool_choice": self.tool_choice,
            "response_schema": self.response_schema,
            "stop": self.stop,
            "extra": self.options,
        }
        return {name: value for name, value in found.items() if value not in (None, {}, [])}


def tag_shape(name):
    """The schema of one tag in a header.

    >>> tag_shape("context_type")["enum"], tag_shape("module")["maxLength"]
    (['full', 'selective', 'minimal'], 128)
    """
    if name == "context_type":
        return one_of(*CONTEXT_TYPES)
    if name in IDS:
        return text_shape(pattern="^[1-9][0-9]{0,8}$")
    return text_shape(1 if name == "res_model" else None, MAX_TAG)


def metadata_of():
    """The schema of ``metadata``: tags, and texts and numbers for the vendor."""
    found = {name: maybe(tag_shape(name)) for name in TAGS}
    for name in IDS:
        # metadata are texts in OpenAI's types
        digits = text_shape(pattern="^[0-9]{1,9}$", description="The same in digits.")
        found[name] = {"anyOf": [whole_shape(0, MOST_ID), digits, {"type": "null"}]}
    return {
        "type": "object",
        "properties": found,
        "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        "dependentRequired": {"res_id": ["res_model"]},
        "description": "Tags for the ledger; what else stands in it is the vendor's.",
    }


def take_tags(metadata):
    """(tags of the ledger, what else stands in it) of a request's ``metadata``.

    >>> take_tags({"module": "sale", "res_id": "7", "trace": "a1"})
    ({'module': 'sale', 'res_id': 7}, {'trace': 'a1'})
    """
    if metadata is None:
        return {}, {}
    if not isinstance(metadata, dict):
        raise invalid("metadata", "an object")
    tags = {name: metadata[name] for name in TAGS if metadata.get(name)}
    for name in IDS:
        value = metadata.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 11:
            value = int(value)
        if value:
            tags[name] = value
    rest = {name: value for name, value in metadata.items() if name not in (*TAGS, *IDS)}
    return tags, rest


def tags_of(headers, names):
    """The tags that the headers of a request give.

    :param headers: a mapping that knows its names whatever their case
    :param dict names: header to tag
    :raise BadRequest: a value that cannot be, by its header

    >>> tags_of({"x-sam-lead-id": "7"}, {"x-sam-lead-id": "lead_id"})
    {'lead_id': 7}
    >>> tags_of({"x-sam-lead-id": ""}, {"x-sam-lead-id": "lead_id"})
    Traceback (most recent call last):
    ...
    engine.gateway.errors.BadRequest: x-sam-lead-id must fit the pattern ^[1-9][0-9]{0,8}$.
    """
    found = {}
    for header, tag in names.items():
        value = headers.get(header)
        if value is None:
            continue
        check({header: value}, closed({header: tag_shape(tag)}))
        if value:
            found[tag] = int(value) if tag in IDS else value
    return found


# ----------------------------------------------------------------------
# Values of a body, checked by their name
# ----------------------------------------------------------------------


def whole(body, name, least=1):
    """A whole number, or None."""
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # as JavaScript's JSON may write it
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise invalid(name, f"a whole number of {least} or more")
    return value


def number(body, name, least, most):
    """A finite number within bounds, or None.

    >>> number({"temperature": 0.7}, "temperature", 0, 2)
    0.7
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise invalid(name, f"a number from {least} to {most}")
    return value


def flag(body, name):
    """True or False; None is False."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise invalid(name, "true or false")
    return bool(value)


def text(body, name):
    """A text that says something.

    :raise BadRequest: it is missing, too
    """
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid(name, "a text")
    return value


def items(body, name, param=None, needed=False):
    """A list of objects, or None."""
    value = body.get(name)
    if value is None and not needed:
        return None
    param = param or name
    if not isinstance(value, list) or (needed and not value):
        raise invalid(param, "a list" + (" that is not empty" if needed else ""))
    for place, one in enumerate(value):
        if not isinstance(one, dict):
            raise invalid(f"{param}[{place}]", "an object")
    return value


def stops(body, name):
    """Texts at which an answer ends, as a list, or None.

    >>> stops({"stop": "END"}, "stop")
    ['END']
    """
    value = body.get(name)
    if value is None or value == []:
        return None
    value = [value] if isinstance(value, str) else value
    good = isinstance(value, list) and len(value) <= MOST_STOPS
    if not good or not all(isinstance(s, str) and 0 < len(s) <= MOST_STOP for s in value):
        raise invalid(name, f"at most {MOST_STOPS} texts of 1 to {MOST_STOP} characters")
    return value
