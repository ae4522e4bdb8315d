"""Odoo's text generator over a real server: the dialog waits without a database connection."""

import requests

from ..vendor.faults import marker
from .parallel import Background

WAITING = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


def ask(world, prompt):
    """What the dialog's route answers."""
    session = requests.Session()
    url = f"http://127.0.0.1:{world.server.port}"
    login = {"db": world.database.name, "login": "admin", "password": "admin"}
    session.post(f"{url}/web/session/authenticate", json={"params": login}, timeout=30)
    body = {"params": {"prompt": prompt, "conversation_history": []}}
    return session.post(f"{url}/html_editor/generate_text", json=body, timeout=60).json()


def test_a_dialog_waits_without_a_connection_and_is_told_of_failures(shared_world):
    world = shared_world
    rpc = world.rpc()
    company = rpc("res.users", "read", [rpc.user_id], ["company_id"])[0]["company_id"][0]
    rpc("res.company", "write", company, {"ai_text_generator": True})
    slow = Background([lambda: ask(world, f"Write {marker(hold='dialog')}")])
    assert world.vendor.wait("dialog", 1) == 1
    waiting = int(world.database.text(WAITING))
    world.vendor.release("dialog")
    (answer,) = slow.results()
    assert answer["result"], answer
    assert waiting == 0
    failed = ask(world, f"Write {marker(fault='400')}")
    assert "refused the request" in failed["error"]["data"]["message"]
    assert world.reservations() == (0, 0)
    row = world.database.rows(
        "SELECT agent_type, state FROM ai_token_usage ORDER BY id DESC LIMIT 1"
    )
    assert row == [("text_generator", "failed")]
