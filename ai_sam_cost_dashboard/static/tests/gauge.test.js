import { BudgetGauge } from "@ai_sam_cost_dashboard/gauge/gauge";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAttribute, queryText } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { makeActionEnv } from "./helpers";
import { session } from "@web/session";

defineMailModels();

const BUDGET = {
    id: 1,
    name: "Sales",
    pct: 91.5,
    pct_text: "91.5%",
    state: "warn",
    text: "$91.50 of $100.00",
    label: "AI budget Sales: $91.50 of $100.00",
};

test("the gauge shows what came with the page, without a request", async () => {
    onRpc("ai.cost.budget", "get_gauge", () => expect.step("request"));
    patchWithCleanup(session, { ai_budget_gauge: BUDGET });
    await mountWithCleanup(BudgetGauge);
    expect(queryText(".o_ai_gauge_pct")).toBe("91.5%");
    expect(".o_ai_gauge").toHaveClass("o_ai_gauge_warn");
    expect(queryAttribute(".o_ai_gauge", "aria-label")).toBe("AI budget Sales: $91.50 of $100.00");
    expect.verifySteps([]);
});

test("without a budget there is no gauge", async () => {
    patchWithCleanup(session, { ai_budget_gauge: false });
    await mountWithCleanup(BudgetGauge);
    expect(".o_ai_gauge").toHaveCount(0);
});

test("the gauge opens the dashboard", async () => {
    mockService("action", { doAction: (action) => expect.step(action) });
    patchWithCleanup(session, { ai_budget_gauge: BUDGET });
    await mountWithCleanup(BudgetGauge);
    await contains(".o_ai_gauge").click();
    expect.verifySteps(["ai_sam_cost_dashboard.action_ai_cost_dashboard"]);
});

test("many calls at once are one request, and its answer is shown", async () => {
    onRpc("ai.cost.budget", "get_gauge", () => {
        expect.step("request");
        return { ...BUDGET, pct: 100, pct_text: "100%", state: "over" };
    });
    patchWithCleanup(session, { ai_budget_gauge: BUDGET });
    const notify = await makeActionEnv();
    await mountWithCleanup(BudgetGauge);
    for (let i = 0; i < 3; i++) {
        notify("ai_brain/usage", { company_id: 1, last_id: i });
    }
    await advanceTime(4000);
    await animationFrame();
    expect.verifySteps(["request"]);
    expect(queryText(".o_ai_gauge_pct")).toBe("100%");
});
