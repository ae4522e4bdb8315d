"""What the benchmarks of the addons share: Odoo in this process, percentiles, limits.

A script is run by `./sam bench`, or by hand with the configuration of a database in which
ai_brain is installed:

    ODOO_RC=odoo.conf PYTHONPATH=/path/to/odoo python benchmarks/bench_pipeline.py

It writes into that database: take one that may be thrown away.
"""

import contextlib
import functools
import os
import platform
import resource
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


@functools.cache
def open_registry():
    """Start Odoo in this process; (registry, database name)."""
    import odoo
    from odoo.tools import config

    if not os.environ.get("ODOO_RC"):
        raise SystemExit("ODOO_RC names no Odoo configuration: run ./sam bench, or see _bench.py")
    config.parse_config(["-c", os.environ["ODOO_RC"], "--log-level", "error", "--no-http"])
    name = config["db_name"].split(",")[0]
    registry = odoo.modules.registry.Registry(name)
    if "ai.service" not in registry:
        raise SystemExit(f"ai_brain is not installed in {name}")
    return registry, name


@contextlib.contextmanager
def environment(registry):
    """An environment of the administrator, committed at the end."""
    from odoo import SUPERUSER_ID, api

    with registry.cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def clock(function, times):
    """Milliseconds of each of ``times`` runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        found.append((time.perf_counter() - start) * 1000)
    return found


def p50(samples):
    return statistics.median(samples)


def p95(samples):
    return sorted(samples)[max(0, -(-len(samples) * 95 // 100) - 1)]


def print_facts(registry=None):
    """Machine, Python and PostgreSQL with the settings that a commit depends on."""
    print(f"machine: {os.cpu_count()} cores, {platform.machine()}, {platform.platform()}")
    print(f"python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    if registry:
        with registry.cursor() as cr:
            shown = {}
            for name in (
                "server_version",
                "fsync",
                "synchronous_commit",
                "full_page_writes",
                "shared_buffers",
            ):
                cr.execute(f"SHOW {name}")
                shown[name] = cr.fetchone()[0]
        print("postgresql: " + ", ".join(f"{name} {value}" for name, value in shown.items()))


class Limits:
    """Collects what was measured against its limit; ``finish()`` is the exit status."""

    def __init__(self):
        self.broken = []

    def check(self, what, value, limit, unit="", goal=None):
        held = value <= limit
        goal = f", goal {goal:g}{unit}" if goal is not None else ""
        print(
            f"{'PASS' if held else 'FAIL'}  {what}: {value:.2f}{unit} (limit {limit:g}{unit}{goal})"
        )
        if not held:
            self.broken.append(what)

    def finish(self):
        return 1 if self.broken else 0


def cpu_s(pid):
    """Seconds of processor time that a process has used, 0 without one: on a busy machine these say
    more than its clock."""
    if not pid:
        return 0
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def processor_s(registry):
    """Processor seconds so far of this process, and of PostgreSQL's for this database; None of the
    latter where they run on another machine."""
    with registry.cursor() as cr:
        cr.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        pids = [pid for (pid,) in cr.fetchall()]
    try:
        return time.process_time(), sum(map(cpu_s, pids))
    except OSError:
        return time.process_time(), None


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
