"""The demo's answers that cost nothing come from calls, made on a clock that only a demo has."""

import contextlib
import json
from types import SimpleNamespace

import pytest

from ..harness import Database, OdooServer, Settings
from .processes import Processes, wait_for
from .test_dashboard_lifecycle import FILL, complaints

MOVE = """
from datetime import datetime
try:
    with env["ai.clock"]._set_back(datetime(2026, 1, 1)):
        print("moved")
except RuntimeError as error:
    print(error)
"""
CALLS = "print(env['ai.cost.demo']._make_calls())\nenv.cr.commit()\n"
BEGUN = (
    "SELECT COALESCE(max(split_part(value, ' ', 3)::int), 0) FROM ir_config_parameter"
    " WHERE key = 'ai_sam_cost_dashboard.demo_calls_begun'"
)
#: How often each planned question of a person is in the ledger; and what else is.
MADE = """
import json
from collections import Counter
from odoo.addons.ai_sam_cost_dashboard.demo import calls
demo = env["ai.cost.demo"].sudo()
users, _providers = demo._asks()
planned_at, begun = demo._begun()
due = Counter(
    f"{calls._session(users[person], one)} {one.moment:%Y-%m-%d %H:%M}"
    for one in calls.plan(planned_at) for person in one.people
)
rows = env["ai.token.usage"].search([("session_id", "!=", False), ("id", ">", LAST)])
made = Counter(f"{row.session_id} {row.create_date:%Y-%m-%d %H:%M}" for row in rows)
told = {"begun": begun, "planned": len(calls.plan(planned_at)), "due": due.total(),
        "missing": list(due - made), "twice": list(made - due)}
print("RESULT " + json.dumps(told))
"""
FOUND = (
    "SELECT kind, count(*), count(DISTINCT local_date), count(session_id),"
    " count(COALESCE(answer_key, pattern_key)) FROM ai_token_usage"
    " WHERE kind IN ('cache', 'pattern', 'dedup') GROUP BY kind ORDER BY kind"
)


@pytest.fixture
def server(tmp_path):
    settings = Settings()
    database = Database(settings, settings.template).copy("demo_calls")
    yield OdooServer(settings, database, tmp_path)
    database.drop()


def test_the_demo_asks_and_nobody_else_moves_the_clock(server):
    refused = server.run("shell", "--no-http", input=MOVE)
    assert "Only a test or a database with demo data" in refused

    server.database.rows("UPDATE ir_module_module SET demo = TRUE WHERE name = 'ai_brain'")
    assert not complaints(server.run("shell", "--no-http", input=FILL))
    assert server.database.rows(FOUND) == [], "written by hand"
    said = complaints(server.run("shell", "--no-http", input=CALLS))
    assert not [line for line in said if "AI waste:" not in line]  # what was paid twice is told
    found = server.database.rows(FOUND)
    assert [kind for kind, *_more in found] == ["cache", "dedup", "pattern"]
    for _kind, rows, days, in_sessions, with_source in found:
        assert rows == in_sessions == with_source
        assert days >= 5
    again = server.run("shell", "--no-http", input=CALLS)
    assert "{}" in again
    assert server.database.rows(FOUND) == found
    assert server.database.text("SELECT count(*) FROM ai_cost_reservation") == "0"


STANDS = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextlib.contextmanager
def _locked(database, statement):
    """Have whatever does what ``statement`` locks out stand still; in the end its connections are
    ended, as are those of a client that is gone."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN; SET LOCAL lock_timeout = '60s'")
        cursor.execute(statement)
        yield
        cursor.execute(f"SELECT pg_terminate_backend(pid) {STANDS}")
        wait_for(lambda: not _standing(database))
        cursor.execute("ROLLBACK")


def _standing(database):
    return database.text(f"SELECT count(*) {STANDS}") != "0"


def test_a_demo_that_was_killed_goes_on_where_it_was(server, tmp_path):
    database = server.database
    database.rows("UPDATE ir_module_module SET demo = TRUE WHERE name = 'ai_brain'")
    assert not complaints(server.run("shell", "--no-http", input=FILL))
    last = database.text("SELECT max(id) FROM ai_token_usage")
    processes = Processes(SimpleNamespace(server=server), tmp_path)
    begun = []
    try:
        for statement in (
            # a call is begun, and its row is not there
            "LOCK TABLE ai_token_usage IN SHARE MODE",
            # its row is there, and the next one is not begun
            "SELECT FROM ir_config_parameter"
            " WHERE key = 'ai_sam_cost_dashboard.demo_calls_begun' FOR UPDATE",
        ):
            at = int(database.text(BEGUN))
            process = processes.shell(CALLS)
            wait_for(lambda at=at: int(database.text(BEGUN)) >= at + 20)
            with _locked(database, statement):
                wait_for(lambda: _standing(database))
                process.kill()
                process.wait(30)
            begun.append(int(database.text(BEGUN)))
        assert begun[0] >= 20
        assert begun[1] >= begun[0] + 19
    finally:
        processes.end()

    said = complaints(server.run("shell", "--no-http", input=CALLS))
    assert not [line for line in said if "AI waste:" not in line]
    output = server.run("shell", "--no-http", input=MADE.replace("LAST", last))
    (line,) = [line for line in output.splitlines() if "RESULT " in line]
    told = json.loads(line.partition("RESULT ")[2])
    assert told["begun"] == told["planned"] > begun[1]
    assert told["twice"] == []
    assert told["missing"] == [], "budgets refuse none of them"
    assert "{}" in server.run("shell", "--no-http", input=CALLS)
