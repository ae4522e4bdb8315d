"""The addons come, change, go and come back without a word in the log."""

import pytest

from ..harness import Database, OdooServer, Settings

DASHBOARD = "ai_sam_cost_dashboard"
#: What Odoo says of the machine, not of an addon.
OF_THE_MACHINE = ("`vobject` Python module", "security risk")
ONCE = ("--stop-after-init", "--no-http")
BOOKS = "SELECT count(*) || ' ' || COALESCE(sum(cost_usd), 0) FROM ai_token_usage"
FILL = "env['ai.cost.demo']._fill()\nenv.cr.commit()\n"
UNINSTALL = "env['ir.module.module'].search([('name', '=', '{}')]).button_immediate_uninstall()\n"
LEFT = (
    "SELECT count(*) FROM ir_model_data WHERE module = %s"
    " AND model IN ('ir.ui.view', 'ir.ui.menu', 'ir.cron', 'ir.model', 'ir.model.fields')"
)


def complaints(output):
    """The lines of a log that a person would have to look into."""
    return [
        line
        for line in output.splitlines()
        if any(level in line for level in (" WARNING ", " ERROR ", " CRITICAL ", "Traceback"))
        and not any(text in line for text in OF_THE_MACHINE)
    ]


@pytest.fixture
def server(tmp_path):
    settings = Settings()
    database = Database(settings, settings.template).copy("lifecycle")
    yield OdooServer(settings, database, tmp_path)
    database.drop()


def state(server, module):
    ((found,),) = server.database.rows("SELECT state FROM ir_module_module WHERE name = %s", module)
    return found


def test_upgrade_uninstall_and_reinstall_over_a_database_with_data(server):
    assert state(server, DASHBOARD) == "installed"
    assert not complaints(server.run("shell", "--no-http", input=FILL))
    books = server.database.text(BOOKS)
    assert not books.startswith("0 ")

    assert not complaints(server.run("-u", f"ai_brain,{DASHBOARD}", *ONCE))
    assert server.database.text(BOOKS) == books

    assert not complaints(server.run("shell", "--no-http", input=UNINSTALL.format(DASHBOARD)))
    assert state(server, DASHBOARD) == "uninstalled"
    assert state(server, "ai_brain") == "installed"
    assert server.database.rows(LEFT, DASHBOARD) == [(0,)]
    assert server.database.text(BOOKS) == books

    # ai_brain alone goes on, and does not know that it had a face
    assert not complaints(server.run("-u", "ai_brain", *ONCE))
    assert not complaints(server.run("-i", DASHBOARD, *ONCE))
    assert state(server, DASHBOARD) == "installed"
    assert not complaints(server.run("shell", "--no-http", input=FILL))
    assert server.database.text(BOOKS) == books, "the demo data came twice"

    assert not complaints(server.run("shell", "--no-http", input=UNINSTALL.format("ai_brain")))
    assert {state(server, "ai_brain"), state(server, DASHBOARD)} == {"uninstalled"}
    assert not complaints(server.run("-i", DASHBOARD, *ONCE))
    assert {state(server, "ai_brain"), state(server, DASHBOARD)} == {"installed"}
    assert server.database.text(BOOKS) == "0 0"
