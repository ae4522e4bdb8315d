"""What of a request may reach a vendor.

A format declares what it sends (see :class:`~.base.WireFormat`): the keys of ``extra``, those of a
message, the kinds of content. Everything else is refused by name before anything is sent, because
what a call can cost is held before it is made: a key that buys more, or text in a key that nobody
counts, would pass every limit. How much is sent beyond what is counted says ``uncounted``.
"""

import re

from ..engine.base.line import one_line
from .errors import InvalidRequest

SEVERAL = "it asks for several answers, and each is billed"
RATE = "it changes the rate at which the call is billed"
SEARCH = "what is searched and read for it is billed on top"
RUN = "what the vendor runs for it is billed on top"
MEDIA = "sound and pictures in an answer are billed at rates of their own"
DEARER = "it may choose a dearer model or host"
OWN = "it has an option of its own, or is set for every call"
UNSEEN = "answers are passed on as text, without it"

#: Keys that people ask for, and why they are not sent.
REFUSED = {
    **dict.fromkeys(("n", "best_of", "candidateCount", "use_beam_search"), SEVERAL),
    **dict.fromkeys(("service_tier", "serviceTier", "speed", "inference_geo"), RATE),
    "prediction": "what is predicted wrongly is billed as well",
    **dict.fromkeys(
        (
            "web_search_options",
            "search_parameters",
            "search_settings",
            "enable_search",
            "plugins",
            "data_sources",
            "documents",
        ),
        SEARCH,
    ),
    **dict.fromkeys(("container", "mcp_servers", "context_management", "compound_custom"), RUN),
    **dict.fromkeys(
        ("modalities", "audio", "responseModalities", "speechConfig", "imageConfig"), MEDIA
    ),
    **dict.fromkeys(("models", "route", "provider"), DEARER),
    "cachedContent": "how many tokens it holds is not known here",
    "mediaResolution": "it changes how many tokens a picture has",
    "mm_processor_kwargs": "it changes how many tokens a picture has",
    "chat_template": "a template writes text of its own into the prompt",
    **dict.fromkeys(("logprobs", "top_logprobs", "responseLogprobs", "prompt_logprobs"), UNSEEN),
    **dict.fromkeys(
        (
            "model",
            "messages",
            "contents",
            "input",
            "prompt",
            "system",
            "systemInstruction",
            "tools",
            "functions",
            "tool_choice",
            "function_call",
            "toolConfig",
            "stream",
            "stream_options",
            "max_tokens",
            "max_completion_tokens",
            "max_output_tokens",
            "maxOutputTokens",
            "temperature",
            "usage",
        ),
        OWN,
    ),
}
_SOUND = "sound and video are billed at rates of their own, for which no price is kept"
_BY_NAME = "how large it is cannot be seen from here; send its data"
REFUSED_PARTS = {
    "input_audio": _SOUND,
    "video_url": _SOUND,
    "audio_url": _SOUND,
    "search_result": "send it as text",
    "container_upload": RUN,
}
CHOICES = ("auto", "none", "required", "any")
CHOICE_KEYS = {"type", "function", "name", "disable_parallel_tool_use"}
CALL_KEYS = {
    "id",
    "type",
    "index",
    "name",
    "arguments",
    "function",
    "thought_signature",
    "cache_control",
}
FUNCTION_KEYS = {"name", "arguments"}
#: Longest name of a function in a tool call; Gemini's format repeats it in every result.
MAX_NAME = 256
_IMAGE_KEYS = {"url", "detail"}
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")


def check_extra(extra, allowed, where="extra"):
    """Refuse keys of ``extra`` that are not among ``allowed``.

    >>> check_extra({"top_p": 0.5}, {"top_p"})
    >>> check_extra({"n": 5}, {"top_p"})
    Traceback (most recent call last):
    ...
    ai_brain.providers.errors.InvalidRequest: 'extra' may not set 'n': it asks for several \
answers, and each is billed. Only keys that leave the cost of a call as it was held are sent: top_p.
    """
    if not isinstance(extra, dict):
        raise InvalidRequest(f"'{where}' is a dictionary of keys of the vendor's request.")
    unknown = sorted(str(key) for key in extra if key not in allowed)
    if unknown:
        why = REFUSED.get(unknown[0], "this format does not send it")
        raise InvalidRequest(
            f"'{where}' may not set '{_name(unknown[0])}': {why}. Only keys that leave the cost of "
            f"a call as it was held are sent: {', '.join(sorted(allowed)) or 'none'}."
        )


def check_messages(wire, messages):
    """Refuse keys of messages and of tool calls, and kinds of content, that ``wire`` does not send.

    A key whose value is None is as good as absent: other libraries write them all.
    """
    for message in messages:
        _known(message, wire.message_keys, "A message")
        check_cache(wire, message.get("cache_control"))
        content = message.get("content")
        if isinstance(content, list):
            check_parts(wire, content)
        elif content is not None and not isinstance(content, str):
            raise InvalidRequest("The content of a message is a text or a list of parts.")
        calls = message.get("tool_calls")
        if calls is not None and not isinstance(calls, list):
            raise InvalidRequest("The tool_calls of a message are a list.")
        for call in calls or ():
            _known(call, CALL_KEYS | wire.call_keys, "A tool call")
            check_cache(wire, call.get("cache_control"))
            if call.get("function") is not None:
                _known(call["function"], FUNCTION_KEYS, "The function of a tool call")
            name = (call.get("function") or call).get("name")
            if name is not None and not (isinstance(name, str) and len(name) <= MAX_NAME):
                raise InvalidRequest(f"The name of a tool call has {MAX_NAME} characters at most.")


def check_parts(wire, parts, within=None):
    """The same for the parts of a message's content, or of a tool's result."""
    for part in parts:
        if isinstance(part, str):
            continue
        kind = part.get("type") if isinstance(part, dict) else None
        keys = wire.part_types.get(kind) if isinstance(kind, str) else None
        if keys is None or (within and kind not in ("text", "image", "image_url", "document")):
            why = REFUSED_PARTS.get(kind) if isinstance(kind, str) else None
            raise InvalidRequest(
                f"Content of the type '{_name(kind)}' is not sent: "
                f"{why or 'this format does not know it'}. Known: {', '.join(wire.part_types)}."
            )
        _known(part, {"type", *keys}, f"Content of the type '{kind}'")
        check_cache(wire, part.get("cache_control"))
        if kind == "image_url":
            _check_image(wire, part.get("image_url"))
        elif kind == "file":
            _check_file(part.get("file"))
        elif kind in ("image", "document"):
            _check_source(wire, kind, part.get("source"))
        elif kind == "tool_result" and isinstance(part.get("content"), list):
            check_parts(wire, part["content"], within=kind)


def check_tools(wire, tools, choice):
    """Refuse tools that are no functions, and choices among them that are none."""
    for tool in tools or ():
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict):
            # of a function tool nothing is sent but the function, and its mark for a cache
            check_cache(wire, tool.get("cache_control"))
            continue
        native = isinstance(tool, dict) and isinstance(tool.get("input_schema"), dict)
        if not (wire.native_tools and native and tool.get("type", "custom") == "custom"):
            what = tool.get("type") or tool.get("name") if isinstance(tool, dict) else tool
            raise InvalidRequest(
                f"The tool '{_name(what)}' is not sent: {RUN}. A tool is "
                "{'type': 'function', 'function': {…}}."
            )
    if choice is None or (isinstance(choice, str) and choice in CHOICES):
        return
    if not isinstance(choice, dict):
        raise InvalidRequest(f"tool_choice is one of {', '.join(CHOICES)}, or names a function.")
    _known(choice, CHOICE_KEYS, "tool_choice")
    if choice.get("function") is not None:
        _known(choice["function"], {"name"}, "The function of tool_choice")


def check_cache(wire, cache):
    """Refuse a time to live of a prompt cache whose price is not held."""
    if cache is None:
        return
    _known(cache, {"type", "ttl"}, "cache_control")
    if cache.get("ttl") is not None and cache["ttl"] not in wire.cache_ttls:
        raise InvalidRequest(
            f"cache_control may not have the ttl '{_name(cache['ttl'])}': {RATE}. "
            f"Known: {', '.join(wire.cache_ttls)}."
        )


def _name(value):
    return one_line(value, 60)


def _known(holder, keys, what):
    if not isinstance(holder, dict):
        raise InvalidRequest(f"{what} is a dictionary.")
    unknown = sorted(str(k) for k, value in holder.items() if k not in keys and value is not None)
    if unknown:
        raise InvalidRequest(
            f"{what} may not hold '{_name(unknown[0])}': nobody would count it. "
            f"Known: {', '.join(sorted(keys))}."
        )


def _check_image(wire, image):
    if isinstance(image, dict):
        _known(image, _IMAGE_KEYS, "image_url")
        image = image.get("url")
    _check_picture_url(wire, image)


def _check_picture_url(wire, url):
    """A picture's kind bounds what it costs; a PDF or a film called a picture has no bound."""
    url = url if isinstance(url, str) else ""
    match = _DATA.match(url)
    if match and match[1].lower().startswith("image/"):
        return
    if wire.fetches_pictures and re.match(r"https?://", url, re.IGNORECASE):
        return
    how = "an http(s) address or " if wire.fetches_pictures else ""
    raise InvalidRequest(f"A picture is {how}data:image/…;base64,…; a document is no picture.")


def _check_file(file):
    _known(file, {"file_data", "filename"}, "A file (sent by its data, not by an id)")
    match = _DATA.match(file.get("file_data") or "")
    if not match or not match[1].lower().startswith(("application/", "text/")):
        raise InvalidRequest("A file is {'file_data': 'data:application/pdf;base64,…'}.")


def _check_source(wire, kind, source):
    """Where an Anthropic block has its content from."""
    _known(source, {"type", "media_type", "data", "url", "content"}, f"The source of the {kind}")
    if kind == "image" and source.get("type") == "url":
        _check_picture_url(wire, source.get("url"))
        return
    media = source.get("media_type")
    media = media.lower() if isinstance(media, str) else ""
    if source.get("type") == "base64":
        if media.startswith("image/" if kind == "image" else ("application/", "text/")):
            return
    elif kind == "document" and source.get("type") in ("text", "content"):
        if isinstance(source.get("content"), list):
            check_parts(wire, source["content"], within=kind)
        return
    raise InvalidRequest(
        f"The {kind} of the source type '{_name(source.get('type'))}' and the media type "
        f"'{_name(media)}' is not sent: {_BY_NAME}."
    )
