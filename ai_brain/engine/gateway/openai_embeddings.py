"""Embeddings in OpenAI's format, from the side of who serves them.

Shapes: ``openai-python`` 3.57 (November 2026), ``resources/embeddings`` and ``types``. The client
asks for ``base64`` where its caller names no format, and turns it back into floats.

>>> asked = read({"model": "m", "input": "Hello", "encoding_format": "base64"})
>>> asked.texts, asked.is_short, asked.options
(['Hello'], True, {})
>>> read({"model": "m", "input": "Hello", "seed": 1})
Traceback (most recent call last):
...
engine.gateway.errors.BadRequest: 'seed' is not served here: it is no part of embeddings.
"""

from dataclasses import dataclass, field

from ..tasks.vectors import float32, unpack
from . import asked as given
from . import shapes
from .errors import invalid, not_served
from .openai_params import MODEL
from .shapes import SAYS, body_of, closed, number, one_of, some, text, whole

_FORMATS = ("float", "base64")
_TOKENS = some(whole(0, 9_999_999), 1)
_TEXT = text(1, pattern=SAYS)
#: What is done with each parameter of ``embeddings.create``; a test walks its signature.
HONOURED = {
    "dimensions": whole(1, 16_384),
    "encoding_format": one_of(*_FORMATS),
    "input": {"anyOf": [_TEXT, _TOKENS, some({"anyOf": [_TEXT, _TOKENS]}, 1, 2048)]},
    "model": MODEL,
}
#: To the provider, in its own words.
PASSED = {"user": _TEXT}
#: What the format has no parameter for comes and goes as headers: what becomes of a text that is
#: too long, and how many were.
TOO_LONG, SPLIT = "x-sam-too-long", "x-sam-split"
TOO_LONG_SHAPE = one_of("refuse", "split")
REFUSED = {}
REQUEST = body_of(HONOURED, PASSED, REFUSED, {}, required=("input", "model"))
ANSWER = closed(
    {
        "object": {"const": "list"},
        "model": text(),
        "data": some(
            closed(
                {
                    "object": {"const": "embedding"},
                    "index": whole(0),
                    "embedding": {"anyOf": [some(number(), 1), text(1)]},
                },
                ["object", "index", "embedding"],
            ),
            1,
        ),
        "usage": closed(
            {"prompt_tokens": whole(0), "total_tokens": whole(0)}, ["prompt_tokens", "total_tokens"]
        ),
    },
    ["object", "model", "data", "usage"],
)


@dataclass
class AskedEmbedding:
    """What was asked for. ``model``: as the client named it; ``is_short``: vectors are given as
    base64; ``tags``: of the ledger, which this format has no place for."""

    texts: list
    model: str
    is_short: bool = False
    options: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    task = "embedding"
    stream = False


def read(body):
    """Return a request as :class:`AskedEmbedding`.

    :param dict body: the decoded JSON
    :raise BadRequest: what cannot be served, by name
    """
    whole_body = body
    body = {name: value for name, value in body.items() if value is not None}
    for name in body:
        if name not in {**HONOURED, **PASSED}:
            raise not_served(name, "it is no part of embeddings")
    form = body.get("encoding_format", "float")
    if form not in _FORMATS:
        raise invalid("encoding_format", "float or base64")
    options = {"dimensions": given.whole(body, "dimensions"), "user": body.get("user")}
    if options["user"] is not None:
        options["user"] = given.text(body, "user")
    asked = AskedEmbedding(
        texts=_inputs(body.get("input")),
        model=given.text(body, "model"),
        is_short=form == "base64",
        options={name: value for name, value in options.items() if value is not None},
    )
    shapes.check(whole_body, REQUEST)
    return asked


def choices(headers):
    """The options of ``embed`` that the headers of a request give.

    :param headers: a mapping that knows its names whatever their case
    :raise BadRequest: a value that cannot be

    >>> choices({"x-sam-too-long": "split"}), choices({})
    ({'too_long': 'split'}, {})
    """
    value = headers.get(TOO_LONG)
    if value is None:
        return {}
    shapes.check({TOO_LONG: value}, closed({TOO_LONG: TOO_LONG_SHAPE}))
    return {"too_long": value}


def told(answer):
    """The headers that an answer has for itself.

    >>> told({"split": [{"index": 0, "pieces": 3, "tokens": 20}]}), told({"split": []})
    ({'x-sam-split': '1'}, {})
    """
    split = answer.get("split")
    return {SPLIT: str(len(split))} if split else {}


def _inputs(value):
    """The texts, or lists of token numbers, as a list.

    >>> _inputs([1, 2]), _inputs([[1, 2], [3]]), _inputs(["a"])
    ([[1, 2]], [[1, 2], [3]], ['a'])
    """
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list) or not value:
        raise invalid("input", "a text, a list of texts, or lists of token numbers")
    value = [_numbers(one) if isinstance(one, list) else one for one in value]
    flat = _numbers(value)
    return [flat] if all(type(one) is int for one in flat) else value


def _numbers(values):
    """Whole numbers as such, as JavaScript's JSON may write them."""
    return [int(one) if isinstance(one, float) and one.is_integer() else one for one in values]


def write(answer, asked, id, created):
    """Return the JSON of an answer.

    :param dict answer: what ``embed`` returns, its vectors still packed
    """
    shape = float32 if asked.is_short else list
    sent = (answer.get("usage") or {}).get("input_tokens") or 0
    return {
        "object": "list",
        "model": answer.get("model") or asked.model,
        "data": [
            {"object": "embedding", "index": place, "embedding": shape(unpack(vector))}
            for place, vector in enumerate(answer["vectors"])
        ],
        "usage": {"prompt_tokens": sent, "total_tokens": sent},
    }
