import { BreakdownTable } from "@ai_sam_cost_dashboard/dashboard/breakdown_table/breakdown_table";
import { BudgetBars } from "@ai_sam_cost_dashboard/dashboard/budget_bars/budget_bars";
import { EmptyChecklist } from "@ai_sam_cost_dashboard/dashboard/empty_checklist/empty_checklist";
import { KpiCard } from "@ai_sam_cost_dashboard/dashboard/kpi_card/kpi_card";
import { usd } from "@ai_sam_cost_dashboard/dashboard/dashboard_format";
import { RecommendationList } from "@ai_sam_cost_dashboard/dashboard/recommendation_list/recommendation_list";
import { SpendCard } from "@ai_sam_cost_dashboard/dashboard/spend_card/spend_card";
import { WasteReport } from "@ai_sam_cost_dashboard/dashboard/waste_report/waste_report";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryAttribute, queryOne, queryText } from "@odoo/hoot-dom";
import { contains, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { dashboardData } from "./dashboard_data";

defineMailModels();

const nothing = () => {};

// ---- KpiCard ----

const kpi = (more) => ({
    name: "waste_usd",
    label: "Waste",
    value: 0.0004,
    previous: 0.0002,
    change: 100,
    format: usd,
    rise: "bad",
    period: "October 2026",
    ...more,
});

test("KpiCard: a rise of what should fall is told by arrow, colour and words", async () => {
    await mountWithCleanup(KpiCard, { props: kpi() });
    expect(queryText(".o_ai_kpi_value")).toBe("$0.0004");
    expect(".o_ai_delta.o_ai_bad .fa-arrow-up").toHaveCount(1);
    expect(queryText(".o_ai_delta .visually-hidden")).toBe("up 100%, from $0.0002 in October 2026");
});

test("KpiCard: a fall of what should fall is good, a neutral figure is neither", async () => {
    await mountWithCleanup(KpiCard, { props: kpi({ change: -12.5 }) });
    expect(".o_ai_delta.o_ai_good .fa-arrow-down").toHaveCount(1);
    expect(queryText(".o_ai_delta > span:first-of-type")).toBe("12.5%");
    await mountWithCleanup(KpiCard, { props: kpi({ rise: "neutral" }) });
    expect(".o_ai_delta.o_ai_neutral").toHaveCount(1);
});

test("KpiCard: a change that reads 0% is no change", async () => {
    await mountWithCleanup(KpiCard, { props: kpi({ change: 0.04 }) });
    expect(".o_ai_delta.o_ai_neutral").toHaveCount(1);
    expect(".o_ai_delta .fa").toHaveCount(0);
    expect(queryText(".o_ai_delta .visually-hidden")).toBe("as in October 2026: $0.0002");
});

test("KpiCard: without a figure before, and without a figure at all", async () => {
    await mountWithCleanup(KpiCard, {
        props: kpi({ change: null, value: null, previous: null, name: "none" }),
    });
    expect(queryText("[data-kpi=none] .o_ai_kpi_value")).toBe("—");
    expect(queryText("[data-kpi=none] .o_ai_delta .visually-hidden")).toBe(
        "nothing to compare with in October 2026"
    );
});

test("KpiCard: the figure is a button for keyboards and screen readers", async () => {
    await mountWithCleanup(KpiCard, { props: kpi({ onOpen: () => expect.step("open") }) });
    expect(queryAttribute("button.o_ai_kpi_value", "aria-label")).toBe("Waste: $0.0004");
    await contains("button.o_ai_kpi_value").click();
    expect.verifySteps(["open"]);
});

// ---- SpendCard ----

const spend = (more) => {
    const { totals, budget, forecast, currency } = dashboardData();
    return {
        cost: totals.cost_usd,
        costCompany: totals.cost_company,
        currency,
        budget,
        forecast,
        period: "November 2026",
        previous: "October 2026",
        onOpen: nothing,
        onOpenBudget: nothing,
        ...more,
    };
};

test("SpendCard: spend, budget and forecast in words and as marks", async () => {
    await mountWithCleanup(SpendCard, { props: spend() });
    expect(queryText(".o_ai_spend_value")).toBe("$1,240.50");
    expect(queryAttribute(".o_ai_outlook_bar", "aria-label")).toBe(
        "Spent $1,240.50, 62% of $2,000.00; expected at the end $1,710.00, between $1,580.00 and $1,850.00"
    );
    expect(queryText(".o_ai_range").replace(/\s+/g, " ")).toBe("$1,580.00 – $1,850.00");
    expect(".o_ai_company_money").toHaveCount(0);
});

test("SpendCard: without budget and forecast there is no bar", async () => {
    await mountWithCleanup(SpendCard, { props: spend({ budget: null, forecast: null }) });
    expect(".o_ai_outlook_bar").toHaveCount(0);
});

test("SpendCard: another currency of the company is shown beside", async () => {
    const currency = { id: 2, name: "EUR", symbol: "€", position: "after", digits: 2 };
    await mountWithCleanup(SpendCard, {
        props: spend({ currency, costCompany: { value: 0.0004 } }),
    });
    expect(queryText(".o_ai_company_money")).toBe("0.0004 €");
});

test("SpendCard: the budget opens", async () => {
    await mountWithCleanup(SpendCard, {
        props: spend({ onOpenBudget: (id) => expect.step(`budget ${id}`) }),
    });
    await contains(".o_ai_spend_facts .o_ai_figure").click();
    expect.verifySteps(["budget 1"]);
});

// ---- BreakdownTable ----

const breakdown = (name, more) => ({
    name,
    title: "By model",
    rows: dashboardData().breakdowns[name],
    period: "October 2026",
    onOpen: nothing,
    ...more,
});

test("BreakdownTable: bars are as long as their share, small amounts are told", async () => {
    await mountWithCleanup(BreakdownTable, { props: breakdown("by_module") });
    expect(queryAllTexts(".o_ai_figure")).toEqual(["$700.00", "$540.50", "$0.0004"]);
    expect(queryOne("tr[data-key=helpdesk]").style.getPropertyValue("--share").trim()).toBe("56.4");
    expect("tr[data-key=helpdesk] .fa-long-arrow-up").toHaveCount(1);
    expect(queryAttribute("tr[data-key=crm]", "title")).toBe(
        "18,000 calls, 43.6% of the spend; $500.25 in October 2026"
    );
});

test("BreakdownTable: a long list is folded and unfolded", async () => {
    await mountWithCleanup(BreakdownTable, { props: breakdown("by_model") });
    expect("tbody tr").toHaveCount(6);
    expect(queryAttribute(".o_ai_more", "aria-expanded")).toBe("false");
    await contains(".o_ai_more").click();
    expect("tbody tr").toHaveCount(8);
    expect(queryText(".o_ai_more")).toBe("Show fewer");
});

test("BreakdownTable: nothing spent", async () => {
    await mountWithCleanup(BreakdownTable, { props: breakdown("by_module", { rows: [] }) });
    expect(queryText(".o_ai_nothing")).toBe("No spend in this period.");
});

test("BreakdownTable: a row opens itself", async () => {
    await mountWithCleanup(BreakdownTable, {
        props: breakdown("by_module", { onOpen: (row) => expect.step(row.key) }),
    });
    await contains("tr[data-key=crm] .o_ai_figure").click();
    expect.verifySteps(["crm"]);
});

test("BreakdownTable: an agent's name opens the agent, its amount its calls", async () => {
    await mountWithCleanup(BreakdownTable, {
        props: breakdown("by_agent", {
            onOpen: (row) => expect.step(`calls of ${row.key}`),
            onOpenRecord: ([model, id]) => expect.step(`${model} ${id}`),
        }),
    });
    expect(queryAllTexts(".o_ai_bar_label")).toEqual(["Support replies", "sales_bot"]);
    expect("tr[data-key=sales_bot] button.o_ai_bar_label").toHaveCount(0);
    await contains("tr[data-key=support_bot] .o_ai_bar_label").click();
    await contains("tr[data-key=support_bot] .o_ai_figure").click();
    expect.verifySteps(["ai.agent 3", "calls of support_bot"]);
});

// ---- WasteReport ----

test("WasteReport: what, how much, since when, and what to do", async () => {
    const { waste } = dashboardData();
    await mountWithCleanup(WasteReport, {
        props: {
            waste,
            onOpen: (row) => expect.step(`open ${row.type}`),
            onAct: (row) => expect.step(`act ${row.type}`),
        },
    });
    expect(queryAllTexts(".o_ai_item_amount")).toEqual(["$30.10", "$12.00"]);
    expect(queryText("[data-waste=duplicate_query] .o_ai_sub")).toMatch(/^1,200 calls since /);
    await contains("[data-waste=duplicate_query] .o_ai_button").click();
    await contains("[data-waste=oversized_context] .o_ai_figure").click();
    expect.verifySteps(["act duplicate_query", "open oversized_context"]);
});

test("WasteReport: none found", async () => {
    await mountWithCleanup(WasteReport, { props: { waste: [], onOpen: nothing, onAct: nothing } });
    expect(queryText(".o_ai_nothing")).toBe("No waste found in this period.");
});

// ---- BudgetBars ----

const budgets = (more) => ({
    budgets: dashboardData().budget.budgets,
    currencies: { 1: dashboardData().usd },
    onOpen: nothing,
    ...more,
});

test("BudgetBars: states are told in words, not by colour alone", async () => {
    await mountWithCleanup(BudgetBars, { props: budgets() });
    expect(queryAllTexts(".o_ai_budget_pct")).toEqual(["62%", "91%", "100%"]);
    expect(queryAllTexts(".o_ai_state_text")).toEqual(["past an alert", "limit reached"]);
    expect(queryAttribute("[data-budget='2'] .o_ai_meter", "aria-label")).toBe(
        "Support agents: 91%, past an alert"
    );
    expect(queryText("[data-budget='1']")).toInclude("$4.25 held");
});

test("BudgetBars: amounts in the budget's own currency", async () => {
    const euro = { id: 9, name: "EUR", symbol: "€", position: "after", digits: 2 };
    const [budget] = dashboardData().budget.budgets;
    await mountWithCleanup(BudgetBars, {
        props: budgets({ budgets: [{ ...budget, currency_id: 9 }], currencies: { 9: euro } }),
    });
    expect(queryText("[data-budget='1']")).toInclude("1,240.50 € of 2,000.00 €");
});

test("BudgetBars: no budget", async () => {
    await mountWithCleanup(BudgetBars, { props: budgets({ budgets: [] }) });
    expect(queryText(".o_ai_nothing")).toBe("No budget limits these calls.");
});

test("BudgetBars: a name opens its budget", async () => {
    await mountWithCleanup(BudgetBars, {
        props: budgets({ onOpen: (id) => expect.step(`budget ${id}`) }),
    });
    await contains("[data-budget='3'] .o_ai_budget_name").click();
    expect.verifySteps(["budget 3"]);
});

// ---- RecommendationList ----

const recommendations = (more) => ({
    recommendations: dashboardData().recommendations,
    busyId: null,
    onApply: nothing,
    onUndo: nothing,
    ...more,
});

test("RecommendationList: savings with their time, apply and undo", async () => {
    await mountWithCleanup(RecommendationList, {
        props: recommendations({
            onApply: (item) => expect.step(`apply ${item.id}`),
            onUndo: (item) => expect.step(`undo ${item.id}`),
        }),
    });
    expect(queryText("[data-recommendation='8'] .o_ai_item_amount")).toInclude("$0.0004 a month");
    await contains(".o_ai_apply").click();
    await contains(".o_ai_undo").click();
    expect.verifySteps(["apply 7", "undo 8"]);
});

test("RecommendationList: a change of code shows its lines and nothing to apply", async () => {
    const [first] = dashboardData().recommendations;
    const item = { ...first, id: -5, code: "a()\nb()", can_apply: false, can_try: false };
    await mountWithCleanup(RecommendationList, {
        props: recommendations({ recommendations: [{ ...item, applied: false }] }),
    });
    expect(queryText("[data-recommendation='-5'] .o_ai_code")).toBe("a()\nb()");
    expect("[data-recommendation='-5'] button").toHaveCount(0);
});

test("BudgetBars: the agent that a budget is for opens", async () => {
    await mountWithCleanup(BudgetBars, {
        props: budgets({ onOpenRecord: ([model, id]) => expect.step(`${model} ${id}`) }),
    });
    expect(".o_ai_budget_line .o_ai_link").toHaveCount(1);
    await contains("[data-budget='2'] .o_ai_link").click();
    expect.verifySteps(["ai.agent 3"]);
});

test("RecommendationList: what can be tried is tried before it is applied", async () => {
    await mountWithCleanup(RecommendationList, {
        props: recommendations({ onTry: (item) => expect.step(`try ${item.id}`) }),
    });
    expect(".o_ai_try").toHaveCount(1);
    await contains("[data-recommendation='7'] .o_ai_try").click();
    expect.verifySteps(["try 7"]);
});

test("RecommendationList: no button for whom it is not, none while busy", async () => {
    const list = dashboardData().recommendations;
    list[0].can_apply = false;
    await mountWithCleanup(RecommendationList, {
        props: recommendations({ recommendations: list, busyId: 8 }),
    });
    expect(".o_ai_apply").toHaveCount(0);
    expect(".o_ai_undo").toHaveAttribute("disabled");
});

test("RecommendationList: nothing to recommend", async () => {
    await mountWithCleanup(RecommendationList, { props: recommendations({ recommendations: [] }) });
    expect(".o_ai_nothing").toHaveCount(1);
});

// ---- EmptyChecklist ----

test("EmptyChecklist: a user may make the test call and nothing else", async () => {
    await mountWithCleanup(EmptyChecklist, {
        props: {
            steps: dashboardData().checklist,
            canManage: false,
            onStep: (key) => expect.step(key),
        },
    });
    expect("li button").toHaveCount(1);
    await contains("[data-step=test_call] button").click();
    expect.verifySteps(["test_call"]);
});
