import { Component } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { formatAmount } from "../../utils/format_usd";
import { useChart } from "../../dashboard/chart/use_chart";

const LINES = {
    remaining: { borderColor: "#2a5bd0", backgroundColor: "rgba(42, 91, 208, 0.12)", fill: true },
    expected: { borderColor: "#8f5200", borderDash: [5, 4] },
    even: { borderColor: "#9aa2b1", borderDash: [2, 3] },
};

/** What is left of a budget day by day, where it is heading, and an even spend to compare. */
export class BurnDown extends Component {
    static template = "ai_sam_cost_dashboard.BurnDown";
    static props = standardFieldProps;

    setup() {
        useChart(
            "canvas",
            () => this.chartConfig,
            () => [JSON.stringify(this.data)]
        );
    }

    get data() {
        return this.props.record.data[this.props.name];
    }

    get label() {
        const { labels, remaining_texts } = this.data;
        const known = remaining_texts.filter(Boolean).length - 1;
        return known < 0
            ? _t("Burn-down of the budget; nothing is known yet.")
            : _t("Burn-down of the budget: on %(day)s %(left)s were left.", {
                  day: labels[known],
                  left: remaining_texts[known],
              });
    }

    get chartConfig() {
        const data = this.data;
        const rtl = localization.direction === "rtl";
        const drawn = Object.entries(LINES).filter(([line]) => data[line]);
        const datasets = drawn.map(([line, style]) => ({
            label: data.names[line],
            data: data[line],
            texts: data[`${line}_texts`],
            borderWidth: 2,
            // a line of one day has no length
            pointRadius: data[line].filter((one) => one !== null).length > 1 ? 0 : 3,
            pointHitRadius: 8,
            ...style,
        }));
        return {
            type: "line",
            data: { labels: data.labels, datasets },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                plugins: {
                    legend: { rtl, labels: { usePointStyle: true, pointStyle: "line" } },
                    tooltip: {
                        rtl,
                        callbacks: {
                            label: ({ dataset, dataIndex }) =>
                                ` ${dataset.label}: ${dataset.texts[dataIndex]}`,
                        },
                        filter: ({ dataset, dataIndex }) => dataset.texts[dataIndex],
                    },
                },
                scales: {
                    x: {
                        reverse: rtl,
                        grid: { display: false },
                        ticks: { maxRotation: 0, autoSkipPadding: 16 },
                    },
                    y: {
                        position: rtl ? "right" : "left",
                        ticks: { maxTicksLimit: 6, callback: (amount) => formatAmount(amount) },
                        title: { display: true, text: data.currency },
                    },
                },
            },
        };
    }
}

registry.category("lazy_components").add("ai_burn_down", BurnDown);
