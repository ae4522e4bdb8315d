import { Component, onMounted, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { money } from "../../dashboard/dashboard_format";
import { formatUsd } from "../../utils/format_usd";

const HIGHEST_PX = 220;

/** A name with its own direction of writing, whatever it holds: it turns no amount beside it. */
const isolated = (name) => `\u2068${name}\u2069`;

/** Where a question is written: Enter sends, Shift and Enter begin a new line. */
export class Composer extends Component {
    static template = "ai_sam_cost_dashboard.Composer";
    static props = {
        streaming: Boolean,
        disabled: { type: Boolean, optional: true },
        onAsk: Function,
        onEstimate: { type: Function, optional: true },
        onStop: Function,
        suggestions: { type: Array, optional: true },
    };

    setup() {
        this.state = useState({ text: "", estimate: null, estimating: false, problem: "" });
        this.input = useRef("input");
        onMounted(() => this.input.el.focus());
        useEffect(
            (text) => {
                const el = this.input.el;
                el.style.height = "auto";
                el.style.height = `${Math.min(text ? el.scrollHeight : 0, HIGHEST_PX)}px`;
            },
            () => [this.state.text]
        );
    }

    get estimateText() {
        const { estimate, problem } = this.state;
        if (!estimate || problem) {
            return problem;
        }
        const { currency, cheaper } = estimate;
        const amount = (value) =>
            currency.name === "USD" ? formatUsd(value) : money(value, currency);
        if (!estimate.priced) {
            return _t(
                "“%s” has no price, so nobody knows what this would cost.",
                isolated(estimate.provider)
            );
        }
        const costs = {
            expected: amount(estimate.expected),
            worst: amount(estimate.worst),
            provider: isolated(estimate.provider),
        };
        const text = _t("About %(expected)s at “%(provider)s”, at most %(worst)s.", costs);
        if (!cheaper) {
            return text;
        }
        const less = { provider: isolated(cheaper.provider), amount: amount(cheaper.difference) };
        return `${text} ${_t("“%(provider)s” would cost about %(amount)s less.", less)}`;
    }

    onInput() {
        Object.assign(this.state, { estimate: null, problem: "" });
    }

    async estimate() {
        const text = this.state.text.trim();
        Object.assign(this.state, { estimating: true, estimate: null, problem: "" });
        try {
            const estimate = await this.props.onEstimate(text);
            if (text === this.state.text.trim()) {
                this.state.estimate = estimate;
            }
        } catch (error) {
            this.state.problem = error.data?.message || _t("This could not be estimated.");
        } finally {
            this.state.estimating = false;
        }
    }

    get canSend() {
        return !this.props.disabled && !this.props.streaming && Boolean(this.state.text.trim());
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.shiftKey && !ev.isComposing) {
            ev.preventDefault();
            this.send();
        } else if (ev.key === "Escape" && this.props.streaming) {
            this.props.onStop();
        }
    }

    send() {
        if (this.canSend) {
            const text = this.state.text.trim();
            Object.assign(this.state, { text: "", estimate: null, problem: "" });
            this.input.el.focus();
            this.props.onAsk(text);
        }
    }
}
