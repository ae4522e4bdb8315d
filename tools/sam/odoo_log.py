"""Reading Odoo's log: what ran, what failed, what was skipped, what should not be there."""

import dataclasses
import re

from .paths import OWN_ADDONS

LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) (?P<db>\S+) (?P<logger>[^\s:]+): (?P<text>.*)$"
)
STARTED = re.compile(r"^Starting (\S+) \.\.\.$")
FAILED = re.compile(r"^(?:FAIL|ERROR): (?:Subtest )?(\S+)")
SKIPPED = re.compile(r"^skipped (?:Subtest )?(.+?) : (.*)$", re.DOTALL)
# Odoo's own totals repeat what was logged test by test
TOTALS = re.compile(
    r"^(?:Module \S+: \d+ failures, \d+ errors of|\d+ failed, \d+ error\(s\) of) \d+ tests"
)
# in tests Odoo closes connections that Chromium opened ahead and left idle for five seconds
IDLE = re.compile(r"^\S+ - - \[.+\] Request timed out: TimeoutError")

# (logger, start of the message) of warnings that are Odoo's own and say nothing about us
EXPECTED = (
    # an optional package of the web addon, left out of our requirements
    ("odoo.addons.web.models.res_partner", "`vobject` Python module not found"),
)
OURS = re.compile(rf"^odoo\.addons\.({'|'.join(OWN_ADDONS)})\b")
# Odoo 18 opens a window whose inside is smaller than its own tests of the screens expect
VIEWPORT = "[HOOT] Viewport size does not match"
# what a person has the product tell him, and no complaint of the code
WASTE = "AI waste: "


@dataclasses.dataclass
class Record:
    """One entry of the log with the lines that belong to it."""

    level: str
    logger: str
    text: str


def records(lines):
    """The entries of a log.

    >>> log = ["2026-01-02 03:04:05,678 99 ERROR db odoo.x: went wrong", "  because", "no"]
    >>> [(r.level, r.logger, r.text) for r in records(log)]
    [('ERROR', 'odoo.x', 'went wrong\\n  because\\nno')]
    """
    current = None
    for line in lines:
        match = LINE.match(line)
        if match:
            if current:
                yield current
            current = Record(match["level"], match["logger"], match["text"].rstrip())
        elif current:
            current.text += "\n" + line.rstrip()
    if current:
        yield current


@dataclasses.dataclass
class TestRun:
    """What a log says about tests; each set holds (logger, test)."""

    started: set = dataclasses.field(default_factory=set)
    failed: dict = dataclasses.field(default_factory=dict)  # (logger, test) -> text
    skipped: dict = dataclasses.field(default_factory=dict)  # (logger, test) -> reason
    stray: list = dataclasses.field(default_factory=list)  # what no test should have logged

    @property
    def passed(self):
        """How many tests ran and neither failed nor were skipped."""
        return len(self.started - self.failed.keys() - self.skipped.keys())

    @property
    def modules(self):
        """Names of the test modules of which at least one test started."""
        return {logger for logger, _test in self.started}


def test_run(lines) -> TestRun:
    """Count the tests of a log.

    >>> head = "2026-01-02 03:04:05,678 9 {} db odoo.addons.ai_brain.tests.test_a: {}"
    >>> run = test_run([
    ...     head.format("INFO", "Starting TestA.test_one ... "),
    ...     head.format("INFO", "Starting TestA.test_two ... "),
    ...     head.format("ERROR", "FAIL: Subtest TestA.test_two (x=1)"),
    ...     "AssertionError: 1 != 2",
    ...     head.format("INFO", "Starting TestA.test_three ... "),
    ...     head.format("INFO", "skipped TestA.test_three : no browser"),
    ...     "2026-01-02 03:04:05,678 9 ERROR db odoo.http: lost",
    ...     "2026-01-02 03:04:05,678 9 ERROR ? werkzeug: 127.0.0.1 - - [02/Jan/2026 03:04:05] "
    ...     "Request timed out: TimeoutError('timed out') - - -",
    ...     "2026-01-02 03:04:05,678 9 ERROR db odoo.tests.result: 1 failed, 0 error(s) of 3 tests",
    ... ])
    >>> run.passed, len(run.failed), len(run.skipped), [r.text for r in run.stray]
    (1, 1, 1, ['lost'])
    """
    run = TestRun()
    for record in records(lines):
        started = STARTED.match(record.text)
        failed = FAILED.match(record.text)
        skipped = SKIPPED.match(record.text)
        if started:
            run.started.add((record.logger, started[1]))
        elif skipped and ".tests" in record.logger:
            run.skipped[record.logger, skipped[1]] = skipped[2]
        elif record.level in ("ERROR", "CRITICAL"):
            if failed:
                run.failed[record.logger, failed[1]] = record.text
            elif not TOTALS.match(record.text) and not (
                record.logger == "werkzeug" and IDLE.match(record.text)
            ):
                run.stray.append(record)
        elif record.level == "WARNING" and is_ours(record):
            run.stray.append(record)
    return run


def is_ours(record) -> bool:
    """Whether one of our addons warns, or is warned of by Python.

    >>> [is_ours(Record("WARNING", *rest)) for rest in [
    ...     ("odoo.addons.ai_brain.models.call.ai_service", "slow"),
    ...     ("py.warnings", "/x/ai_brain/models/a.py:1: DeprecationWarning: old"),
    ...     ("odoo.addons.ai_brain.models.waste.usage_waste", "AI waste: $1.00 of $2.00 that …"),
    ...     ("odoo.addons.ai_brains", "another's"),
    ...     ("py.warnings", "/x/odoo/fields.py:1: DeprecationWarning: old"),
    ... ]]
    [True, True, False, False, False]
    """
    if record.logger == "py.warnings":
        return any(f"/{name}/" in record.text for name in OWN_ADDONS)
    return bool(OURS.match(record.logger)) and not record.text.startswith((VIEWPORT, WASTE))


def complaints(lines):
    """Warnings and errors in the log of an installation, in which there should be none."""
    return [
        record
        for record in records(lines)
        if record.level in ("WARNING", "ERROR", "CRITICAL")
        and not any(record.logger == who and record.text.startswith(w) for who, w in EXPECTED)
    ]
