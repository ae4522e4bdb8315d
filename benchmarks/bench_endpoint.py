#!/usr/bin/env python3
"""What the endpoint adds to a call of another program, and how many it serves.

In one run and in turn, by the same clients (1, 32, 100 at once), at the same loopback vendor:

- vendor     the vendor asked directly
- constant   a bare route of Odoo that returns a constant
- endpoint   /ai/v1/chat/completions, with budget, ledger and every step that is on by default
- litellm    LiteLLM's proxy

What is *added* is a road's p50 less the vendor's. LiteLLM's proxy is made from PyPI into an
environment of its own (``requirements-proxy.txt``). With a database and a budget of the key it
needs Prisma's query engine, a binary that no package registry has: where one can be had, start such
a proxy by hand and name it by ``SAM_LITELLM_URL``, ``SAM_LITELLM_KEY`` and ``SAM_LITELLM_PID``;
else it runs without both, which takes it less.

Then a hundred clients at once on a vendor that takes two seconds, while somebody opens another page
of the same server; and a profile of one call in the endpoint.

Goals (issue 17): half of LiteLLM's added time, twice its rate, under half of its memory a process.
Limits: every answer of the hundred within ten seconds, the other page within one.
"""

import argparse
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import _bench
import _ledger

from tests.harness import Database, OdooServer, Settings
from tests.harness.settings import free_port
from tests.vendor import PRICES, Vendor
from tests.vendor.faults import marker

CLIENTS = (1, 32, 100)
ANSWERS_S, PAGE_S = 10, 1
KEY = "test-key-314159"
MODEL = _ledger.MODEL
LETTER = "Please summarise this letter in one sentence. NUMBER "
SETUP = """
probe = env["ai.brain.probe"]
probe.prepare(%(url)r, %(key)r, %(prices)r)
_id, key = probe.endpoint_key("user")
user = env["res.users"].search([("login", "=", "user")])
for name, values in (("person", {"user_id": user.id}), ("company", {})):
    env["ai.cost.budget"].create({"name": name, "budget_amount": 1e6, **values})
env.company.write({"ai_person_usd": 0, "ai_person_calls": 0})
env.cr.commit()
print("KEY", key)
"""
CONFIG = """
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {url}
      api_key: {key}
general_settings:
  master_key: {master}
litellm_settings:
  telemetry: false
  num_retries: 0
"""


def load(url, key, clients, calls, text=LETTER):
    """What ``_load.py`` found."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "max_tokens": 200}
    told = {
        "url": url,
        "headers": {"Authorization": f"Bearer {key}"},
        "body": json.dumps(body),
        "clients": clients,
        "calls": calls,
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("_load.py"))],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    if found["wrong"]:
        print(f"  WRONG at {url}: {found['wrong']}")
    return found


def memory_mb(pid):
    """Resident memory of a process, MB; of what it shares with others its part."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) / 1024


class Litellm:
    """LiteLLM's proxy: one that runs already, or one of ours without database and budget."""

    def __init__(self, vendor, folder):
        self.process = None
        self.url = os.environ.get("SAM_LITELLM_URL", "").rstrip("/")
        self.key = os.environ.get("SAM_LITELLM_KEY", "sk-test-master")
        self.pid = int(os.environ.get("SAM_LITELLM_PID") or 0)
        self.what = "with a database and a budget, as it was named"
        if not self.url:
            self._start(vendor, folder)

    def _start(self, vendor, folder):
        from sam.environment import python_for

        python = python_for("proxy")
        config, port = folder / "litellm.yaml", free_port()
        config.write_text(
            CONFIG.format(model=MODEL, url=vendor.base_url("openai"), key=KEY, master=self.key)
        )
        env = {"PATH": "/usr/bin:/bin", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "NO_PROXY": "*"}
        command = [python.with_name("litellm"), "--config", config, "--host", "127.0.0.1"]
        with (folder / "litellm.log").open("w") as log:
            self.process = subprocess.Popen(
                [*map(str, command), "--port", str(port)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**env, "HOME": str(folder)},
                start_new_session=True,
            )
        self.url, self.pid = f"http://127.0.0.1:{port}", self.process.pid
        self.what = "without a database, and so without a budget: it does less than the endpoint"
        _wait_for(port, "/health/liveliness", 120)

    def close(self):
        """End the one that was started here."""
        if self.process:
            self.process.terminate()
            self.process.wait(30)


def _wait_for(port, path, limit):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _get(port, path) == 200:
                return
        time.sleep(0.5)
    raise SystemExit(f"nothing answers at {port}{path} after {limit} s")


def _get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


# ----------------------------------------------------------------------
# What is measured
# ----------------------------------------------------------------------


def compare(roads, rounds, calls):
    """Ask along each road in turn; yields ``clients, {road: (p50 ms, p95 ms, calls a second,
    processor ms a call of the process that serves it; None for the vendor)}``."""
    for clients in CLIENTS:
        times = {name: [] for name in roads}
        rates = {name: [] for name in roads}
        spent = {name: [] for name in roads}
        each = max(calls // clients, 4)
        for number in range(rounds + 1):
            for name, (url, key, pid) in roads.items():
                before = _bench.cpu_s(pid)
                took = load(url, key, clients, each)
                if number:  # the first round warms up
                    spent[name].append((_bench.cpu_s(pid) - before) * 1000 / len(took["times"]))
                    times[name] += took["times"]
                    rates[name].append(len(took["times"]) / took["seconds"])
        yield (
            clients,
            {
                name: (
                    _bench.p50(times[name]),
                    _bench.p95(times[name]),
                    _bench.p50(rates[name]),
                    _bench.p50(spent[name]),
                )
                for name in roads
            },
        )


def told(found, litellm):
    """Print the table, and hold it against the goals."""
    limits = _bench.Limits()
    for clients, rows in found:
        vendor = rows["vendor"][0]
        print(f"\n{clients} client{'s' if clients > 1 else ''} at once")
        for name, (p50, p95, rate, spent) in rows.items():
            added = f"added {p50 - vendor:8.2f} ms" if name != "vendor" else " " * 17
            print(f"  {name:9} p50 {p50:8.2f} ms  p95 {p95:8.2f} ms  {added}  {rate:7.1f} a second")
            if spent:
                print(f"            processor {spent:.2f} ms a call")
        if litellm:
            ours, theirs = (rows[name] for name in ("endpoint", "litellm"))
            most = (theirs[0] - vendor) / 2
            limits.check(f"added p50, {clients} clients", ours[0] - vendor, most, " ms")
            # a rate is good where it is large: how much of ours twice theirs would be
            limits.check(f"twice their rate in ours, {clients} clients", 2 * theirs[2] / ours[2], 1)
        sys.stdout.flush()
    return limits


def crowd(server, key, limits):
    """A hundred clients at once on a slow vendor, and another page of the server meanwhile."""
    pages, done = [], threading.Event()

    def look():
        while not done.is_set():
            begun = time.perf_counter()
            assert _get(server.port, "/web/login") == 200
            pages.append(time.perf_counter() - begun)
            time.sleep(0.1)

    watcher = threading.Thread(target=look)
    url = f"http://127.0.0.1:{server.port}/ai/v1/chat/completions"
    load(url, key, 100, 1)
    watcher.start()
    took = load(url, key, 100, 2, LETTER + marker(delay=2))
    done.set()
    watcher.join()
    print("\na hundred clients at once on a vendor that takes two seconds, two calls each")
    print(f"  {len(took['times'])} answers in {took['seconds']:.1f} s, {len(pages)} other pages")
    wrong = sum(took["wrong"].values())
    limits.check("answers that failed", wrong, 0)
    limits.check("slowest answer", max(took["times"]) / 1000, ANSWERS_S, " s")
    limits.check("slowest other page", max(pages), PAGE_S, " s")


def profile(key, calls):
    """Print where the time of one call goes, by cProfile in this process."""
    import cProfile
    import pstats

    from werkzeug.test import Client, EnvironBuilder

    import odoo
    import odoo.service.server

    application = odoo.http.root
    odoo.service.server.load_server_wide_modules()
    body = {"model": MODEL, "max_tokens": 200}

    def ask(number):
        messages = [{"role": "user", "content": LETTER.replace("NUMBER", f"profile {number}")}]
        builder = EnvironBuilder(
            path="/ai/v1/chat/completions",
            method="POST",
            json={**body, "messages": messages},
            headers={"Authorization": f"Bearer {key}", "Host": "127.0.0.1"},
        )
        answer = Client(application).open(builder)
        assert answer.status_code == 200, answer.get_data()
        answer.close()

    for number in range(20):
        ask(-number)
    sent = _statements(lambda: ask(-20))
    print(f"\n{len(sent)} statements of Odoo's cursors a call")
    for number, words in enumerate(sent, 1):
        print(f"  {number:2} {words}")
    begun, used = time.perf_counter(), time.process_time()
    for number in range(calls):
        ask(number)
    whole, used = time.perf_counter() - begun, time.process_time() - used
    print(f"{whole * 1000 / calls:.1f} ms a call, {used * 1000 / calls:.1f} ms of processor time")
    watched = cProfile.Profile()
    for number in range(calls):
        watched.runcall(ask, calls + number)
    stats = pstats.Stats(watched)
    print("where the time of a call goes under the profiler, ms of its own")
    for place, spent in sorted(_by_place(stats).items(), key=lambda one: -one[1]):
        print(f"  {spent * 1000 / calls:7.2f}  {place}")
    print("the steps of a call, ms with all that they call")
    for name, spent in _cumulated(stats):
        print(f"  {spent * 1000 / calls:7.2f}  {name}")


def _statements(function):
    """The beginnings of what Odoo's cursors send meanwhile, in order."""
    from unittest.mock import patch

    from odoo.sql_db import Cursor

    found, execute = [], Cursor.execute

    def listen(cursor, query, *args, **kwargs):
        found.append(" ".join(str(getattr(query, "code", query)).split())[:90])
        return execute(cursor, query, *args, **kwargs)

    with patch.object(Cursor, "execute", listen):
        function()
    return found


_PLACES = (
    ("psycopg2", "the database: statements and their waits"),
    ("method 'execute'", "the database: statements and their waits"),
    ("method 'commit'", "the database: statements and their waits"),
    ("recv", "waiting for the vendor"),
    ("readinto", "waiting for the vendor"),
    ("poll", "waiting for the vendor"),
    ("ai_brain", "this addon"),
    ("werkzeug", "Odoo and werkzeug"),
    ("odoo", "Odoo and werkzeug"),
    ("requests", "requests and urllib3"),
    ("urllib3", "requests and urllib3"),
)
_STEPS = (
    "_serve_db",
    "_admit",
    "_check_limits",
    "_call",
    "_check",
    "_open",
    "_prepare",
    "_reserve",
    "_send",
    "_settle",
    "_keep_evidence",
    "_result",
)


def _by_place(stats):
    found = {}
    for (file, _line, name), (_calls, _all, own, _cum, _callers) in stats.stats.items():
        where = f"{file} {name}"
        place = next((told for part, told in _PLACES if part in where), "Python's own library")
        found[place] = found.get(place, 0) + own
    return found


def _cumulated(stats):
    for wanted in _STEPS:
        spent = [
            row[3]
            for (file, _line, name), row in stats.stats.items()
            if name == wanted and ("ai_brain" in file or name == "_serve_db")
        ]
        if spent:
            yield wanted, max(spent)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=400, help="of all clients, a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-litellm", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, str(_bench.ROOT / "tools"))
    settings = Settings()
    database = Database(settings, settings.template).copy("bench_endpoint")
    with contextlib.ExitStack() as stack:
        stack.callback(database.drop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        vendor = Vendor.spawn()
        stack.callback(vendor.close)
        # one database by name: Odoo need not ask PostgreSQL for those that there are
        server = OdooServer(settings, database, folder, db_maxconn=160, dbfilter="")
        server.run("-i", "ai_brain_probe", "--stop-after-init", "--no-http")
        values = {"url": vendor.url, "key": KEY, "prices": PRICES}
        said = server.run("shell", "--no-http", input=SETUP % values)
        key = next(row for row in said.splitlines() if "KEY " in row).rpartition("KEY ")[2]
        stack.enter_context(server)
        _bench.print_facts()
        site = f"http://127.0.0.1:{server.port}"
        roads = {
            "vendor": (vendor.base_url("openai") + "/chat/completions", KEY, 0),
            "constant": (site + "/ai_brain_probe/constant", key, server.process.pid),
            "endpoint": (site + "/ai/v1/chat/completions", key, server.process.pid),
        }
        litellm = None
        if not options.without_litellm:
            litellm = Litellm(vendor, folder)
            stack.callback(litellm.close)
            roads["litellm"] = (litellm.url + "/v1/chat/completions", litellm.key, litellm.pid)
            print(f"LiteLLM's proxy: {litellm.what}")
        limits = told(compare(roads, options.rounds, options.calls), litellm)
        if litellm and litellm.pid:
            ours, theirs = memory_mb(server.process.pid), memory_mb(litellm.pid)
            print(f"\nmemory a process: {ours:.0f} MB here, {theirs:.0f} MB LiteLLM's")
            limits.check("memory a process", ours, theirs / 2, " MB")
        crowd(server, key, limits)
        calls = database.text("SELECT count(*) FROM ai_token_usage WHERE gateway_key IS NOT NULL")
        print(f"in the ledger: {calls} calls of the key")
        from odoo.tools import config

        config.parse_config(["-c", str(server.config), "--log-level", "error", "--no-http"])
        profile(key, 200)
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
