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
#: Windows of hours are of seconds in a test, which cannot wait.
COMPARED = re.compile(r"\s(==|<|>)\s[\d.]+$")
WINDOW = re.compile(r"\[(\d+)([mhd])(:\d+[mhd])?\]")


def program(name, package="prometheus"):
    """A program of a package of Debian's; ``tools/sam`` fetches and unpacks it once.

    :raise tools.sam.ui.Failure: it cannot be had on this machine
    """
    from tools.sam import debian

    return str(debian.program(package, name))


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

    def use_key(self, key):
        """Ask with another key from the next scrape on: Prometheus reads the file each time."""
        (self.folder / "metrics.key").write_text(key, encoding="utf-8")

    def query(self, expression, at=None):
        """``[(labels, value)]`` of an expression now, or at a moment in seconds of the epoch; of a
        range ``[(labels, [[moment, value as a text]])]``."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode(
            {"query": expression, **({"time": at} if at else {})}
        )
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        return [
            (one["metric"], one["values"] if "values" in one else float(one["value"][1]))
            for one in found["data"]["result"]
        ]

    def extrapolation(self, window, at):
        """What growth in the ``window`` seconds before ``at`` is multiplied by: Prometheus knows it
        from the first scrape within them to the last, and extrapolates it to all of them, or by
        half an interval at an end where a scrape is missing.
        """
        ((_labels, samples),) = self.query(f"llm_calls_under_way[{window}s]", at)
        first, last = samples[0][0], samples[-1][0]
        usual = (last - first) / (len(samples) - 1)
        ends = (first - (at - window), at - last)
        known = last - first
        return (known + sum(end if end < 1.1 * usual else usual / 2 for end in ends)) / known

    def value(self, expression):
        """The sum of an expression's values; None where it has none, or while nothing answers."""
        try:
            found = self.query(expression)
        except OSError:
            return None
        return sum(value for _labels, value in found) if found else None

    def rules(self):
        """The alerts as Prometheus read them: dicts with name, query, duration in seconds, labels
        and annotations."""
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/api/v1/rules", timeout=10
        ) as answer:
            groups = json.load(answer)["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def alerts(self, window):
        """``[(name, expression, names of labels)]`` of the alerts, each without what it compares
        its value to; see :func:`panels`."""
        return [
            (
                rule["name"],
                short(COMPARED.sub("", rule["query"]), window),
                re.findall(r"\$labels\.(\w+)", str(rule["annotations"])),
            )
            for rule in self.rules()
        ]

    def wait_for(self, expression, value, limit=60):
        """Wait until an expression has this value."""
        self._wait(lambda: self.value(expression), lambda now: now == value, expression, limit)

    def next_scrape(self, limit=60):
        """Wait for a scrape that begins after this moment; when it was, in seconds."""
        since = time.time()
        last = "max(timestamp(llm_calls_under_way))"
        return self._wait(lambda: self.value(last), lambda now: now and now > since, last, limit)

    def _wait(self, look, is_there, what, limit):
        deadline = time.monotonic() + limit
        while not is_there(now := look()):
            if time.monotonic() > deadline:
                log = (self.folder / "prometheus.log").read_text(encoding="utf-8")
                raise AssertionError(f"{what} is still {now}:\n{log[-2000:]}")
            time.sleep(0.2)
        return now


def panels(window):
    """``[(title, expression, names of labels)]`` of the Grafana file; the labels are those that its
    legend shows.

    :param int window: seconds that rates are taken over
    """
    board = json.loads((MONITORING / "grafana.json").read_text(encoding="utf-8"))
    return [
        (
            panel["title"],
            short(target["expr"].replace("$__rate_interval", f"{window}s"), window),
            re.findall(r"{{(\w+)}}", target["legendFormat"]),
        )
        for panel in board["panels"]
        for target in panel["targets"]
    ]


def short(expression, window):
    """An expression whose windows of hours are as long as those of a test."""
    return WINDOW.sub(lambda found: f"[{window}s:1s]" if found[3] else f"[{window}s]", expression)
