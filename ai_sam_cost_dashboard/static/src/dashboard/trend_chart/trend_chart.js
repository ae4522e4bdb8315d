import { Component, useState } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { ChartSwitch } from "../chart/chart_switch";
import { seriesColor, themeColor, useChart } from "../chart/use_chart";
import { day, shortDay, weekDay } from "../dashboard_format";
import { Panel } from "../panel/panel";

/** Spend over time, stacked by provider; what it compares with as a line, unusual days marked. */
export class TrendChart extends Component {
    static template = "ai_sam_cost_dashboard.TrendChart";
    static components = { Panel, ChartSwitch };
    static props = {
        trend: Object,
        amounts: Object,
        scheme: String,
        onOpen: Function,
    };

    setup() {
        this.state = useState({ table: false });
        this.day = day;
        useChart(
            "canvas",
            (canvas) => this.chartConfig(canvas),
            () => [this.props.trend, this.props.scheme]
        );
    }

    color(series) {
        return seriesColor(series.color ?? -1, (name) => `var(--ai-${name})`);
    }

    get label() {
        return _t("Spend over time by provider. The table has the same figures.");
    }

    values(series) {
        const { amounts } = this.props;
        return series.values.map((value, n) => amounts.pick(value, series.company_values?.[n]));
    }

    get totals() {
        const { amounts, trend } = this.props;
        return trend.totals.map((value, n) => amounts.pick(value, trend.company_totals?.[n]));
    }

    get previous() {
        const { amounts, trend } = this.props;
        return trend.previous_total.map((value, n) =>
            amounts.pick(value, trend.previous_company?.[n])
        );
    }

    get write() {
        return this.props.amounts.column(this.totals);
    }

    /** What a bar stands for: a day with its weekday, a month, the days of a week. */
    name(index) {
        const { unit, dates, ends } = this.props.trend;
        return unit === "day"
            ? weekDay(dates[index])
            : unit === "month"
            ? shortDay(dates[index], unit)
            : `${shortDay(dates[index])} – ${shortDay(ends[index])}`;
    }

    /** A row of the table: the days that it is compared with, on hover. */
    previousName(index) {
        const date = this.props.trend.previous_dates[index];
        return date ? shortDay(date, this.props.trend.unit) : "";
    }

    open(index, series) {
        const { dates, ends } = this.props.trend;
        this.props.onOpen({
            first: dates[index],
            last: ends[index],
            dayLabel: this.name(index),
            series,
        });
    }

    openMark(mark) {
        this.props.onOpen({
            first: mark.date,
            last: mark.date,
            dayLabel: day(mark.date),
            domain: mark.domain,
        });
    }

    chartConfig(canvas) {
        const { trend, amounts } = this.props;
        const rtl = localization.direction === "rtl";
        const ink = themeColor(canvas, "ink-3");
        const line = themeColor(canvas, "line");
        const surface = themeColor(canvas, "surface");
        const totals = this.totals;
        const write = this.write;
        const marked = new Set((trend.marks || []).map(({ date }) => date));
        const datasets = trend.series.map((series) => ({
            type: "bar",
            label: series.name,
            data: this.values(series),
            backgroundColor: seriesColor(series.color ?? -1, (name) => themeColor(canvas, name)),
            borderColor: surface,
            borderWidth: { top: 1 },
            borderSkipped: false,
            maxBarThickness: trend.unit === "day" ? 28 : 48,
            stack: "spend",
            order: 2,
        }));
        datasets.push({
            type: "line",
            label: trend.previous_label,
            data: this.previous,
            borderColor: ink,
            borderDash: [4, 4],
            borderWidth: 1.5,
            pointRadius: 0,
            pointHitRadius: 0,
            stack: "before",
            order: 1,
        });
        if (marked.size) {
            datasets.push({
                type: "line",
                label: _t("Unusual"),
                data: trend.dates.map((date, n) => (marked.has(date) ? totals[n] : null)),
                showLine: false,
                stack: "marks",
                pointStyle: "triangle",
                pointRadius: 7,
                pointBackgroundColor: themeColor(canvas, "bad-bar"),
                pointBorderColor: surface,
                clip: false,
                order: 0,
            });
        }
        return {
            data: { labels: trend.dates.map((date) => shortDay(date, trend.unit)), datasets },
            options: {
                animation: false,
                maintainAspectRatio: false,
                layout: { padding: { top: 10 } },
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
                        filter: (item) => item.raw && item.datasetIndex <= trend.series.length,
                        callbacks: {
                            title: (items) => (items.length ? this.name(items[0].dataIndex) : ""),
                            label: (item) =>
                                item.datasetIndex < trend.series.length
                                    ? ` ${item.dataset.label}: ${write(item.raw)}`
                                    : ` ${this.previousName(item.dataIndex)}: ${write(item.raw)}`,
                            footer: (items) =>
                                items.length ? this.footer(items[0].dataIndex, write) : "",
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
                        ticks: {
                            color: ink,
                            maxTicksLimit: 5,
                            callback: (value) => amounts.text(value),
                        },
                    },
                },
            },
        };
    }

    /** The whole bar, and why it is unusual. */
    footer(index, write) {
        const { trend } = this.props;
        const mark = (trend.marks || []).find(({ date }) => date === trend.dates[index]);
        const total = _t("Total: %s", write(this.totals[index]));
        return mark ? [total, mark.text] : [total];
    }
}
