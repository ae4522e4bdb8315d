import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, xml } from "@odoo/owl";

/** Stands for the dashboard until its bundle is there, so that no other page pays for it. */
export class AiCostDashboardLoader extends Component {
    static components = { LazyComponent };
    static props = { ...standardActionServiceProps };
    static template = xml`
        <LazyComponent
            bundle="'ai_sam_cost_dashboard.assets_dashboard'"
            Component="'AiCostDashboard'"
            props="props"/>`;
}

registry.category("actions").add("ai_cost_dashboard", AiCostDashboardLoader);
