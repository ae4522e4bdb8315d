"""The body of a request: JSON of bounded size and depth, or a refusal that names the field."""

import json
import math
import re

from .errors import BadRequest
from .pieces import dump

#: Pictures are sent as text, so it is more than ``engine.call.request`` allows for words.
MOST_BYTES = 6_000_000
#: A JSON schema within a tool is some twenty deep.
MOST_DEPTH = 64
#: An escape of which a half may be missing.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


def read(data):
    """Return the JSON object that ``data`` (bytes) holds.

    :raise BadRequest: it is none; ``param`` names the field where one can be named

    >>> read(b'{"model": "auto"}')
    {'model': 'auto'}
    >>> read(b'{"a": ' + b"[" * 100_000)
    Traceback (most recent call last):
    ...
    engine.gateway.errors.BadRequest: The body is nested too deeply.
    >>> read(b'{"temperature": NaN}')
    Traceback (most recent call last):
    ...
    engine.gateway.errors.BadRequest: The body is no JSON: NaN is no number of JSON.
    >>> read(b'{"temperature": 1e999}')
    Traceback (most recent call last):
    ...
    engine.gateway.errors.BadRequest: The body is no JSON: 1e999 is no number of JSON.
    """
    try:
        text = data.decode("utf-8")
        body = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.", None, "body_too_deep") from None
    except UnicodeDecodeError:
        raise BadRequest("The body is no text in UTF-8.", None, "invalid_json") from None
    except ValueError as error:
        why = str(error)[:200]
        raise BadRequest(f"The body is no JSON: {why}", None, "invalid_json") from None
    if not isinstance(body, dict):
        raise BadRequest("The body is a JSON object.", None, "invalid_json")
    _check_depth(body)
    if _HALF.search(data):
        _check_unicode(body)
    return body


def _no_constant(name):
    raise ValueError(f"{name[:30]} is no number of JSON.")


def _finite(text):
    number = float(text)
    return number if math.isfinite(number) else _no_constant(text)


def _check_unicode(body):
    """Refuse halves of surrogate pairs, naming the field.

    >>> read(b'{"model": "a\\\\ud83d\\\\ude00"}')["model"] == "a\U0001f600"
    True
    >>> read(b'{"model": "a\\\\ud83d"}')
    Traceback (most recent call last):
    ...
    engine.gateway.errors.BadRequest: model holds half of a surrogate pair, which is no text.
    """
    for name, value in body.items():
        try:
            dump({name: value}).encode("utf-8")
        except UnicodeEncodeError:
            field = name[:60].encode("utf-8", "replace").decode()
            message = f"{field} holds half of a surrogate pair, which is no text."
            raise BadRequest(message, field, "invalid_text") from None


def _check_depth(body):
    """Refuse what is nested too deeply, naming the field.

    >>> _check_depth({"tools": [{"a": json.loads("[" * 70 + "]" * 70)}], "n": 1})
    Traceback (most recent call last):
    ...
    engine.gateway.errors.BadRequest: tools is nested more than 64 levels deep.
    """
    for name, value in body.items():
        level, depth = [value], 1
        while level:
            if depth > MOST_DEPTH:
                field = str(name)[:60]
                raise BadRequest(
                    f"{field} is nested more than {MOST_DEPTH} levels deep.", field, "too_deep"
                )
            level = [
                inner
                for outer in level
                if isinstance(outer, dict | list)
                for inner in (outer.values() if isinstance(outer, dict) else outer)
                if isinstance(inner, dict | list)
            ]
            depth += 1
