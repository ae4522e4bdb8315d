"""Gemini's generateContent. Source of the shapes: Google's API reference, "Generating content".

The key travels in the ``x-goog-api-key`` header: addresses are logged, headers are not.
"""

import re
import urllib.parse
from types import MappingProxyType

from ..engine.base.text import content_text
from ..engine.price.usage import TokenUsage
from . import allowed, http, schemas
from .address import check_url, join_url
from .answer import Answer, expect
from .anthropic_blocks import DATA_URL, call_parts
from .base import ChatStream, WireFormat, clean_text, with_extra
from .batch_gemini import GeminiBatches
from .errors import BadAnswer, InvalidRequest
from .streaming import run_stream

_FINISH = {"STOP": "stop", "MAX_TOKENS": "length"}
_FILTERED = {
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "LANGUAGE",
    "IMAGE_SAFETY",
}
_BROKEN = {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"}
# JSON Schema words that Gemini's own schema does not know and refuses.
_UNKNOWN_SCHEMA = {"$schema", "$id", "additionalProperties", "strict", "examples"}
# Segments of letters, digits and what names have: no dots alone, no colon (it begins the verb), no
# percent sign (somebody on the way may decode it).
_PATH = re.compile(r"[A-Za-z0-9_][\w.@+-]*(?:/[A-Za-z0-9_][\w.@+-]*)*", re.ASCII)


class GeminiWire(WireFormat):
    api_format = "gemini"
    default_base_url = "https://generativelanguage.googleapis.com/v1beta"
    extra_keys = frozenset(("generationConfig", "safetySettings", "labels"))
    generation_keys = frozenset(
        [
            "topP",
            "topK",
            "seed",
            "presencePenalty",
            "frequencyPenalty",
            "responseMimeType",
            "responseSchema",
            "responseJsonSchema",
            "thinkingConfig",
            "stopSequences",
        ]
    )
    part_types = {"text": ("text",), "image_url": ("image_url",), "file": ("file",)}
    takes_schema = True
    fetches_pictures = False  # an address may as well lead it to an hour of film

    def __init__(self):
        self.batch = GeminiBatches(self)

    def check_extra(self, extra):
        WireFormat.check_extra(self, extra)
        config = extra.get("generationConfig")
        if config is not None:
            allowed.check_extra(config, self.generation_keys, "generationConfig")

    def check_schema(self, request):
        WireFormat.check_schema(self, request)
        config = request.extra.get("generationConfig") or {}
        twice = sorted({"responseMimeType", "responseSchema", "responseJsonSchema"} & set(config))
        if twice:
            raise InvalidRequest(
                f"'generationConfig' may not set '{twice[0]}' beside response_schema, which does."
            )
        if request.tools and schemas.is_old_gemini(request.model):
            raise InvalidRequest(
                f"'{request.model}' takes either tools or a response_schema. Leave one of them "
                "out, or use a model since Gemini 3."
            )

    def check_model(self, model):
        """Refuse what would steer the address: the name is part of its path."""
        WireFormat.check_model(self, model)
        if not _PATH.fullmatch(model):
            raise InvalidRequest(
                "The name of the model can be no part of an address. Copy it from the vendor's "
                "list, such as gemini-2.5-pro or tunedModels/mine."
            )

    def base(self, endpoint):
        """The address of the API, its version included."""
        base = (endpoint.base_url or self.default_base_url).strip()
        parts = check_url(base, endpoint.allow_private)
        bare = re.sub(r"/models/*$", "", parts.path).rstrip("/")
        if not re.search(r"/v\d\w*(?:/|$)", bare):
            bare += "/v1beta"
        return urllib.parse.urlunsplit(parts._replace(path=bare))

    def url(self, endpoint, model, verb):
        """The address of a model's verb."""
        self.check_model(model)
        path = model if "/" in model else f"models/{model}"
        return join_url(self.base(endpoint), f"/{urllib.parse.quote(path)}:{verb}")

    def headers(self, endpoint):
        """The header that carries the key."""
        return {"x-goog-api-key": endpoint.read__key()} if endpoint.api_key else {}

    def payload(self, request):
        self.check(request)
        system, contents = convert_messages(request.messages)
        config = {"maxOutputTokens": request.max_tokens}
        if request.temperature is not None:
            config["temperature"] = request.temperature
        if request.stop:
            stop = request.stop
            config["stopSequences"] = [stop] if isinstance(stop, str) else list(stop)
        if request.response_schema is not None:
            config["responseMimeType"] = "application/json"
            config["responseJsonSchema"] = schemas.gemini_schema(request.response_schema)
        body = {"contents": contents, "generationConfig": config}
        if system:
            body["systemInstruction"] = {"parts": system}
        if request.tools:
            body["tools"] = _tools(request.tools)
            calling = _calling(request.tool_choice)
            if calling:
                body["toolConfig"] = {"functionCallingConfig": calling}
        extra = dict(request.extra)
        body["generationConfig"] = with_extra(config, extra.pop("generationConfig", None) or {})
        return with_extra(body, extra)

    def complete(self, endpoint, request):
        body = http.encode(self.payload(request))
        url = self.url(endpoint, request.model, "generateContent")
        response = http.request(endpoint, "POST", url, self.headers(endpoint), body)
        return self.read_answer(http.read_json(response, endpoint), request.model, response.headers)

    def read_answer(self, data, model, headers=MappingProxyType({})):
        """The :class:`ChatResponse` in the decoded JSON of an answer, of a batch's too."""
        answer = _answer(headers)
        _take(answer, data, model)
        if not answer.finish_reason:
            raise answer.bad("there is no candidate")
        return answer.response()

    def stream(self, endpoint, request):
        body = http.encode(self.payload(request))
        url = self.url(endpoint, request.model, "streamGenerateContent")
        url += ("&" if "?" in url else "?") + "alt=sse"
        response = http.request(endpoint, "POST", url, self.headers(endpoint), body, stream=True)
        answer = _answer(response.headers)

        def on_event(answer, _name, data, state):
            event = http.decode(data, answer.partial())
            yield from _take(answer, event, request.model)
            state.ended = bool(answer.finish_reason)

        pieces = run_stream(response, endpoint, answer, on_event)
        return ChatStream(pieces, answer.partial, response.close)

    def list_models(self, endpoint):
        names, token = set(), ""
        for _page in range(20):
            query = "?pageSize=1000" + (f"&pageToken={urllib.parse.quote(token)}" if token else "")
            url = join_url(self.base(endpoint), "/models") + query
            response = http.request(endpoint, "GET", url, self.headers(endpoint))
            data = http.read_json(response, endpoint)
            if not isinstance(data.get("models"), list):
                raise BadAnswer("The vendor's list of models does not have the promised form.")
            rows = [row for row in data["models"] if isinstance(row, dict)]
            names |= {clean_text(row.get("name")).removeprefix("models/") for row in rows}
            token = clean_text(data.get("nextPageToken"))
            if not token:
                break
        return sorted(names - {""})


def convert_messages(messages):
    """(system parts, contents) in Gemini's shape.

    A tool's result names the function, not the call: the name is looked up in the turns before.
    """
    system, contents, names = [], [], {}
    for message in messages:
        role = message.get("role")
        if role in ("system", "developer"):
            system += _parts(message.get("content"))
            continue
        if role == "tool":
            name = names.get(message.get("tool_call_id")) or message.get("name")
            if not name:
                raise InvalidRequest(
                    "A tool's result does not belong to any tool call before it. Pass the "
                    "assistant's message with its tool_calls on as well."
                )
            told = "error" if message.get("is_error") else "result"
            result = {told: content_text(message.get("content"))}
            parts = [{"functionResponse": {"name": name, "response": result}}]
        else:
            parts = _parts(message.get("content"))
            for call in message.get("tool_calls") or []:
                identifier, name, arguments = call_parts(call)
                names[identifier] = name
                part = {"functionCall": {"name": name, "args": arguments}}
                if call.get("thought_signature"):
                    part["thoughtSignature"] = call["thought_signature"]
                parts.append(part)
        if not parts:
            continue
        role = "model" if role == "assistant" else "user"
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
    return system, contents


def _parts(content):
    if isinstance(content, str):
        return [{"text": content}] if content else []
    parts = []
    for part in content or []:
        if isinstance(part, str):
            parts.append({"text": part})
        elif part.get("type") == "text":
            parts.append({"text": part.get("text") or ""})
        elif part.get("type") == "image_url":
            parts.append(_image(part))
        elif part.get("type") == "file":
            match = DATA_URL.fullmatch(part["file"]["file_data"])
            parts.append({"inlineData": {"mimeType": match[1], "data": match[2]}})
        else:
            parts.append(part)
    return parts


def _image(part):
    url = part.get("image_url")
    url = url.get("url") if isinstance(url, dict) else url
    match = DATA_URL.fullmatch(url or "")
    if match:
        return {"inlineData": {"mimeType": match[1], "data": match[2]}}
    return {"fileData": {"fileUri": url}}


def _schema(value):
    if isinstance(value, dict):
        return {key: _schema(item) for key, item in value.items() if key not in _UNKNOWN_SCHEMA}
    if isinstance(value, list):
        return [_schema(item) for item in value]
    return value


def _tools(tools):
    declared, others = [], []
    for tool in tools:
        function = tool.get("function")
        if not function:
            others.append(tool)  # Gemini's own tools, as they are
            continue
        declaration = {"name": function.get("name"), "description": function.get("description", "")}
        parameters = function.get("parameters") or {}
        if parameters.get("properties"):  # an empty object is refused
            declaration["parameters"] = _schema(parameters)
        declared.append(declaration)
    return ([{"functionDeclarations": declared}] if declared else []) + others


def _calling(choice):
    if isinstance(choice, dict) and choice.get("type") == "function":
        name = (choice.get("function") or {}).get("name")
        return {"mode": "ANY", "allowedFunctionNames": [name]}
    mode = {"auto": "AUTO", "none": "NONE", "required": "ANY"}.get(
        choice if isinstance(choice, str) else ""
    )
    return {"mode": mode} if mode else None


def _answer(headers):
    """An Answer that knows how the request was processed: Gemini says so in a header."""
    answer = Answer(TokenUsage.from_gemini)
    answer.note_usage(serviceTier=headers.get("x-gemini-service-tier"))
    return answer


def _take(answer, event, model):
    """Take one answer, or one piece of a streamed one; the list of its new texts."""
    answer.note(event.get("modelVersion") or model, event.get("responseId"))
    answer.merge_usage(event.get("usageMetadata"))
    if isinstance(event.get("error"), dict):
        words = event["error"].get("message")
        words = http.redact(words)[:500] if isinstance(words, str) else "no reason given"
        raise BadAnswer(f"The vendor broke off its answer: {words}", partial=answer.partial())
    feedback = expect(answer, event.get("promptFeedback"), dict, "promptFeedback", optional=True)
    if feedback and feedback.get("blockReason"):
        answer.finish_reason = "content_filter"
    candidates = expect(answer, event.get("candidates"), list, "candidates is no list", True)
    texts = []
    if candidates:
        candidate = expect(answer, candidates[0], dict, "a candidate is not an object")
        content = expect(answer, candidate.get("content"), dict, "content is no object", True)
        parts = expect(answer, (content or {}).get("parts"), list, "parts is not a list", True)
        for part in parts or []:
            texts += _take_part(answer, expect(answer, part, dict, "a part is not an object"))
        _note_grounding(answer, candidate.get("groundingMetadata"))
        if candidate.get("finishReason"):
            answer.finish_reason = _finish_reason(clean_text(candidate["finishReason"]), answer)
    return texts


def _note_grounding(answer, grounding):
    """What was looked up is billed by number, beyond a free allowance of the day that nobody tells;
    empty queries are not (Google's billing of them: ai.google.dev, grounding, 2026)."""
    if not isinstance(grounding, dict):
        return
    for name in ("webSearchQueries", "imageSearchQueries"):
        answer.note_usage(**{name: sum(bool(str(q).strip()) for q in _rows(grounding, name))})
    chunks = _rows(grounding, "groundingChunks")
    places = sum(isinstance(chunk, dict) and bool(chunk.get("maps")) for chunk in chunks)
    answer.note_usage(groundingMaps=places)


def _rows(holder, name):
    rows = holder.get(name)
    return rows if isinstance(rows, list) else ()


def _take_part(answer, part):
    if part.get("functionCall") is not None:
        call = expect(answer, part["functionCall"], dict, "a function call is not an object")
        args = expect(answer, call.get("args"), dict, "a call's args are not an object", True)
        index = len(answer.calls)
        known = answer.call(index)
        known["id"] = clean_text(call.get("id")) or f"call_{index}"
        known["name"] = clean_text(call.get("name"))
        known["arguments"] = clean_text(http.dump(args or {}))
        if isinstance(part.get("thoughtSignature"), str):
            known["thought_signature"] = part["thoughtSignature"]  # wanted back by Gemini 3
        return [answer.piece(index, known["id"], known["name"], known["arguments"])]
    if part.get("thought") is True:
        return []
    text = answer.add_text(part.get("text"))
    return [text] if text else []


def _finish_reason(reason, answer):
    if reason == "STOP" and answer.calls:
        return "tool_calls"
    if reason in _FILTERED:
        return "content_filter"
    if reason in _BROKEN:
        return "error"
    return _FINISH.get(reason, reason)
