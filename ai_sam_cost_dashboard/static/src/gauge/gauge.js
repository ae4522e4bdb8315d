import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

const DELAY = 2000;

/** How much of the budget is used, in the menu bar; opens the dashboard. */
export class BudgetGauge extends Component {
    static template = "ai_sam_cost_dashboard.BudgetGauge";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ budget: session.ai_budget_gauge || null });
        const bus = useService("bus_service");
        let timer;
        const onUsage = () => {
            browser.clearTimeout(timer);
            timer = browser.setTimeout(() => !document.hidden && this.refresh(), DELAY);
        };
        bus.subscribe("ai_brain/usage", onUsage);
        onWillUnmount(() => {
            browser.clearTimeout(timer);
            bus.unsubscribe("ai_brain/usage", onUsage);
        });
    }

    async refresh() {
        this.state.budget = (await this.orm.silent.call("ai.cost.budget", "get_gauge")) || null;
    }

    get label() {
        const { name, text } = this.state.budget;
        return _t("AI budget %(name)s: %(text)s", { name, text });
    }

    open() {
        this.action.doAction("ai_sam_cost_dashboard.action_ai_cost_dashboard");
    }
}

registry
    .category("systray")
    .add("ai_sam_cost_dashboard.gauge", { Component: BudgetGauge }, { sequence: 30 });
