"""Debian's own Prometheus, watching a server of the tests with the files that we ship."""

import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from .settings import free_port

MONITORING = Path(__file__).resolve().parents[2] / "monitoring"
SCRAPE_S = 1
#: What Grafana puts in place of its variable: four scrapes or more.
RATE_INTERVAL = "60s"
#: Windows of hours are of seconds in a test, which cannot wait.
COMPARED = re.compile(r"\s(==|<|>)\s[\d.]+$")
WINDOW = re.compile(r"\[(\d+)([mhd])(:\d+[mhd])?\]")


def program(name):
    """A program of Debian's package; ``tools/sam`` fetches and unpacks it once.

    :raise tools.sam.ui.Failure: it cannot be had on this machine
    """
    from tools.sam import debian

    return str(debian.program("prometheus", name))


class Prometheus:
    """``with Prometheus(folder, odoo_port, key) as one: one.value("sum(llm_requests_total)")``"""

    def __init__(self, folder, odoo_port, key):
        self.folder, self.port = folder, free_port()
        (folder / "metrics.key").write_text(key, encoding="utf-8")
        (folder / "alerts.yml").write_text(
            (MONITORING / "alerts.yml").read_text(encoding="utf-8"), encoding="utf-8"
        )
        config = (MONITORING / "prometheus.yml").read_text(encoding="utf-8")
        config = config.replace("127.0.0.1:8069", f"127.0.0.1:{odoo_port}")
        config = config.replace("interval: 30s", f"interval: {SCRAPE_S}s")
        (folder / "prometheus.yml").write_text(config, encoding="utf-8")
        self.process = None

    def __enter__(self):
        with (self.folder / "prometheus.log").open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [
                    program("prometheus"),
                    f"--config.file={self.folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self.folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self.port}",
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait(30)

    def query(self, expression):
        """``[(labels, value)]`` of an expression now."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode(
            {"query": expression}
        )
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        return [(one["metric"], float(one["value"][1])) for one in found["data"]["result"]]

    def value(self, expression):
        """The sum of an expression's values; None where it has none, or while nothing answers."""
        try:
            found = self.query(expression)
        except OSError:
            return None
        return sum(value for _labels, value in found) if found else None

    def alerts(self):
        """``[(name, expression)]`` of the alerts as Prometheus read them, each without what it
        compares its value to."""
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/api/v1/rules", timeout=10
        ) as answer:
            groups = json.load(answer)["data"]["groups"]
        return [
            (rule["name"], short(COMPARED.sub("", rule["query"])))
            for group in groups
            for rule in group["rules"]
        ]

    def wait_for(self, expression, value, limit=60):
        """Wait until an expression has this value."""
        deadline = time.monotonic() + limit
        while (now := self.value(expression)) != value:
            if time.monotonic() > deadline:
                log = (self.folder / "prometheus.log").read_text(encoding="utf-8")
                raise AssertionError(f"{expression} is {now}, not {value}:\n{log[-2000:]}")
            time.sleep(0.2)


def panels():
    """``[(title, expression)]`` of the Grafana file."""
    board = json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    return [
        (panel["title"], short(target["expr"].replace("$__rate_interval", RATE_INTERVAL)))
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def short(expression):
    """An expression whose windows of hours are as long as those of a test."""
    return WINDOW.sub(_short, expression)


def _short(match):
    return f"[{RATE_INTERVAL}:1s]" if match[3] else f"[{RATE_INTERVAL}]"
