import { Component, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { signedPercent } from "../dashboard_format";

/** Why it cost more or less: from what it was to what it is, a bar for each step. */
export class CostBridge extends Component {
    static template = "ai_sam_cost_dashboard.CostBridge";
    static props = {
        // changes whenever the page's figures do
        data: Object,
        amounts: Object,
        onLoad: Function,
        onOpen: Function,
        onOpenRecord: { type: Function, optional: true },
    };

    setup() {
        this.state = useState({ bridge: null, failed: "" });
        this.signedPercent = signedPercent;
        this.load(this.props);
        onWillUpdateProps((next) => next.data !== this.props.data && this.load(next));
    }

    async load(props) {
        try {
            this.state.bridge = await props.onLoad();
            this.state.failed = "";
        } catch (error) {
            this.state.failed = error.data?.message || error.message;
        }
    }

    value(part) {
        return this.props.amounts.pick(part.usd, part.company);
    }

    get steps() {
        return this.state.bridge.steps.filter((step) => this.value(step));
    }

    /** Bars that begin where the one before ends, as parts of the highest of them. */
    get bars() {
        const { start, end } = this.state.bridge;
        let level = this.value(start);
        const spans = [
            {
                part: start,
                kind: "sum",
                label: this.state.bridge.compared_with.label,
                from: 0,
                to: level,
            },
        ];
        for (const step of this.steps) {
            const value = this.value(step);
            const to = level + value;
            const kind = value > 0 ? "up" : "down";
            spans.push({ part: step, kind, label: step.label, text: step.text, from: level, to });
            level = to;
        }
        spans.push({
            part: end,
            kind: "sum",
            label: this.state.bridge.period.label,
            from: 0,
            to: this.value(end),
        });
        const highest = Math.max(...spans.map(({ from, to }) => Math.max(from, to, 0))) || 1;
        const lowest = Math.min(0, ...spans.map(({ from, to }) => Math.min(from, to)));
        const range = highest - lowest;
        const place = (amount) => (100 * (amount - lowest)) / range;
        return spans.map((span) => ({
            ...span,
            left: place(Math.min(span.from, span.to)),
            width: place(Math.max(span.from, span.to)) - place(Math.min(span.from, span.to)),
        }));
    }

    get write() {
        const column = this.props.amounts.column(this.bars.map(({ part }) => this.value(part)));
        return (bar) => {
            const value = this.value(bar.part);
            return bar.kind === "sum" || value <= 0 ? column(value) : `+${column(value)}`;
        };
    }

    get drivers() {
        const { by_agent, by_user } = this.state.bridge;
        const most = (rows) =>
            rows.filter((row) => this.value(row) && row.key !== null).slice(0, 3);
        return [
            { title: _t("By agent"), rows: most(by_agent) },
            { title: _t("By user"), rows: most(by_user) },
        ].filter(({ rows }) => rows.length);
    }

    signed(row) {
        const value = this.value(row);
        const text = this.props.amounts.text(value);
        return value > 0 ? `+${text}` : text;
    }

    open(bar) {
        const { bridge } = this.state;
        const days = bar.part === bridge.start ? bridge.compared_with : bridge.period;
        this.props.onOpen({
            dayLabel: days.label,
            label: bar.kind === "sum" ? "" : bar.label,
            domain: bar.part.domain,
        });
    }
}
