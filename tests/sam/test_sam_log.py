"""What ./sam test reads out of Odoo's log."""

import doctest

import pytest
from sam import odoo_log


def line(level, logger, text):
    return f"2026-11-22 10:00:00,123 77 {level} some_db {logger}: {text} "


TESTS = "odoo.addons.ai_brain.tests.test_calls"


def test_examples_of_the_docstrings():
    assert doctest.testmod(odoo_log).failed == 0


def test_a_test_that_only_starts_has_passed():
    run = odoo_log.test_run([line("INFO", TESTS, "Starting TestCalls.test_one ...")])
    assert (run.passed, run.failed, run.skipped, run.stray) == (1, {}, {}, [])
    assert run.modules == {TESTS}


def test_a_test_in_a_room_counts_by_its_whole_module():
    room = "odoo.addons.ai_brain.tests.budget.test_calls"
    run = odoo_log.test_run(
        [
            line("INFO", TESTS, "Starting TestCalls.test_one ..."),
            line("INFO", room, "Starting TestCalls.test_one ..."),
            line("INFO", room, "Starting TestCalls.test_two ..."),
            line("ERROR", room, "FAIL: TestCalls.test_two"),
            line("INFO", room, "skipped TestCalls.test_three : no browser"),
            line("WARNING", room, "odd"),
        ]
    )
    assert (run.passed, list(run.failed)) == (2, [(room, "TestCalls.test_two")])
    assert list(run.skipped) == [(room, "TestCalls.test_three")]
    assert run.modules == {TESTS, room}
    assert [record.text for record in run.stray] == ["odd"]


@pytest.mark.parametrize("word", ["FAIL", "ERROR"])
def test_a_failing_test_is_counted_once_however_many_subtests_fail(word):
    run = odoo_log.test_run(
        [
            line("INFO", TESTS, "Starting TestCalls.test_one ..."),
            line("ERROR", TESTS, f"{word}: Subtest TestCalls.test_one (price=1)"),
            "Traceback (most recent call last):",
            line("ERROR", TESTS, f"{word}: Subtest TestCalls.test_one (price=2)"),
        ]
    )
    assert run.passed == 0
    assert list(run.failed) == [(TESTS, "TestCalls.test_one")]


def test_the_traceback_belongs_to_the_failure():
    run = odoo_log.test_run(
        [
            line("INFO", TESTS, "Starting TestCalls.test_one ..."),
            line("ERROR", TESTS, "FAIL: TestCalls.test_one"),
            "Traceback (most recent call last):",
            "AssertionError: 1 != 2",
        ]
    )
    assert "AssertionError: 1 != 2" in run.failed[TESTS, "TestCalls.test_one"]


def test_a_class_that_fails_to_set_up_is_a_failure():
    run = odoo_log.test_run([line("ERROR", TESTS, "ERROR: setUpClass (odoo.x.TestCalls)")])
    assert (run.passed, len(run.failed)) == (0, 1)


def test_a_skip_is_seen_with_its_reason():
    run = odoo_log.test_run(
        [
            line("INFO", TESTS, "Starting TestCalls.test_tour ..."),
            line("INFO", TESTS, "skipped TestCalls.test_tour : Chrome executable not found"),
            line("INFO", TESTS, "skipped setUpClass (odoo.TestMore) : websocket-client module"),
        ]
    )
    assert run.passed == 0
    assert run.skipped == {
        (TESTS, "TestCalls.test_tour"): "Chrome executable not found",
        (TESTS, "setUpClass (odoo.TestMore)"): "websocket-client module",
    }


def test_an_error_outside_a_failing_test_is_a_stray():
    run = odoo_log.test_run([line("ERROR", "odoo.sql_db", "bad query: SELECT")])
    assert [record.logger for record in run.stray] == ["odoo.sql_db"]


def test_odoo_s_own_totals_are_not_counted_again():
    run = odoo_log.test_run(
        [
            line("ERROR", "odoo.tests.result", "1 failed, 0 error(s) of 9 tests when loading x"),
            line(
                "ERROR", "odoo.modules.loading", "Module ai_brain: 1 failures, 0 errors of 9 tests"
            ),
        ]
    )
    assert run.stray == []


def test_an_installation_may_not_warn():
    lines = [
        line("INFO", "odoo.modules.loading", "loading"),
        line("WARNING", "odoo.modules.loading", "The models ['ai.x'] have no access rules"),
    ]
    assert [record.level for record in odoo_log.complaints(lines)] == ["WARNING"]


def test_a_warning_of_odoo_s_about_an_optional_package_is_expected():
    text = "`vobject` Python module not found, vcard file generation disabled."
    assert odoo_log.complaints([line("WARNING", "odoo.addons.web.models.res_partner", text)]) == []
    assert odoo_log.complaints([line("WARNING", "odoo.addons.ai_brain.models.x", text)])
