"""How long until a person sees the dashboard, from `git clone` on.

    ./sam bench bench_start

For each Odoo series: this repository is cloned into an empty folder, `./sam demo` runs there with
an empty cache, and a browser logs in and waits until the dashboard is drawn (cold). Then the demo
is stopped, and started and visited again (warm). What is fetched depends on the machine's network
more than on us: those stages are shown, and the limit is set for the others. A series whose source
cannot be fetched is taken from where it lies on this machine, and the line says so.
"""

import base64
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _bench import ROOT, Limits, print_facts
from sam import debian, odoo_source, paths, ui

from tests.harness.chromium import Browser

LOG_IN = """
    document.querySelector("input[name=login]").value = "admin";
    document.querySelector("input[name=password]").value = "admin";
    document.querySelector("form.oe_login_form").submit();
"""
COMPLETE = ".o_ai_costs[data-status=ready][aria-busy=false] .o_ai_trend canvas"
FETCHED = ("environment", "Odoo", "PostgreSQL")
STAGES = ("clone", "sam", *FETCHED, "database", "data", "assets", "server", "dashboard")
# the line of ./sam demo with which each stage begins
BEGINS = {
    "Python environment": "environment",
    "Odoo ": "Odoo",
    "PostgreSQL is not installed": "PostgreSQL",
    "creating a private PostgreSQL": "database",
    "making the": "data",
    "creating the demo database": "data",
    "building the web client": "assets",
    "starting Odoo": "server",
    "address": "dashboard",
}
COLD_S = 120  # without what is fetched
WARM_S = 20


class Stages:
    """Seconds spent in each stage."""

    def __init__(self, first):
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.current = first
        self.since = time.monotonic()

    def enter(self, stage):
        """End the current stage and begin another."""
        now = time.monotonic()
        self.seconds[self.current] += now - self.since
        self.current, self.since = stage, now

    def read(self, line):
        """Enter the stage that this line of output announces, if it does."""
        for start, stage in BEGINS.items():
            if line.strip().startswith(start):
                self.enter(stage)

    def show(self, title):
        """Print the total and its stages."""
        parts = ", ".join(f"{name} {s:.1f}" for name, s in self.seconds.items() if s >= 0.05)
        print(f"      {title}: {sum(self.seconds.values()):.1f} s ({parts})", flush=True)


@contextlib.contextmanager
def demo(clone, cache, stages, arguments):
    """`./sam demo` of this clone until it is ready; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "sam", "demo", "--port", str(port), *arguments],
        cwd=clone,
        env=surroundings(cache),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        seen = []
        for line in process.stdout:
            seen.append(line)
            stages.read(line)
            if line.strip().startswith("address"):
                break
        else:
            raise SystemExit("./sam demo did not get there:\n" + "".join(seen[-20:]))
        yield line.split()[1]
    finally:
        ui.end_process(process, 60)


def surroundings(cache):
    """The environment of a person with this cache who has named neither Odoo nor PostgreSQL."""
    ours = ("ODOO_", "SAM_", "PG", "PYTHON")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**kept, "XDG_CACHE_HOME": str(cache)}


def visit(clone, cache, stages, arguments, picture):
    """Start the demo, log in, wait for the dashboard; addresses of the requests that failed."""
    with Browser(height=2000) as browser, demo(clone, cache, stages, arguments) as address:
        root = address.partition("/odoo")[0]
        browser.open(f"{root}/web/login?redirect=/odoo/ai-costs", "form.oe_login_form")
        browser.run(LOG_IN)
        browser.wait(f"document.querySelector({COMPLETE!r})", 120)
        stages.enter("dashboard")
        time.sleep(1.5)  # charts move for a moment after they are drawn
        shot = browser.call("Page.captureScreenshot")
        picture.write_bytes(base64.b64decode(shot["data"]))
        return [url for url, status in browser.answers() if status >= 400]


def source(series):
    """Arguments that name an Odoo of this machine where the series cannot be fetched.

    :return: None where there is no such Odoo at all
    """
    reached = subprocess.run(
        ["git", "ls-remote", "--exit-code", odoo_source.REPOSITORY, f"refs/heads/{series}"],
        capture_output=True,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
    )
    if not reached.returncode or debian.available(series):
        return []
    given = Path(os.environ["ODOO_HOME"])
    tree = given if odoo_source.series_of(given) == series else odoo_source.in_cache(series)
    return tree and ["--odoo", str(tree)]


def measure(series, named, folder, pictures, limits):
    """One series, cold and warm."""
    clone, cache = folder / "clone", folder / "cache"
    cache.mkdir()
    arguments = ["--series", series, *named]
    cold = Stages("clone")
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    cold.enter("sam")
    failed = visit(clone, cache, cold, arguments, pictures / f"start-{series}.png")
    where = " (source: the one on this machine, not fetched)" if named else ""
    print(f"      Odoo {series}{where}")
    cold.show("cold")
    warm = Stages("sam")
    failed += visit(clone, cache, warm, arguments, pictures / f"start-{series}-warm.png")
    warm.show("warm")
    ours = sum(s for stage, s in cold.seconds.items() if stage not in FETCHED)
    limits.check(f"Odoo {series}, cold without what is fetched", ours, COLD_S, " s")
    limits.check(f"Odoo {series}, warm", sum(warm.seconds.values()), WARM_S, " s")
    limits.check(f"Odoo {series}, requests that failed {failed or ''}", len(failed), 0)


def main():
    limits = Limits()
    print_facts()
    pictures = paths.cache_dir() / "logs" / "bench"
    pictures.mkdir(parents=True, exist_ok=True)
    for series in odoo_source.SERIES:
        named = source(series)
        if named is None:
            print(f"      Odoo {series}: cannot be had here")
            continue
        with tempfile.TemporaryDirectory(prefix="sam-start-") as folder:
            # the account that runs PostgreSQL must reach the cache in it
            Path(folder).chmod(0o755)
            measure(series, named, Path(folder), pictures, limits)
    print(f"      pictures: {pictures}/start-*.png")
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
