import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { EventBus } from "@odoo/owl";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { assets } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { cookie } from "@web/core/browser/cookie";
import { schemeService } from "@ai_sam_cost_dashboard/scheme/scheme";

/** Starts the service in a client that is light; returns what its reader does. */
function startScheme({
    system = "light",
    app = "ai_sam_cost_dashboard.menu_root",
    ok = true,
} = {}) {
    const before = [...document.adoptedStyleSheets];
    const bus = new EventBus();
    let fetched = 0;
    let changed;
    const media = {
        matches: system === "dark",
        addEventListener: (_type, told) => (changed = told),
    };
    patchWithCleanup(browser, {
        matchMedia: () => media,
        fetch: async () => {
            fetched++;
            return new Response(".o_ai_probe { color: rgb(1, 2, 3) }", { status: ok ? 200 : 500 });
        },
    });
    patchWithCleanup(assets, { getBundle: async () => ({ cssLibs: ["/dark.css"], jsLibs: [] }) });
    patchWithCleanup(document, { adoptedStyleSheets: before });
    schemeService.start({ bus }, { menu: { getCurrentApp: () => ({ xmlid: app }) } });
    const settled = async () => {
        await animationFrame();
        await animationFrame();
    };
    return {
        settled,
        fetched: () => fetched,
        isDark: () => {
            const added = document.adoptedStyleSheets.filter((sheet) => !before.includes(sheet));
            return added.some((sheet) => !sheet.disabled);
        },
        async goTo(xmlid) {
            app = xmlid;
            bus.trigger("MENUS:APP-CHANGED");
            await settled();
        },
        async systemTurns(name) {
            media.matches = name === "dark";
            changed();
            await settled();
        },
    };
}

test("a light client stays as it is, and fetches nothing", async () => {
    const reader = startScheme();
    await reader.settled();
    expect(reader.isDark()).toBe(false);
    expect(reader.fetched()).toBe(0);
});

test("dark where the system is, in this app alone", async () => {
    const reader = startScheme({ system: "dark" });
    await reader.settled();
    expect(reader.isDark()).toBe(true);
    expect(document.body).toHaveClass("o_ai_drawn_light");
    await reader.goTo("contacts.menu_contacts");
    expect(reader.isDark()).toBe(false);
    expect(document.body).not.toHaveClass("o_ai_drawn_light");
    await reader.goTo("ai_sam_cost_dashboard.menu_root");
    expect(reader.isDark()).toBe(true);
    await reader.systemTurns("light");
    expect(reader.isDark()).toBe(false);
    expect(reader.fetched()).toBe(1);
});

test("the cookie is asked before the system", async () => {
    cookie.set("color_scheme", "light");
    let reader = startScheme({ system: "dark" });
    await reader.settled();
    expect(reader.isDark()).toBe(false);
    cookie.set("color_scheme", "dark");
    reader = startScheme();
    await reader.settled();
    expect(reader.isDark()).toBe(true);
    // with the cookie Odoo draws its charts for a dark page
    expect(document.body).not.toHaveClass("o_ai_drawn_light");
});

test("a client that is dark already is left alone", async () => {
    document.body.style.colorScheme = "dark";
    const reader = startScheme({ system: "dark" });
    await reader.settled();
    document.body.style.colorScheme = "";
    expect(reader.fetched()).toBe(0);
});

test("without the styles the page stays light, and the next one asks again", async () => {
    patchWithCleanup(console, { warn: () => expect.step("warned") });
    const reader = startScheme({ system: "dark", ok: false });
    await reader.settled();
    expect(reader.isDark()).toBe(false);
    await reader.goTo("ai_sam_cost_dashboard.menu_root");
    expect(reader.fetched()).toBe(2);
    expect.verifySteps(["warned", "warned"]);
});
