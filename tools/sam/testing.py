"""./sam test: every test of the repository, and one closing line that counts them."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import time
import xml.etree.ElementTree
from pathlib import Path

from . import environment, odoo_source, postgres, selection, workbench
from .odoo_log import complaints, test_run
from .paths import ROOT, cache_dir
from .ui import Failure, end_process, say

CHROMIUM = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


@dataclasses.dataclass
class Outcome:
    """What became of one part."""

    name: str
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
    logs = cache_dir() / "logs" / "test"
    with contextlib.ExitStack() as stack:
        bench = None
        for part in chosen.parts:
            say(f"\n== {part}")
            outcome = Outcome(part)
            outcomes.append(outcome)
            started = time.monotonic()
            try:
                if part == "engine":
                    run_engine(chosen, options, outcome, logs)
                else:
                    if bench is None:
                        bench = open_workbench(options, stack)
                    RUNNERS[part](bench, chosen, options, outcome, logs)
            except Failure as failure:
                outcome.fail(str(failure))
            outcome.seconds = time.monotonic() - started
            summarise(outcome)
    return closing(outcomes)


def summarise(outcome):
    """Say how a part went."""
    for problem in outcome.problems:
        say(f"\n{problem}")
    say(
        f"-- {outcome.name}: {outcome.passed} passed, {outcome.failed} failed, "
        f"{outcome.skipped} skipped ({outcome.seconds:.0f} s)"
    )


def closing(outcomes) -> int:
    """Print the closing line; return the exit code."""
    passed, failed, skipped = (
        sum(getattr(outcome, count) for outcome in outcomes)
        for count in ("passed", "failed", "skipped")
    )
    say()
    if not outcomes or not passed + failed + skipped:
        say("No test ran.")
        failed += 1
    if skipped:
        say("A skipped test is a test that should have run: that counts as an error here.")
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or skipped else 0


def open_workbench(options, stack):
    """Odoo, PostgreSQL and a database to copy, for all parts that need them."""
    python = environment.python_for("dev")
    tree = odoo_source.find(named=options.odoo)
    named = postgres.named_server(options.db_url, python)
    return stack.enter_context(workbench.Workbench(tree, python, named))


def run_pytest(outcome, python, arguments, env, options, logs):
    """Run pytest in the foreground and add its counts to `outcome`."""
    logs.mkdir(parents=True, exist_ok=True)
    report = logs / f"{outcome.name}-{os.getpid()}.xml"
    command = [str(python), "-m", "pytest", "-p", "sam.pytest_order", f"--junitxml={report}"]
    command += ["-p", "no:cacheprovider", "-q", "-ra", "-o", "xfail_strict=true", *arguments]
    if options.k:
        command += ["-k", " or ".join(w for w in options.k.split() if w != "or")]
    if options.random_seed is not None:
        command.append(f"--random-order-seed={options.random_seed}")
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        code = process.wait()
    finally:
        end_process(process)
    try:
        count_junit(outcome, report)
    except (OSError, xml.etree.ElementTree.ParseError):
        outcome.fail(f"pytest ended with exit code {code} and without a report.")
        return
    finally:
        report.unlink(missing_ok=True)
    if code and not outcome.failed and not (code == 5 and options.k):
        outcome.fail(f"pytest ended with exit code {code} (5: no test was found).")


def count_junit(outcome, report: Path):
    """Add the counts of a junit file: one test is one case, whatever happened to it twice."""
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed += 1


def run_engine(chosen, options, outcome, logs):
    """Tests that need neither Odoo nor PostgreSQL."""
    python = environment.python_for("dev")
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "tools"),
        "PYTHONDONTWRITEBYTECODE": "1",
        # pytest-odoo would import Odoo, which is not on the path here
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    run_pytest(outcome, python, chosen.engine, env, options, logs)


def run_upgrade(bench, chosen, options, outcome, logs):
    """Install with demo data, then upgrade over it: nothing to complain of, nothing changed."""
    odoo = bench.odoo
    database = bench.database("upgrade")
    config = bench.configure(database)
    modules = ",".join(odoo.modules)
    quiet = ("--no-http", "--stop-after-init", "--max-cron-threads", "0")
    states = []
    for flag, title in (("-i", "installing with demo data"), ("-u", "upgrading over that data")):
        code, lines = odoo.run(
            config, title, logs / f"upgrade{flag}.log", flag, modules, *quiet, timeout_s=900
        )
        found = complaints(lines)
        if code or found:
            texts = "\n".join(f"{r.level} {r.logger}: {r.text}" for r in found[:20])
            outcome.fail(f"{title}: exit code {code}, {len(found)} complaints in the log\n{texts}")
        else:
            outcome.passed += 1
        states.append(bench.contents(database))
    before, after = states
    if not before.get("ir_module_module"):
        outcome.fail(f"Not installed: {modules}")
    changed = {table for table in before | after if before.get(table) != after.get(table)}
    if changed:
        outcome.fail(
            "The upgrade changed data: "
            + ", ".join(f"{t} {before.get(t)} -> {after.get(t)}" for t in sorted(changed))
        )
    else:
        outcome.passed += 1
    bench.server.drop(database)


def run_addons(bench, chosen, options, outcome, logs):
    """The addons' own tests inside Odoo, browser included."""
    wants_browser = not chosen.complete or any(selection.browser_files())
    if wants_browser and not any(map(shutil.which, CHROMIUM)):
        raise Failure("Chromium is missing, the browser tests cannot run: apt install chromium")
    odoo = bench.odoo
    database = bench.database("addons")
    config = bench.configure(database, without_demo="all")
    arguments = ["-i", ",".join(odoo.modules), "--test-tags", ",".join(chosen.tags)]
    arguments += ["--stop-after-init", "--max-cron-threads", "0"]
    arguments += ["--screenshots", logs / "screenshots"]
    log = logs / "addons.log"
    script, env = None, {}
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
    if code and not outcome.failed:
        tail = "\n".join(lines[-15:])
        outcome.fail(f"Odoo ended with exit code {code}:\n{tail}")
    if chosen.complete:
        for path in selection.addon_test_files():
            module = f"odoo.addons.{path.parent.parent.name}.tests.{path.stem}"
            if module not in found.modules:
                outcome.fail(f"No test of {path.relative_to(ROOT)} ran: is it in tests/__init__?")
    if outcome.problems:
        outcome.problems.append(f"Whole log: {log}")
    bench.server.drop(database)


def run_process(bench, chosen, options, outcome, logs):
    """Tests across the process boundary, through pytest-odoo."""
    template = bench.installed_template(logs)
    database = bench.database("process", template=template)
    config = bench.configure(database, path=bench.folder / "process.conf")
    env = bench.odoo.environment(
        ODOO_RC=str(config),
        ODOO_HOME=str(bench.odoo.tree),
        SAM_TEMPLATE_DB=template,
        SAM_ROOT=str(ROOT),
        PYTHONDONTWRITEBYTECODE="1",
    )
    arguments = ["--odoo-http"]
    for path in selection.ENGINE:
        if (ROOT / path).exists() and path.startswith("tests/"):
            arguments.append(f"--ignore={path}")
    python = bench.odoo.python
    run_pytest(outcome, python, [*arguments, *chosen.process], env, options, logs)
    bench.server.drop(database)


RUNNERS = {"upgrade": run_upgrade, "addons": run_addons, "process": run_process}
