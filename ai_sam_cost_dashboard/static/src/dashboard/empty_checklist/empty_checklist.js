import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** What stands between a new database and its first saving. */
export class EmptyChecklist extends Component {
    static template = "ai_sam_cost_dashboard.EmptyChecklist";
    static props = {
        steps: Array,
        canManage: Boolean,
        onStep: Function,
        started: { type: Boolean, optional: true },
        onHide: { type: Function, optional: true },
    };

    describe(key) {
        return {
            provider: {
                title: _t("Add a provider"),
                text: _t("The model that answers, and the key to reach it."),
                button: _t("Add provider"),
            },
            price: {
                title: _t("Give it a price"),
                text: _t(
                    "From the catalogue or from your contract: without a price, calls are refused."
                ),
                button: _t("Set price"),
            },
            budget: {
                title: _t("Set a budget"),
                text: _t("A limit that holds, whoever calls and however often."),
                button: _t("Set budget"),
            },
            test_call: {
                title: _t("Make a first call"),
                text: _t("Ask anything: its cost appears here at once."),
                button: _t("Ask AI"),
            },
            saving: {
                title: _t("Save something"),
                text: _t(
                    "Give an agent a policy, or apply what is recommended: from then on it pays less."
                ),
                button: _t("Agents"),
            },
        }[key];
    }

    get progress() {
        const done = this.props.steps.filter((step) => step.done).length;
        return _t("%(done)s of %(all)s done", { done, all: this.props.steps.length });
    }

    get nextKey() {
        return this.props.steps.find((step) => !step.done)?.key;
    }
}
