import { ProviderChart } from "@ai_sam_cost_dashboard/dashboard/provider_chart/provider_chart";
import { TrendChart } from "@ai_sam_cost_dashboard/dashboard/trend_chart/trend_chart";
import { Amounts } from "@ai_sam_cost_dashboard/dashboard/dashboard_format";
import { seriesColor } from "@ai_sam_cost_dashboard/dashboard/chart/use_chart";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { dashboardData } from "./dashboard_data";

defineMailModels();

const trend = (more) => ({
    trend: dashboardData().trend,
    amounts: new Amounts(dashboardData().currency),
    scheme: "light",
    onOpen: ({ first, series }) => expect.step(`${first || "all"} ${series?.name || "any"}`),
    ...more,
});

const chartOf = (selector) => Chart.getChart(queryOne(selector));

test("TrendChart: a stack for each provider and a line for the period before", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    const { datasets } = chartOf(".o_ai_trend canvas").data;
    expect(datasets.map((set) => [set.type, set.label])).toEqual([
        ["bar", "Fast"],
        ["bar", "Careful"],
        ["line", "same weekday, 4 weeks before"],
    ]);
    expect(datasets[1].data).toEqual([30, 0, 0.0004]);
    expect(".o_ai_trend canvas[role=img][aria-label]").toHaveCount(1);
});

test("TrendChart: the table has the same figures, each opens its calls", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    await contains(".o_ai_switch button[title=Table]").click();
    expect("canvas").toHaveCount(0);
    expect(queryAllTexts("tbody tr:last-child td")).toEqual(["$8.00", "< $0.01", "$8.00", "$9.00"]);
    expect("tbody tr:nth-child(2) td:nth-child(3) button").toHaveCount(0, {
        message: "a day without calls opens nothing",
    });
    expect(queryAllTexts("tfoot td")).toEqual(["$30.50", "$30.00", "$60.50", "$55.00"]);
    await contains("tbody tr:last-child td:nth-child(3) button").click();
    expect.verifySteps(["2026-11-22 Careful"]);
    await contains(".o_ai_switch button[title=Chart]").click();
    await animationFrame();
    expect(chartOf("canvas").data.datasets).toHaveLength(3);
});

test("TrendChart: the legend opens a provider's calls", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    await contains("button.o_ai_legend_item:first").click();
    expect.verifySteps(["all Fast"]);
});

test("TrendChart: a segment opens the day and the provider", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    await animationFrame();
    const chart = chartOf("canvas");
    const element = chart.getDatasetMeta(0).data[1];
    const { x, y } = element.getCenterPoint();
    chart.options.onClick({ x, y, type: "click", native: {}, chart }, [{ index: 1 }], chart);
    expect.verifySteps(["2026-11-21 Fast"]);
});

test("TrendChart: nothing spent", async () => {
    const empty = {
        ...dashboardData().trend,
        ...{ dates: [], ends: [], series: [], totals: [], previous_dates: [] },
        previous_total: [],
    };
    await mountWithCleanup(TrendChart, { props: trend({ trend: empty }) });
    expect(chartOf("canvas").data.datasets).toHaveLength(1);
    await contains(".o_ai_switch button[title=Table]").click();
    expect("tbody tr").toHaveCount(0);
});

test("TrendChart: the tooltip names the day and its total, the comparison its own day", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    const { callbacks } = chartOf("canvas").options.plugins.tooltip;
    const item = (datasetIndex, raw) => ({
        datasetIndex,
        raw,
        dataIndex: 0,
        dataset: { label: "Fast" },
    });
    expect(callbacks.title([item(0, 10)])).toBe("Fri, Nov 20");
    expect(callbacks.label(item(0, 10))).toBe(" Fast: $10.00");
    expect(callbacks.label(item(2, 35))).toBe(" Oct 23: $35.00");
    expect(callbacks.footer([item(0, 10)])).toEqual(["Total: $40.00"]);
});

test("TrendChart: the comparison is drawn from day to day, not smoothed", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    const line = chartOf("canvas").data.datasets.at(-1);
    expect(line.cubicInterpolationMode).toBe(undefined);
    expect(line.data).toEqual([35, 11, 9]);
});

test("TrendChart: an unusual day is marked with its cause, and opens it", async () => {
    const marks = [
        {
            date: "2026-11-20",
            text: "$40.00, where about $12.00 is usual.",
            domain: [["agent_type", "=", "bot"]],
        },
    ];
    await mountWithCleanup(TrendChart, {
        props: trend({
            trend: { ...dashboardData().trend, marks },
            onOpen: ({ first, last, domain }) => expect.step(`${first} ${last} ${domain}`),
        }),
    });
    const { data, options } = chartOf("canvas");
    expect(data.datasets.at(-1).data).toEqual([40, null, null]);
    expect(options.plugins.tooltip.callbacks.footer([{ dataIndex: 0 }])[1]).toBe(marks[0].text);
    expect(queryAllTexts(".o_ai_marks li")[0]).toInclude("where about $12.00 is usual");
    await contains(".o_ai_marks button").click();
    expect.verifySteps(["2026-11-20 2026-11-20 agent_type,=,bot"]);
});

test("TrendChart: bars of months are named and open all their days", async () => {
    const more = { unit: "month", dates: ["2026-09-01", "2026-10-01", "2026-11-01"] };
    const ends = ["2026-09-30", "2026-10-31", "2026-11-30"];
    await mountWithCleanup(TrendChart, {
        props: trend({
            trend: { ...dashboardData().trend, ...more, ends },
            onOpen: ({ first, last, dayLabel }) => expect.step(`${first} ${last} ${dayLabel}`),
        }),
    });
    expect(chartOf("canvas").data.labels[0]).toBe("Sep 2026");
    await contains(".o_ai_switch button[title=Table]").click();
    await contains("tbody tr:first-child td:nth-child(2) button").click();
    expect.verifySteps(["2026-09-01 2026-09-30 Sep 2026"]);
});

test("a provider keeps its colour for good, and no two have the same", () => {
    const theme = (name) => name;
    expect(seriesColor(1, theme)).toBe("c2");
    expect(seriesColor(-1, theme)).toBe("c-other");
    const colors = Array.from({ length: 40 }, (_, place) => seriesColor(place, theme));
    expect(new Set(colors).size).toBe(40);
});

const providers = (more) => ({
    providers: dashboardData().providers,
    amounts: new Amounts(dashboardData().currency),
    scheme: "light",
    onOpen: (provider) => expect.step(provider.name),
    ...more,
});

test("ProviderChart: points and the frontier that joins the best", async () => {
    const list = dashboardData().providers;
    list.push({ ...list[0], id: 3, name: "Dear", cost_per_call_usd: 0.2, on_frontier: false });
    list.push({ ...list[0], id: 4, name: "Unrated", quality: null, on_frontier: false });
    await mountWithCleanup(ProviderChart, { props: providers({ providers: list }) });
    const { data, options } = chartOf("canvas");
    expect(data.datasets[0].data.map(({ x, y }) => [x, y])).toEqual([
        [0.011, 78],
        [0.097, 92],
        [0.2, 78],
    ]);
    expect(data.datasets[1].data.map(({ x }) => x)).toEqual([0.011, 0.097]);
    expect(options.scales.x.type).toBe("logarithmic");
});

test("ProviderChart: a price of zero has a place", async () => {
    const list = dashboardData().providers;
    list[0].cost_per_call_usd = 0;
    await mountWithCleanup(ProviderChart, { props: providers({ providers: list }) });
    expect(chartOf("canvas").options.scales.x.type).toBe("linear");
});

test("ProviderChart: the table names quality with its interval, and opens calls", async () => {
    await mountWithCleanup(ProviderChart, { props: providers() });
    await contains(".o_ai_switch button[title=Table]").click();
    expect(queryAllTexts("tbody tr:first-child td")).toEqual([
        "$0.011",
        "78 (74–82)",
        "120",
        "40,000",
        "0.82 s",
        "0.4%",
    ]);
    await contains("tbody tr:last-child .o_ai_figure").click();
    expect.verifySteps(["Careful"]);
});

test("ProviderChart: in a company's own currency", async () => {
    const list = dashboardData().providers;
    list.forEach((one) => (one.cost_per_call_company = one.cost_per_call_usd / 2));
    const euro = { id: 2, name: "EUR", symbol: "€", position: "after", digits: 2 };
    await mountWithCleanup(ProviderChart, {
        props: providers({ providers: list, amounts: new Amounts(euro) }),
    });
    expect(chartOf("canvas").data.datasets[0].data.map(({ x }) => x)).toEqual([0.0055, 0.0485]);
    await contains(".o_ai_switch button[title=Table]").click();
    expect(queryAllTexts("tbody .o_ai_figure")).toEqual(["0.0055 €", "0.049 €"]);
});

test("ProviderChart: no provider used", async () => {
    await mountWithCleanup(ProviderChart, { props: providers({ providers: [] }) });
    expect(".o_ai_nothing").toHaveCount(1);
    expect("canvas").toHaveCount(0);
});
