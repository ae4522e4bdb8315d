"""An open dashboard follows calls of another process, told through a real websocket."""

from decimal import Decimal

import pytest

from odoo.addons.ai_brain.engine.base.money import format_usd

from ..harness import OdooServer
from ..harness.chromium import Browser

FIGURE = "document.querySelector('.o_ai_spend_value')?.textContent.trim()"
# what a person would notice: a page that loads again, figures that go away, charts drawn anew
WATCH = """
window.seen = new Set();
window.canvas = document.querySelector(".o_ai_trend canvas");
new MutationObserver(() => {
    const page = document.querySelector(".o_ai_costs");
    seen.add(page ? page.dataset.status : "gone");
    if (!canvas.isConnected) {
        seen.add("chart gone");
    }
}).observe(document.body, { subtree: true, childList: true, attributes: true });
"""


@pytest.fixture
def world(make_world):
    with make_world() as world:
        yield world


def test_calls_of_another_process_change_the_figure_in_place(world, tmp_path):
    provider = world.providers["loop-o-small"]
    address = f"http://127.0.0.1:{world.server.port}"
    world.rpc("user").send("before the page is open", provider)
    elsewhere = OdooServer(world.server.settings, world.database, tmp_path)
    with elsewhere, Browser() as browser:
        browser.log_in(address, world.database.name, "manager")
        browser.open(f"{address}/odoo/ai-costs", ".o_ai_costs[data-status=ready] canvas")
        assert browser.run(FIGURE) == spent(world)
        browser.run(WATCH)

        caller = elsewhere.rpc("user")
        for number in range(3):  # the server tells of the first of them alone
            caller.send(f"elsewhere {number}", provider)
        assert spent(world) != browser.run(FIGURE)
        browser.wait(f"{FIGURE} === {spent(world)!r}")

        assert browser.run("[...window.seen]") == ["ready"]
        calls, _cost = world.ledger()
        shown = "document.querySelector('[data-kpi=calls] .o_ai_kpi_value').textContent"
        assert browser.run(shown).strip() == str(calls) == "4"
    upgrades = [line for line in world.server.log().splitlines() if '"GET /websocket' in line]
    assert any('" 101 ' in line for line in upgrades), upgrades


def spent(world):
    """The sum of the ledger as a person reads it."""
    calls, cost = world.ledger()
    assert calls
    return format_usd(Decimal(cost))
