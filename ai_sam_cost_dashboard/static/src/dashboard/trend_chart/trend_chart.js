import { Component, useState } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { ChartSwitch } from "../chart/chart_switch";
import { seriesColor, themeColor, useChart } from "../chart/use_chart";
import { day, shortDay, usd } from "../dashboard_format";
import { Panel } from "../panel/panel";

/** Spend by day, stacked by provider, with the period before as a line. */
export class TrendChart extends Component {
    static template = "ai_sam_cost_dashboard.TrendChart";
    static components = { Panel, ChartSwitch };
    static props = {
        trend: Object,
        providerIds: Array,
        scheme: String,
        previous: String,
        onOpen: Function,
    };

    setup() {
        this.state = useState({ table: false });
        this.usd = usd;
        this.day = day;
        useChart(
            "canvas",
            (canvas) => this.chartConfig(canvas),
            () => [this.props.trend, this.props.scheme]
        );
    }

    color(series) {
        return `var(--ai-${seriesColor(series.provider_id, this.props.providerIds)})`;
    }

    get label() {
        return _t("Spend by day and provider. The table has the same figures.");
    }

    open(index, series) {
        this.props.onOpen({ date: this.props.trend.dates[index], series });
    }

    chartConfig(canvas) {
        const { trend, providerIds } = this.props;
        const rtl = localization.direction === "rtl";
        const ink = themeColor(canvas, "ink-3");
        const line = themeColor(canvas, "line");
        const surface = themeColor(canvas, "surface");
        const datasets = trend.series.map((series) => ({
            type: "bar",
            label: series.name,
            data: series.values,
            backgroundColor: themeColor(canvas, seriesColor(series.provider_id, providerIds)),
            borderColor: surface,
            borderWidth: { top: 1 },
            borderSkipped: false,
            maxBarThickness: 28,
            stack: "spend",
            order: 2,
        }));
        datasets.push({
            type: "line",
            label: this.props.previous,
            data: trend.previous_total,
            borderColor: ink,
            borderDash: [4, 4],
            borderWidth: 1.5,
            pointRadius: 0,
            pointHitRadius: 0,
            cubicInterpolationMode: "monotone",
            order: 1,
        });
        return {
            data: { labels: trend.dates.map(shortDay), datasets },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                onClick: (event, elements, chart) => {
                    const hit = chart
                        .getElementsAtEventForMode(event, "nearest", { intersect: true }, false)
                        .find((element) => element.datasetIndex < trend.series.length);
                    const index = hit?.index ?? elements[0]?.index;
                    if (index !== undefined) {
                        this.open(index, hit && trend.series[hit.datasetIndex]);
                    }
                },
                onHover: (event, elements) => {
                    canvas.style.cursor = elements.length ? "pointer" : "default";
                },
                plugins: {
                    legend: { display: false },
                    tooltip: {
                        rtl,
                        textDirection: rtl ? "rtl" : "ltr",
                        filter: (item) => item.raw,
                        callbacks: {
                            title: (items) =>
                                items.length ? day(trend.dates[items[0].dataIndex]) : "",
                            label: (item) => ` ${item.dataset.label}: ${usd(item.raw)}`,
                        },
                    },
                },
                scales: {
                    x: {
                        stacked: true,
                        reverse: rtl,
                        grid: { display: false },
                        border: { color: line },
                        ticks: { color: ink, maxRotation: 0, autoSkipPadding: 16 },
                    },
                    y: {
                        stacked: true,
                        position: rtl ? "right" : "left",
                        beginAtZero: true,
                        border: { display: false },
                        grid: { color: line },
                        ticks: { color: ink, maxTicksLimit: 5, callback: (value) => usd(value) },
                    },
                },
            },
        };
    }
}
