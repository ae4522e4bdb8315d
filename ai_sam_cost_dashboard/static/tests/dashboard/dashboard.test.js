import { AiCostDashboard } from "@ai_sam_cost_dashboard/dashboard/dashboard";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAll, queryAllTexts, queryOne, queryText, waitFor } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    contains,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { makeActionEnv } from "../helpers";
import { dashboardData } from "./dashboard_data";

defineMailModels();

const READY = ".o_ai_costs[data-status=ready]";
let requests;

/** Answers get_dashboard_data with what `answer` returns, and notes what was asked. */
function serve(answer = dashboardData) {
    requests = [];
    onRpc("ai.token.analytics", "get_dashboard_data", ({ kwargs }) => {
        const filters = { ...kwargs };
        delete filters.context;
        expect(filters.breakdown_rows).toBe(10);
        delete filters.breakdown_rows;
        requests.push(filters);
        return answer(requests.length);
    });
}

function props(more = {}) {
    return { action: { context: {}, params: {} }, actionId: 1, className: "", ...more };
}

let opened;
let notify;

beforeEach(async () => {
    mockService("action", {
        doAction: (action, options) => {
            expect.step("doAction");
            opened = { action, options };
        },
    });
    notify = await makeActionEnv();
});

test("figures are fetched by one call and shown", async () => {
    serve();
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect(requests).toEqual([{ period_type: "month" }]);
    expect(queryText(".o_ai_spend_value")).toBe("$1,240.50");
    expect(queryText("h1")).toBe("November 2026");
    expect(queryText("[data-kpi=calls] .o_ai_kpi_value")).toBe("48,210");
    expect(queryText("[data-kpi=uncertain_usd] .o_ai_kpi_value")).toBe("$0.0004");
    expect("[data-breakdown=by_user] tbody tr").toHaveCount(1);
    await contains("[data-tab=by_module]").click();
    expect("[data-breakdown=by_module] tbody tr").toHaveCount(3);
    expect("canvas").toHaveCount(2);
});

test("while figures are on their way an outline is shown and announced", async () => {
    const answer = new Deferred();
    serve(() => answer);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await animationFrame();
    expect(".o_ai_loading[role=status]").toHaveCount(1);
    expect(queryText(".o_ai_loading .visually-hidden")).toBe("Loading costs…");
    answer.resolve(dashboardData());
    await waitFor(READY);
    expect(".o_ai_loading").toHaveCount(0);
    expect(READY).toHaveCount(1);
});

test("a database without calls shows the checklist", async () => {
    serve(() => ({ ...dashboardData(), empty: true }));
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(".o_ai_checklist");
    expect("[data-step]").toHaveCount(5);
    expect("[data-step=provider]").toHaveClass("o_ai_done");
    expect("[data-step=budget]").toHaveClass("o_ai_next");
    expect(".o_ai_spend_value").toHaveCount(0);
    await contains("[data-step=budget] button").click();
    expect.verifySteps(["doAction"]);
    expect(opened.action).toBe("ai_sam_cost_dashboard.action_ai_budget_offer");
});

test("an error is told, and trying again works", async () => {
    serve((nth) => {
        if (nth === 1) {
            throw makeServerError({ message: "the ledger is away" });
        }
        return dashboardData();
    });
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(".o_ai_message");
    expect(".o_ai_message[data-kind=error][role=alert]").toHaveCount(1);
    expect(queryText(".o_ai_message p")).toBe("the ledger is away");
    await contains(".o_ai_message button").click();
    await waitFor(READY);
    expect(READY).toHaveCount(1);
    expect(requests).toHaveLength(2);
});

test("a person without access is told so, without a button that cannot help", async () => {
    serve(() => {
        throw makeServerError({ type: "AccessError" });
    });
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(".o_ai_message");
    expect(".o_ai_message[data-kind=denied]").toHaveCount(1);
    expect(".o_ai_message button").toHaveCount(0);
});

test("filters ask anew, stand in the address and are exported for Back", async () => {
    serve();
    const address = [];
    await mountWithCleanup(AiCostDashboard, {
        props: props({ updateActionState: (patch) => address.push(patch) }),
    });
    await waitFor(READY);
    await contains(".o_ai_filters select[name=provider]").select("2");
    await animationFrame();
    expect(requests.at(-1)).toEqual({ period_type: "month", provider_id: 2 });
    expect(address.at(-1).provider).toBe(2);
    expect(address.at(-1).period).toBe(undefined);
    await contains(".o_ai_filters select[name=period]").select("year");
    await animationFrame();
    expect(requests.at(-1)).toEqual({ period_type: "year", provider_id: 2 });
    await contains(".o_ai_clear").click();
    await animationFrame();
    expect(requests.at(-1)).toEqual({ period_type: "month" });
    expect(address.at(-1).provider).toBe(undefined);
});

test("filters come from the address", async () => {
    serve();
    const params = {
        period: "custom",
        from: "2026-01-01",
        to: "2026-01-31",
        user: 6,
        agent: "bot",
    };
    await mountWithCleanup(AiCostDashboard, {
        props: props({ action: { context: { params }, params: {} } }),
    });
    await waitFor(READY);
    expect(requests).toEqual([
        {
            period_type: "custom",
            date_from: "2026-01-01",
            date_to: "2026-01-31",
            user_id: 6,
            agent_type: "bot",
        },
    ]);
});

test("filters come back from the state that Back restores", async () => {
    serve();
    await mountWithCleanup(AiCostDashboard, {
        props: props({ state: { filters: { period: "week", provider: 1 } } }),
    });
    await waitFor(READY);
    expect(requests).toEqual([{ period_type: "week", provider_id: 1 }]);
});

test("what Back returns to is there at once, as it was left", async () => {
    const answer = new Deferred();
    serve(() => answer);
    await mountWithCleanup(AiCostDashboard, {
        props: props({
            state: {
                filters: { period: "week" },
                data: dashboardData(),
                tab: "by_agent",
                scroll: 7,
            },
        }),
    });
    expect(READY).toHaveCount(1);
    expect("[data-breakdown=by_agent]").toHaveCount(1);
    expect(queryText(".o_ai_spend_value")).toBe("$1,240.50");
    expect(requests).toEqual([{ period_type: "week" }]);
    answer.resolve(dashboardData());
});

test("a budget for what is shown is set from there, filled in", async () => {
    const data = dashboardData();
    data.budget = { id: false, limit_usd: null, prefill: { default_user_id: 6 }, budgets: [] };
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    await contains(".o_ai_no_budget button").click();
    expect.verifySteps(["doAction"]);
    expect(opened.action.res_model).toBe("ai.cost.budget");
    expect(opened.action.context).toEqual({ default_user_id: 6 });
});

test("why it changed is fetched when it is asked", async () => {
    serve();
    onRpc("ai.token.analytics", "get_cost_bridge", ({ kwargs }) => {
        expect.step(`bridge of a ${kwargs.period_type}`);
        const side = { usd: 1, company: 1, domain: [["local_date", "=", "2026-11-01"]] };
        return {
            ...{ start: side, end: side, steps: [], by_agent: [], by_user: [] },
            ...{ period: { label: "now" }, compared_with: { label: "before" } },
        };
    });
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect.verifySteps([]);
    await contains(".o_ai_why").click();
    await waitFor(".o_ai_bridge_steps");
    await contains("[data-step=start] .o_ai_figure").click();
    expect(opened.options.props.dynamicFilters).toEqual([
        { description: "before", domain: [["local_date", "=", "2026-11-01"]] },
    ]);
    expect.verifySteps(["bridge of a month", "doAction"]);
});

test("of two answers the one asked for last counts", async () => {
    const slow = new Deferred();
    serve((nth) => (nth === 2 ? slow : { ...dashboardData(), period: { label: `answer ${nth}` } }));
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    await contains(".o_ai_filters select[name=provider]").select("2");
    await contains(".o_ai_filters select[name=provider]").select("1");
    await animationFrame();
    expect(queryText("h1")).toBe("answer 3");
    slow.resolve({ ...dashboardData(), period: { label: "late" } });
    await animationFrame();
    expect(queryText("h1")).toBe("answer 3");
});

test("a call made elsewhere refreshes the figures in place", async () => {
    const second = new Deferred();
    serve((nth) => (nth === 1 ? dashboardData() : second));
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    const canvas = queryOne(".o_ai_trend canvas");
    notify("ai_brain/usage", { company_id: 1, last_id: 5 });
    notify("ai_brain/usage", { company_id: 2, last_id: 6 });
    await advanceTime(500);
    expect(requests).toHaveLength(2);
    expect(READY).toHaveCount(1, { message: "the old figures stay until the new are there" });
    const fresh = dashboardData();
    fresh.totals.cost_usd.value = 1240.5004;
    fresh.totals.calls.value = 48211;
    second.resolve(fresh);
    await animationFrame();
    expect(queryText("[data-kpi=calls] .o_ai_kpi_value")).toBe("48,211");
    expect(queryOne(".o_ai_trend canvas")).toBe(canvas);
});

test("calls that follow within seconds are shown too, though nobody tells of them", async () => {
    serve(() => dashboardData());
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    notify("ai_brain/usage", { company_id: 1, last_id: 5 });
    await advanceTime(500);
    expect(requests).toHaveLength(2);
    await advanceTime(3500);
    expect(requests).toHaveLength(3);
    await advanceTime(60000);
    expect(requests).toHaveLength(3);
});

test("every figure opens the calls behind it, with the filters as facets", async () => {
    const data = dashboardData();
    data.domain.push(["provider_id", "=", 2], ["agent_type", "=", "support_bot"]);
    data.facets = [
        { field: "provider_id", label: "Careful", value: 2 },
        { field: "agent_type", label: "support_bot", value: "support_bot" },
    ];
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    const period = ["&", ["local_date", ">=", "2026-11-01"], ["local_date", "<=", "2026-11-30"]];
    await contains(".o_ai_spend_value").click();
    expect(opened.action).toBe("ai_sam_cost_dashboard.action_ai_calls_cost");
    expect(opened.options.additionalContext).toEqual({
        ai_rate_day: "2026-11-30",
        search_default_group_provider: 1,
        search_default_provider_id: 2,
    });
    expect(opened.options.props.dynamicFilters).toEqual([
        {
            description: "November 2026 · support_bot",
            domain: ["&", ...period, ["agent_type", "=", "support_bot"]],
        },
    ]);
    await contains("[data-kpi=waste_usd] .o_ai_figure").click();
    expect(opened.action).toBe("ai_sam_cost_dashboard.action_ai_calls_waste");
    expect(opened.options.additionalContext.search_default_group_waste).toBe(1);
    expect(opened.options.props.dynamicFilters[0].domain.at(-1)).toEqual([
        "waste_detected",
        "=",
        true,
    ]);
    await contains("[data-tab=by_module]").click();
    await contains("[data-breakdown=by_module] tr[data-key=crm] .o_ai_figure").click();
    expect(opened.options.additionalContext.search_default_group_user).toBe(1);
    expect(opened.options.props.dynamicFilters[0].domain.at(-1)).toEqual(["module", "=", "crm"]);
    await contains("[data-action=waste-oversized_context] .o_ai_figure").click();
    expect(opened.options.props.dynamicFilters[0]).toEqual({
        description: "Last 30 days · support_bot · Too much context",
        domain: [
            "&",
            "&",
            "&",
            ["local_date", ">=", "2026-10-24"],
            ["local_date", "<=", "2026-11-22"],
            ["agent_type", "=", "support_bot"],
            ["waste_reason", "like", "oversized_context"],
        ],
    });
    expect.verifySteps(["doAction", "doAction", "doAction", "doAction"]);
});

test("what saves is applied after its saving was confirmed, and undone", async () => {
    serve((nth) => {
        const data = dashboardData();
        const [item] = data.first_actions.items;
        if (nth === 2) {
            const undo = { key: "undo", label: "Undo", method: "undo_recommendation" };
            item.applied = true;
            item.buttons = [{ ...item.buttons[0], ...undo, confirm: undefined, done: "Undone." }];
        }
        return data;
    });
    onRpc("ai.token.analytics", "apply_recommendation", ({ args }) => {
        expect.step(`apply ${args[0]}`);
        return true;
    });
    onRpc("ai.token.analytics", "undo_recommendation", ({ args }) => {
        expect.step(`undo ${args[0]}`);
        return true;
    });
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    await contains("[data-action='advice-7'] .o_ai_apply").click();
    expect.verifySteps([]);
    expect(queryText(".modal-body")).toInclude("Expected saving: $120.00 a month");
    await contains(".modal-footer .btn-primary").click();
    await animationFrame();
    expect.verifySteps(["apply 7"]);
    await contains("[data-action='advice-7'] .o_ai_undo").click();
    await animationFrame();
    expect.verifySteps(["undo 7"]);
    expect("[data-action='advice-7'] .o_ai_apply").toHaveCount(1);
});

test("what a button opens is opened, and so is the action that its method returns", async () => {
    serve();
    onRpc("ai.token.analytics", "action_open", () => ({
        type: "ir.actions.act_window",
        res_model: "ai.pattern.finder",
    }));
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    await contains("[data-action=waste-oversized_context] .o_ai_button").click();
    expect.verifySteps(["doAction"]);
    expect(opened.action.res_model).toBe("ai.agent");
    await contains(".o_ai_more").click();
    await contains("[data-action=finding-9] .o_ai_do_pattern").click();
    expect.verifySteps(["doAction"]);
    expect(opened.action.res_model).toBe("ai.pattern.finder");
});

test("names are shown as text, whatever they contain", async () => {
    const payload = `<img src=x onerror="window.pwned=1"><svg onload="window.pwned=1">\u202Egnp`;
    patchWithCleanup(window, { pwned: 0 });
    const data = dashboardData();
    data.trend.series[0].name = payload;
    data.providers[0].name = data.providers[0].model = payload;
    data.breakdowns.by_user[0].label = payload;
    const [item] = data.first_actions.items;
    item.title = item.text = item.affected = item.after.name = item.conflicts[0] = payload;
    data.budget.budgets[0].name = data.budget.budgets[0].scope_label = payload;
    data.options.providers[0].name = payload;
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    for (const el of queryAll(".o_ai_switch button[title=Table]")) {
        await contains(el).click();
    }
    await animationFrame();
    expect(".o_ai_costs img").toHaveCount(0);
    expect(".o_ai_costs svg").toHaveCount(0);
    expect(window.pwned).toBe(0);
    expect(queryAllTexts("[data-breakdown=by_user] .o_ai_bar_label")[0]).toInclude("<img src=x");
    // an override of the direction ends with its name
    expect("[data-breakdown=by_user] bdi").toHaveCount(1);
});

test("what is saved is called proven where it is, with its bounds, and opens its calls", async () => {
    const data = dashboardData();
    data.proof = {
        state: "proven",
        label: "proven",
        text: "Proven: 41.5% saved.",
        usd: 210.5,
        low_usd: 150.25,
        high_usd: 270.75,
    };
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect(queryText("[data-kpi=proven_usd] .o_ai_kpi_label")).toBe("Saved, proven");
    expect(queryText("[data-kpi=proven_usd] .o_ai_kpi_value")).toBe("$210.50");
    expect(queryText("[data-kpi=proven_usd] .o_ai_kpi_note")).toBe("between $150.25 and $270.75");
    expect(queryText("[data-kpi=saved_usd] .o_ai_kpi_label")).toBe("Saved, estimated");
    await contains("[data-kpi=proven_usd] .o_ai_figure").click();
    expect(opened.options.props.dynamicFilters[0].domain.at(-1)).toEqual([
        "holdout_arm",
        "!=",
        false,
    ]);
    await contains("[data-kpi=saved_usd] .o_ai_figure").click();
    expect(opened.options.props.dynamicFilters[0].domain.at(-1)).toEqual(["saved_usd", "!=", 0]);
    expect.verifySteps(["doAction", "doAction"]);
});

test("what was proven before this period stays proven, and opens the agents it is about", async () => {
    const data = dashboardData();
    data.proof = {
        state: "open",
        label: "estimated",
        text: "Not proven yet, about 400 more calls.",
        ever: {
            text: "Proven since May 2, 2026 for 1 of 4 agents: 40.5% saved.",
            percent: 40.5,
            low: 23,
            high: 54.5,
            count: 1,
            agents: 4,
        },
    };
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect(queryText("[data-kpi=proven_percent] .o_ai_kpi_label")).toBe("Saved, proven");
    expect(queryText("[data-kpi=proven_percent] .o_ai_kpi_value")).toBe("40.5%");
    expect(queryText("[data-kpi=proven_percent] .o_ai_kpi_note")).toBe(
        "23% to 54.5%, for 1 of 4 agents"
    );
    expect("[data-kpi=proven_percent] .o_ai_kpi_label").toHaveAttribute(
        "title",
        data.proof.ever.text
    );
    expect("[data-kpi=proven_percent] .o_ai_delta").toHaveCount(0);
    expect(queryText("[data-kpi=saved_usd] .o_ai_kpi_note")).toBe(
        "Not proven yet, about 400 more calls."
    );
    await contains("[data-kpi=proven_percent] .o_ai_figure").click();
    expect(opened.action).toBe("ai_sam_cost_dashboard.action_ai_savings");
    expect.verifySteps(["doAction"]);
});

test("a proven loss is not called a saving", async () => {
    const data = dashboardData();
    data.proof = {
        state: "open",
        label: "estimated",
        text: "Not proven yet, about 400 more calls.",
        ever: {
            state: "loss",
            text: "Proven since May 2, 2026: it costs more than it saves, 40.5% more.",
            percent: -40.5,
            low: -54.5,
            high: -23,
            count: 2,
            agents: 4,
        },
    };
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect(queryText("[data-kpi=proven_percent] .o_ai_kpi_label")).toBe("Costs more, proven");
    expect(queryText("[data-kpi=proven_percent] .o_ai_kpi_value")).toBe("40.5%");
    expect(queryText("[data-kpi=proven_percent] .o_ai_kpi_note")).toBe(
        "23% to 54.5%, for 2 of 4 agents"
    );
});

test("a loss that this period's calls prove is told with its bounds, and opens its calls", async () => {
    const data = dashboardData();
    data.proof = {
        state: "loss",
        label: "proven",
        text: "It costs more than it saves: 41.5% more.",
        usd: -210.5,
        low_usd: -270.75,
        high_usd: -150.25,
    };
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect(queryText("[data-kpi=proven_usd] .o_ai_kpi_label")).toBe("Costs more, proven");
    expect(queryText("[data-kpi=proven_usd] .o_ai_kpi_value")).toBe("$210.50");
    expect(queryText("[data-kpi=proven_usd] .o_ai_kpi_note")).toBe("between $150.25 and $270.75");
    await contains("[data-kpi=proven_usd] .o_ai_figure").click();
    expect(opened.options.props.dynamicFilters[0].domain.at(-1)).toEqual([
        "holdout_arm",
        "!=",
        false,
    ]);
    expect.verifySteps(["doAction"]);
});

test("there is a tab by endpoint key where calls have one, asked for when it is chosen", async () => {
    const label = "n8n";
    const domain = [["gateway_key", "=", 7]];
    onRpc("ai.token.analytics", "get_breakdown_rows", ({ args }) => {
        expect.step(args[0]);
        const [row] = dashboardData().breakdowns.by_user;
        return { rows: [{ ...row, key: 7, label, domain, opens: ["ai.gateway.key", 7] }] };
    });
    serve((count) => ({ ...dashboardData(), has_keys: count > 1 }));
    const page = await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect("[data-tab=by_key]").toHaveCount(0);
    await page.load();
    await waitFor("[data-tab=by_key]");
    await contains("[data-tab=by_key]").click();
    await waitFor("[data-breakdown=by_key] .o_ai_figure");
    expect(queryAllTexts("[data-breakdown=by_key] .o_ai_bar_label")).toEqual([label]);
    await contains("[data-breakdown=by_key] .o_ai_figure").click();
    expect(opened.options.props.dynamicFilters[0].domain.at(-1)).toEqual(domain[0]);
    expect.verifySteps(["by_key", "doAction"]);
});

test("what is not proven yet says how many calls are missing", async () => {
    const data = dashboardData();
    data.proof = {
        state: "open",
        label: "estimated",
        text: "Not proven yet, about 400 more calls.",
    };
    serve(() => data);
    await mountWithCleanup(AiCostDashboard, { props: props() });
    await waitFor(READY);
    expect("[data-kpi=proven_usd]").toHaveCount(0);
    expect(queryText("[data-kpi=saved_usd] .o_ai_kpi_note")).toBe(
        "Not proven yet, about 400 more calls."
    );
});
