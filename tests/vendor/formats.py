"""The three formats, as the vendors' references describe them: reading a call, writing an answer.

Each format is a class: ``texts`` and ``prompt`` read the request; ``usage`` writes the vendor's
usage from disjoint counts, ``said`` what it says of service and region; ``whole`` and ``events``
write an answer at once and as a stream.
"""

import json


def _flat(content):
    """All text in a message's content, whatever its shape."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return " ".join(_flat(value) for value in content.values())
    if isinstance(content, list):
        return "\n".join(_flat(part) for part in content)
    return ""


def _pieces(text, size=24):
    return [text[at : at + size] for at in range(0, len(text), size)] or [""]


def _arguments(place):
    """What each tool of an answer is called with."""
    return json.dumps({"value": place + 1})


def _calls(tool):
    return [
        {"functionCall": {"name": name, "args": json.loads(_arguments(place))}}
        for place, name in enumerate(tool.split(","))
    ]


class OpenAI:
    name = "openai"

    @staticmethod
    def texts(body):
        return [_flat(message.get("content")) for message in body["messages"]]

    @staticmethod
    def prompt(body):
        users = [m for m in body["messages"] if m.get("role") == "user"]
        return _flat(users[-1].get("content")) if users else ""

    @staticmethod
    def max_tokens(body):
        return body.get("max_completion_tokens") or body.get("max_tokens") or 1000

    @staticmethod
    def wants_usage(body, stream):
        return not stream or bool((body.get("stream_options") or {}).get("include_usage"))

    @staticmethod
    def usage(counts, cost=None):
        prompt = counts["input"] + counts["cache_read"] + counts["cache_write"]
        completion = counts["output"] + counts["reasoning"]
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": counts["cache_read"]},
            "completion_tokens_details": {"reasoning_tokens": counts["reasoning"]},
        }
        if counts["cache_write"]:
            usage["prompt_tokens_details"]["cache_write_tokens"] = counts["cache_write"]
        if counts.get("input_audio"):
            usage["prompt_tokens_details"]["audio_tokens"] = counts["input_audio"]
        if cost is not None:
            usage["cost"] = cost
        return usage

    @staticmethod
    def said(service, _region):
        return {"service_tier": service or "default"}

    @staticmethod
    def _beside(usage):
        """(what the answer says beside the usage, the usage): the tier is no part of it."""
        if not isinstance(usage, dict):
            return {}, usage
        usage = dict(usage)
        return {"service_tier": usage.pop("service_tier", "default")}, usage

    @classmethod
    def whole(cls, number, model, text, usage, finish, tool, thought=None):
        beside, usage = cls._beside(usage)
        message = {"role": "assistant", "content": None if tool else text}
        if tool:
            message["tool_calls"] = [
                {
                    "id": f"call_{number}_{place}",
                    "type": "function",
                    "function": {"name": name, "arguments": _arguments(place)},
                }
                for place, name in enumerate(tool.split(","))
            ]
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "model": model,
            **beside,
            "choices": [
                {"index": 0, "message": message, "finish_reason": "tool_calls" if tool else finish}
            ],
            **({} if usage is None else {"usage": usage}),
        }

    @classmethod
    def events(cls, number, model, text, usage, finish, tool, thought=None):
        beside, usage = cls._beside(usage)

        def event(**fields):
            data = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "model": model}
            return f"data: {json.dumps({**data, **beside, **fields})}\n\n"

        def delta(content, reason=None):
            return event(choices=[{"index": 0, "delta": content, "finish_reason": reason}])

        yield delta({"role": "assistant", "content": ""})
        for place, name in enumerate(tool.split(",") if tool else ()):
            function = {"name": name, "arguments": ""}
            begun = {"id": f"call_{number}_{place}", "type": "function", "function": function}
            yield delta({"tool_calls": [{"index": place, **begun}]})
            for piece in _pieces(_arguments(place), 5):
                yield delta({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
        for piece in [] if tool else _pieces(text):
            yield delta({"content": piece})
        yield delta({}, "tool_calls" if tool else finish)
        if usage is not None:
            yield event(choices=[], usage=usage)
        yield "data: [DONE]\n\n"


class Anthropic:
    name = "anthropic"

    @staticmethod
    def texts(body):
        return [_flat(body.get("system"))] + [_flat(m.get("content")) for m in body["messages"]]

    @staticmethod
    def prompt(body):
        users = [m for m in body["messages"] if m.get("role") == "user"]
        return _flat(users[-1].get("content")) if users else ""

    @staticmethod
    def max_tokens(body):
        return body["max_tokens"]

    @staticmethod
    def wants_usage(_body, _stream):
        return True

    @staticmethod
    def usage(counts, _cost=None):
        searches, hour = counts.get("web_searches", 0), counts.get("cache_write_1h", 0)
        lives = {
            "ephemeral_5m_input_tokens": counts["cache_write"],
            "ephemeral_1h_input_tokens": hour,
        }
        return {
            "input_tokens": counts["input"],
            "cache_creation_input_tokens": counts["cache_write"] + hour,
            **({"cache_creation": lives} if hour else {}),
            "cache_read_input_tokens": counts["cache_read"],
            "output_tokens": counts["output"] + counts["reasoning"],
            **({"server_tool_use": {"web_search_requests": searches}} if searches else {}),
        }

    @staticmethod
    def said(service, region):
        fast = service == "fast"
        return {
            "service_tier": "standard" if fast else service or "standard",
            "speed": "fast" if fast else "standard",
            "inference_geo": region or "not_available",
        }

    @staticmethod
    def _stop(finish, tool):
        return "tool_use" if tool else {"stop": "end_turn", "length": "max_tokens"}[finish]

    @classmethod
    def whole(cls, number, model, text, usage, finish, tool, thought=None):
        content = [*cls._blocks(number, text, tool, thought)]
        finish, ended = cls._ended(finish)
        return {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": content,
            "stop_reason": "stop_sequence" if ended else cls._stop(finish, tool),
            "stop_sequence": ended,
            **({} if usage is None else {"usage": usage}),
        }

    @staticmethod
    def _ended(finish):
        """(reason, the text at which the answer ended or None)."""
        return ("stop", finish[5:]) if finish.startswith("stop:") else (finish, None)

    @staticmethod
    def _blocks(number, text, tool, thought):
        if thought:
            yield {"type": "thinking", "thinking": thought, "signature": f"signed-{number}"}
        if not tool:
            yield {"type": "text", "text": text}
        for place, name in enumerate(tool.split(",") if tool else ()):
            used = {"name": name, "input": json.loads(_arguments(place))}
            yield {"type": "tool_use", "id": f"toolu_{number}_{place}", **used}

    @classmethod
    def events(cls, number, model, text, usage, finish, tool, thought=None):
        def event(kind, **fields):
            return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"

        message = {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
        }
        final = None
        if isinstance(usage, dict):
            message["usage"] = {**usage, "output_tokens": 1}
            final = {"output_tokens": usage["output_tokens"]}
        elif usage is not None:
            message["usage"] = final = usage
        yield event("message_start", message=message)
        finish, ended = cls._ended(finish)
        for place, block in enumerate(cls._blocks(number, text, tool, thought)):
            begins, deltas = cls._split(block)
            yield event("content_block_start", index=place, content_block=begins)
            yield event("ping")
            for delta in deltas:
                yield event("content_block_delta", index=place, delta=delta)
            yield event("content_block_stop", index=place)
        yield event(
            "message_delta",
            delta={
                "stop_reason": "stop_sequence" if ended else cls._stop(finish, tool),
                "stop_sequence": ended,
            },
            **({} if final is None else {"usage": final}),
        )
        yield event("message_stop")

    @staticmethod
    def _split(block):
        """(how a block begins, its deltas)."""
        if block["type"] == "text":
            texts = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
            return {**block, "text": ""}, texts
        if block["type"] == "thinking":
            thoughts = [
                {"type": "thinking_delta", "thinking": piece}
                for piece in _pieces(block["thinking"])
            ]
            signed = {"type": "signature_delta", "signature": block["signature"]}
            return {**block, "thinking": "", "signature": ""}, [*thoughts, signed]
        pieces = _pieces(json.dumps(block["input"]), 6)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
        return {**block, "input": {}}, deltas


class Gemini:
    name = "gemini"

    @staticmethod
    def texts(body):
        system = body.get("systemInstruction") or {}
        turns = [system, *body["contents"]] if system else body["contents"]
        return [_flat(turn.get("parts")) for turn in turns]

    @staticmethod
    def prompt(body):
        users = [turn for turn in body["contents"] if turn.get("role") == "user"]
        return _flat(users[-1].get("parts")) if users else ""

    @staticmethod
    def max_tokens(body):
        return (body.get("generationConfig") or {}).get("maxOutputTokens") or 1000

    @staticmethod
    def wants_usage(_body, _stream):
        return True

    @staticmethod
    def usage(counts, _cost=None):
        prompt = counts["input"] + counts["cache_read"] + counts["cache_write"]
        usage = {
            "promptTokenCount": prompt,
            "candidatesTokenCount": counts["output"],
            "totalTokenCount": prompt + counts["output"] + counts["reasoning"],
        }
        if counts["cache_read"]:
            usage["cachedContentTokenCount"] = counts["cache_read"]
        if counts["reasoning"]:
            usage["thoughtsTokenCount"] = counts["reasoning"]
        if counts.get("input_audio"):
            sound = counts["input_audio"]
            usage["promptTokensDetails"] = [
                {"modality": "TEXT", "tokenCount": prompt - sound},
                {"modality": "AUDIO", "tokenCount": sound},
            ]
        return usage

    @staticmethod
    def said(service, _region):
        return {"serviceTier": service or "standard"}

    @staticmethod
    def _answer(number, model, parts, usage, finish):
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
        if finish:
            candidate["finishReason"] = {"stop": "STOP", "length": "MAX_TOKENS"}[finish]
        return {
            "candidates": [candidate],
            "modelVersion": model,
            "responseId": f"g{number}",
            **({} if usage is None else {"usageMetadata": usage}),
        }

    @classmethod
    def whole(cls, number, model, text, usage, finish, tool, thought=None):
        parts = _calls(tool) if tool else [{"text": text}]
        return cls._answer(number, model, parts, usage, finish)

    @classmethod
    def events(cls, number, model, text, usage, finish, tool, thought=None):
        pieces = _calls(tool) if tool else [{"text": piece} for piece in _pieces(text)]
        early = None
        if isinstance(usage, dict) and "promptTokenCount" in usage:
            early = {
                "promptTokenCount": usage["promptTokenCount"],
                "totalTokenCount": usage["promptTokenCount"],
            }
        for place, part in enumerate(pieces):
            last = place == len(pieces) - 1
            answer = cls._answer(
                number, model, [part], usage if last else early, finish if last else None
            )
            yield f"data: {json.dumps(answer)}\r\n\r\n"


def route(path):
    """(format, model named in the path or None, streamed by path) of a request's path, or None."""
    bare = path.partition("?")[0]
    if bare.endswith("/chat/completions"):
        return OpenAI, None, False
    if bare.endswith("/messages"):
        return Anthropic, None, False
    head, colon, verb = bare.rpartition(":")
    if colon and verb in ("generateContent", "streamGenerateContent"):
        return Gemini, head.rpartition("/models/")[2], verb == "streamGenerateContent"
    return None
