"""The closing line of ./sam test, and its exit code."""

import pytest
from sam import testing

REPORT = """<testsuites><testsuite>
  <testcase name="a"/>
  <testcase name="b"><failure message="x"/><error message="teardown"/></testcase>
  <testcase name="c"><skipped message="later"/></testcase>
  <testcase name="d"><error message="y"/></testcase>
</testsuite></testsuites>"""


def test_a_junit_report_counts_each_case_once(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    outcome = testing.Outcome("process")
    testing.count_junit(outcome, report)
    assert (outcome.passed, outcome.failed, outcome.skipped) == (1, 2, 1)


@pytest.mark.parametrize(
    ("counts", "code", "line"),
    [
        (
            [(3, 0, 0), (4, 0, 0)],
            0,
            "7 passed, 0 failed, 0 skipped (without Odoo: 7)",
        ),
        ([(3, 1, 0)], 1, "3 passed, 1 failed, 0 skipped (without Odoo: 4)"),
        ([(3, 0, 1)], 1, "3 passed, 0 failed, 1 skipped (without Odoo: 4)"),
        ([(0, 0, 0)], 1, "0 passed, 1 failed, 0 skipped"),
        ([], 1, "0 passed, 1 failed, 0 skipped"),
    ],
)
def test_only_a_run_without_failure_and_skip_succeeds(capsys, counts, code, line):
    outcomes = [testing.Outcome("x", "", *three) for three in counts]
    assert testing.closing(outcomes) == code
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_the_closing_line_names_each_series(capsys):
    outcomes = [
        testing.Outcome("engine", "", 5),
        testing.Outcome("addons", "18.0", 3, 1),
        testing.Outcome("process", "18.0", 2),
        testing.Outcome("upgrade", "19.0", 4),
    ]
    assert testing.closing(outcomes) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "14 passed, 1 failed, 0 skipped (Odoo 18.0: 6, Odoo 19.0: 4, without Odoo: 5)"
    )


def test_pytest_that_finds_nothing_is_a_failure(tmp_path):
    options = type("Options", (), {"k": None, "random_seed": None})
    outcome = testing.Outcome("empty")
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    # stands for a pytest that collected nothing: an empty report and exit code 5
    python.write_text(
        "#!/bin/sh\nfor a in \"$@\"; do case $a in --junitxml=*) echo '<testsuites/>' "
        '> "${a#--junitxml=}";; esac; done; exit 5\n'
    )
    python.chmod(0o755)
    testing.run_pytest(outcome, python, [], None, options, tmp_path)
    assert outcome.failed == 1
