import { expect, test } from "@odoo/hoot";
import { click, edit, press, queryAll, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { onRendered } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { AskAi } from "@ai_sam_cost_dashboard/ask_ai/ask_ai";
import { ChatMessage } from "@ai_sam_cost_dashboard/ask_ai/chat_message/chat_message";
import { Amounts } from "@ai_sam_cost_dashboard/dashboard/dashboard_format";
import { ConversationList } from "@ai_sam_cost_dashboard/ask_ai/conversation_list/conversation_list";
import { Composer } from "@ai_sam_cost_dashboard/ask_ai/composer/composer";
import { readEvents, streamEvents } from "@ai_sam_cost_dashboard/ask_ai/event_stream";
import { makeActionEnv } from "../helpers";

defineMailModels();

const PAYLOAD =
    '<img src=x onerror="window.aiPwned = 1"><script>window.aiPwned = 1</script>\u202egnp';

const ANSWER = {
    id: 2,
    role: "assistant",
    content: "Fine",
    html: "<p>Fine</p>",
    state: "done",
    error: "",
    refusal: false,
    provider_id: 1,
    provider: "Fast",
    model: "fast-1",
    why: "It was cheapest.",
    token_usage_id: 9,
    cost_usd: 0.0004,
    saved_usd: 0.002,
    exact: true,
    kind: "api",
    latency_ms: 1234,
    input_tokens: 10,
    output_tokens: 5,
    rating: false,
    date: "2026-01-01 00:00:00",
};

const nothing = () => {};

function mountMessage(message, handlers = {}) {
    return mountWithCleanup(ChatMessage, {
        props: {
            message: { ...ANSWER, ...message },
            onRate: nothing,
            onRetry: nothing,
            onNotAsked: nothing,
            onAskForMore: nothing,
            onOpenLedger: nothing,
            ...handlers,
        },
    });
}

async function mountChat(data = {}, fail = null) {
    onRpc("ai.conversation", "get_chat_data", () => {
        if (fail) {
            throw fail;
        }
        return {
            company_id: 1,
            can_configure: true,
            keeps_text: true,
            conversations: [],
            providers: [
                { id: 1, name: "Fast", model: "fast-1", price: "$1.00 in", sandbox: false },
            ],
            ...data,
        };
    });
    await makeActionEnv();
    await mountWithCleanup(AskAi, {
        props: { action: {}, actionId: 1, updateActionState: nothing, className: "" },
    });
    await animationFrame();
}

test("events are read from whatever pieces arrive", () => {
    const { events, rest } = readEvents(
        ': waiting\n\ndata: {"type":"delta","text":"a"}\n\ndata: {"t'
    );
    expect(events).toEqual([{ type: "delta", text: "a" }]);
    expect(rest).toBe('data: {"t');
    expect(readEvents(rest + 'ype":"end"}\n\n').events).toEqual([{ type: "end" }]);
});

test("a refusal before any event is said in the server's words", async () => {
    const refused = new Response(JSON.stringify({ message: "Four at once." }), {
        status: 429,
        headers: { "Content-Type": "application/json" },
    });
    patchWithCleanup(browser, { fetch: async () => refused });
    let said = "";
    await streamEvents("/ai_costs/ask", {}, nothing).catch((error) => (said = error.message));
    expect(said).toBe("Four at once.");
});

test("an answer says what it cost, who gave it, why, and what was saved", async () => {
    await mountMessage({});
    expect(".o_ask_cost").toHaveText("$0.0004");
    expect(".o_ask_saved").toHaveText("saved $0.002 (estimated)");
    expect(".o_ask_who").toHaveText("Fast");
    await click(".o_ask_why summary");
    expect(".o_ask_why p").toHaveText("It was cheapest.");
    expect(".o_ask_facts").toHaveText(/1\.2 s/);
});

test("a kept answer can be refused: it is set aside, and asked anew", async () => {
    await mountMessage({});
    expect(".o_ask_not_asked").toHaveCount(0);
    const kept = { kind: "cache", cost_usd: 0, set_aside: false };
    let refused = 0;
    await mountMessage(kept, { onNotAsked: ({ id }) => (refused = id) });
    await click(".o_ask_not_asked");
    expect(refused).toBe(2);
    await mountMessage({ ...kept, set_aside: true });
    expect(".o_ask_set_aside").toHaveCount(1);
});

test("an answer's figures open what they are from, within its text and below it", async () => {
    const sources = [
        { ref: "R1", label: "All calls", cost_usd: 8.32, domain: [["id", ">", 0]], record: null },
        { ref: "R2", label: PAYLOAD, cost_usd: null, domain: null, record: ["ai.cost.budget", 4] },
        { ref: "R3", label: "Ann", cost_usd: 8.32, amount: "7,07 €", domain: [], record: null },
    ];
    const html = '<p>It cost $8.32 [R1], see <a href="http://x/[R2]">[R2]</a> and [R9].</p>';
    await mountMessage(
        { html, sources },
        { onOpenSource: (one) => expect.step(`${one.ref} ${one.record || "calls"}`) }
    );
    expect(queryAllTexts(".o_ask_ref")).toEqual(["R1", "R2"]);
    expect(queryFirst(".o_ask_rendered").textContent).toInclude("[R9]");
    expect("a[href='http://x/[R2]']").toHaveCount(1);
    expect(queryAllTexts(".o_ask_source")[0]).toBe("R1 All calls: $8.32");
    expect(queryAllTexts(".o_ask_source")[2]).toBe("R3 Ann: 7,07 €");
    expect(".o_ask_message img").toHaveCount(0);
    await click(queryFirst(".o_ask_ref"));
    await click("[data-source=R2]");
    expect.verifySteps(["R1 calls", "R2 ai.cost.budget,4"]);
});

test("questions that the ledger answers are offered where it may be read", async () => {
    await mountWithCleanup(Composer, {
        props: {
            streaming: false,
            onAsk: (text) => expect.step(text),
            onStop: nothing,
            suggestions: ["Who exceeded last month?", "Why did it rise?"],
        },
    });
    await click(".o_ask_quick_question:eq(1)");
    expect.verifySteps(["Why did it rise?"]);
});

test("an uncertain cost is an upper bound", async () => {
    await mountMessage({ exact: false });
    expect(".o_ask_cost").toHaveText("up to $0.0004");
});

test("text of strangers stays text", async () => {
    window.aiPwned = 0;
    await mountMessage({ html: "", content: PAYLOAD, provider: PAYLOAD, why: PAYLOAD });
    expect(queryAll("img, script")).toHaveLength(0);
    expect(".o_ask_raw").toHaveText(PAYLOAD);
    expect(".o_ask_raw").toHaveAttribute("dir", "auto");
    await animationFrame();
    expect(window.aiPwned).toBe(0);
});

test("a thumb is handed over and shown as pressed", async () => {
    await mountMessage({ rating: "up" }, { onRate: (message, rating) => expect.step(rating) });
    expect(".o_ask_up").toHaveAttribute("aria-pressed", "true");
    await click(".o_ask_down");
    expect.verifySteps(["down"]);
});

test("a refusal is kind and lets one ask for more", async () => {
    await mountMessage(
        {
            state: "refused",
            content: "",
            html: "",
            token_usage_id: 0,
            error: "Spent.",
            why: "",
            refusal: { budget_id: 5 },
        },
        { onAskForMore: (message) => expect.step(String(message.refusal.budget_id)) }
    );
    expect(".o_refused").toHaveText(/Spent\./);
    expect(queryAll(".o_ask_facts")).toHaveLength(0);
    await click(".o_ask_for_more");
    expect.verifySteps(["5"]);
});

test("a failure can be asked again", async () => {
    await mountMessage(
        { state: "failed", content: "", html: "", error: "No answer." },
        { onRetry: () => expect.step("again") }
    );
    await click(".o_ask_retry");
    expect.verifySteps(["again"]);
});

test("Enter sends, Shift and Enter does not, blank text is not sent", async () => {
    await mountWithCleanup(Composer, {
        props: { streaming: false, onAsk: (text) => expect.step(text), onStop: nothing },
    });
    await click("textarea");
    await edit("   ");
    await press("Enter");
    await edit("Hello");
    // by hand: unlike a browser, press() submits the form of a textarea
    const line = { key: "Enter", shiftKey: true, bubbles: true, cancelable: true };
    expect(queryFirst("textarea").dispatchEvent(new KeyboardEvent("keydown", line))).toBe(true);
    expect.verifySteps([]);
    await press("Enter");
    expect.verifySteps(["Hello"]);
});

test("while an answer is written it can be stopped, and nothing else is sent", async () => {
    await mountWithCleanup(Composer, {
        props: {
            streaming: true,
            onAsk: () => expect.step("ask"),
            onStop: () => expect.step("stop"),
        },
    });
    await click("textarea");
    await edit("Hello");
    await press("Enter");
    await click(".o_ask_stop");
    await press("Escape");
    expect.verifySteps(["stop"]);
});

const ESTIMATE = {
    provider: "Fast",
    priced: true,
    exact: true,
    expected: 0.0004,
    worst: 0.002,
    cheaper: { provider: "Small", difference: 0.0003 },
    currency: { name: "USD", symbol: "$", position: "before", digits: 2 },
};

async function mountComposer(answer) {
    await mountWithCleanup(Composer, {
        props: {
            streaming: false,
            onAsk: (text) => expect.step(`ask ${text}`),
            onEstimate: async (text) => {
                expect.step(`estimate ${text}`);
                return answer();
            },
            onStop: nothing,
        },
    });
    expect(".o_ask_estimate").not.toBeEnabled();
    await click("textarea");
    await edit("Hello");
    await animationFrame();
}

test("what a question would cost is said before it is sent, and not sent", async () => {
    await mountComposer(() => ESTIMATE);
    await click(".o_ask_estimate");
    await animationFrame();
    expect.verifySteps(["estimate Hello"]);
    expect(".o_ask_estimated").toHaveText(
        "About $0.0004 at “\u2068Fast\u2069”, at most $0.002. “\u2068Small\u2069” would cost about $0.0003 less."
    );
    expect(".o_ask_estimated").toHaveAttribute("role", "status");
    await click("textarea");
    await edit("Hello there");
    await animationFrame();
    expect(".o_ask_estimated").toHaveText("");
});

test("an estimate is in the company's currency", async () => {
    const currency = { name: "EUR", symbol: "€", position: "after", digits: 2 };
    await mountComposer(() => ({ ...ESTIMATE, cheaper: false, currency }));
    await click(".o_ask_estimate");
    await animationFrame();
    expect(".o_ask_estimated").toHaveText("About 0.0004 € at “\u2068Fast\u2069”, at most 0.002 €.");
    expect.verifySteps(["estimate Hello"]);
});

test("without a price the cost is unknown, which is not zero", async () => {
    const unpriced = { priced: false, expected: null, worst: null, cheaper: false };
    await mountComposer(() => ({ ...ESTIMATE, ...unpriced }));
    await click(".o_ask_estimate");
    await animationFrame();
    expect(".o_ask_estimated").toHaveText(/^“\u2068Fast\u2069” has no price/);
    expect.verifySteps(["estimate Hello"]);
});

test("an estimate that is refused says why", async () => {
    await mountComposer(() => {
        throw Object.assign(new Error(), { data: { message: "Too long." } });
    });
    await click(".o_ask_estimate");
    await animationFrame();
    expect(".o_ask_estimated").toHaveText("Too long.");
    expect.verifySteps(["estimate Hello"]);
});

const EURO = { name: "EUR", symbol: "€", position: "after", digits: 2 };

test("an answer's cost is in the company's currency, in USD on hover", async () => {
    const own = { cost_usd: 2, cost_company: 1.8, saved_usd: 1, saved_company: 0.9 };
    await mountMessage(own, { amounts: new Amounts(EURO) });
    expect(".o_ask_cost").toHaveText("1.80 €");
    expect(".o_ask_cost").toHaveAttribute(
        "title",
        "1.80\u00a0€ · $2.00 · Open the line of the ledger"
    );
    expect(".o_ask_saved").toHaveText("saved 0.90 € (estimated)");
});

test("the list of conversations tells costs in the company's currency", async () => {
    const kept = { id: 1, name: "One", date: "2026-01-01 00:00:00" };
    await mountChat({
        currency: EURO,
        conversations: [{ ...kept, cost_usd: 2, cost_company: 1.8 }],
    });
    expect(".o_ask_meta span:last").toHaveText("1.80 €");
    expect(".o_ask_meta span:last").toHaveAttribute("title", "1.80\u00a0€ · $2.00");
});

test("what is drawn anew around it does not draw the list of conversations anew", async () => {
    patchWithCleanup(ConversationList.prototype, {
        setup() {
            super.setup();
            onRendered(() => expect.step("list"));
        },
    });
    await mountChat({
        currency: EURO,
        conversations: [
            { id: 1, name: "One", date: "2026-01-01 00:00:00", cost_usd: 2, cost_company: 1.8 },
        ],
    });
    expect.verifySteps(["list"]);
    await click(".o_ask_list_toggle");
    await animationFrame();
    expect(".o_ask_list_toggle").toHaveAttribute("aria-expanded", "true");
    expect.verifySteps([]);
});

test("a new chat offers questions and providers", async () => {
    await mountChat();
    expect(queryAll(".o_ask_suggestion")).toHaveLength(4);
    expect(queryAllTexts(".o_ask_provider option")).toEqual([
        "Smart: cheapest that is good enough",
        "Fast — $1.00 in",
    ]);
});

test("without providers it says what to do", async () => {
    await mountChat({ providers: [] });
    expect(".o_ask_empty h3").toHaveText("Nobody to ask yet");
    expect("textarea").not.toBeEnabled();
});

test("a company that keeps text says who reads it", async () => {
    await mountChat();
    expect(".o_ask_note").toHaveText(/^Only you open .* Managers of AI costs can read /);
});

test("a company that keeps no text says so", async () => {
    await mountChat({ keeps_text: false });
    expect(".o_ask_note").toHaveText(/keeps no text/);
});

test("an error is said and can be tried again", async () => {
    await mountChat({}, new Error("down"));
    expect(queryFirst(".o_ask_ai").dataset.status).toBe("error");
    expect(".o_ask_plain button").toHaveText("Try again");
});
