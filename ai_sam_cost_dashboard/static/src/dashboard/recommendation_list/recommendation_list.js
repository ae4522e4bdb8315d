import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { usd } from "../dashboard_format";
import { Panel } from "../panel/panel";

/** @returns {string} what a recommendation is expected to save, and in which time */
export function savingText({ saving_usd, saving_period }) {
    const amount = usd(saving_usd);
    return (
        {
            day: _t("%s a day", amount),
            week: _t("%s a week", amount),
            month: _t("%s a month", amount),
            year: _t("%s a year", amount),
        }[saving_period] || amount
    );
}

/** What would cost less at the same quality, each with a button to do it and one to undo it. */
export class RecommendationList extends Component {
    static template = "ai_sam_cost_dashboard.RecommendationList";
    static components = { Panel };
    static props = {
        recommendations: Array,
        busyId: { type: [Number, { value: null }], optional: true },
        onApply: Function,
        onUndo: Function,
        onTry: { type: Function, optional: true },
    };

    setup() {
        this.savingText = savingText;
    }
}
