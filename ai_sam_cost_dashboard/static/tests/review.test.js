import { Review } from "@ai_sam_cost_dashboard/review/review";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame, press, queryAllTexts, queryText } from "@odoo/hoot-dom";
import { Deferred } from "@odoo/hoot-mock";
import { contains, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { makeActionEnv } from "./helpers";

defineMailModels();

const ITEM = {
    kind: "answer",
    id: 1,
    reason: "rating",
    agent: "Desk",
    model: "small-1",
    user: "Ann",
    date: "2026-03-01",
    question: "What is VAT?",
    answer: "<b>A tax</b>",
    cut: true,
    ratings: [{ score: 0, source: "reader" }],
    token_usage_id: 7,
    kept_question: null,
    kept_answer: null,
};
const SECOND = { ...ITEM, id: 2, reason: "sample", question: "What is tax?", ratings: [] };
const KEPT = {
    ...ITEM,
    kind: "kept",
    id: 1,
    reason: "kept",
    kept_question: "What is VAT here?",
    kept_answer: "The kept one",
};

function serve(items) {
    const left = [...items];
    const found = () => ({ item: left[0] || null, waiting: left.length, second: 1 });
    onRpc("ai.answer.review", "get_review", ({ args }) => {
        expect.step(`get ${JSON.stringify(args[0])}`);
        return found();
    });
    onRpc("ai.answer.review", "judge", ({ args }) => {
        expect.step(`judge ${args.slice(0, 3).join(" ")}`);
        left.shift();
        return found();
    });
    onRpc("ai.answer.review", "undo", ({ args }) => {
        expect.step(`undo ${args.join(" ")}`);
        left.unshift(items.find(({ kind, id }) => kind === args[0] && id === args[1]));
        return found();
    });
}

async function open() {
    await makeActionEnv();
    await mountWithCleanup(Review, { props: { action: {}, actionId: 1 } });
    await animationFrame();
}

test("two keys judge, the next one comes by itself, and the last is taken back", async () => {
    serve([ITEM, SECOND]);
    await open();
    expect(".o_ai_review_question").toHaveText("What is VAT?");
    expect(queryText(".o_ai_review_answer")).toBe("<b>A tax</b>", { message: "text, no markup" });
    expect(queryAllTexts(".o_ai_review_rating")).toEqual(["A reader rated it 0 of 100."]);
    expect(".o_ai_review_undo").not.toBeEnabled();
    await press("j");
    await animationFrame();
    expect(".o_ai_review_question").toHaveText("What is tax?");
    expect("[role=status]").toHaveText("Right. 1 left.");
    await press("F");
    await animationFrame();
    expect(".o_ai_review_empty").toHaveCount(1);
    await press("u");
    await animationFrame();
    expect(".o_ai_review_question").toHaveText("What is tax?");
    expect.verifySteps(["get []", "judge answer 1 right", "judge answer 2 wrong", "undo answer 2"]);
});

test("buttons do the same, and what is left for later is told to the server", async () => {
    serve([ITEM]);
    await open();
    await contains(".o_ai_review_later").click();
    await contains(".o_ai_review_wrong").click();
    expect.verifySteps(["get []", 'get [["answer",1]]', "judge answer 1 wrong"]);
    await contains(".o_ai_review_undo").click();
    await contains(".o_ai_review_right").click();
    expect.verifySteps(["undo answer 1", "judge answer 1 right"]);
});

test("a key that is held, one with Ctrl, and one while the server answers judge nothing", async () => {
    serve([ITEM, SECOND]);
    const wait = new Deferred();
    onRpc("ai.answer.review", "judge", async () => {
        expect.step("judge");
        await wait;
        return { item: SECOND, waiting: 1, second: 0 };
    });
    await open();
    await press(["ctrl", "j"]);
    await press("j");
    await press("j");
    wait.resolve();
    await animationFrame();
    expect.verifySteps(["get []", "judge"]);
    expect(".o_ai_review_question").toHaveText("What is tax?");
});

test("the keys can be switched off, and stay off", async () => {
    browser.localStorage.setItem("ai_review_keys_off", "1");
    serve([ITEM]);
    await open();
    await press("j");
    await animationFrame();
    expect(".o_ai_review_question").toHaveText("What is VAT?");
    await contains("#o_ai_review_keys").click();
    await press("j");
    await animationFrame();
    expect.verifySteps(["get []", "judge answer 1 right"]);
    expect(browser.localStorage.getItem("ai_review_keys_off")).toBe("0");
});

test("a kept answer is judged beside the one that was asked anew", async () => {
    serve([KEPT]);
    await open();
    expect(".o_ai_review_answer").toHaveText("The kept one");
    expect(queryAllTexts("h3").map((text) => text.toLowerCase())).toEqual([
        "asked",
        "answered before",
        "answer asked anew",
        "kept answer, to judge",
    ]);
    await press("f");
    expect.verifySteps(["get []", "judge kept 1 wrong"]);
});

test("what was found: shares with their interval, and how far reviewers agree", async () => {
    serve([]);
    const row = {
        name: "Desk",
        drawn: 4,
        share: 0.75,
        low: 0.3,
        high: 0.95,
        doubted: 2,
        confirmed: 1,
    };
    const none = {
        name: "Mail",
        drawn: 0,
        share: null,
        low: null,
        high: null,
        doubted: 1,
        confirmed: 0,
    };
    onRpc("ai.answer.review", "get_review_figures", () => ({
        days: 90,
        agents: [row, none],
        models: [],
        agreement: { pairs: 9, agreed: 6, raw: 2 / 3, kappa: 0.4, low: 0.1, high: 0.6 },
    }));
    await open();
    expect.verifySteps(["get []"]);
    expect(".o_ai_review_empty").toHaveCount(1);
    await contains(".o_ai_review_figures").click();
    expect(queryText(".o_ai_review_found p:first")).toBe(
        "Two people judged 9 answers and said the same of 67 %. Beyond chance (Cohen's kappa): " +
            "0.40, surely between 0.10 and 0.60."
    );
    expect(queryAllTexts("tbody:first tr:first > *")).toEqual([
        "Desk",
        "4",
        "75 %",
        "30 to 95 %",
        "2",
        "1",
    ]);
    expect(queryAllTexts("tbody:first tr:last > *")).toEqual(["Mail", "0", "–", "", "1", "0"]);
});
