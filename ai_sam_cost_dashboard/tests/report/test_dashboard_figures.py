import json

from odoo.tests import tagged

from odoo.addons.ai_brain.engine.base.money import format_usd

from ..common import DashboardCase

READ_PAGE = """
(async () => {
    const expected = %s;
    const end = Date.now() + 45000;
    while (!document.querySelector(".o_ai_costs[data-status=ready]")) {
        if (Date.now() > end) {
            return console.error("The dashboard did not load: " + document.body.innerText);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const wrong = [];
    for (const [selector, text] of Object.entries(expected)) {
        const [, tab] = selector.match(/data-breakdown=(\\w+)/) || [];
        if (tab) {
            document.querySelector(`[data-tab=${tab}]`).click();
            while (!document.querySelector(selector) && Date.now() < end) {
                await new Promise((resolve) => setTimeout(resolve, 50));
            }
        }
        const found = document.querySelector(selector)?.textContent.trim();
        if (found !== text) {
            wrong.push(`${selector}: ${found} instead of ${text}`);
        }
    }
    if (wrong.length) {
        console.error(wrong.join("\\n"));
    } else if (window.aiPwned || document.querySelector(".o_ai_costs img, .o_ai_costs svg")) {
        console.error("Text of the ledger was taken for markup.");
    } else {
        console.log("test successful");
    }
})();
"""
SPEND = ".o_ai_spend_value"


def kpi(name):
    return f"[data-kpi={name}] .o_ai_kpi_value"


def cell(breakdown, key):
    return f"[data-breakdown={breakdown}] tr[data-key='{key}'] .o_ai_figure"


@tagged("post_install", "-at_install")
class TestDashboardFigures(DashboardCase):
    """What a person reads on the page is what SQL says of the ledger."""

    def read_page(self, url, login, expected):
        code = READ_PAGE % json.dumps(expected)
        self.browser_js(url, code, "Boolean(document.body)", login=login, timeout=90)

    def test_a_manager_reads_the_company(self):
        share = self.ledger_sum("100.0 * count(*) FILTER (WHERE kind = 'cache') / count(*)")
        self.read_page(
            "/odoo/ai-costs",
            "ai_manager",
            {
                SPEND: self.ledger_usd(),
                kpi("calls"): str(self.ledger_sum("sum(call_count)")),
                kpi("saved_usd"): self.ledger_usd("sum(saved_usd)"),
                kpi("waste_usd"): self.ledger_usd("sum(could_have_saved_usd)"),
                kpi("uncertain_usd"): self.ledger_usd(where="state = 'uncertain'"),
                kpi("cache_hit_rate"): f"{round(share, 1)}%",
                kpi("quality"): "80",
                cell("by_module", "crm"): self.ledger_usd(where="module = 'crm'"),
                cell("by_module", "sale"): self.ledger_usd(where="module = 'sale'"),
                cell("by_user", self.user.id): self.ledger_usd(where=f"user_id = {self.user.id}"),
                cell("by_provider", self.fast.id): self.ledger_usd(
                    where=f"provider_id = {self.fast.id}"
                ),
                "[data-action=waste-duplicate_query] .o_ai_figure": "$0.0003",
            },
        )

    def test_a_user_reads_nothing_but_their_own(self):
        own = f"user_id = {self.user.id}"
        self.assertNotEqual(self.ledger_usd(where=own), self.ledger_usd())
        self.read_page(
            "/odoo/ai-costs",
            "ai_user",
            {
                SPEND: self.ledger_usd(where=own),
                kpi("calls"): str(self.ledger_sum("sum(call_count)", own)),
                cell("by_user", self.user.id): self.ledger_usd(where=own),
            },
        )

    def test_filters_and_period_of_the_address(self):
        where = f"provider_id = {self.careful.id} AND user_id = {self.manager.id}"
        day = self.month_before
        address = f"?period=custom&from={day}&to={day}"
        address += f"&provider={self.careful.id}&user={self.manager.id}"
        self.read_page(
            f"/odoo/ai-costs{address}",
            "ai_manager",
            {
                SPEND: self.ledger_usd(where=where, first=day, last=day),
                kpi("calls"): "1",
                cell("by_provider", self.careful.id): format_usd("0.90"),
            },
        )

    def test_a_tiny_amount_is_not_shown_as_nothing(self):
        self.env["ai.token.usage"].sudo()._insert(
            [{**row, "module": "tiny"} for row in self.ledger_rows()[:1]]
        )
        self.read_page("/odoo/ai-costs", "ai_manager", {cell("by_module", "tiny"): "< $0.01"})
