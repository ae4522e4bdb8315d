"""Helpers for tests that make calls: answers without a vendor (:func:`answering`, for other
addons too: docs/test-your-addon.md), a provider with a price, and a vendor on loopback."""

import contextlib
import json
import re
import threading
from copy import copy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo.tests import TransactionCase

from ..engine.base.text import last_user_text
from ..engine.price.sound import billed_seconds
from ..engine.price.usage import TokenUsage
from ..engine.prompt.tokens import count_text, count_tokens
from ..models.base.transactions import Apart
from ..models.call.call import Attempt
from ..providers import (
    ChatResponse,
    ChatStream,
    EmbeddingRequest,
    EmbeddingResponse,
    SpeechRequest,
    Transcript,
)
from ..providers import base as wires


def answer(content="Good morning.", prompt_tokens=10, completion_tokens=5, **usage):
    """Return the body of an OpenAI chat completion."""
    return {
        "id": "answer-1",
        "model": "test-model",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content},
            }
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
            **usage,
        },
    }


def new_provider(env, name, price=None, **vals):
    """Create a provider with a price of $1 and $2 a million tokens (False: no price)."""
    if price is None:
        price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
    return env["ai.service.provider"].create(
        {
            "name": name,
            "model_name": "test-model",
            "company_id": env.company.id,
            "timeout_s": 10,
            "price_ids": [(0, 0, price)] if price else [],
            **vals,
        }
    )


class ScriptedVendor:
    """A real HTTP server on loopback that gives scripted answers and keeps the requests.

    ``script`` holds (status, body) in the order in which they are given; a body may be a dict or
    bytes. When it is empty the usual answer is given. ``requests`` holds (headers, body) pairs,
    the body of a GET being None; ``sent`` holds the bytes of the bodies. Where nothing is
    scripted, a GET lists ``models``.
    """

    #: Off: bodies are read and dropped, and only ``sizes`` tell of them.
    keeps_bodies = True

    def __init__(self, models=("test-model",)):
        self.models = models
        self.script = []
        self.requests, self.sent, self.sizes = [], [], []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                vendor.requests.append((dict(self.headers), None))
                offered = {"object": "list", "data": [{"id": name} for name in vendor.models]}
                self.reply(*(vendor.script.pop(0) if vendor.script else (200, offered)))

            def do_POST(self):
                body = self.read_body()
                vendor.sent.append(body)
                form = self.headers["Content-Type"].startswith("multipart/")
                vendor.requests.append((dict(self.headers), body if form else json.loads(body)))
                self.reply(*(vendor.script.pop(0) if vendor.script else (200, answer())))

            def read_body(self):
                left = int(self.headers["Content-Length"])
                vendor.sizes.append(left)
                if vendor.keeps_bodies:
                    return self.rfile.read(left)
                while left:
                    left -= len(self.rfile.read(min(left, 64 * 1024)))
                return b"{}"

            def reply(self, status, reply):
                reply = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Asked(list):
    """What was asked while :func:`answering` answered: ``providers.ChatRequest``, one a call.

    Each has ``messages``, ``model``, ``max_tokens``, ``temperature``, ``tools``,
    ``response_schema`` and ``extra``, as they would have gone to the vendor.
    """

    @property
    def texts(self):
        """The last text of the user in each of them."""
        return [_asked_text(request) for request in self]


def _asked_text(request):
    """The last text of the user; of what is no chat, the texts, or what is said of a recording."""
    if hasattr(request, "messages"):
        return last_user_text(request.messages)
    if isinstance(request, EmbeddingRequest):
        return "\n".join(map(str, request.inputs))
    return request.prompt or ""


@contextlib.contextmanager
def answering(env, *answers):
    """Answer every call of the body without a vendor; yield what was asked, as :class:`Asked`.

    Everything but the vendor is real: checks, budgets, prices, the ledger row. It works in a
    TransactionCase and, for what the server does in a test, in an HttpCase. Where the company has
    no provider for chat, it has one in the body, at $1 and $2 a million tokens::

        with answering(self.env, "Thank you.", {"total": 12}) as asked:
            lead.action_thank()
        self.assertEqual(asked.texts, ["Thank …"])

    :param env: environment of the test
    :param answers: one for each call, in order: a text; a dict or list, which is given as JSON
        (for ``response_schema``); a ``providers.ChatResponse`` for tool calls and the like; an
        exception of ``providers.errors``, which the vendor is said to have failed with; or a
        function of the request that returns one of these, which answers that call and, if it is
        the last, all that follow. ``embed`` takes a list of vectors, ``transcribe`` a text. A call
        beyond them fails with an AssertionError.
    """
    asked, left = Asked(), list(answers)

    def reply(request):
        asked.append(request)
        if not left:
            raise AssertionError(f"Call {len(asked)} has no answer: {_asked_text(request)[:200]!r}")
        given = left[0] if len(left) == 1 and callable(left[0]) else left.pop(0)
        given = given(request) if callable(given) else given
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, ChatResponse) else _response(request, given)

    found = {name: _answering_wire(wire, reply) for name, wire in wires._wires.items()}
    with patch.dict(wires._wires, found):
        domain = [("task_type", "=", "chat"), ("company_id", "in", [False, env.company.id])]
        if not env["ai.service.provider"].sudo().search(domain, limit=1):
            new_provider(env(su=True), "Answers of a test")
        yield asked


def _answering_wire(wire, reply):
    """Return a wire that checks and bounds requests as ``wire`` does, and sends nothing."""
    made = copy(wire)
    made.complete = lambda endpoint, request: wire.check(request) or reply(request)
    made.embed = lambda endpoint, request: wire.check_embedding(request) or reply(request)
    made.transcribe = lambda endpoint, request: wire.check_speech(request) or reply(request)
    made.list_models = lambda endpoint: ["test-model"]

    def stream(endpoint, request):
        response = made.complete(endpoint, request)
        sent = []

        def pieces():
            for piece in re.findall(r"\S+\s*", response.content):
                sent.append(piece)
                yield piece
            return response

        return ChatStream(pieces(), lambda: ChatResponse("".join(sent), model=request.model))

    made.stream = stream
    return made


def _response(request, given):
    if isinstance(request, EmbeddingRequest):
        sent = sum(
            count_text(one, request.model).tokens if isinstance(one, str) else len(one)
            for one in request.inputs
        )
        return EmbeddingResponse(
            usage=TokenUsage(input=sent), model=request.model, finish_reason="stop", vectors=given
        )
    if isinstance(request, SpeechRequest):
        heard = billed_seconds(request.seconds or 0)
        usage = TokenUsage(
            input=10 * heard,
            input_audio=10 * heard,
            output=count_text(given, request.model).tokens,
            audio_seconds=heard,
        )
        return Transcript(content=given, usage=usage, model=request.model, finish_reason="stop")
    content = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    usage = TokenUsage(
        input=count_tokens(request.messages, request.model, tools=request.tools).tokens,
        output=count_text(content, request.model).tokens if content else 0,
    )
    return ChatResponse(content=content, usage=usage, model=request.model, finish_reason="stop")


@contextlib.contextmanager
def on_one_cursor():
    """Have what calls of the body write beside their caller's transaction be in it: in an HttpCase,
    where each has a cursor of its own, too."""

    @contextlib.contextmanager
    def cursor(apart, wait_s=30.0):
        with apart._caller.savepoint():
            yield apart._caller

    with patch.object(Apart, "cursor", cursor):
        yield


def reserve(service, text, provider, environment=None, **options):
    """Return (call, its ``Attempt``) that is reserved, as if it were under way."""
    call = service._check(text, provider, environment or {}, options)
    attempt = call.attempt = Attempt(call.target)
    service._reserve(call, attempt)
    attempt.sent = True
    return call, attempt


class AiCase(TransactionCase):
    """``self.provider`` is a priced sandbox; ``self.vendor_provider`` asks ``self.vendor``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.service = cls.env["ai.service"]
        cls.provider = cls._new_provider("Sandbox", api_format="sandbox")
        cls.vendor = ScriptedVendor()
        cls.addClassCleanup(cls.vendor.close)
        cls.vendor_provider = cls._new_provider("Loopback", base_url=cls.vendor.url)

    def setUp(self):
        super().setUp()
        self.vendor.script.clear()
        self.vendor.requests.clear()
        self.vendor.sent.clear()

    @classmethod
    def _new_provider(cls, name, price=None, **vals):
        """See :func:`new_provider`."""
        return new_provider(cls.env, name, price, **vals)

    @classmethod
    def _new_user(cls, login, *groups, **vals):
        names = groups or ("base.group_user",)
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "groups_id": [(6, 0, [cls.env.ref(name).id for name in names])],
                **vals,
            }
        )

    def _fails(self, error, function, *args, **kwargs):
        """Return the error that ``function`` raises. Unlike assertRaises, nothing is undone."""
        try:
            function(*args, **kwargs)
        except error as caught:
            return caught
        raise self.failureException(f"{error.__name__} not raised")

    def _reserve(self, text="Hello", provider=None, environment=None, **options):
        """See :func:`reserve`."""
        return reserve(self.service, text, provider or self.vendor_provider, environment, **options)

    def _mark_unsent(self, attempt):
        """As an edition left it that reserved and sent in two transactions."""
        self.env.cr.execute(
            "UPDATE ai_cost_reservation SET sent = FALSE WHERE id = %s", (attempt.reservation_id,)
        )

    def _row(self, result):
        """Return the ledger row of a result of send_message."""
        return self.env["ai.token.usage"].browse(result["token_usage_id"])

    def _exact(self, usage, column):
        """Return an amount as PostgreSQL writes it, trailing zeros trimmed."""
        self.env.cr.execute(
            f"SELECT trim_scale({column})::text FROM ai_token_usage WHERE id = %s",
            (usage.id,),
        )
        return self.env.cr.fetchone()[0]
