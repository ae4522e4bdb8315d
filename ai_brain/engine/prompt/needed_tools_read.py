"""A tool, read once: the words by which a prompt may ask for it."""

import json
from functools import lru_cache

from .needed_tools_words import lexicon, meanings, stem, words

MOST_CHARS = 60_000  # of one tool; what is longer is not read, and kept
_ENGINES = frozenset(("engine", "internet", "web", "google", "online"))
_ANYTHING = frozenset(map(stem, _ENGINES))
_NUMBERS = ("integer", "number", "float")
_SCHEMAS = frozenset(("parameters", "input_schema", "parametersJsonSchema"))


def tool_name(tool):
    """The name of a tool in OpenAI's shape, "" if it has none.

    >>> tool_name({"type": "function", "function": {"name": "get_weather"}})
    'get_weather'
    >>> tool_name({"type": "web_search"}), tool_name(None)
    ('web_search', '')
    """
    if not isinstance(tool, dict):
        return ""
    function = tool.get("function")
    name = function.get("name") if isinstance(function, dict) else tool.get("name")
    if name is None and not isinstance(function, dict):
        name = tool.get("type") if tool.get("type") != "function" else None
    return name if isinstance(name, str) else ""


class Tool:
    """named: stems of the name; said: of the description; taken: of the properties' names and
    their fixed values; told: of the properties' descriptions; hits: function words by language;
    anything: it searches the web, which may answer any question; asks: how many arguments it must
    be given, figures: one of them is a number."""

    def __init__(self, function):
        named, said, taken, told = words(function["name"]), [], [], []
        if isinstance(function.get("description"), str):
            said += words(function["description"])
        _walk(function.get("parameters"), taken, told)
        self._words = named, said + taken
        known = lexicon()
        self.hits = {
            name: sum(word in theirs for word in named + said + taken + told)
            for name, theirs in known.function.items()
        }
        self.named = stems(named)
        self.said = stems(said) - self.named
        self.taken = stems(taken) - self.named - self.said
        self.told = stems(told) - self.named - self.said - self.taken
        about = self.named | self.said
        self.anything = stem("search") in about and bool(about & _ANYTHING)
        self.asks, self.figures = _required(function.get("parameters"))
        self._concepts = {}

    def concepts(self, language):
        """What its words mean in a language: (of the name, beyond that of all but ``told``)."""
        if language not in self._concepts:
            named, more = (concepts(found, language) for found in self._words)
            self._concepts[language] = named, more - named
        return self._concepts[language]


def concepts(found, language):
    """What the words of a language mean: a frozenset of the lexicon's numbers."""
    skipped = lexicon().function[language]
    return frozenset(
        number for word in set(found) if word not in skipped for number in meanings(word, language)
    )


def stems(found):
    """The stems of words that may tell a subject.

    >>> sorted(stems(["what", "is", "the", "exchange", "rate"]))
    ['exchang', 'rat']
    """
    skipped = lexicon().function["en"]
    return frozenset(stem(word) for word in found if len(word) > 1 and word not in skipped)


def _walk(parameters, taken, told):
    """Collect a schema's words; what has an unknown shape is passed over."""
    todo = [parameters]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += reversed(node)
            continue
        if not isinstance(node, dict):
            continue
        properties = node.get("properties")
        if isinstance(properties, dict):
            for name in properties:
                taken += words(name)
            todo += reversed(properties.values())
        for value in node.get("enum") if isinstance(node.get("enum"), list) else ():
            if isinstance(value, str):
                taken += words(value)
        for key in ("description", "title"):
            if isinstance(node.get(key), str):
                told += words(node[key])
        for key in ("items", "anyOf", "oneOf", "allOf", "$defs", "definitions"):
            inner = node.get(key)
            named = key in ("$defs", "definitions") and isinstance(inner, dict)
            todo.append(list(inner.values()) if named else inner)


def _required(parameters):
    """(how many arguments a tool must be given, whether one of them is a number)

    >>> _required({"required": ["n", "x"], "properties": {"n": {"type": ["integer", "null"]}}})
    (2, True)
    >>> _required(None), _required({"required": "n"})
    ((0, False), (0, False))
    """
    if not isinstance(parameters, dict) or not isinstance(parameters.get("required"), list):
        return 0, False
    properties, types = parameters.get("properties"), []
    for name in parameters["required"]:
        known = isinstance(properties, dict) and isinstance(name, str)
        one = properties.get(name) if known else None
        kind = one.get("type") if isinstance(one, dict) else None
        types += kind if isinstance(kind, list) else [kind]
    figures = any(kind in _NUMBERS for kind in types if isinstance(kind, str))
    return len(parameters["required"]), figures


def read_tool(tool):
    """The :class:`Tool`, None for what cannot be read (it is to be kept).

    >>> read_tool({"type": "function", "function": {"name": "ping", "parameters": None}}).told
    frozenset()
    >>> read_tool({"type": "web_search"}) is None, read_tool(7) is None
    (True, True)
    >>> sorted(read_tool({"name": "get_rate", "input_schema": {}}).named)
    ['rat']
    """
    function = _function(tool)
    if function is None:
        return None
    try:
        written = json.dumps(function)
    except (TypeError, ValueError, RecursionError):
        return None
    return _read(written) if len(written) <= MOST_CHARS else None


def _function(tool):
    """A function in OpenAI's shapes, Anthropic's or Gemini's, as the first writes it; else None."""
    if not isinstance(tool, dict):
        return None
    if isinstance(tool.get("function"), dict):
        return tool["function"]
    if tool.get("type") not in (None, "function", "custom") or not _SCHEMAS & set(tool):
        return None
    schema = next((tool[key] for key in _SCHEMAS if tool.get(key) is not None), None)
    return {"name": tool.get("name"), "description": tool.get("description"), "parameters": schema}


@lru_cache(512)
def _read(written):
    function = json.loads(written)
    if not isinstance(function.get("name"), str) or not function["name"]:
        return None
    return Tool(function)
