import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { percent } from "../dashboard_format";

/** How a figure moved against the period before: an arrow, a percentage and words for both. */
export class KpiDelta extends Component {
    static template = "ai_sam_cost_dashboard.KpiDelta";
    static props = {
        change: { type: [Number, { value: null }], optional: true },
        // what a rise means: "good", "bad" or "neutral"
        rise: { type: String, optional: true },
        previous: String,
        period: String,
    };
    static defaultProps = { rise: "neutral" };

    get direction() {
        const { change } = this.props;
        if (change === null || change === undefined) {
            return "unknown";
        }
        // What is shown as 0% did not move.
        return change >= 0.05 ? "up" : change <= -0.05 ? "down" : "same";
    }

    get tone() {
        if (this.props.rise === "neutral" || !["up", "down"].includes(this.direction)) {
            return "neutral";
        }
        return (this.direction === "up") === (this.props.rise === "good") ? "good" : "bad";
    }

    get text() {
        return percent(this.props.change).replace(/^-/, "");
    }

    get label() {
        const { previous, period } = this.props;
        const text = this.text;
        return {
            up: _t("up %(text)s, from %(previous)s in %(period)s", { text, previous, period }),
            down: _t("down %(text)s, from %(previous)s in %(period)s", { text, previous, period }),
            same: _t("as in %(period)s: %(previous)s", { previous, period }),
            unknown: _t("nothing to compare with in %(period)s", { period }),
        }[this.direction];
    }
}
