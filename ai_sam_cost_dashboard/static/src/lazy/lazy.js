import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { Component, xml } from "@odoo/owl";

/** What stands for a screen or a widget until its bundle is there: no other page pays for it. */
function lazy(bundle, name) {
    return class extends Component {
        static components = { LazyComponent };
        static props = ["*"];
        static template = xml`<LazyComponent bundle="bundle" Component="name" props="props"/>`;
        bundle = `ai_sam_cost_dashboard.assets_${bundle}`;
        name = name;
    };
}

registry
    .category("actions")
    .add("ai_cost_dashboard", lazy("dashboard", "AiCostDashboard"))
    .add("ai_ask_ai", lazy("ask_ai", "AskAi"))
    .add("ai_gateway_new_key", lazy("new_key", "NewKey"))
    .add("ai_review", lazy("review", "Review"));
const fields = {
    ai_spend_bars: ["budget", "SpendBars"],
    ai_burn_down: ["budget", "BurnDown"],
    ai_thresholds: ["budget", "Thresholds"],
    ai_now_then: ["what_if", "NowThen"],
};
for (const widget in fields) {
    registry.category("fields").add(widget, { component: lazy(...fields[widget]) });
}
