"""OpenAI's chat completions, and everything that speaks them.

Azure-style deployments, Mistral, DeepSeek, Cerebras, Groq, Ollama, vLLM and OpenRouter differ in
the base URL and in details that are handled here. Source of the shapes: OpenAI's API reference,
"Chat Completions". What is no chat stands in ``openai_tasks``.
"""

import re
import urllib.parse
from types import MappingProxyType

from ..engine.price.usage import TokenUsage
from . import http, schemas
from .address import check_url, join_url
from .answer import Answer, expect
from .base import ChatStream, WireFormat, clean_text, with_extra
from .batch_openai import OpenAIBatches
from .errors import BadAnswer, InvalidRequest
from .openai_tasks import OpenAITasks
from .streaming import run_stream
from .tuning import TuningService

# Models that think take max_completion_tokens and no temperature but the default.
_REASONING_MODEL = re.compile(r"(?:^|/)(?:o[1-9](?:-|$)|gpt-(?:[5-9]|\d\d))")
# Keys of a message for other formats.
_OURS = ("is_error", "cache_control")
_AZURE_HOST = re.compile(r"\.(?:openai|cognitiveservices|services\.ai)\.azure\.(?:com|us|cn)$")

# Of OpenAI's reference, then of Mistral's, DeepSeek's, Groq's, OpenRouter's and vLLM's; each
# shapes the answer within max_tokens.
EXTRA_KEYS = frozenset(
    [
        "frequency_penalty",
        "logit_bias",
        "metadata",
        "parallel_tool_calls",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "response_format",
        "safety_identifier",
        "seed",
        "stop",
        "store",
        "top_p",
        "user",
        "verbosity",
        "random_seed",
        "safe_prompt",
        "prompt_mode",
        "thinking",
        "reasoning_format",
        "include_reasoning",
        "reasoning",
        "transforms",
        "structured_outputs",
        "top_a",
        "top_k",
        "min_p",
        "repetition_penalty",
        "length_penalty",
        "min_tokens",
        "stop_token_ids",
        "bad_words",
        "allowed_token_ids",
        "skip_special_tokens",
        "spaces_between_special_tokens",
        "include_stop_str_in_output",
        "ignore_eos",
        "add_generation_prompt",
        "continue_final_message",
        "chat_template_kwargs",
        "guided_json",
        "guided_regex",
        "guided_choice",
        "guided_grammar",
        "thinking_token_budget",
    ]
)


# Its addresses for data residency, at which newer models cost more: eu.api.openai.com
_REGION = re.compile(r"^(?:.*\.)?([a-z]+)\.api\.openai\.com$")


def _takes_cache_key(host):
    """OpenAI's own addresses; others refuse keys of a request that they do not know."""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


class OpenAIWire(OpenAITasks, WireFormat):
    api_format = "openai"
    default_base_url = "https://api.openai.com/v1"
    extra_keys = EXTRA_KEYS
    takes_schema = True
    schema_keys = frozenset(
        (
            "response_format",
            "structured_outputs",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
        )
    )
    call_keys = frozenset(("extra_content",))  # Gemini's signatures, where it speaks this format
    part_types = {
        "text": ("text", "cache_control"),
        "image_url": ("image_url", "cache_control"),
        "file": ("file", "cache_control"),
        "refusal": ("refusal",),
    }

    def __init__(self):
        self.batch = OpenAIBatches(self)
        self.tuning = TuningService(self)

    def url(self, endpoint, path):
        """The address of an API path."""
        base = (endpoint.base_url or self.default_base_url).strip()
        parts = check_url(base, endpoint.allow_private)
        bare = re.sub(
            r"/(?:chat/completions|embeddings|audio/transcriptions|models)/*$", "", parts.path
        )
        if not bare.strip("/"):
            bare = "/v1"  # a bare host, as Ollama's and vLLM's addresses are often given
        return join_url(urllib.parse.urlunsplit(parts._replace(path=bare)), path)

    def headers(self, endpoint):
        """The headers that carry the key."""
        if not endpoint.api_key:
            return {}  # local servers
        parts = check_url(endpoint.base_url or self.default_base_url, endpoint.allow_private)
        if _AZURE_HOST.search(parts.hostname) or "/openai/deployments/" in parts.path:
            return {"api-key": endpoint.read__key()}
        return {"Authorization": f"Bearer {endpoint.read__key()}"}

    def payload(self, endpoint, request, stream=False):
        """The JSON of a call. Reasoning models get no temperature: they refuse one."""
        self.check(request)
        host = check_url(endpoint.base_url or self.default_base_url).hostname
        openrouter = host == "openrouter.ai" or host.endswith(".openrouter.ai")
        reasoning = _REASONING_MODEL.search(request.model) and not openrouter
        body = {
            "model": request.model,
            "messages": [_message(message, host) for message in request.messages],
            "max_completion_tokens" if reasoning else "max_tokens": request.max_tokens,
        }
        if request.temperature is not None and not reasoning:
            body["temperature"] = request.temperature
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
            if request.tool_choice is not None:
                body["tool_choice"] = request.tool_choice
        if request.stop:
            body["stop"] = request.stop
        if request.response_schema is not None:
            _ask_for_schema(body, request.response_schema, host)
        if openrouter:
            body["usage"] = {"include": True}
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        if request.cache_key and _takes_cache_key(host):
            body["prompt_cache_key"] = request.cache_key
        return with_extra(body, request.extra)

    def _send(self, endpoint, request, stream):
        url = self.url(endpoint, "/chat/completions")
        body = http.encode(self.payload(endpoint, request, stream))
        return http.request(endpoint, "POST", url, self.headers(endpoint), body, stream)

    def _answer(self, endpoint):
        """An Answer that knows in which region the endpoint computes, where it names one."""
        host = check_url(endpoint.base_url or self.default_base_url).hostname
        region = _REGION.match(host)
        answer = Answer(TokenUsage.from_openai)
        answer.note_usage(region=region and region.group(1))
        return answer

    def complete(self, endpoint, request):
        response = self._send(endpoint, request, False)
        return self.read_answer(endpoint, http.read_json(response, endpoint), response.headers)

    def read_answer(self, endpoint, data, headers=MappingProxyType({})):
        """The :class:`ChatResponse` in the decoded JSON of an answer, of a batch's too."""
        answer = self._answer(endpoint)
        answer.note_usage(service_tier=data.get("service_tier"))
        answer.note(data.get("model"), data.get("id") or headers.get("x-request-id"))
        answer.merge_usage(data.get("usage"))
        _raise_error(answer, data)
        choices = expect(answer, data.get("choices"), list, "there is no list of choices")
        choice = expect(answer, choices[0] if choices else None, dict, "there is no choice")
        message = expect(answer, choice.get("message"), dict, "a choice has no message")
        _add_content(answer, message.get("content"))
        refused = not answer.text and _add_content(answer, message.get("refusal"))
        _add_calls(answer, message.get("tool_calls"))
        _note_searches(answer, message.get("annotations"))
        reason = "content_filter" if refused else choice.get("finish_reason")
        answer.finish_reason = _finish_reason(reason, answer)
        return answer.response()

    def stream(self, endpoint, request):
        response = self._send(endpoint, request, True)
        answer = self._answer(endpoint)
        answer.note(request_id=response.headers.get("x-request-id"))
        pieces = run_stream(response, endpoint, answer, self._event)
        return ChatStream(pieces, answer.partial, response.close)

    def _event(self, answer, _name, data, state):
        """Take one event in; yield its text; set ``state`` when the answer is complete."""
        if data.strip() == "[DONE]":
            state.ended = state.done = True
            return
        event = http.decode(data, answer.partial())
        answer.note(event.get("model"), event.get("id"))
        answer.note_usage(service_tier=event.get("service_tier"))
        answer.merge_usage(event.get("usage"))
        _raise_error(answer, event)
        choices = expect(answer, event.get("choices"), list, "choices is not a list", optional=True)
        for choice in choices or []:
            expect(answer, choice, dict, "a choice is not an object")
            delta = expect(answer, choice.get("delta"), dict, "a delta is not an object", True)
            if delta:
                yield from _add_content(answer, delta.get("content"))
                refused = _add_content(answer, delta.get("refusal"))
                state.refused = state.refused or bool(refused)
                yield from refused
                yield from _add_calls(answer, delta.get("tool_calls"), streamed=True)
                _note_searches(answer, delta.get("annotations"))
            if choice.get("finish_reason"):
                reason = "content_filter" if state.refused else choice["finish_reason"]
                answer.finish_reason = _finish_reason(reason, answer)
                state.ended = True

    def list_models(self, endpoint):
        # Azure lists its models beside the deployments, not inside one.
        url = re.sub(r"/deployments/[^/?]+(?=/models)", "", self.url(endpoint, "/models"))
        try:
            response = http.request(endpoint, "GET", url, self.headers(endpoint))
        except InvalidRequest as error:
            if error.status not in (404, 405):
                raise
            raise InvalidRequest(
                f"{error.message} There is no list of models at this address: check the base URL. "
                "If it is right, this vendor has no such list; send a test message.",
                status=error.status,
            ) from None
        data = http.read_json(response, endpoint).get("data")
        if not isinstance(data, list):
            raise BadAnswer("The vendor's list of models does not have the promised form.")
        names = {clean_text(row.get("id")) for row in data if isinstance(row, dict)}
        return sorted(names - {""})

    def raise_error(self, answer, data):
        """Raise what an answer of status 200 says of a failure."""
        _raise_error(answer, data)


def _ask_for_schema(body, schema, host):
    """Ask for an answer that fits, in the way that the model knows."""
    if not schemas.takes_json_only(body["model"], host):
        body["response_format"] = schemas.openai_format(schema)
        return
    told = {"role": "system", "content": schemas.instruction(schema)}
    body["messages"] = [told, *body["messages"]]
    body["response_format"] = {"type": "json_object"}


def _message(message, host=""):
    """A message without the keys that are ours alone, and for OpenAI without marks of a cache."""
    calls, content = message.get("tool_calls"), message.get("content")
    message = {
        key: value
        for key, value in message.items()
        if (value is not None or key == "content") and key not in _OURS
    }
    if isinstance(content, list) and (_takes_cache_key(host) or _AZURE_HOST.search(host)):
        message["content"] = [_unmarked(part) for part in content]
    if calls:
        message["tool_calls"] = [_call(call, host) for call in calls]
    return message


def _unmarked(part):
    if not isinstance(part, dict) or "cache_control" not in part:
        return part
    return {key: value for key, value in part.items() if key != "cache_control"}


def _call(call, host):
    """A tool call of an earlier answer, given back."""
    bare = {"name": call.get("name", ""), "arguments": call.get("arguments", "")}
    function = call.get("function") or bare
    found = {"id": call.get("id", ""), "type": "function", "function": function}
    if call.get("extra_content"):
        found["extra_content"] = call["extra_content"]
    elif call.get("thought_signature") and host.endswith(".googleapis.com"):
        signature = {"thought_signature": call["thought_signature"]}
        found["extra_content"] = {"google": signature}
    return found


def _tool(tool):
    """A function tool is sent as nothing else: vendors' own tools cost extra."""
    return {"type": "function", "function": tool["function"]} if "function" in tool else tool


def _raise_error(answer, data):
    """OpenRouter and others answer 200 and put the failure into the body."""
    error = data.get("error")
    if not error:
        return
    words = error.get("message") if isinstance(error, dict) else error
    words = http.redact(words)[:500] if isinstance(words, str) else "no reason given"
    raise BadAnswer(f"The vendor reports a failure: {words}", partial=answer.partial())


def _add_content(answer, content):
    """Text, or a list of parts of which the text counts (Mistral's thinking models)."""
    pieces = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, dict):
            part = part.get("text") if part.get("type") == "text" else None
        elif part is not content:
            raise answer.bad("the content is a list of something else than parts")
        pieces.append(answer.add_text(part))
    return [piece for piece in pieces if piece]


def _add_calls(answer, calls, streamed=False):
    """Take tool calls, or pieces of them; the list of the pieces."""
    pieces = []
    expect(answer, calls, list, "tool_calls is not a list", optional=True)
    for place, call in enumerate(calls or []):
        expect(answer, call, dict, "a tool call is not an object")
        function = expect(answer, call.get("function"), dict, "a tool call has no function", True)
        index = call.get("index") if streamed else place
        if type(index) is not int:
            index = len(answer.calls) if call.get("id") else max(len(answer.calls) - 1, 0)
        known = answer.call(index)
        known["id"] = clean_text(call.get("id")) or known["id"]
        added = {"id": "" if known["name"] else known["id"]}
        for key in ("name", "arguments"):
            value = expect(answer, (function or {}).get(key), str, f"a tool call's {key}", True)
            added[key] = clean_text(value)
            known[key] += added[key]
        _take_signature(known, call)
        if known["name"] and any(added.values()):
            pieces.append(answer.piece(index, **added))
    return pieces


def _take_signature(known, call):
    """Gemini wants it back with the call, and gives it so where it speaks this format."""
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    if isinstance(signature, str):
        known["thought_signature"] = signature


def _note_searches(answer, annotations):
    """An answer that cites the web was searched for, which costs and is counted nowhere else."""
    rows = annotations if isinstance(annotations, list) else []
    cited = sum(isinstance(row, dict) and row.get("type") == "url_citation" for row in rows)
    answer.note_usage(num_sources_used=cited)


def _finish_reason(reason, answer):
    if reason == "function_call":
        return "tool_calls"
    if isinstance(reason, str) and reason:
        return clean_text(reason)
    return "tool_calls" if answer.calls else "stop"
