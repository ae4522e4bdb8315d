import { cookie } from "@web/core/browser/cookie";
import { browser } from "@web/core/browser/browser";
import { onWillUnmount, useState } from "@odoo/owl";

/**
 * The person's choice of light or dark: the cookie of the user menu where it is set, else what
 * the system asks for.
 *
 * @returns {{name: "light"|"dark"}} reactive
 */
export function useColorScheme() {
    const media = browser.matchMedia("(prefers-color-scheme: dark)");
    const current = () => cookie.get("color_scheme") || (media.matches ? "dark" : "light");
    const scheme = useState({ name: current() });
    const update = () => (scheme.name = current());
    media.addEventListener?.("change", update);
    onWillUnmount(() => media.removeEventListener?.("change", update));
    return scheme;
}
