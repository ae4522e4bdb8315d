import { Component, onWillUnmount, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

/** How much of the budget is used, in the menu bar; opens the dashboard. */
export class BudgetGauge extends Component {
    static template = "ai_sam_cost_dashboard.BudgetGauge";
    static props = {};

    setup() {
        const orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ budget: session.ai_budget_gauge });
        const bus = useService("bus_service");
        let timer;
        const told = () => {
            clearTimeout(timer);
            // the server tells at most every three seconds
            timer = setTimeout(async () => {
                if (!document.hidden) {
                    this.state.budget = await orm.silent.call("ai.cost.budget", "get_gauge");
                }
            }, 3500);
        };
        bus.subscribe("ai_brain/usage", told);
        onWillUnmount(() => {
            clearTimeout(timer);
            bus.unsubscribe("ai_brain/usage", told);
        });
    }

    get color() {
        return { warn: "#ffc14d", over: "#ff8d84" }[this.state.budget.state];
    }

    open() {
        this.action.doAction("ai_sam_cost_dashboard.action_ai_cost_dashboard");
    }
}

registry.category("systray").add("ai_gauge", { Component: BudgetGauge }, { sequence: 30 });
