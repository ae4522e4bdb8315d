"""How a prompt tells the vendor to misbehave, or to say something particular.

A marker ``{{vendor key=value …}}`` in the last user message; keys:

- ``id``: a word that comes back in the log;
- ``fault``: one of FAULTS; ``times``: only for the first so many requests with this prompt;
- ``delay``: seconds before the answer (faults and answers alike); ``retry_after``: for 429 and 5xx;
- ``drip``: seconds before each event of a stream;
- ``hold``: wait at a gate of this name until the control endpoint releases it;
- ``output``, ``cached``, ``written``, ``reasoning``: counts of tokens in the answer's usage;
- ``tools=counted``: the description of tools is part of the input, by its JSON;
- ``caches=rules``: those of the cache as the vendor's own rules have them (``caches.py``);
- ``sound``: how many of the input tokens were audio; ``searches``: made on the web;
- ``service``, ``region``: what the answer says of them, in the format's own field;
- ``cost``: a cost in USD returned as OpenRouter does;
- ``tool``: answer with a call of this function, or of several (``a,b``) at once;
- ``say``: the answer itself, in base64 of the URL-safe kind;
- ``thought``: Claude thinks this aloud before; ``stop``: it ended at this text.
"""

import re

# fault -> whether the vendor bills the call all the same
FAULTS = {
    "429": False,
    "400": False,
    "401": False,
    "403": False,
    "404": False,
    "500": False,
    "502": True,  # from a proxy: the vendor behind it has answered
    "503": False,
    "504": True,
    "520": True,
    "524": True,
    "529": False,
    "redirect": False,
    "badjson": True,  # the answer is broken JSON
    "nousage": True,  # no usage in an answer that is otherwise fine
    "badusage": True,  # usage with wrong types
    "wrongtypes": True,  # choices or content of the wrong type
    "close": True,  # the connection is closed instead of an answer
    "half": True,  # half of the answer, then the connection is closed
    "halfclean": True,  # half of a stream, then closed as if it were complete
    "huge": True,  # an answer of 10 MB
    "hang": True,  # no answer at all until released, or for 5 minutes
    "echo": False,  # 401 whose message repeats the key
}
_MARKER = re.compile(r"\{\{vendor ([^}]*)\}\}")


def marker(**directives):
    """The marker with these keys.

    >>> marker(fault="half", id=7)
    '{{vendor fault=half id=7}}'
    """
    words = " ".join(f"{key}={value}" for key, value in directives.items())
    return "{{vendor " + words + "}}"


def directives(text):
    """The marker's keys and values in a text; later markers win."""
    found = {}
    for match in _MARKER.finditer(text or ""):
        found.update(pair.split("=", 1) for pair in match[1].split() if "=" in pair)
    if found.get("fault") not in (None, *FAULTS):
        raise ValueError(f"unknown fault {found['fault']}")
    return found
