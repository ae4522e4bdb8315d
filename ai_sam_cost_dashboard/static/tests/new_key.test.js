import { NewKey } from "@ai_sam_cost_dashboard/new_key/new_key";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts, queryText } from "@odoo/hoot-dom";
import { contains, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";

defineMailModels();

const SHOWN = {
    name: "A script",
    key: "sam_of_a_test",
    curl: "curl https://odoo.example.com/ai/v1/chat/completions",
    python: "from openai import OpenAI",
    is_on: true,
};
const action = { params: { key_id: 7 } };

function answers(found) {
    const others = browser.fetch;
    const fetch = async (route, options) => {
        if (route !== "/ai_costs/new_key") {
            return others(route, options);
        }
        expect.step(`${route} ${options.body.get("key_id")}`);
        return new Response(JSON.stringify(found), { status: found.message ? 400 : 200 });
    };
    patchWithCleanup(browser, { fetch });
}

test("the dialog has the key made once and shows it with two lines to copy", async () => {
    answers(SHOWN);
    patchWithCleanup(browser.navigator.clipboard, {
        writeText: async (text) => expect.step(text),
    });
    await mountWithCleanup(NewKey, { props: { action } });
    expect(queryAllTexts("pre")).toEqual([SHOWN.key, SHOWN.curl, SHOWN.python]);
    expect(queryAllTexts(".o_clipboard_button")).toEqual(["Copy", "Copy", "Copy"]);
    expect(".alert-info").toHaveCount(0);
    await contains(".o_clipboard_button:first").click();
    expect.verifySteps(["/ai_costs/new_key 7", SHOWN.key]);
});

test("a key that may not call has no line for Python", async () => {
    answers({ ...SHOWN, python: "" });
    await mountWithCleanup(NewKey, { props: { action } });
    expect(queryAllTexts("pre")).toEqual([SHOWN.key, SHOWN.curl]);
    expect.verifySteps(["/ai_costs/new_key 7"]);
});

test("it says that the endpoint is off, and why there is no key", async () => {
    answers({ ...SHOWN, is_on: false });
    await mountWithCleanup(NewKey, { props: { action } });
    expect(queryText(".alert-info")).toMatch(/switched off/);
    answers({ message: "This key was revoked. Make another one." });
    await mountWithCleanup(NewKey, { props: { action } });
    expect(queryText(".alert-danger")).toBe("This key was revoked. Make another one.");
    expect.verifySteps(["/ai_costs/new_key 7", "/ai_costs/new_key 7"]);
});
