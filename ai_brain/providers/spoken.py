"""One format's words for what was asked for in those of another.

A call is made before it is known who answers it, and goes on to another provider where the first
one fails. So ``extra`` may hold a vendor's own keys, or OpenAI's names (``stop``, ``user``,
``reasoning_effort``, ``parallel_tool_calls``, ``response_format``), and Anthropic's ``thinking``
and ``cache_control``: each format says those that it has in its own words. Hints that change
nothing of an answer (whose cache key it has, who the end user is) are left out where a vendor has
no place for them. What shapes the answer and has no word here stays as it is, and is refused by its
name. Shapes: the vendors' API references, November 2026.
"""

from dataclasses import replace

from . import schemas

#: Hints about a cache or a vendor's own records, of OpenAI's and of Anthropic's format.
HINTS = ("prompt_cache_key", "prompt_cache_retention", "safety_identifier", "user", "metadata")
THOUGHTS = ("thinking", "redacted_thinking")
_GENERATION = {
    "top_p": "topP",
    "top_k": "topK",
    "seed": "seed",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
}
#: Tokens of thought of each effort, as Google's own OpenAI address has them.
_BUDGETS = {"none": 0, "minimal": 512, "low": 1_024, "medium": 8_192, "high": 24_576}


def spoken(request, api_format):
    """Return a ``ChatRequest`` in the words of a format; itself where nothing is to be said anew.

    >>> from .base import ChatRequest
    >>> asked = ChatRequest([], "claude-opus-4-8", 9, extra={"user": "u1", "seed": 3})
    >>> spoken(asked, "anthropic").extra
    {'seed': 3, 'metadata': {'user_id': 'u1'}}
    >>> spoken(asked, "openai") is asked
    True
    """
    say = _SAY.get(api_format)
    return say(request) if say else request


def _changed(request, extra, **more):
    """The request with these, itself where nothing is different."""
    if extra != request.extra:
        more["extra"] = extra
    return replace(request, **more) if more else request


def _openai(request):
    extra, more = dict(request.extra), _without(request, THOUGHTS)
    extra.pop("cache_control", None)
    _take_stop(extra, "stop_sequences", request, more)
    thinking = extra.get("thinking")
    if isinstance(thinking, dict) and (thinking.keys() & {"budget_tokens", "display"}):
        del extra["thinking"]
        budget = thinking.get("budget_tokens")
        if isinstance(budget, int):
            effort = next((name for name in ("low", "medium") if budget <= _BUDGETS[name]), "high")
            extra.setdefault("reasoning_effort", effort)
    elif thinking == {"type": "adaptive"}:
        del extra["thinking"]
    return _changed(request, extra, **more)


def _anthropic(request):
    extra, more = dict(request.extra), {}
    user = extra.pop("user", None) or extra.get("safety_identifier")
    for name in ("prompt_cache_key", "prompt_cache_retention", "safety_identifier"):
        extra.pop(name, None)
    metadata = extra.get("metadata")
    if isinstance(metadata, dict) and "user_id" not in metadata:
        del extra["metadata"]  # what OpenAI keeps beside an answer
    if user:
        extra.setdefault("metadata", {"user_id": user})
    _take_stop(extra, "stop", request, more)
    effort = extra.pop("reasoning_effort", None)
    if effort == "none":
        extra.setdefault("thinking", {"type": "disabled"})
    elif effort is not None:
        config = extra.get("output_config")
        config = config if isinstance(config, dict) else {}
        extra["output_config"] = {"effort": "low" if effort == "minimal" else effort, **config}
    parallel = extra.pop("parallel_tool_calls", None)
    if parallel is False and request.tools and request.tool_choice != "none":
        more["tool_choice"] = {**_choice(request.tool_choice), "disable_parallel_tool_use": True}
    form = extra.get("response_format")
    if form in ({"type": "text"}, {"type": "json_object"}):
        del extra["response_format"]
        if form["type"] == "json_object" and request.response_schema is None:
            more["response_schema"] = {"type": "object"}
    return _changed(request, extra, **more)


def _choice(choice):
    """A choice among tools in Anthropic's shape."""
    if isinstance(choice, dict):
        function = choice.get("function")
        return {"type": "tool", "name": function.get("name")} if function else dict(choice)
    return {"type": {"required": "any"}.get(choice, choice or "auto")}


def _gemini(request):
    extra, more = dict(request.extra), _without(request, THOUGHTS, marks=True)
    config = dict(extra.get("generationConfig") or {})
    for name in (*HINTS, "cache_control"):
        extra.pop(name, None)
    for name, own in _GENERATION.items():
        if name in extra:
            config.setdefault(own, extra.pop(name))
    _take_stop(extra, "stop", request, more)
    _take_stop(extra, "stop_sequences", request, more)
    if extra.get("parallel_tool_calls") is True:
        del extra["parallel_tool_calls"]
    form = extra.get("response_format")
    if form in ({"type": "text"}, {"type": "json_object"}):
        del extra["response_format"]
        if form["type"] == "json_object" and request.response_schema is None:
            config.setdefault("responseMimeType", "application/json")
    thought = _gemini_thought(extra, request.model)
    if thought:
        config.setdefault("thinkingConfig", thought)
    if config:
        extra["generationConfig"] = config
    return _changed(request, extra, **more)


def _gemini_thought(extra, model):
    """``thinkingConfig``: a budget before Gemini 3, a level since."""
    effort = extra.pop("reasoning_effort", None)
    thinking = extra.pop("thinking", None)
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    old = schemas.is_old_gemini(model)
    if effort is None:
        return {"thinkingBudget": budget} if budget is not None else None
    if old:
        return {"thinkingBudget": _BUDGETS.get(effort, _BUDGETS["high"])}
    level = {"none": "minimal", "xhigh": "high", "max": "high"}.get(effort, effort)
    return {"thinkingLevel": level}


def _take_stop(extra, name, request, more):
    if name in extra and not request.stop:
        more["stop"] = extra.pop(name)


def _without(request, kinds, marks=False):
    """{'messages': …} without parts of these kinds, and without marks of a cache; {} if there are
    none. Another model's thoughts are of no use to this one."""

    def is_left(part):
        return not (isinstance(part, dict) and part.get("type") in kinds)

    def bare(part):
        if not (marks and isinstance(part, dict) and "cache_control" in part):
            return part
        return {name: value for name, value in part.items() if name != "cache_control"}

    found = []
    for message in request.messages:
        content = message.get("content")
        if isinstance(content, list):
            kept = [bare(part) for part in content if is_left(part)]
            if kept != content:
                message = {**message, "content": kept or ""}
        found.append(message)
    return {} if found == request.messages else {"messages": found}


_SAY = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini}
