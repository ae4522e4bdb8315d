"""What the server's environment says of proxies is followed, whenever it is said."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class _Proxy(BaseHTTPRequestHandler):
    asked = []

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path)
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def proxy():
    """Its address; it refuses every call, and remembers where it was to go."""
    server = HTTPServer(("127.0.0.1", 0), _Proxy)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    _Proxy.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("client", ["openai"], indirect=True)
@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "Http_Proxy", "ALL_PROXY"])
def test_a_proxy_is_used_from_the_moment_it_is_named(client, vendor, proxy, monkeypatch, name):
    from ai_brain.providers.errors import AuthenticationFailed

    for one in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(one, raising=False)
    assert client.ask("Hello").content
    assert not _Proxy.asked
    monkeypatch.setenv(name, proxy)
    far = type(client)(vendor, "openai", base_url="http://vendor.invalid/v1")
    with pytest.raises(AuthenticationFailed):
        far.ask("Hello")
    assert _Proxy.asked == ["http://vendor.invalid/v1/chat/completions"]
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert client.ask("Hello").content
    assert len(_Proxy.asked) == 1
