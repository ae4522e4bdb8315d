"""./sam test: every test of the repository, and one closing line that counts them."""

import contextlib
import dataclasses
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree
from pathlib import Path

from . import (
    build,
    carrying,
    environment,
    lint,
    odoo_source,
    pg_server,
    selection,
    upgrading,
    workbench,
)
from .odoo_log import test_run
from .paths import ROOT, cache_dir
from .ui import Failure, end_process, say

COUNTS = ("passed", "failed", "skipped")
# a test that hangs is named and ends its part, long before CI's time is over
HANGS_S = 600
# what runs on the second series, of addons and process the tests that are marked so
OTHER_PARTS = ("upgrade", "carry", "addons", "process")
OTHER_MARK = "every_series"
CHROMIUM = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


@dataclasses.dataclass
class Outcome:
    """What became of one part."""

    name: str
    series: str = ""
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list = dataclasses.field(default_factory=list)
    seconds: float = 0

    def fail(self, text):
        """Count one failure and keep what to say about it."""
        self.failed += 1
        self.problems.append(text)


def run(options) -> int:
    """`./sam test`: 0 only if something ran, nothing failed and nothing was skipped."""
    chosen = selection.select(options.select, options.k)
    outcomes = []
    parts = [part for part in chosen.parts if part != "engine"]
    if options.beside:
        chosen = dataclasses.replace(chosen, parts=parts)
    odoo = missing = None
    if parts:
        try:
            odoo = odoo_source.choose(options.series, options.odoo)
        except Failure as failure:
            missing = failure
    with contextlib.ExitStack() as stack:
        engine = None
        if "engine" in chosen.parts:
            # in the environment that the other parts use as well
            series = odoo[0] if odoo else options.series or odoo_source.at_hand()
            python = environment.python_for("dev", series)
            if odoo:  # two cores: beside the first of the other parts; told after them
                told = stack.enter_context(tempfile.TemporaryFile("w+"))
                engine = stack.enter_context(engine_running(python, chosen, options, told))
            else:
                with part_of_run("engine", "", outcomes) as outcome:
                    with engine_running(python, chosen, options) as count:
                        count(outcome)
        if missing:
            with part_of_run("odoo", "", outcomes):
                raise missing
        beside = None
        if odoo and not (options.select or options.series or options.k):
            other = other_odoo(odoo[0])
            if other:
                beside = stack.enter_context(series_beside(other[0], options))
        if odoo and options.beside:
            # rows are carried forward only
            forward = odoo_source.SERIES.index(odoo[0]) > 0
            parts = [part for part in OTHER_PARTS if part != "carry" or forward]
            chosen = selection.marked(chosen, OTHER_MARK)
        if odoo:
            outcomes += run_parts(parts, chosen, options, *odoo)
        if engine:
            with part_of_run("engine", "", outcomes) as outcome:
                engine(outcome)
                told.seek(0)
                say(told.read())
        if beside:
            outcomes += beside()
    if options.beside:
        facts = [dataclasses.asdict(outcome) for outcome in outcomes]
        Path(options.beside).write_text(json.dumps(facts), encoding="utf-8")
    return closing(outcomes)


@contextlib.contextmanager
def series_beside(series, options):
    """Run the shorter tests of another series in a process of its own, as two cores can.

    Yields what waits for its end, says what it said, and returns its outcomes.
    """
    with tempfile.TemporaryDirectory() as folder:
        report, log = Path(folder) / "outcomes.json", Path(folder) / "log"
        command = [sys.executable, str(ROOT / "sam"), "test", "--series", series]
        command += ["--beside", str(report)]
        if options.db_url:
            command += ["--db-url", options.db_url]
        if options.random_seed is not None:
            command += ["--random-seed", str(options.random_seed)]
        with log.open("w", encoding="utf-8") as told:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # the first series is what people wait for; this one takes what it leaves
                preexec_fn=functools.partial(os.nice, 5),
            )

        def outcomes():
            say(f"\n== Odoo {series}, which ran beside")
            code = process.wait()
            say(log.read_text(encoding="utf-8", errors="replace"))
            try:
                found = [Outcome(**one) for one in json.loads(report.read_text(encoding="utf-8"))]
            except (OSError, ValueError):
                found = [Outcome("series", series)]
                found[0].fail(f"The tests on Odoo {series} ended with exit code {code}.")
            return found

        try:
            yield outcomes
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)  # it ends what it started
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(60)
            end_process(process)


def other_odoo(series):
    """(series, tree) of the other series, or None where it cannot be had."""
    (other,) = (name for name in odoo_source.SERIES if name != series)
    if odoo_source.out_of_reach(other):
        say(f"\nOdoo {other} is out of reach here: its tests are left out.")
        return None
    try:
        return other, odoo_source.find(other)
    except Failure as failure:
        say(f"\nOdoo {other} cannot be had here, its tests are left out: {failure}")
        return None


def run_parts(parts, chosen, options, series, tree):
    """Run parts one after another on one Odoo; their outcomes."""
    outcomes = []
    logs = cache_dir() / "logs" / "test" / series
    with contextlib.ExitStack() as stack:
        bench = broken = None
        for part in parts:
            with part_of_run(part, series, outcomes) as outcome:
                if broken:
                    raise broken
                if bench is None:
                    try:
                        bench = open_workbench(series, tree, options, stack)
                    except Failure as failure:
                        # without a workbench no other part can run either
                        broken = failure
                        raise
                RUNNERS[part](bench, chosen, options, outcome, logs)
    return outcomes


@contextlib.contextmanager
def part_of_run(part, series, outcomes):
    """Announce a part, time it, count a Failure in it, and say how it went."""
    say(f"\n== {part}" + (f" on Odoo {series}" if series else ""))
    outcome = Outcome(part, series)
    outcomes.append(outcome)
    started = time.monotonic()
    try:
        yield outcome
    except Failure as failure:
        outcome.fail(str(failure))
    outcome.seconds = time.monotonic() - started
    for problem in outcome.problems:
        say(f"\n{problem}")
    say(
        f"-- {part}: {outcome.passed} passed, {outcome.failed} failed, "
        f"{outcome.skipped} skipped ({outcome.seconds:.0f} s)"
    )


def closing(outcomes) -> int:
    """Print the closing line; return the exit code."""
    passed, failed, skipped = (
        sum(getattr(outcome, count) for outcome in outcomes) for count in COUNTS
    )
    say()
    if not outcomes or not passed + failed + skipped:
        say("No test ran.")
        failed += 1
    if skipped:
        say("A skipped test is a test that should have run: that counts as an error here.")
    places = {}
    for outcome in outcomes:
        place = f"Odoo {outcome.series}" if outcome.series else "without Odoo"
        places[place] = places.get(place, 0) + sum(getattr(outcome, count) for count in COUNTS)
    where = ", ".join(f"{place}: {count}" for place, count in sorted(places.items()) if count)
    say(f"{passed} passed, {failed} failed, {skipped} skipped" + (f" ({where})" if where else ""))
    return 1 if failed or skipped else 0


def open_workbench(series, tree, options, stack):
    """Odoo, PostgreSQL and a database to copy, for all parts that need them."""
    python = environment.python_for("dev", series)
    named = pg_server.named_server(options.db_url, python)
    addons = build.edition(series, tree, python)
    return stack.enter_context(workbench.Workbench(tree, python, named, addons=addons))


def run_pytest(outcome, python, arguments, env, options, logs):
    """Run pytest in the foreground and add its counts to `outcome`."""
    with pytest_running(outcome.name, python, arguments, env, options, logs) as count:
        count(outcome)


@contextlib.contextmanager
def pytest_running(name, python, arguments, env, options, logs, told=None):
    """Start pytest; yield what waits for its end and adds its counts to an outcome.

    :param told: a file that it prints into
    """
    logs.mkdir(parents=True, exist_ok=True)
    report = logs / f"{name}-{os.getpid()}.xml"
    command = [str(python), "-m", "pytest", "-p", "sam.pytest_order", f"--junitxml={report}"]
    command += ["-p", "no:cacheprovider", "-q", "-ra", "-o", "xfail_strict=true"]
    command += ["-o", f"faulthandler_timeout={HANGS_S}"]
    command += ["-o", "faulthandler_exit_on_timeout=true", "--durations=12", *arguments]
    if options.k:
        command += ["-k", " or ".join(w for w in options.k.split() if w != "or")]
    if options.random_seed is not None:
        command.append(f"--random-order-seed={options.random_seed}")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=told,
        stderr=told and subprocess.STDOUT,
        start_new_session=True,
    )

    def count(outcome):
        code = process.wait()
        try:
            count_junit(outcome, report)
        except (OSError, xml.etree.ElementTree.ParseError):
            outcome.fail(f"pytest ended with exit code {code} and without a report.")
            return
        if code and not outcome.failed and not (code == 5 and options.k):
            outcome.fail(f"pytest ended with exit code {code} (5: no test was found).")

    try:
        yield count
    finally:
        end_process(process)
        report.unlink(missing_ok=True)


def count_junit(outcome, report: Path):
    """Add the counts of a junit file: one test is one case, whatever happened to it twice."""
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed += 1


def engine_running(python, chosen, options, told=None):
    """Tests that need neither Odoo nor PostgreSQL; see :func:`pytest_running`."""
    logs = cache_dir() / "logs" / "test" / "engine"
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tools"),
        "PYTHONDONTWRITEBYTECODE": "1",
        # pytest-odoo would import Odoo, which is not on the path here
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return pytest_running("engine", python, chosen.engine, env, options, logs, told)


def run_addons(bench, chosen, options, outcome, logs):
    """The addons' own tests inside Odoo, browser included."""
    wants_browser = not chosen.complete or any(selection.browser_files())
    if wants_browser and not any(map(shutil.which, CHROMIUM)):
        raise Failure("Chromium is missing, the browser tests cannot run: apt install chromium")
    odoo = bench.odoo
    database = bench.database("addons")
    config = bench.configure(database, demo=False)
    arguments = ["-i", ",".join(odoo.modules), "--test-tags", ",".join(chosen.tags)]
    arguments += ["--stop-after-init", "--max-cron-threads", "0"]
    arguments += ["--screenshots", logs / "screenshots"]
    log = logs / "addons.log"
    script, env = None, {}
    if wants_browser:
        packages = lint.node_modules() / "node_modules"
        env["SAM_AXE_JS"] = str(packages / "axe-core" / "axe.min.js")
        # Odoo turns style sheets around for Arabic with rtlcss, if it finds it
        env["PATH"] = os.pathsep.join([str(packages / ".bin"), os.environ["PATH"]])
    if options.random_seed is not None:
        script = Path(__file__).with_name("odoo_shuffled.py")
        env["SAM_RANDOM_SEED"] = str(options.random_seed)
    code, lines = odoo.run(
        config, "tests inside Odoo", log, *arguments, script=script, timeout_s=2400, **env
    )
    found = test_run(lines)
    outcome.passed += found.passed
    outcome.skipped += len(found.skipped)
    for text in found.failed.values():
        outcome.fail(text)
    for record in found.stray:
        outcome.fail(f"{record.level} in the log: {record.logger}: {record.text}")
    for (logger, test), reason in found.skipped.items():
        outcome.problems.append(f"SKIPPED {logger} {test}: {reason}")
    if not found.started or (code and not outcome.failed):
        tail = "\n".join(lines[-15:])
        outcome.fail(f"Odoo ended with exit code {code}, {len(found.started)} tests ran:\n{tail}")
    if chosen.complete and found.started:
        for path in selection.files_not_run(found.modules):
            outcome.fail(
                f"No test of {path.relative_to(ROOT)} ran: does tests/__init__.py import it, "
                "under a name of its own that begins with test_?"
            )
    if outcome.problems:
        outcome.problems.append(f"Whole log: {log}")
    bench.server.drop(database)


def run_process(bench, chosen, options, outcome, logs):
    """Tests across the process boundary, through pytest-odoo."""
    template = bench.installed_template(logs)
    database = bench.database("process", template=template)
    config = bench.configure(database, bench.folder / "process.conf", demo=False)
    env = bench.odoo.environment(
        ODOO_RC=str(config),
        ODOO_HOME=str(bench.odoo.tree),
        SAM_TEMPLATE_DB=template,
        SAM_TEST_ADDONS=str(bench.addons / build.TEST_ADDONS),
        SAM_ROOT=str(ROOT),
        PYTHONDONTWRITEBYTECODE="1",
    )
    arguments = ["--odoo-http"]
    for path in selection.ENGINE:
        if (ROOT / path).exists() and path.startswith("tests/"):
            arguments.append(f"--ignore={path}")
    if chosen.mark:
        arguments += ["-m", chosen.mark]
    python = bench.odoo.python
    run_pytest(outcome, python, [*arguments, *chosen.process], env, options, logs)
    bench.server.drop(database)


RUNNERS = {
    "upgrade": upgrading.run,
    "addons": run_addons,
    "process": run_process,
    "carry": carrying.run,
}
