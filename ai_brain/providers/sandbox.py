"""A model that lives here: no network, no key, no bill, and it says so.

Its answers depend on the prompt alone, so that a demo and a test can be repeated; its token
counts are those of the engine, so that what is shown of them is true.
"""

import hashlib
import json
import re

from ..engine.base.text import content_text, last_user_text
from ..engine.batch.joined import answer_each
from ..engine.call.schema_sample import sample
from ..engine.price.usage import TokenUsage
from ..engine.prompt.tokens import count_text, count_tokens
from .anthropic import AnthropicWire
from .base import ChatResponse, ChatStream, WireFormat, clean_text
from .gemini import GeminiWire
from .openai import OpenAIWire
from .sandbox_tasks import SandboxTasks
from .sandbox_tools import chosen_call, looked_up

_NOTICE = "[Sandbox: no model was asked.] "
_WORD = re.compile(r"[^\W\d_]{4,}")
_STOP_TEXT = """
about after also answer because been before between could does each from give have into list make
more most only other over please shall should show some tell than that their them then there these
they this under upon what when where which will with would write your
"""
_STOP_WORDS = frozenset(_STOP_TEXT.split())
_KINDS = (
    ("summary", re.compile(r"\b(?:summar|resum|shorten|condense|tl;?dr)", re.I)),
    ("mail", re.compile(r"\b(?:e-?mail|letter|reply|draft|respond to)\b", re.I)),
    ("code", re.compile(r"```|\b(?:code|function|script|sql|python|regex)\b", re.I)),
    ("list", re.compile(r"\b(?:list|ideas|options|steps|bullet|suggest|name \d+)\b", re.I)),
    ("classify", re.compile(r"\b(?:classify|categor|sentiment|label|priority of|spam)\b", re.I)),
    ("translate", re.compile(r"\btranslat", re.I)),
    ("question", re.compile(r"\?\s*$")),
)


def _topics(text, limit=4):
    """The prompt's most telling words, in order of first appearance."""
    counts = {}
    for word in _WORD.findall(text):
        low = word.lower()
        if low not in _STOP_WORDS:
            counts.setdefault(low, [word, 0])[1] += 1
    ranked = sorted(counts.values(), key=lambda item: -item[1] * min(len(item[0]), 10))
    return [word for word, _count in ranked[:limit]] or ["your message"]


def _body(kind, topics, pick):
    first, rest = topics[0], topics[1:] or ["the details"]
    others = ", ".join(rest)
    if kind == "summary":
        return (
            f"In short: the text is about {first}. It touches {others}, and the part on {rest[-1]} "
            "is the one that asks for a decision."
        )
    if kind == "mail":
        return (
            f"Hello,\n\nthank you for your message about {first}. We have looked at {others} and "
            f"will come back to you with a proposal. If anything about {rest[0]} is urgent, please "
            "tell us.\n\nKind regards"
        )
    if kind == "code":
        name = re.sub(r"\W+", "_", first.lower())
        return (
            f"```python\ndef {name}(values):\n    return [value for value in values if value]\n```"
            f"\nThis keeps what matters for {others}; adapt the condition to your data."
        )
    if kind == "list":
        lines = [f"{n}. {word.capitalize()}: check it first." for n, word in enumerate(topics, 1)]
        return f"On {first}:\n" + "\n".join(lines)
    if kind == "classify":
        label = ("positive", "neutral", "negative")[pick % 3]
        return f"Label: {label}. The wording around {first} decided it; {others} weighed less."
    if kind == "translate":
        return f"A translation would stand here. The key terms to keep are {first}, {others}."
    if kind == "question":
        return (
            f"It depends on {first}. Looking at {others}, the usual course is to settle "
            f"{rest[0]} first and to confirm the result with the person responsible."
        )
    return f"Noted: {first}, together with {others}. A next step would be to look at {rest[-1]}."


def compose(messages):
    """The sandbox's whole answer to a list of messages."""
    asked = next(
        (content_text(m.get("content")) for m in reversed(messages) if m.get("role") == "user"), ""
    )
    found = looked_up(messages)
    if found:
        return f"{_NOTICE}{clean_text(found)}"
    if messages and messages[-1].get("role") == "tool":
        result = " ".join(content_text(messages[-1].get("content")).split())
        return f"{_NOTICE}The tool returned: {clean_text(result)[:300]}"
    asked = clean_text(asked)
    kind = next((name for name, pattern in _KINDS if pattern.search(asked)), "other")
    pick = hashlib.sha256(asked.encode()).digest()[0]
    topics = _topics(asked[:20000])
    text = _body(kind, topics, pick)
    if len(asked) > 600:  # long prompts get longer answers, as from a model
        text += (
            f"\n\nTaken one by one: {'; '.join(_topics(asked[:20000], 10))}. Each of these appears "
            "in what you sent and would be covered in a real answer."
        )
    # a block of code begins a line, else it is none
    return (f"{_NOTICE.strip()}\n\n" if text.startswith("```") else _NOTICE) + text


def _answer_to(question):
    return compose([{"role": "user", "content": question}])


class SandboxWire(SandboxTasks, WireFormat):
    api_format = "sandbox"
    default_base_url = ""
    # Whatever one of the vendors takes, so that a call can be tried out here first.
    extra_keys = OpenAIWire.extra_keys | AnthropicWire.extra_keys | GeminiWire.extra_keys
    call_keys = OpenAIWire.call_keys
    part_types = {**OpenAIWire.part_types, **AnthropicWire.part_types}
    native_tools = True
    takes_schema = True
    cache_ttls = ("5m", "1h")

    def uncounted_bytes(self, request):
        """None: nothing leaves this place, and what is billed is what was counted."""
        return 0

    def _answer(self, request):
        """(pieces of text, ChatResponse), cut at ``max_tokens`` as a vendor would."""
        self.check(request)
        whole = answer_each(last_user_text(request.messages), _answer_to) or compose(
            request.messages
        )
        call = chosen_call(request)
        if call:
            whole = ""
        if request.response_schema is not None:
            whole = json.dumps(sample(request.response_schema), ensure_ascii=False)
        pieces = re.findall(r"\S+\s*", whole)
        text = "".join(pieces)
        finish = "stop"
        if count_text(text, request.model).tokens > request.max_tokens:
            finish = "length"
            low, high = 0, len(pieces)
            while low < high:
                middle = (low + high + 1) // 2
                fits = count_text("".join(pieces[:middle]), request.model).tokens
                low, high = (middle, high) if fits <= request.max_tokens else (low, middle - 1)
            pieces = pieces[:low]
            text = "".join(pieces)
        sent = count_tokens(request.messages, request.model, tools=request.tools).tokens
        output = count_text(text, request.model).tokens if text else 0
        identity = hashlib.sha256(repr(request.messages).encode("utf-8", "replace")).hexdigest()
        return pieces, ChatResponse(
            content=text,
            usage=TokenUsage(input=sent, output=output),
            model=request.model,
            finish_reason="tool_calls" if call else finish,
            tool_calls=[call] if call else [],
            request_id=f"sandbox-{identity[:16]}",
            raw_usage={"prompt_tokens": sent, "completion_tokens": output},
        )

    def complete(self, endpoint, request):
        return self._answer(request)[1]

    def stream(self, endpoint, request):
        pieces, response = self._answer(request)
        sent = []

        def run():
            for piece in pieces:
                sent.append(piece)
                yield piece
            return response

        def partial():
            return ChatResponse(
                content="".join(sent), model=request.model, request_id=response.request_id
            )

        return ChatStream(run(), partial)

    def list_models(self, endpoint):
        return ["sandbox"]
