import { ledgerAction } from "@ai_sam_cost_dashboard/dashboard/drill_down";
import { FilterBar } from "@ai_sam_cost_dashboard/dashboard/filter_bar/filter_bar";
import {
    DEFAULT_FILTERS,
    filterArguments,
    readFilters,
    writeFilters,
} from "@ai_sam_cost_dashboard/dashboard/filter_bar/filters";
import { useColorScheme } from "@ai_sam_cost_dashboard/dashboard/color_scheme";
import { expect, test } from "@odoo/hoot";
import {
    manuallyDispatchProgrammaticEvent,
    queryAll,
    queryAllTexts,
    queryOne,
} from "@odoo/hoot-dom";
import { Component, xml } from "@odoo/owl";
import { contains, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { browser } from "@web/core/browser/browser";
import { cookie } from "@web/core/browser/cookie";
import { dashboardData } from "./dashboard_data";

defineMailModels();

test("an address that nobody understands is the default page", () => {
    expect(readFilters()).toEqual(DEFAULT_FILTERS);
    expect(
        readFilters({ period: "aeon", provider: "x", user: -1, company: 1.5, from: "<b>", to: 3 })
    ).toEqual(DEFAULT_FILTERS);
    expect(readFilters({ period: "custom", from: "2026-01-01" }).period).toBe("month");
});

test("what is written to the address is read from it again", () => {
    const filters = {
        ...DEFAULT_FILTERS,
        period: "custom",
        from: "2026-01-01",
        to: "2026-02-01",
        provider: 3,
        agent: "007",
    };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
});

test("filters become the arguments of the one call", () => {
    expect(filterArguments(DEFAULT_FILTERS)).toEqual({ period_type: "month" });
    expect(filterArguments({ ...DEFAULT_FILTERS, company: 2, agent: "bot" })).toEqual({
        period_type: "month",
        company_ids: [2],
        agent_type: "bot",
    });
});

const bar = (more) => ({
    filters: { ...DEFAULT_FILTERS },
    options: dashboardData().options,
    period: { date_from: "2026-11-01", date_to: "2026-11-30" },
    onChange: (changes) => expect.step(JSON.stringify(changes)),
    ...more,
});

test("FilterBar: a select without a choice is left out", async () => {
    await mountWithCleanup(FilterBar, { props: bar() });
    expect(queryAll("select").map((el) => el.name)).toEqual([
        "period",
        "provider",
        "user",
        "agent",
    ]);
    expect(queryAllTexts("select[name=agent] option")).toEqual([
        "All agents",
        "Support replies",
        "sales_bot",
    ]);
    expect(".o_ai_clear").toHaveCount(0);
});

test("FilterBar: what finance asks for most is one choice away", async () => {
    await mountWithCleanup(FilterBar, { props: bar() });
    expect(queryAllTexts("select[name=period] option")).toEqual([
        "Today",
        "This week",
        "This month",
        "Last month",
        "Last 30 days",
        "This quarter",
        "This year",
        "From – to…",
    ]);
    await contains("select[name=period]").select("last_month");
    expect.verifySteps(['{"period":"last_month"}']);
});

test("FilterBar: dates of one's own begin with those on the page", async () => {
    await mountWithCleanup(FilterBar, { props: bar() });
    await contains("select[name=period]").select("custom");
    expect.verifySteps(['{"period":"custom","from":"2026-11-01","to":"2026-11-30"}']);
    expect("input[type=date]").toHaveCount(2);
});

test("FilterBar: a period that ends before it begins is not asked for", async () => {
    const filters = { ...DEFAULT_FILTERS, period: "custom", from: "2026-11-01", to: "2026-11-30" };
    await mountWithCleanup(FilterBar, { props: bar({ filters }) });
    const choose = (date) => {
        const input = queryOne("input[name=to]");
        input.value = date;
        return manuallyDispatchProgrammaticEvent(input, "change");
    };
    await choose("2026-10-01");
    expect.verifySteps([]);
    await choose("2026-11-10");
    expect.verifySteps(['{"period":"custom","from":"2026-11-01","to":"2026-11-10"}']);
});

test("FilterBar: all filters are taken back at once", async () => {
    await mountWithCleanup(FilterBar, {
        props: bar({ filters: { ...DEFAULT_FILTERS, provider: 2 } }),
    });
    expect(queryOne("select[name=provider]").value).toBe("2");
    await contains(".o_ai_clear").click();
    expect.verifySteps(['{"period":"month"}']);
});

test("a drill-down into a day replaces the period and keeps the rest", () => {
    const data = dashboardData();
    data.domain.push(["company_id", "in", [1, 2]]);
    data.facets = [{ field: "company_id", label: "Northwind", value: 1 }];
    const part = {
        first: "2026-11-03",
        group: "user",
        dayLabel: "Nov 3",
        label: "Fast",
        domain: [["provider_id", "=", 1]],
    };
    const { options } = ledgerAction(data, part);
    expect(options.additionalContext).toEqual({
        ai_company_view_ref: 1,
        ai_rate_day: "2026-11-30",
        search_default_group_user: 1,
    });
    expect(options.props.dynamicFilters).toEqual([
        {
            description: "Nov 3 · Northwind · Fast",
            domain: [
                "&",
                "&",
                "&",
                ["company_id", "in", [1, 2]],
                ["local_date", ">=", "2026-11-03"],
                ["local_date", "<=", "2026-11-03"],
                ["provider_id", "=", 1],
            ],
        },
    ]);
});

test("a list is in the currency of the one company that the page is filtered to", () => {
    const data = dashboardData();
    data.facets = [1, 2].map((value) => ({ field: "company_id", label: `No. ${value}`, value }));
    expect(ledgerAction(data).options.additionalContext.ai_company_view_ref).toBe(undefined);
    data.facets.pop();
    expect(ledgerAction(data).options.additionalContext.ai_company_view_ref).toBe(1);
});

test("a drill-down without a part is the whole view", () => {
    const { action, options } = ledgerAction(dashboardData());
    expect(action).toBe("ai_sam_cost_dashboard.action_ai_calls_cost");
    expect(options.additionalContext).toEqual({
        ai_rate_day: "2026-11-30",
        search_default_group_provider: 1,
    });
    expect(options.props.dynamicFilters).toEqual([
        {
            description: "November 2026",
            domain: ["&", ["local_date", ">=", "2026-11-01"], ["local_date", "<=", "2026-11-30"]],
        },
    ]);
});

class Scheme extends Component {
    static props = ["*"];
    static template = xml`<p t-esc="scheme.name"/>`;
    setup() {
        this.scheme = useColorScheme();
    }
}

test("light or dark: the cookie first, then the system", async () => {
    patchWithCleanup(browser, { matchMedia: () => ({ matches: true }) });
    await mountWithCleanup(Scheme);
    expect("p:contains(dark)").toHaveCount(1);
    cookie.set("color_scheme", "light");
    await mountWithCleanup(Scheme);
    expect("p:contains(light)").toHaveCount(1);
});
