import { getBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { cookie } from "@web/core/browser/cookie";
import { registry } from "@web/core/registry";
import { watchColorScheme } from "../dashboard/color_scheme";

/** What is dark of Odoo's own client: its styles, made with the variables of `dark.scss`. */
const BUNDLE = "ai_sam_cost_dashboard.assets_dark";

/** A sheet that comes after whatever the page loads, and is off until it is asked for. */
async function makeSheet() {
    const { cssLibs } = await getBundle(BUNDLE);
    const answers = await Promise.all(cssLibs.map((url) => browser.fetch(url)));
    if (!answers.every(({ ok }) => ok)) {
        throw new Error(`${BUNDLE} is not there`);
    }
    const sheet = new CSSStyleSheet({ media: "screen", disabled: true });
    sheet.replaceSync((await Promise.all(answers.map((answer) => answer.text()))).join("\n"));
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    return sheet;
}

/**
 * Forms, lists and dialogs are dark where the dashboard is, while this app is open: Community has
 * styles of Odoo's own client in light alone. Pages of other apps stay as they are, and a client
 * that is dark already (Enterprise, an addon for it) as well.
 */
export const schemeService = {
    dependencies: ["menu"],
    start({ bus }, { menu }) {
        if (getComputedStyle(document.body).colorScheme === "dark") {
            return;
        }
        let scheme, making;
        const update = async () => {
            const isDark = () => scheme === "dark" && /^ai_sam_/.test(menu.getCurrentApp()?.xmlid);
            if (isDark()) {
                making ||= makeSheet();
            }
            const sheet = await Promise.resolve(making).catch((error) => {
                making = null; // asked for again with the next page
                console.warn(error);
            });
            if (sheet) {
                sheet.disabled = !isDark();
                // Odoo draws charts by the cookie alone
                const drawnLight = isDark() && cookie.get("color_scheme") !== "dark";
                document.body.classList.toggle("o_ai_drawn_light", drawnLight);
            }
        };
        watchColorScheme((name) => {
            scheme = name;
            update();
        });
        bus.addEventListener("MENUS:APP-CHANGED", update);
    },
};

registry.category("services").add("ai_scheme", schemeService);
