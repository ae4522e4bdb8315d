import { LazyComponent, loadBundle } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { Component, xml } from "@odoo/owl";

const bundles = "ai_sam_cost_dashboard.assets_";

/**
 * What stands for screens and widgets until their bundle is there: no other page pays for them.
 *
 * @param {string} kind the registry
 * @param {Object<string, string>} screens name, there and among the lazy components: its bundle
 * @param {(component: typeof Component) => any} entry what the registry holds of one
 */
function add(kind, screens, entry) {
    for (const name in screens) {
        class Lazy extends Component {
            static components = { LazyComponent };
            static props = ["*"];
            static template = xml`<LazyComponent bundle="'${bundles}${screens[name]}'" Component="'${name}'" props="props"/>`;
        }
        registry.category(kind).add(name, entry(Lazy));
    }
}

add(
    "actions",
    {
        ai_cost_dashboard: "dashboard",
        ai_ask_ai: "ask_ai",
        ai_gateway_new_key: "new_key",
        ai_review: "review",
    },
    (screen) => screen
);
add(
    "fields",
    {
        ai_spend_bars: "budget",
        ai_burn_down: "budget",
        ai_thresholds: "budget",
        ai_now_then: "what_if",
    },
    (component) => ({ component })
);

// What a page of this app wears; one of another app fetches nothing.
registry.category("services").add("ai_lazy_scheme", {
    dependencies: ["menu"],
    start({ bus }, { menu }) {
        bus.addEventListener("MENUS:APP-CHANGED", () => {
            if (/^ai_sam_/.test(menu.getCurrentApp()?.xmlid)) {
                loadBundle(`${bundles}scheme`).catch(() => {}); // light, then
            }
        });
    },
});
