"""JSON-RPC as the web client speaks it; safe to share between threads."""

import http.client
import json
import threading


class RpcError(Exception):
    """The server's error: ``name`` is the Python class there, ``text`` what a person reads."""

    def __init__(self, error):
        data = error.get("data") or {}
        self.name = data.get("name") or ""
        self.text = data.get("message") or error.get("message") or ""
        self.debug = data.get("debug") or ""
        super().__init__(f"{self.name}: {self.text}")


class Rpc:
    """A session of one user. ``rpc('ai.service', 'send_message', …)`` calls a model's method."""

    def __init__(self, port, database, login="admin", password=None, timeout=120):
        self.port = port
        self.timeout = timeout
        self._local = threading.local()
        self.cookie = None
        self.user_id = self._authenticate(database, login, password or login)

    def _authenticate(self, database, login, password):
        params = {"db": database, "login": login, "password": password}
        answer, headers = self._exchange("/web/session/authenticate", params)
        for name, value in headers:
            if name.lower() == "set-cookie" and value.startswith("session_id="):
                self.cookie = value.partition(";")[0]
        return answer["uid"]

    def _exchange(self, path, params):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params})
        headers = {"Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self._local.connection = connection
        try:
            connection.request("POST", path, body.encode("utf-8", "surrogatepass"), headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self._local.connection = None
            connection.close()
            raise
        if response.getheader("Connection", "").lower() == "close":
            self._local.connection = None
            connection.close()
        if response.status != 200:
            raise RpcError({"message": f"HTTP {response.status}: {data[:300]!r}"})
        answer = json.loads(data)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result"), response.getheaders()

    def hang_up(self):
        """Close this thread's connection: a worker that is about to end keeps none waiting."""
        connection, self._local.connection = getattr(self._local, "connection", None), None
        if connection:
            connection.close()

    def post(self, path, **params):
        return self._exchange(path, params)[0]

    def __call__(self, model, method, *args, **kwargs):
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )

    def send(self, text, provider_id, **options):
        """``ai.service.send_message`` with a text."""
        return self("ai.service", "send_message", text, config=provider_id, **options)
