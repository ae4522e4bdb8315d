import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, xml } from "@odoo/owl";

const FIELDS = {
    ai_spend_bars: "SpendBars",
    ai_burn_down: "BurnDown",
    ai_thresholds: "Thresholds",
};

// Widgets of the budget screens, fetched where a budget is shown.
for (const [widget, name] of Object.entries(FIELDS)) {
    class LazyField extends Component {
        static components = { LazyComponent };
        static props = standardFieldProps;
        static template = xml`
            <LazyComponent
                bundle="'ai_sam_cost_dashboard.assets_budget'"
                Component="name"
                props="props"/>`;
        name = name;
    }
    registry.category("fields").add(widget, { component: LazyField, supportedTypes: ["json"] });
}
