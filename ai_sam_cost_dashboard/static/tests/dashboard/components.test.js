import { BudgetBars } from "@ai_sam_cost_dashboard/dashboard/budget_bars/budget_bars";
import { CostBridge } from "@ai_sam_cost_dashboard/dashboard/cost_bridge/cost_bridge";
import { EmptyChecklist } from "@ai_sam_cost_dashboard/dashboard/empty_checklist/empty_checklist";
import { FinanceTable } from "@ai_sam_cost_dashboard/dashboard/finance_table/finance_table";
import { KpiCard } from "@ai_sam_cost_dashboard/dashboard/kpi_card/kpi_card";
import { Amounts, usd } from "@ai_sam_cost_dashboard/dashboard/dashboard_format";
import { FirstActions } from "@ai_sam_cost_dashboard/dashboard/first_actions/first_actions";
import { SpendCard } from "@ai_sam_cost_dashboard/dashboard/spend_card/spend_card";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryAttribute, queryOne, queryText } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { dashboardData, firstActions } from "./dashboard_data";

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

const EURO = { id: 2, name: "EUR", symbol: "€", position: "after", digits: 2 };
const inUsd = new Amounts(dashboardData().currency);
const inEuro = new Amounts(EURO);

const spend = (more) => {
    const { totals, budget, forecast, usd } = dashboardData();
    return {
        cost: totals.cost_usd,
        amounts: inUsd,
        currencies: { 1: usd, 2: EURO },
        budget,
        forecast,
        period: "November 2026",
        previous: "Oct 1 – Oct 22, 2026",
        onOpen: nothing,
        onOpenBudget: nothing,
        ...more,
    };
};

test("SpendCard: spend, budget and forecast in words and as marks", async () => {
    await mountWithCleanup(SpendCard, { props: spend() });
    expect(queryText(".o_ai_spend_value")).toBe("$1,240.50");
    expect(queryText(".o_ai_kpi_note")).toBe("$1,000.25 in Oct 1 – Oct 22, 2026");
    expect(queryAttribute(".o_ai_outlook_bar", "aria-label")).toBe(
        "Spent $1,240.50, 62% of $2,000.00; expected at the end $1,710.00, between $1,580.00 and $1,850.00"
    );
    expect(queryText(".o_ai_range").replace(/\s+/g, " ")).toBe("$1,580.00 – $1,850.00");
    expect(".o_ai_usd_money").toHaveCount(0);
    expect(".o_ai_no_budget").toHaveCount(0);
});

test("SpendCard: a selection that no budget is of says so, and offers one", async () => {
    const budget = { id: false, limit_usd: null, prefill: { default_period_type: "daily" } };
    await mountWithCleanup(SpendCard, {
        props: spend({
            budget,
            forecast: null,
            onSetBudget: (context) => expect.step(context.default_period_type),
        }),
    });
    expect(".o_ai_outlook_bar").toHaveCount(0);
    expect(queryText(".o_ai_no_budget dt")).toBe("No budget for this selection");
    await contains(".o_ai_no_budget button").click();
    expect.verifySteps(["daily"]);
});

test("SpendCard: who may set none, and where none can be, is offered none", async () => {
    const budget = { id: false, limit_usd: null, prefill: null };
    await mountWithCleanup(SpendCard, { props: spend({ budget, onSetBudget: nothing }) });
    expect(".o_ai_no_budget").toHaveCount(1);
    expect(".o_ai_no_budget button").toHaveCount(0);
});

test("SpendCard: the company's own currency comes first, USD beside it, exact on hover", async () => {
    const cost = { ...dashboardData().totals.cost_usd, company: 1130.250049 };
    await mountWithCleanup(SpendCard, { props: spend({ amounts: inEuro, cost }) });
    expect(queryText(".o_ai_spend_value")).toBe("1,130.25 €");
    expect(queryAttribute(".o_ai_spend_value", "title")).toBe("1,130.250049\u00a0€");
    expect(queryText(".o_ai_usd_money")).toBe("$1,240.50");
});

test("SpendCard: why it changed is asked there", async () => {
    await mountWithCleanup(SpendCard, { props: spend({ onWhy: () => expect.step("why") }) });
    expect(".o_ai_why").toHaveAttribute("aria-expanded", "false");
    await contains(".o_ai_why").click();
    expect.verifySteps(["why"]);
});

test("SpendCard: the budget opens", async () => {
    await mountWithCleanup(SpendCard, {
        props: spend({ onOpenBudget: (id) => expect.step(`budget ${id}`) }),
    });
    await contains(".o_ai_spend_facts .o_ai_figure").click();
    expect.verifySteps(["budget 1"]);
});

// ---- FinanceTable ----

const table = (more) => {
    const { breakdowns, totals } = dashboardData();
    const cost = totals.cost_usd;
    return {
        breakdowns: [
            { name: "by_user", title: "User", rows: breakdowns.by_user },
            { name: "by_agent", title: "Agent", rows: breakdowns.by_agent },
            { name: "by_customer", title: "Customer", rows: undefined },
            { name: "by_module", title: "Addon", rows: breakdowns.by_module },
            { name: "by_model", title: "Model", rows: breakdowns.by_model },
        ],
        amounts: inUsd,
        total: {
            cost_usd: cost.value,
            previous_usd: cost.previous,
            change_usd: cost.change_usd,
            change_pct: cost.change_pct,
            calls: totals.calls.value,
        },
        period: "October 2026",
        onOpen: nothing,
        ...more,
    };
};

test("FinanceTable: amount, before, change in money and per cent, share, calls, and a total", async () => {
    await mountWithCleanup(FinanceTable, { props: table({ first: "by_module" }) });
    expect(queryAllTexts("thead th")).toEqual([
        "Addon",
        "Cost",
        "Before",
        "Change",
        "%",
        "Share",
        "Calls",
    ]);
    expect(queryAllTexts("tr[data-key=crm] td")).toEqual([
        "$540.50",
        "$500.25",
        "+$40.25",
        "+8.0%",
        "43.6%",
        "18,000",
    ]);
    expect(queryAllTexts("tfoot td")).toEqual([
        "$1,240.50",
        "$1,000.25",
        "+$240.25",
        "+24.0%",
        "",
        "48,210",
    ]);
});

test("FinanceTable: a column has one number of decimals, the exact amount is on hover", async () => {
    await mountWithCleanup(FinanceTable, { props: table({ first: "by_module" }) });
    expect(queryAllTexts("tbody .o_ai_figure")).toEqual(["$700.00", "$540.50", "< $0.01"]);
    expect(queryAttribute("tr[data-key=crm] .o_ai_figure", "title")).toBe("$540.4996");
    expect(queryAttribute("tr[data-key=sale] .o_ai_figure", "title")).toBe("$0.0004");
});

test("FinanceTable: tabs change the dimension, by keyboard too", async () => {
    await mountWithCleanup(FinanceTable, { props: table({ onTab: (name) => expect.step(name) }) });
    expect("[data-breakdown=by_user]").toHaveCount(1);
    await contains("[data-tab=by_agent]").click();
    expect("[data-breakdown=by_agent] tbody tr").toHaveCount(2);
    expect("[data-tab=by_agent]").toHaveAttribute("aria-selected", "true");
    await contains("[data-tab=by_agent]").press("ArrowRight");
    expect("[data-tab=by_customer]").toBeFocused();
    expect.verifySteps(["by_agent"]);
});

test("FinanceTable: customers are asked for when somebody wants to know", async () => {
    const rows = [{ ...dashboardData().breakdowns.by_user[0], key: 7, label: "Azure Interior" }];
    await mountWithCleanup(FinanceTable, {
        props: table({
            onLoad: (name) => {
                expect.step(name);
                return { rows, note: "Looked up." };
            },
        }),
    });
    expect.verifySteps([]);
    await contains("[data-tab=by_customer]").click();
    await animationFrame();
    expect.verifySteps(["by_customer"]);
    expect(queryAllTexts("tbody th")).toEqual(["Azure Interior"]);
    expect(queryText(".o_ai_finance > .o_ai_hint")).toBe("Looked up.");
});

test("FinanceTable: what cannot be looked up is said", async () => {
    await mountWithCleanup(FinanceTable, {
        props: table({
            onLoad: () => {
                throw new Error("Not now.");
            },
        }),
    });
    await contains("[data-tab=by_customer]").click();
    await animationFrame();
    expect(queryText(".o_ai_nothing")).toBe("Not now.");
});

test("FinanceTable: a search finds names, the total stays that of all", async () => {
    await mountWithCleanup(FinanceTable, { props: table({ first: "by_module" }) });
    await contains("input[type=search]").edit("crm", { confirm: false });
    await animationFrame();
    expect(queryAllTexts("tbody th")).toEqual(["crm"]);
    expect(queryText("tfoot td:nth-child(2)")).toBe("$1,240.50");
    await contains("input[type=search]").edit("nobody", { confirm: false });
    await animationFrame();
    expect(queryText(".o_ai_nothing")).toBe("Nothing of that name.");
});

test("FinanceTable: a long list is folded and unfolded", async () => {
    const rows = Array.from({ length: 14 }, (_, i) => ({
        ...dashboardData().breakdowns.by_model[0],
        key: `model-${i}`,
    }));
    const breakdowns = [{ name: "by_model", title: "Model", rows }];
    await mountWithCleanup(FinanceTable, { props: table({ breakdowns }) });
    expect("tbody tr").toHaveCount(10);
    expect(queryAttribute(".o_ai_more", "aria-expanded")).toBe("false");
    await contains(".o_ai_more").click();
    expect("tbody tr").toHaveCount(14);
    expect(queryText(".o_ai_more")).toBe("Show fewer");
});

test("FinanceTable: the rest of a long list is asked for when it is unfolded or searched", async () => {
    const rows = Array.from({ length: 14 }, (_, i) => ({
        ...dashboardData().breakdowns.by_model[0],
        key: `model-${i}`,
        label: `Model ${i}`,
    }));
    const breakdowns = [{ name: "by_model", title: "Model", rows: rows.slice(0, 10), count: 14 }];
    const onLoad = (name) => {
        expect.step(name);
        return { rows };
    };
    await mountWithCleanup(FinanceTable, { props: table({ breakdowns, onLoad }) });
    expect(queryText(".o_ai_more")).toBe("Show all 14");
    expect.verifySteps([]);
    await contains("input[type=search]").edit("Model 13", { confirm: false });
    await animationFrame();
    expect(queryAllTexts("tbody th")[0]).toBe("Model 13");
    await contains("input[type=search]").edit("", { confirm: false });
    await contains(".o_ai_more").click();
    expect("tbody tr").toHaveCount(14);
    expect.verifySteps(["by_model"]);
});

test("FinanceTable: nothing spent", async () => {
    const breakdowns = [{ name: "by_user", title: "User", rows: [] }];
    await mountWithCleanup(FinanceTable, { props: table({ breakdowns }) });
    expect(queryText(".o_ai_nothing")).toBe("No spend in this period.");
});

test("FinanceTable: an agent's name opens the agent, its amount its calls", async () => {
    await mountWithCleanup(FinanceTable, {
        props: table({
            first: "by_agent",
            onOpen: (row) => expect.step(`calls of ${row.key} ${row.breakdown}`),
            onOpenRecord: ([model, id]) => expect.step(`${model} ${id}`),
        }),
    });
    expect(queryAllTexts(".o_ai_bar_label")).toEqual(["Support replies", "sales_bot"]);
    expect("tr[data-key=sales_bot] button.o_ai_bar_label").toHaveCount(0);
    await contains("tr[data-key=support_bot] .o_ai_bar_label").click();
    await contains("tr[data-key=support_bot] .o_ai_figure").click();
    expect.verifySteps(["ai.agent 3", "calls of support_bot by_agent"]);
});

test("FinanceTable: what is left of a budget stands where there is one", async () => {
    const [row] = dashboardData().breakdowns.by_user;
    const left = { budget_left: "$12.00", budget_name: "Mine", budget_over: false };
    const breakdowns = [
        {
            name: "by_user",
            title: "User",
            rows: [
                { ...row, ...left },
                { ...row, key: 6 },
            ],
        },
    ];
    await mountWithCleanup(FinanceTable, { props: table({ breakdowns }) });
    expect(queryAllTexts("tbody td:last-child")).toEqual(["$12.00", "—"]);
    expect(queryAttribute("tbody td:last-child:first", "title")).toBe("Mine");
});

test("FinanceTable: the company's own currency comes first", async () => {
    const [row] = dashboardData().breakdowns.by_user;
    const own = { cost_company: 1130.25, previous_company: 900, change_company: 230.25 };
    const breakdowns = [{ name: "by_user", title: "User", rows: [{ ...row, ...own }] }];
    const total = { ...table().total, ...own };
    await mountWithCleanup(FinanceTable, { props: table({ breakdowns, total, amounts: inEuro }) });
    expect(queryText("tbody .o_ai_figure")).toBe("1,130.25 €");
    expect(queryText("tfoot td:nth-child(4)")).toBe("+230.25 €");
});

// ---- CostBridge ----

const money = (usd) => ({ usd, company: usd });
const BRIDGE = {
    period: { label: "November 2026" },
    compared_with: { label: "Oct 1 – Oct 22, 2026" },
    start: { ...money(10), domain: [["local_date", ">=", "2026-10-01"]] },
    end: { ...money(12), domain: [["local_date", ">=", "2026-11-01"]] },
    steps: [
        { code: "volume", label: "Number of calls", text: "More calls.", ...money(3), domain: [] },
        { code: "batch", label: "Batches", text: "", ...money(0), domain: [] },
        {
            code: "price",
            label: "Prices",
            text: "Cheaper.",
            ...money(-1),
            domain: [["price_id", "!=", false]],
        },
    ],
    by_agent: [{ key: "bot", label: "Bot", ...money(2), domain: [["agent_type", "=", "bot"]] }],
    by_user: [],
};

test("CostBridge: each step begins where the one before ends, and opens its calls", async () => {
    await mountWithCleanup(CostBridge, {
        props: {
            data: {},
            amounts: inUsd,
            onLoad: async () => BRIDGE,
            onOpen: (part) => expect.step(`${part.dayLabel} ${part.label} ${part.domain}`),
        },
    });
    await animationFrame();
    expect(queryAllTexts(".o_ai_bridge_steps .o_ai_figure")).toEqual([
        "$10.00",
        "+$3.00",
        "-$1.00",
        "$12.00",
    ]);
    const track = (step) => queryOne(`[data-step=${step}] .o_ai_bridge_track span`);
    const left = (step) => parseFloat(track(step).style.insetInlineStart);
    expect(Math.round(10 * left("volume"))).toBe(769);
    expect(Math.round(10 * left("price"))).toBe(923);
    await contains("[data-step=price] .o_ai_figure").click();
    await contains("[data-step=start] .o_ai_figure").click();
    expect.verifySteps([
        "November 2026 Prices price_id,!=,false",
        "Oct 1 – Oct 22, 2026  local_date,>=,2026-10-01",
    ]);
    expect(queryText(".o_ai_bridge_drivers")).toInclude("+$2.00");
});

test("CostBridge: exchange rates move amounts in a company's own currency alone", async () => {
    const exchange = { code: "exchange", label: "Exchange rates", text: "A dollar was less." };
    const steps = [...BRIDGE.steps, { ...exchange, usd: 0, company: -0.5, domain: [] }];
    const bridge = { ...BRIDGE, steps, end: { ...BRIDGE.end, company: 11.5 } };
    for (const amounts of [inUsd, inEuro]) {
        const props = { data: {}, amounts, onLoad: async () => bridge, onOpen: nothing };
        await mountWithCleanup(CostBridge, { props });
        await animationFrame();
    }
    expect(queryAllTexts("[data-step=exchange] .o_ai_figure")).toEqual(["-0.50 €"]);
});

test("CostBridge: what cannot be told is said", async () => {
    await mountWithCleanup(CostBridge, {
        props: {
            data: {},
            amounts: inUsd,
            onLoad: async () => {
                throw new Error("no days");
            },
            onOpen: nothing,
        },
    });
    await animationFrame();
    expect(queryText("[role=alert]")).toBe("no days");
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
    expect(queryAllTexts(".o_ai_state_text")).toEqual(["alerted", "used up"]);
    expect(queryAttribute("[data-budget='2'] .o_ai_meter", "aria-label")).toBe(
        "Support agents: 91%, alerted"
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

test("BudgetBars: a budget of dates ends, and one that is over says why", async () => {
    const [budget] = dashboardData().budget.budgets;
    const dated = { ...budget, resets_at: null, ends_on: "2026-11-30", why_over: "Made late." };
    await mountWithCleanup(BudgetBars, { props: budgets({ budgets: [dated] }) });
    expect(queryText("[data-budget='1']")).toInclude("until Nov 30, 2026");
    expect(queryText(".o_ai_why_over")).toBe("Made late.");
});

test("BudgetBars: those that are used most first, the others on demand", async () => {
    const [budget] = dashboardData().budget.budgets;
    const many = Array.from({ length: 9 }, (_, i) => ({ ...budget, id: i + 1 }));
    await mountWithCleanup(BudgetBars, { props: budgets({ budgets: many }) });
    expect("[data-budget]").toHaveCount(6);
    await contains(".o_ai_more").click();
    expect("[data-budget]").toHaveCount(9);
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

test("BudgetBars: the agent that a budget is for opens", async () => {
    await mountWithCleanup(BudgetBars, {
        props: budgets({ onOpenRecord: ([model, id]) => expect.step(`${model} ${id}`) }),
    });
    expect(".o_ai_budget_line .o_ai_link").toHaveCount(1);
    await contains("[data-budget='2'] .o_ai_link").click();
    expect.verifySteps(["ai.agent 3"]);
});

// ---- FirstActions ----

const first = (more) => ({
    list: firstActions(),
    amounts: inUsd,
    busyId: null,
    showsAll: true,
    onOpen: nothing,
    onAct: nothing,
    ...more,
});

test("FirstActions: both costs, both qualities, whom it concerns, and what runs beside it", async () => {
    await mountWithCleanup(FirstActions, { props: first() });
    const item = "[data-action='advice-7']";
    expect(queryText(".o_ai_first .o_ai_hint")).toInclude("save about $130.50 a month");
    expect(queryText(".o_ai_first .o_ai_hint")).not.toInclude("undone");
    expect(queryText(`${item} .o_ai_item_amount`)).toInclude("$120.00");
    expect(queryText(`${item} .o_ai_item_facts`)).toBe(
        "$300.00 in 30 days, $180.00 after it · 900 calls of 12 people; agents: Support"
    );
    expect(queryText(`${item} .o_ai_item_before`)).toBe(
        "Careful: quality 88 (80 to 93), 41 ratings"
    );
    expect(queryText(`${item} .o_ai_item_after`)).toBe("Fast: quality 81 (72 to 88), one rating");
    expect(queryText(`${item} .o_ai_item_conflict`)).toInclude("Race");
});

test("FirstActions: each button is told with its item, and calls open", async () => {
    await mountWithCleanup(FirstActions, {
        props: first({
            onAct: (item, button) => expect.step(`${button.key} ${item.id}`),
            onOpen: (item) => expect.step(`calls of ${item.id}`),
        }),
    });
    await contains(".o_ai_apply").click();
    await contains(".o_ai_do_try").click();
    await contains(".o_ai_undo").click();
    await contains(".o_ai_do_pattern").click();
    await contains("[data-action='waste-oversized_context'] .o_ai_figure").click();
    await contains("[data-action='no-agent'] .o_ai_item_calls").click();
    expect.verifySteps([
        "apply advice-7",
        "try advice-7",
        "undo trial-4",
        "pattern finding-9",
        "calls of waste-oversized_context",
        "calls of no-agent",
    ]);
});

test("FirstActions: a change of code shows its lines, and neither applies nor undoes", async () => {
    await mountWithCleanup(FirstActions, { props: first() });
    expect(queryText("[data-action='waiting-5'] .o_ai_code")).toBe("a()\nb()");
    expect("[data-action='waiting-5'] button").toHaveCount(0);
    expect(queryText("[data-action='waiting-5'] .o_ai_item_amount")).toInclude("$0.0004");
});

test("FirstActions: in a company's own currency", async () => {
    const list = firstActions();
    for (const one of [list, ...list.items]) {
        for (const name of ["cost", "after", "saving", "together"]) {
            const usd = one[`${name}_usd`];
            one[`${name}_company`] = usd === null || usd === undefined ? usd : usd / 2;
        }
    }
    await mountWithCleanup(FirstActions, { props: first({ list, amounts: inEuro }) });
    expect(queryText(".o_ai_first .o_ai_hint")).toInclude("save about 65.25 € a month");
    const item = "[data-action='advice-7']";
    expect(queryText(`${item} .o_ai_item_amount`)).toInclude("60.00 €");
    expect(queryText(`${item} .o_ai_item_facts`)).toInclude(
        "150.00 € in 30 days, 90.00 € after it"
    );
    expect(queryAllTexts(".o_ai_item_amount").join()).not.toInclude("$");
});

test("FirstActions: what is applied says what it saved; unknown is no zero", async () => {
    await mountWithCleanup(FirstActions, { props: first() });
    expect(queryText("[data-action='trial-4'] .o_ai_good")).toBe("Applied. It has saved $2.00.");
    expect("[data-action='trial-4'] .o_ai_item_amount").toHaveCount(0);
    expect("[data-action='no-agent'] .o_ai_item_amount").toHaveCount(0);
});

test("FirstActions: five at first, the rest on demand; nothing while busy", async () => {
    await mountWithCleanup(FirstActions, {
        props: first({
            showsAll: false,
            busyId: "advice-7",
            onShowAll: () => expect.step("all"),
        }),
    });
    expect(".o_ai_items > li").toHaveCount(5);
    expect(queryText(".o_ai_more")).toBe("1 more");
    expect(".o_ai_apply").toHaveAttribute("disabled");
    await contains(".o_ai_more").click();
    expect.verifySteps(["all"]);
});

test("FirstActions: nothing to do", async () => {
    const list = { ...firstActions(), items: [], together_usd: 0 };
    await mountWithCleanup(FirstActions, { props: first({ list }) });
    expect(".o_ai_nothing").toHaveCount(1);
    expect(".o_ai_hint").toHaveCount(0);
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

test("EmptyChecklist: once there are calls it ends with a saving, and can be hidden", async () => {
    await mountWithCleanup(EmptyChecklist, {
        props: {
            steps: dashboardData().checklist.map((step) => ({
                ...step,
                done: step.key !== "saving",
            })),
            canManage: true,
            started: true,
            onStep: (key) => expect.step(key),
            onHide: () => expect.step("hide"),
        },
    });
    expect(queryText(".o_ai_hint")).toInclude("4 of 5 done");
    expect(".o_ai_next").toHaveAttribute("data-step", "saving");
    await contains("[data-step=saving] button").click();
    await contains(".o_ai_hide").click();
    expect.verifySteps(["saving", "hide"]);
});
