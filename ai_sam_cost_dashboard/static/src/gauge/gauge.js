import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

/** How much of the budget is used, in the menu bar; opens the dashboard. */
export class BudgetGauge extends Component {
    static template = "ai_sam_cost_dashboard.BudgetGauge";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ budget: session.ai_budget_gauge });
        const bus = useService("bus_service");
        let timer;
        const onUsage = () => {
            browser.clearTimeout(timer);
            // the server tells at most every three seconds
            timer = browser.setTimeout(() => document.hidden || this.refresh(), 3500);
        };
        bus.subscribe("ai_brain/usage", onUsage);
        onWillUnmount(() => {
            browser.clearTimeout(timer);
            bus.unsubscribe("ai_brain/usage", onUsage);
        });
    }

    async refresh() {
        this.state.budget = await this.orm.silent.call("ai.cost.budget", "get_gauge");
    }

    get label() {
        return _t("AI budget %(name)s: %(text)s", this.state.budget);
    }

    get color() {
        return { warn: "#ffc14d", over: "#ff8d84" }[this.state.budget.state];
    }

    open() {
        this.action.doAction("ai_sam_cost_dashboard.action_ai_cost_dashboard");
    }
}

registry.category("systray").add("ai_gauge", { Component: BudgetGauge }, { sequence: 30 });
