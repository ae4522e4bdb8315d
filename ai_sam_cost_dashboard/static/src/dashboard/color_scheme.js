import { cookie } from "@web/core/browser/cookie";
import { browser } from "@web/core/browser/browser";
import { onWillUnmount, useState } from "@odoo/owl";

/**
 * Tells the person's choice of light or dark, now and whenever the system's changes: the cookie
 * of the user menu where it is set, else what the system asks for.
 *
 * @param {(name: "light"|"dark") => void} told
 * @returns {() => void} ends it
 */
export function watchColorScheme(told) {
    const media = browser.matchMedia("(prefers-color-scheme: dark)");
    const tell = () => told(cookie.get("color_scheme") || (media.matches ? "dark" : "light"));
    media.addEventListener?.("change", tell);
    tell();
    return () => media.removeEventListener?.("change", tell);
}

/**
 * @returns {{name: "light"|"dark"}} reactive, as {@link watchColorScheme} tells
 */
export function useColorScheme() {
    const scheme = useState({ name: "light" });
    onWillUnmount(watchColorScheme((name) => (scheme.name = name)));
    return scheme;
}
