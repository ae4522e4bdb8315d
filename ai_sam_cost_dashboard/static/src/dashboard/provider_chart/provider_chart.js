import { Component, useState } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { ChartSwitch } from "../chart/chart_switch";
import { themeColor, useChart } from "../chart/use_chart";
import { count, latency, percent, score } from "../dashboard_format";
import { Panel } from "../panel/panel";
import { providerMarks } from "./provider_marks";

/** Cost against quality: the frontier joins the providers that nothing cheaper beats. */
export class ProviderChart extends Component {
    static template = "ai_sam_cost_dashboard.ProviderChart";
    static components = { Panel, ChartSwitch };
    static props = { providers: Array, amounts: Object, scheme: String, onOpen: Function };

    setup() {
        this.state = useState({ table: false });
        Object.assign(this, { count, latency, percent, score });
        useChart(
            "canvas",
            (canvas) => this.chartConfig(canvas),
            () => [this.props.providers, this.props.scheme]
        );
    }

    get label() {
        return _t("Providers by cost per call and quality. The table has the same figures.");
    }

    qualityText(provider) {
        const value = score(provider.quality);
        const { quality_low: low, quality_high: high } = provider;
        return low === null || low === undefined
            ? value
            : _t("%(value)s (%(low)s–%(high)s)", { value, low: score(low), high: score(high) });
    }

    /** What a call cost, in the currency of the page. */
    cost(provider) {
        return this.props.amounts.pick(provider.cost_per_call_usd, provider.cost_per_call_company);
    }

    get placed() {
        const known = (value) => value !== null && value !== undefined;
        return this.props.providers.filter(
            (provider) => known(provider.quality) && known(this.cost(provider))
        );
    }

    chartConfig(canvas) {
        const { amounts } = this.props;
        const placed = this.placed;
        const rtl = localization.direction === "rtl";
        const ink = themeColor(canvas, "ink-3");
        const line = themeColor(canvas, "line");
        const accent = themeColor(canvas, "accent");
        const faint = themeColor(canvas, "c-other");
        const point = (provider) => ({
            x: this.cost(provider),
            y: provider.quality,
            provider,
        });
        const frontier = placed
            .filter((provider) => provider.on_frontier)
            .sort((a, b) => this.cost(a) - this.cost(b));
        const color = (context) => (context.raw?.provider.on_frontier ? accent : faint);
        // a logarithm has no place for a price of zero
        const free = placed.some((provider) => !this.cost(provider));
        return {
            type: "scatter",
            data: {
                datasets: [
                    {
                        data: placed.map(point),
                        pointRadius: 6,
                        pointHoverRadius: 8,
                        backgroundColor: color,
                        borderColor: themeColor(canvas, "surface"),
                        borderWidth: 2,
                        clip: false,
                    },
                    {
                        data: frontier.map(point),
                        type: "line",
                        stepped: "after",
                        borderColor: accent,
                        borderWidth: 1.5,
                        borderDash: [5, 4],
                        pointRadius: 0,
                        pointHitRadius: 0,
                    },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                layout: { padding: { top: 22, right: 12 } },
                onClick: (event, elements) => {
                    const hit = elements.find((element) => !element.datasetIndex);
                    if (hit) {
                        this.props.onOpen(placed[hit.index]);
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
                        filter: (item) => !item.datasetIndex,
                        callbacks: {
                            label: ({ raw }) => [
                                `${raw.provider.name} · ${raw.provider.model}`,
                                _t("%(cost)s a call, quality %(quality)s", {
                                    cost: amounts.text(raw.x),
                                    quality: this.qualityText(raw.provider),
                                }),
                                _t("%(calls)s calls, %(ratings)s ratings", {
                                    calls: count(raw.provider.calls),
                                    ratings: count(raw.provider.n_ratings),
                                }),
                            ],
                        },
                    },
                },
                scales: {
                    x: {
                        type: free ? "linear" : "logarithmic",
                        reverse: rtl,
                        grace: "10%",
                        title: { display: true, text: _t("Cost per call"), color: ink },
                        grid: { color: line },
                        border: { color: line },
                        ticks: {
                            color: ink,
                            maxRotation: 0,
                            autoSkipPadding: 24,
                            // a logarithm has many marks: those that begin with 1, 2 and 5 do
                            callback: (value) =>
                                free || /^[125]e/.test(value.toExponential())
                                    ? amounts.text(value)
                                    : null,
                        },
                    },
                    y: {
                        position: rtl ? "right" : "left",
                        max: 100,
                        grace: "15%",
                        title: { display: true, text: _t("Quality, 0 to 100"), color: ink },
                        grid: { color: line },
                        border: { display: false },
                        ticks: { color: ink, maxTicksLimit: 6 },
                    },
                },
            },
            plugins: [providerMarks(themeColor(canvas, "ink"), themeColor(canvas, "surface"))],
        };
    }
}
