import { ProviderChart } from "@ai_sam_cost_dashboard/dashboard/provider_chart/provider_chart";
import { TrendChart } from "@ai_sam_cost_dashboard/dashboard/trend_chart/trend_chart";
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
    providerIds: [1, 2],
    scheme: "light",
    previous: "October 2026",
    onOpen: ({ date, series }) => expect.step(`${date || "all"} ${series?.name || "any"}`),
    ...more,
});

const chartOf = (selector) => Chart.getChart(queryOne(selector));

test("TrendChart: a stack for each provider and a line for the period before", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    const { datasets } = chartOf(".o_ai_trend canvas").data;
    expect(datasets.map((set) => [set.type, set.label])).toEqual([
        ["bar", "Fast"],
        ["bar", "Careful"],
        ["line", "October 2026"],
    ]);
    expect(datasets[1].data).toEqual([30, 0, 0.0004]);
    expect(".o_ai_trend canvas[role=img][aria-label]").toHaveCount(1);
});

test("TrendChart: the table has the same figures, each opens its calls", async () => {
    await mountWithCleanup(TrendChart, { props: trend() });
    await contains(".o_ai_switch button[title=Table]").click();
    expect("canvas").toHaveCount(0);
    expect(queryAllTexts("tbody tr:last-child td")).toEqual(["$8.00", "$0.0004", "$9.00"]);
    expect("tbody tr:nth-child(2) td:nth-child(3) button").toHaveCount(0, {
        message: "a day without calls opens nothing",
    });
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
    const empty = { dates: [], series: [], previous_total: [] };
    await mountWithCleanup(TrendChart, { props: trend({ trend: empty }) });
    expect(chartOf("canvas").data.datasets).toHaveLength(1);
    await contains(".o_ai_switch button[title=Table]").click();
    expect("tbody tr").toHaveCount(0);
});

test("a provider keeps its colour, one that is unknown gets the neutral one", () => {
    expect(seriesColor(7, [3, 7, 9])).toBe("c2");
    expect(seriesColor(8, [3, 7, 9])).toBe("c-other");
});

const providers = (more) => ({
    providers: dashboardData().providers,
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
        "820 ms",
        "0.4%",
    ]);
    await contains("tbody tr:last-child .o_ai_figure").click();
    expect.verifySteps(["Careful"]);
});

test("ProviderChart: no provider used", async () => {
    await mountWithCleanup(ProviderChart, { props: providers({ providers: [] }) });
    expect(".o_ai_nothing").toHaveCount(1);
    expect("canvas").toHaveCount(0);
});
