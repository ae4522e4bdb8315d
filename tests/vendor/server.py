"""The loopback vendor's HTTP server. Control paths are under ``/control``; see client.py."""

import base64
import json
import socket
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import batches, formats, prices, tasks, tuning
from .caches import BadMarks
from .counting import compose, count, count_prompt, follow
from .faults import FAULTS, directives
from .state import HANG_S, State


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    allow_reuse_address = True

    def __init__(self, port=0, state=None, handler=None):
        super().__init__(("127.0.0.1", port), handler or Handler)
        self.state = state or State()

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the play."""


class _Base(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet an answer; streams flush by themselves

    def log_message(self, *args):
        pass

    def send_json(self, status, value, headers=()):
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, content in headers:
            self.send_header(name, content)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def hang_up(self):
        self.close_connection = True
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class TrapHandler(_Base):
    """The host that a redirect leads to: writes down whatever arrives."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.state.trapped.append({"path": self.path, "headers": dict(self.headers)})
        self.send_json(200, {"trapped": True})

    def do_GET(self):
        self.do_POST()


class Handler(_Base):
    def do_GET(self):
        if self.path.startswith("/control/"):
            return self._control()
        if batches.serve(self, "GET") or tuning.serve(self, "GET"):
            return None
        bare = self.path.partition("?")[0]
        if bare.endswith("/models"):
            if not self.key():
                return self.send_json(401, {"error": {"message": "no key"}})
            names = sorted((*prices.PRICES, *prices.TASKS))
            return self.send_json(
                200,
                {
                    "data": [{"id": name} for name in names],
                    "models": [{"name": f"models/{name}"} for name in names],
                },
            )
        return self.send_json(404, {"error": {"message": f"no such path {bare}"}})

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        data = self.rfile.read(size)
        if len(data) < size:
            return self.hang_up()
        if self.path.startswith("/control/"):
            return self._control(data)
        if batches.serve(self, "POST", data) or tuning.serve(self, "POST", data):
            return None
        if tasks.serve(self, data):
            return None
        try:
            body = json.loads(data)
        except ValueError:
            return self.send_json(400, {"error": {"message": "not JSON"}})
        found = formats.route(self.path)
        if not found:
            return self.send_json(404, {"error": {"message": "no such path"}})
        return self._serve(body, *found)

    def do_DELETE(self):
        if not batches.serve(self, "DELETE"):
            self.send_json(404, {"error": {"message": "no such path"}})

    def key(self):
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return (
            bearer
            or self.headers.get("x-api-key")
            or self.headers.get("x-goog-api-key")
            or self.headers.get("api-key")
            or ""
        )

    # -- calls ---------------------------------------------------------------------------------

    def _serve(self, body, form, model, stream):
        model = model or body.get("model")
        stream = stream or bool(body.get("stream"))
        state = self.server.state
        row = {
            "path": self.path,
            "format": form.name,
            "model": model,
            "stream": stream,
            "key": self.key(),
            "id": None,
            "fault": None,
            "bill": "0",
            "counts": None,
            "told": False,
            "at": time.time(),
            "keys": sorted(body),
            "marks": json.dumps(body).count('"cache_control"'),
        }
        if not row["key"] or row["key"].startswith("wrong"):
            state.add({**row, "fault": "401"})
            return self.refuse("401", {})
        if model not in prices.PRICES:
            state.add({**row, "fault": "404"})
            return self.refuse("404", {})
        prompt = form.prompt(body)
        told = {**state.defaults, **directives(prompt)}
        row["attempt"] = state.nth(prompt)
        fault = told.get("fault")
        if fault and row["attempt"] >= int(told.get("times", 10**9)):
            fault = None
        row.update(id=told.get("id"), fault=fault)
        if fault and not FAULTS[fault]:
            state.add(row)
            time.sleep(float(told.get("delay", 0)))
            return self.refuse(fault, told)
        try:
            text, counts, finish = self.answer(form, body, prompt, told)
        except BadMarks as error:
            state.add({**row, "fault": "400"})
            return self.send_json(400, {"error": {"message": str(error)}})
        cost = told.get("cost")
        service, region = told.get("service", ""), told.get("region", "")
        usage = form.usage(counts, float(cost) if cost else None)
        usage.update(form.said(service, region))
        row.update(
            counts=counts,
            bill=cost or prices.bill(model, counts, service, region),
            told=fault is None and form.wants_usage(body, stream),
        )
        state.add(row)
        if told.get("hold"):
            state.hold(told["hold"])
        time.sleep(float(told.get("delay", 0)))
        if fault == "nousage" or not form.wants_usage(body, stream):
            usage = None
        elif fault == "badusage":
            usage = "twelve"
        if fault in ("close", "hang"):
            if fault == "hang":
                state.hold("hang")
            return self.hang_up()
        if fault and fault.isdigit():
            return self.refuse(fault, told)
        if told.get("stop") and finish == "stop" and form is formats.Anthropic:
            finish = f"stop:{told['stop']}"
        parts = (row["n"], model, text, usage, finish, told.get("tool"), told.get("thought"))
        if stream:
            return self._stream(form, parts, fault, float(told.get("drip", 0)))
        return self._whole(form, parts, fault)

    def answer(self, form, body, prompt, told):
        """(text, disjoint counts, finish reason) of a call."""
        limit = int(form.max_tokens(body))
        thought = min(int(told.get("reasoning", 0)), max(limit - 1, 0))
        size = int(told.get("output", 20 + sum(prompt.encode("utf-8", "replace")) % 40))
        finish = "length" if size > limit - thought else "stop"
        text = follow(prompt) or compose(prompt, min(size, limit - thought))
        if told.get("say"):
            text, finish = base64.urlsafe_b64decode(told["say"]).decode(), "stop"
        lead = 0
        if told.get("tools") == "counted" and body.get("tools"):
            lead = count(json.dumps(body["tools"]), form.name)
        sent = lead + count_prompt(form.texts(body), form.name)
        read = min(int(told.get("cached", 0)), sent)
        written, hour = min(int(told.get("written", 0)), sent - read), 0
        if told.get("caches") == "rules":
            read, written, hour = self._cached(form, body, sent, lead)
        return (
            text,
            {
                "input": sent - read - written - hour,
                "output": min(count(text, form.name), limit - thought),
                "cache_read": read,
                "cache_write": written,
                "cache_write_1h": hour,
                "reasoning": thought,
                "input_audio": min(int(told.get("sound", 0)), sent - read - written - hour),
                "web_searches": int(told.get("searches", 0)),
            },
            finish,
        )

    def _cached(self, form, body, sent, lead):
        """Tokens that the vendor's cache gives, keeps for minutes, and for an hour."""
        state = self.server.state
        _form, named, _stream = formats.route(self.path)
        model = named or body.get("model")
        with state.changed:
            found = state.caches.bill(form, model, self.key(), body, sent, time.time(), lead)
        return [found.get(kind, 0) for kind in ("cache_read", "cache_write", "cache_write_1h")]

    def refuse(self, fault, told):
        """Answer with a status that is an error, or with a redirect."""
        if fault == "redirect":
            target = f"http://localhost:{self.server.state.trap_port}{self.path}"
            return self.send_json(307, {}, [("Location", target)])
        headers = [("Retry-After", told["retry_after"])] if "retry_after" in told else []
        message = f"simulated {fault}"
        if fault == "echo":
            fault, message = "401", f"Incorrect API key provided: {self.key()}."
        return self.send_json(int(fault), {"error": {"message": message}}, headers)

    def _whole(self, form, parts, fault):
        answer = form.whole(*parts)
        if fault == "wrongtypes":
            answer.update(choices=None, content=7, candidates="none")
        return self.send_whole(answer, fault)

    def send_whole(self, answer, fault):
        """Send an answer as JSON, or what a fault leaves of it."""
        data = json.dumps(answer).encode()
        if fault == "badjson":
            data = data[: len(data) // 2]
        elif fault == "huge":
            data = data[:-1] + b', "padding": "' + b"x" * (10 * 1024 * 1024) + b'"}'
        elif fault == "half":
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            return self.hang_up()
        return self.send_json(200, data)

    def _stream(self, form, parts, fault, drip):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = list(form.events(*parts))
        if fault in ("half", "halfclean"):
            events = events[: len(events) // 2]
        elif fault == "badjson":
            events[len(events) // 2] = "data: {broken\n\n"
        elif fault == "wrongtypes":
            events[len(events) // 2] = (
                'data: {"choices": 3, "candidates": 3, "type": "message_start"}\n\n'
            )
        elif fault == "huge":
            events.insert(1, ": " + "x" * (10 * 1024 * 1024) + "\n\n")
        for event in events:
            time.sleep(drip)
            data = event.encode()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()
        if fault == "half":
            self.hang_up()
            return
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    # -- control -------------------------------------------------------------------------------

    def _control(self, data=b""):
        state = self.server.state
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        verb = parts.path.removeprefix("/control/")
        if verb == "log":
            with state.changed:
                answer = list(state.log)
        elif verb == "trapped":
            answer = list(state.trapped)
        elif verb == "reset":
            answer = state.reset()
        elif verb == "release":
            answer = state.release(query["gate"])
        elif verb == "wait":
            answer = state.wait(query["gate"], int(query["n"]), float(query.get("limit_s", HANG_S)))
        elif verb == "later":
            with state.changed:
                state.caches.ahead_s += float(query["s"])
            answer = state.caches.ahead_s
        elif verb == "price":
            answer = prices.PRICES.update(json.loads(data))
        elif verb == "defaults":
            answer = state.defaults = json.loads(data or b"{}")
        else:
            return self.send_json(404, {"error": {"message": "no such control"}})
        return self.send_json(200, {"result": answer})


def start(port=0):
    """Start vendor and trap in threads of this process; the vendor's Server."""
    server = Server(port)
    trap = Server(0, server.state, TrapHandler)
    server.state.trap_port = trap.server_port
    for each in (trap, server):
        threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True).start()
    server.trap = trap
    return server
