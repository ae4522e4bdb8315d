import json
import os
from pathlib import Path

from odoo.tests import tagged

from ..common import DashboardCase

CHECK = """
(async () => {
    const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const appears = async (selector) => {
        const end = Date.now() + 45000;
        while (!document.querySelector(selector)) {
            if (Date.now() > end) {
                throw new Error(`No ${selector} to check: ` + document.body.innerText);
            }
            await later(50);
        }
    };
    // what changes its colour slowly is on the way to it until then
    const settled = async () => {
        await later(50);
        const moving = document.getAnimations().map(({ finished }) => finished);
        await Promise.race([Promise.allSettled(moving), later(2000)]);
    };
    await appears(%(ready)r);
    if (document.cookie.includes("color_scheme=dark")) {
        const end = Date.now() + 45000; // Odoo's own elements wait for their styles
        while (getComputedStyle(document.body).colorScheme !== "dark") {
            if (Date.now() > end) {
                throw new Error("The page never became dark");
            }
            await later(50);
        }
        await settled();
    }
    if (%(tables)s) {
        for (const button of document.querySelectorAll(".o_ai_switch button[title=Table]")) {
            button.click();
        }
        await later(200);
    }
    %(before)s
    await new Promise((resolve, reject) => {
        const script = Object.assign(document.createElement("script"), {
            src: %(axe)r, onload: resolve, onerror: () => reject(new Error("axe is not there")),
        });
        document.head.append(script);
    });
    const options = { resultTypes: ["violations"], preload: false, ...%(axe_options)s };
    const violationsOf = async (root) => (await axe.run(root, options)).violations;
    const violations = %(violations)s;
    if (violations.length) {
        console.error(violations.map(({ id, impact, help, nodes }) =>
            `${impact} ${id}: ${help}\\n` +
            nodes.slice(0, 5).map((node) => `  ${node.html}\\n  ${node.failureSummary}`).join("\\n")
        ).join("\\n"));
    } else {
        console.log("test successful");
    }
})().catch((error) => console.error(error.message));
"""
#: The budgets take the whole width below the table, and no label or figure of a card is cut.
NO_HOLE = """
    const boxOf = (selector) => document.querySelector(selector).getBoundingClientRect();
    const [table, budgets] = [boxOf(".o_ai_wide"), boxOf(".o_ai_budget_list")];
    if (budgets.top < table.bottom || budgets.width < 0.9 * table.width) {
        throw new Error(`A hole beside the budgets: ${budgets.width} of ${table.width} px`);
    }
    const texts = [...document.querySelectorAll(".o_ai_kpi_label, .o_ai_kpi_value")];
    const cut = texts.filter((text) => text.scrollWidth > text.clientWidth + 1);
    if (!texts.length || cut.length) {
        throw new Error("Words are cut: " + cut.map((text) => text.innerText).join());
    }
"""
#: The trend is as tall as it is, however tall the card beside it grows.
STEADY = """
    const trend = document.querySelector(".o_ai_chart canvas");
    const height = trend.getBoundingClientRect().height;
    const beside = trend.closest(".o_ai_panel").parentElement;
    beside.style.minHeight = "1500px";
    await later(300);
    const grown = trend.getBoundingClientRect().height;
    if (Math.abs(grown - height) > 1 || height > 320) {
        throw new Error(`The trend is ${height} px tall, beside a tall card ${grown} px`);
    }
    beside.style.minHeight = "";
"""
#: No date of the trend's table is broken into lines.
ONE_LINE = """
    const days = [...document.querySelectorAll(".o_ai_trend_table tbody th")];
    const tall = days.filter((day) => {
        const range = document.createRange();
        range.selectNodeContents(day);
        const tops = [...range.getClientRects()].map(({ top }) => Math.round(top));
        return new Set(tops).size > 1 || day.scrollWidth > day.clientWidth + 1;
    });
    if (!days.length || tall.length) {
        throw new Error("Broken dates: " + tall.map((day) => day.innerText).join());
    }
"""
READY = ".o_ai_costs[data-status=ready] canvas"


@tagged("post_install", "-at_install")
class TestDashboardAccessibility(DashboardCase):
    """No axe rule, of whatever impact, complains of the dashboard in any of its states."""

    def check(
        self,
        url="/odoo/ai-costs",
        ready=READY,
        tables=False,
        before="",
        root=".o_ai_costs",
        violations=None,
        rules=(),
        **options,
    ):
        path = os.environ.get("SAM_AXE_JS")
        if not path or not Path(path).is_file():
            self.fail("SAM_AXE_JS must name axe.min.js of the npm package axe-core.")
        script = self.env["ir.attachment"].create(
            {
                "name": "axe.js",
                "raw": Path(path).read_bytes(),
                "mimetype": "text/javascript",
                "public": True,
            }
        )
        code = CHECK % {
            "axe": f"/web/content/{script.id}/axe.js",
            "axe_options": json.dumps({"runOnly": rules} if rules else {}),
            "ready": ready,
            "tables": str(tables).lower(),
            "before": before,
            "violations": violations or f"await violationsOf({root!r})",
        }
        self.browser_js(
            url, code, "Boolean(document.body)", login="ai_manager", timeout=90, **options
        )

    def test_light_and_the_trend_does_not_grow_with_its_neighbour(self):
        self.check(before=STEADY)

    def test_dark(self):
        self.check(cookies={"color_scheme": "dark"})

    def test_tables_instead_of_charts_and_nothing_cut_at_1024(self):
        self.browser_size = "1024x768"
        self.check(tables=True, before=NO_HOLE + ONE_LINE)

    def test_phone(self):
        self.browser_size = "360x740"
        self.check()
        self.check(tables=True, before=ONE_LINE)

    def test_dates_of_ones_own(self):
        self.check(f"/odoo/ai-costs?period=custom&from={self.month_before}&to={self.today}")

    def test_right_to_left(self):
        self.env["res.lang"]._activate_lang("ar_001")
        self.manager.lang = "ar_001"
        self.check()

    def test_nothing_spent_yet(self):
        fresh = self.env["res.company"].create({"name": "New"})
        self.manager.write({"company_ids": [(6, 0, fresh.ids)], "company_id": fresh.id})
        self.check(ready=".o_ai_checklist")
