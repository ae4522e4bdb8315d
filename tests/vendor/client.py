"""What a test holds of the vendor: its address, its log, its bill, its gates."""

import http.client
import json
import os
import subprocess
import sys
import urllib.parse
from decimal import Decimal
from pathlib import Path

from .prices import PRICES

ROOT = Path(__file__).resolve().parents[2]


class Vendor:
    """A running vendor, in this process or (``Vendor.spawn()``) in one of its own.

    ``with Vendor() as vendor: vendor.url …``
    """

    def __init__(self, port=0):
        from . import server

        self._server = server.start(port)
        self._process = None
        self.port = self._server.server_port

    @classmethod
    def spawn(cls, port=0):
        vendor = cls.__new__(cls)
        vendor._server = None
        vendor._process = subprocess.Popen(
            [sys.executable, "-m", "tests.vendor", "--port", str(port)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        )
        line = vendor._process.stdout.readline()
        if not line.startswith("vendor on "):
            raise RuntimeError(f"the vendor did not start: {line!r}")
        vendor.port = int(line.rsplit(":", 1)[1])
        return vendor

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def base_url(self, api_format):
        """The base URL to enter in a provider of that format."""
        return self.url + {"openai": "/v1", "anthropic": "", "gemini": "/v1beta"}[api_format]

    def models(self, api_format):
        return [name for name, row in PRICES.items() if row["format"] == api_format]

    def control(self, verb, data=None, limit=60, **query):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=limit)
        try:
            path = f"/control/{verb}?{urllib.parse.urlencode(query)}"
            connection.request("POST", path, json.dumps(data or {}))
            return json.loads(connection.getresponse().read())["result"]
        finally:
            connection.close()

    def log(self, **only):
        """Rows of the log in which these fields have these values."""
        return [
            row
            for row in self.control("log")
            if all(row.get(key) == value for key, value in only.items())
        ]

    def bill(self, **only):
        """What those calls cost, exact."""
        return sum((Decimal(row["bill"]) for row in self.log(**only)), Decimal(0))

    def trapped(self):
        return self.control("trapped")

    def reset(self):
        self.control("reset")

    def release(self, gate):
        self.control("release", gate=gate)

    def wait(self, gate, number, limit=90):
        """Wait until ``number`` calls stand at the gate; how many do after ``limit`` seconds."""
        return self.control("wait", limit=limit + 10, gate=gate, n=number, limit_s=limit)

    def later(self, seconds):
        """Move the clock of the vendor's caches on."""
        self.control("later", s=seconds)

    def sells(self, model, **row):
        """Add a model to the price list of this vendor."""
        self.control("price", {model: row})

    def defaults(self, **directives):
        """Directives for every call whose prompt says nothing else."""
        self.control("defaults", {key: str(value) for key, value in directives.items()})

    def close(self):
        if self._server:
            for each in (self._server, self._server.trap):
                each.shutdown()
                each.server_close()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
