"""A headless Chromium driven over its DevTools protocol, with what it fetched counted."""

import itertools
import json
import resource
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


class Browser:
    """One page; a context manager. ``events`` holds what DevTools reported since ``forget()``."""

    def __init__(self, width=1366, height=900):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise RuntimeError("Chromium is missing: apt install chromium")
        self.folder = tempfile.mkdtemp(prefix="sam-chromium-")
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--remote-debugging-port=0", f"--user-data-dir={self.folder}",
             f"--window-size={width},{height}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_all_memory,
        )  # fmt: skip
        self.numbers = itertools.count(1)
        self.events = []

    def __enter__(self):
        import websocket

        port_file = Path(self.folder) / "DevToolsActivePort"
        port = _eventually(lambda: port_file.exists() and port_file.read_text().split())[0]
        address = f"http://127.0.0.1:{port}/json/list"
        pages = _eventually(lambda: json.load(urllib.request.urlopen(address)))
        page = next(page for page in pages if page["type"] == "page")
        self.socket = websocket.create_connection(
            page["webSocketDebuggerUrl"], suppress_origin=True, timeout=120
        )
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *exc):
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, **params):
        """Send a command and return its result; events on the way are kept."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") != number:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            else:
                return message["result"]

    def run(self, script):
        """The value of a script; a promise is awaited."""
        result = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:600])
        return result["result"].get("value")

    def open(self, url, selector):
        """Go to ``url`` and wait until ``selector`` is there."""
        self.call("Page.navigate", url=url)
        self.wait(f"document.querySelector({selector!r})", 120)

    def wait(self, script, seconds=30):
        """Wait until the value of a script is true."""
        _eventually(lambda: self.run(f"Boolean({script})"), seconds)

    def log_in(self, address, database, login="admin"):
        """Log in to an Odoo in the browser's own session; the password is the login."""
        self.open(f"{address}/web/login", "body")
        params = {"db": database, "login": login, "password": login}
        answer = self.run(
            f"""
            fetch("/web/session/authenticate", {{
                method: "POST",
                headers: {{ "Content-Type": "application/json" }},
                body: JSON.stringify({{ jsonrpc: "2.0", params: {json.dumps(params)} }}),
            }}).then((response) => response.json())
            """
        )
        if not answer.get("result", {}).get("uid"):
            raise RuntimeError(f"{login} could not log in: {answer.get('error')}")

    def forget(self):
        self.events.clear()

    def requests(self):
        """(url, bytes on the wire) of all requests that ended since ``forget()``."""
        self.run("1")  # collects what is under way
        urls, sizes = {}, {}
        for event in self.events:
            params = event.get("params", {})
            if event["method"] == "Network.requestWillBeSent":
                urls[params["requestId"]] = params["request"]["url"]
            elif event["method"] == "Network.loadingFinished":
                sizes[params["requestId"]] = params["encodedDataLength"]
        return [(urls[key], size) for key, size in sizes.items() if key in urls]

    def answers(self):
        """(url, HTTP status) of the answers since ``forget()``."""
        self.run("1")
        found = [e["params"] for e in self.events if e["method"] == "Network.responseReceived"]
        return [(params["response"]["url"], params["response"]["status"]) for params in found]


def _all_memory():
    # Odoo limits the address space of its process, which is less than Chromium asks for
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _eventually(question, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            answer = question()
        except (OSError, RuntimeError):
            answer = None
        if answer:
            return answer
        if time.monotonic() > end:
            raise RuntimeError("The browser did not get there in time.")
        time.sleep(0.05)
