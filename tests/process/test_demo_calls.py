"""The demo's answers that cost nothing come from calls, made on a clock that only a demo has."""

import pytest

from ..harness import Database, OdooServer, Settings
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
