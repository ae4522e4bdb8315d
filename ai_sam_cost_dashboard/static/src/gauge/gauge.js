import { Component, onWillUnmount, useState, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

/** How much of the budget is used, in the menu bar; opens the dashboard. */
export class BudgetGauge extends Component {
    static template = xml`<button t-if="state.budget" type="button" class="o_ai_gauge o_nav_entry d-flex align-items-center gap-1" t-att-class="'o_ai_gauge_' + state.budget.state" t-att-title="state.budget.label" t-att-aria-label="state.budget.label" t-on-click="open">
<svg viewBox="-10 -10 20 20" width="18" fill="none" stroke="currentColor" stroke-width="3.2">
<circle r="8" opacity=".3"/>
<circle r="8" pathLength="100" transform="rotate(-90)" t-att-stroke="color" t-attf-stroke-dasharray="{{ state.budget.pct }} 200"/>
</svg>
<span class="d-none d-xl-inline text-truncate" style="max-width: 11rem" t-out="state.budget.name"/>
<span class="o_ai_gauge_pct d-none d-md-inline" t-out="state.budget.pct_text"/>
</button>`;
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
