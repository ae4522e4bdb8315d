"""The wires against the loopback vendor, without Odoo: `pytest ai_brain/providers`."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.vendor import Vendor  # noqa: E402
from tests.vendor.load import bare_addon  # noqa: E402

bare_addon()

FORMATS = ("openai", "anthropic", "gemini")
MODEL = {"openai": "loop-o-small", "anthropic": "loop-a-small", "gemini": "loop-g-small"}
KEY = "test-key-2718"


class Client:
    """One format at the vendor, with the fewest words a test needs."""

    def __init__(self, vendor, api_format, **endpoint):
        from ai_brain.providers import Endpoint, get_wire

        self.vendor = vendor
        self.api_format = api_format
        self.wire = get_wire(api_format)
        endpoint = {
            "base_url": vendor.base_url(api_format),
            "api_key": KEY,
            "timeout_s": 20,
            **endpoint,
        }
        self.endpoint = Endpoint(api_format, **endpoint)

    def request(self, text, **fields):
        from ai_brain.providers import ChatRequest

        messages = fields.pop("messages", None) or [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": text},
        ]
        model = fields.pop("model", MODEL[self.api_format])
        return ChatRequest(messages, model, fields.pop("max_tokens", 500), **fields)

    def ask(self, text, **fields):
        return self.wire.complete(self.endpoint, self.request(text, **fields))

    def stream(self, text, **fields):
        return self.wire.stream(self.endpoint, self.request(text, **fields))

    def call(self, streamed, text, **fields):
        """The ChatResponse, by one way or the other."""
        if not streamed:
            return self.ask(text, **fields)
        with self.stream(text, **fields) as stream:
            pieces = list(stream)
        assert "".join(pieces) == stream.response.content
        return stream.response


@pytest.fixture(scope="session")
def _vendor():
    with Vendor() as vendor:
        yield vendor


@pytest.fixture
def vendor(_vendor):
    _vendor.reset()
    return _vendor


@pytest.fixture(params=FORMATS)
def client(request, vendor):
    return Client(vendor, request.param)


@pytest.fixture
def make_client(vendor):
    return lambda api_format="openai", **endpoint: Client(vendor, api_format, **endpoint)


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request):
    return request.param
