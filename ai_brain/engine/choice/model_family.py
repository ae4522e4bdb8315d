"""Which model is it? One name for a model's snapshots, aliases and re-hosted copies.

Vendors date their snapshots (``gpt-4o-mini-2024-07-18``), hosts put their own name in front and
their own marks behind (``groq/llama-3.1-8b-instant``, ``accounts/fireworks/models/llama-v3p1-8b-
instruct``, ``us.anthropic.claude-3-haiku-20240307-v1:0``). What was measured of one holds for all.

>>> family("openai/gpt-4o-mini-2024-07-18"), family("ft:gpt-4o-mini-2024-07-18:acme::9x")
('gpt-4o-mini', 'gpt-4o-mini')
>>> family("groq/llama-3.1-8b-instant"), family("accounts/fireworks/models/llama-v3p1-8b-instruct")
('llama-3-1-8b', 'llama-3-1-8b')
>>> family("us.anthropic.claude-sonnet-4-20250514-v1:0"), family("claude-4-sonnet")
('claude-sonnet-4', 'claude-sonnet-4')
"""

from functools import lru_cache

from ..base.lazy import regex

_MAX_CHARS = 200
_HOST = regex(
    r"^(?:(?:us|eu|apac|global)\.)?"
    r"(?:anthropic|meta|mistral|cohere|amazon|deepseek|openai|google|qwen|ai21)\."
)
_SEPARATOR = regex(r"[^a-z0-9]+")
_POINT = regex(r"(?<=\d)p(?=\d)")
_CLAUDE_3 = regex(r"^claude-(opus|sonnet|haiku)-(3(?:-[57])?)$")
_OPEN_WEIGHTS = regex(r"^(?:meta-)?(llama|gemma|qwen|phi)-?v?(?=\d)")
_DIGIT = regex(r"\d")
_DAY = regex(r"-20\d\d(?:-?[01]\d-?[0-3]\d)?(?:-v\d)?(?=-|$)|-[01]\d-20\d\d(?=-|$)")
_BUILD = regex(r"(?:-00\d|-v\d-0|-v1)$")
_MONTH_DAY = regex(r"-[01]\d-?[0-3]\d(?=-|$)")
_DATED = regex(r"-[0-2]\d[0-3]\d$")
_CLAUDE = regex(r"^claude-([4-9])(?:-(\d))?-(opus|sonnet|haiku|fable|mythos)\b|^(claude-.*\d)-0$")
_WEIGHTS = regex(r"-v0-\d$")
_NUMBERED = regex(r"^(mistral-(?:large|medium|small))-\d(?:-\d)?-(2\d{3})$")
# Names under which a host serves the same weights, or the vendor the same model.
_MARKS = regex(
    r"-(?:latest|preview|exp|experimental|beta|instruct|it|hf|fp8|fp16|maas|text|versatile|specdec"
    r"|instant|8192|4096|32768|16e|128e|17b|extended|free)(?=-|$)"
)
_OPEN_MARKS = regex(r"-(?:turbo|chat|basic|tee|reference|inst)(?=-|$)")
_OPEN = ("llama", "gemma", "qwen", "phi", "mixtral", "mistral", "kimi", "glm")
# A model of its own, not a preview of what was later called o1; and not the first Gemini Pro, which
# was called so without a number, but today's.
_KEEP = frozenset({"o1-preview", "gemini-pro-latest"})
_ALIASES = {
    "gpt-4-1106": "gpt-4-turbo",
    "gpt-4-0125": "gpt-4-turbo",
    "gpt-4-vision": "gpt-4-turbo",
    "gpt-4-1106-vision": "gpt-4-turbo",
    "gpt-4-32k": "gpt-4",
    "gpt-3-5": "gpt-3-5-turbo",
    "gpt-3-5-turbo-16k": "gpt-3-5-turbo",
    "gpt-35-turbo": "gpt-3-5-turbo",
    "gpt-35-turbo-16k": "gpt-3-5-turbo",
    "gemini-pro": "gemini-1-0-pro",
    "gemini-flash-1-5": "gemini-1-5-flash",
    "gemini-flash-1-5-8b": "gemini-1-5-flash-8b",
    "gemini-pro-1-5": "gemini-1-5-pro",
    # DeepSeek's change log of 2026-04-24: both names answer as V4 Flash (thinking off and on).
    "deepseek-chat": "deepseek-v4-flash",
    "deepseek-reasoner": "deepseek-v4-flash",
    "gpt-5-3-chat": "gpt-5-3",  # the vendor has no other of this number for chat
    "deepseek-chat-v3": "deepseek-v3",
    "deepseek-chat-v3-0324": "deepseek-v3-0324",
    "deepseek-chat-v3-1": "deepseek-v3-1",
    "kimi-k2-thinking": "kimi-k2",
    "o3-mini-high": "o3-mini",  # a router's name for more thinking
    "o4-mini-high": "o4-mini",
    # Open weights under the name of their parameters' total.
    "llama-4-maverick-400b": "llama-4-maverick",
    "llama-4-scout-109b": "llama-4-scout",
    "llama-3-1-405b-reasoning": "llama-3-1-405b",
    "gemini-1-0-pro-vision": "gemini-1-0-pro",
    # Mistral's numbers are its months under another name (its page of models and dates).
    "mistral-large-2": "mistral-large-2407",
    "mistral-large-3": "mistral-large-2512",
    "mistral-large-3-675b": "mistral-large-2512",
    "mistral-large-3-675b-2512": "mistral-large-2512",
    "mistral-medium-3": "mistral-medium-2505",
    "mistral-medium-3-1": "mistral-medium-2508",
    "mistral-medium-2604": "mistral-medium-3-5",
    "mistral-small-3": "mistral-small-2501",
    "mistral-small-3-1": "mistral-small-2503",
    "mistral-small-3-2": "mistral-small-2506",
    "codestral-25-01": "codestral-2501",
    "mistral-nemo-2407": "mistral-nemo",
    "mistral-8x7b": "mixtral-8x7b",
    "pixtral-12b-2409": "pixtral-12b",
    "ministral-3-14b": "ministral-14b-2512",
    "ministral-3-8b": "ministral-8b-2512",
    "ministral-3-3b": "ministral-3b-2512",
    "ministral-3-14b-2512": "ministral-14b-2512",
    "ministral-3-8b-2512": "ministral-8b-2512",
    "ministral-3-3b-2512": "ministral-3b-2512",
    "mistral-3-large-2512": "mistral-large-2512",
    "claude-v2": "claude-2",
    "claude-2-0": "claude-2",
    "claude-2-1": "claude-2",
    "llama-3-2-11b-vision": "llama-3-2-11b",
    "llama-3-2-90b-vision": "llama-3-2-90b",
}
_MISTRAL = ("mistral", "ministral", "codestral", "pixtral", "magistral", "devstral")


@lru_cache(maxsize=1024)
def family(name):
    """The name that ``data/abilities.json`` has a model under, whatever host or snapshot it is.

    Only the form of the name is looked at: a name that nobody knows comes back tidied. Mistral's
    months stay (``mistral-large-2411``), as its months are its versions, and so do DeepSeek's
    days. Anything else than a string is ''.

    >>> family("Mistral-Large-2411"), family("gpt-4-0613"), family("o1-preview-2024-09-12")
    ('mistral-large-2411', 'gpt-4', 'o1-preview')
    >>> family("models/gemini-2.5-pro-preview-05-06"), family(None)
    ('gemini-2-5-pro', '')
    """
    if not isinstance(name, str):
        return ""
    name = name[:_MAX_CHARS].strip().lower()
    if name.startswith("ft:"):
        name = name[3:]
    name, _colon, tag = name.rsplit("/", 1)[-1].partition(":")
    if tag[:1].isalpha() and _DIGIT.search(tag) and not _DIGIT.search(name):
        name, tag = tag, ""  # the host in front: cerebras:llama-3.3-70b
    name = _HOST.sub("", name)
    if tag[:1].isdigit() and tag.split("-")[0].endswith("b"):  # Ollama: llama3.1:8b
        name = f"{name}-{tag}"
    name = _SEPARATOR.sub("-", name).strip("-")
    name = _OPEN_WEIGHTS.sub(r"\1-", _POINT.sub("-", name))
    name = _BUILD.sub("", _DAY.sub("", name))
    if name in _KEEP:
        return name
    if not name.startswith("chatgpt"):  # there "latest" is part of the name
        name = _MARKS.sub("", name)
    if name.startswith(_OPEN):
        name = _OPEN_MARKS.sub("", name)
    name = _WEIGHTS.sub("", name).removeprefix("zai-").removeprefix("open-")
    if name.startswith(_MISTRAL):
        name = _NUMBERED.sub(r"\1-\2", name.replace("-24b", ""))
    name = _ALIASES.get(name, name)
    if not name.startswith((*_MISTRAL, "deepseek")):
        name = _MONTH_DAY.sub("", name)
    if match := _CLAUDE_3.match(name):
        name = f"claude-{match[2]}-{match[1]}"
    elif match := _CLAUDE.match(name):
        major, minor, kind, whole = match.groups()
        version = f"{major}-{minor}" if minor and minor != "0" else major
        name = whole or f"claude-{kind}-{version}{name[match.end() :]}"
    return _ALIASES.get(name, name)


def undated(name):
    """A family without its month or day, for a lookup that found no such version.

    >>> undated("mistral-large-2411"), undated("deepseek-v4-pro-0813"), undated("gpt-4o")
    ('mistral-large', 'deepseek-v4-pro', 'gpt-4o')
    """
    return _DATED.sub("", name)


def line(name):
    """(line, version) of a family: its words, and its numbers in order.

    Mistral's months come before its later plain numbers. The version is () where there is none,
    and where a size with a decimal point makes the numbers ambiguous.

    >>> line("claude-haiku-4-5"), line("gpt-5-6-luna"), line("deepseek-v3-2")
    (('claude haiku', (1, 4, 5)), ('gpt luna', (1, 5, 6)), ('deepseek v', (1, 3, 2)))
    >>> line("mistral-large-2411") < line("mistral-large-4"), line("mistral-large")
    (True, ('mistral large', ()))
    """
    months = name.startswith(_MISTRAL)
    words, numbers = [], []
    for word in name.split("-"):
        if word.isdigit():
            if len(word) < 4 or (months and len(word) == 4):
                numbers.append(int(word))
        elif word[:1] in "vkm" and word[1:].isdigit():
            words.append(word[0])
            numbers.append(int(word[1:]))
        else:
            words.append(word)
    if len(numbers) > 2:
        numbers = []
    dated = months and numbers and numbers[0] > 2300
    return " ".join(words), (0 if dated else 1, *numbers) if numbers else ()
