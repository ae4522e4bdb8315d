import { registry } from "@web/core/registry";

const READY = ".o_ask_ai[data-status=ready]";
const DONE = ".o_ask_message.o_answer[data-state=done]";

function check(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

// The address of the test's vendor; the page's own address changes as it is used.
const vendorUrl = new URLSearchParams(location.search).get("ai_vendor");

function ask(question) {
    return [
        { content: "The chat is there", trigger: READY },
        { content: "Write a question", trigger: "#o_ask_input", run: `edit ${question}` },
        { content: "Send it", trigger: ".o_ask_send:enabled", run: "click" },
    ];
}

registry.category("web_tour.tours").add("ai_ask_and_rate", {
    steps: () => [
        ...ask("What does a budget do for <b>us</b>?"),
        {
            content: "The answer is there, with its cost",
            trigger: `${DONE} .o_ask_cost:contains($0.0)`,
            run() {
                const question = document.querySelector(".o_question .o_ask_text");
                check(!question.querySelector("b"), "The question was taken for markup");
                const cost = document.querySelector(".o_ask_cost").textContent;
                check(/^\$0\.0{2,}\d+$/.test(cost), `A small amount reads as ${cost}`);
            },
        },
        {
            content: "Why this one?",
            trigger: `${DONE} .o_ask_why summary`,
            run: "click",
        },
        { content: "A reason is given", trigger: ".o_ask_why[open] p:contains(/\\w/)" },
        { content: "Rate it", trigger: `${DONE} .o_ask_up`, run: "click" },
        { content: "It is rated", trigger: ".o_ask_up[aria-pressed=true]" },
        {
            content: "The conversation has the question's name",
            trigger: ".o_ask_list li.o_current .o_ask_name:contains(What does a budget)",
        },
        { content: "Open the line of the ledger", trigger: ".o_ask_cost", run: "click" },
        { content: "The ledger's row", trigger: ".o_form_view .o_field_widget[name=cost_usd]" },
        { content: "Back", trigger: ".o_breadcrumb a, .o_back_button", run: "click" },
        { content: "The same conversation is open", trigger: `${READY} ${DONE}` },
    ],
});

registry.category("web_tour.tours").add("ai_estimate_first", {
    steps: () => [
        { content: "The chat is there", trigger: READY },
        { content: "Choose whom to ask", trigger: ".o_ask_provider", run: "selectByIndex 1" },
        { content: "Write", trigger: "#o_ask_input", run: "edit What is a token?" },
        {
            content: "Ask for the cost",
            trigger: ".o_ask_estimate:enabled:contains(What would this cost?)",
            run: "click",
        },
        {
            content: "It is told, with the most that it can be and who is cheaper",
            trigger: ".o_ask_estimated:contains(at most $0.0)",
            run() {
                const text = document.querySelector(".o_ask_estimated").textContent;
                check(
                    /^About \$0\.00\d+ at “\u2068Dear\u2069”, at most \$0\.\d+\. “\u2068Small\u2069” would/.test(
                        text
                    ),
                    text
                );
                check(!document.querySelector(".o_ask_message"), "Something was sent");
            },
        },
    ],
});

registry.category("web_tour.tours").add("ai_budget_stops_chat", {
    steps: () => [
        {
            content: "New budget",
            trigger: ".o-kanban-button-new, .o_list_button_add",
            run: "click",
        },
        { content: "Name", trigger: "[name=name] input", run: "edit Hardly anything" },
        { content: "Amount", trigger: "[name=budget_amount] input", run: "edit 0.000001" },
        {
            content: "An alert at 90 %",
            trigger: ".o_ai_thresholds input",
            run: "edit 90",
        },
        { content: "Leave the field", trigger: "[name=name] input", run: "click" },
        { content: "It is a tag", trigger: ".o_ai_threshold:contains(90)" },
        {
            content: "Nonsense is refused",
            trigger: ".o_ai_thresholds input",
            run: "edit 900",
        },
        { content: "Leave the field", trigger: "[name=name] input", run: "click" },
        { content: "It is marked as wrong", trigger: ".o_ai_thresholds input[aria-invalid=true]" },
        { content: "Take it away", trigger: ".o_ai_thresholds input", run: "edit  " },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "The burn-down is drawn", trigger: ".o_form_saved .o_ai_burn_down canvas" },
        {
            content: "Open the chat",
            trigger:
                "a.o_nav_entry:contains(Ask AI), [data-menu-xmlid='ai_sam_cost_dashboard.menu_ask_ai']",
            run: "click",
        },
        ...ask("May I still ask?"),
        {
            content: "The budget refuses, and says which",
            trigger: "[data-state=refused] .o_refused:contains(Hardly anything)",
        },
        { content: "Ask for more", trigger: ".o_ask_for_more", run: "click" },
        { content: "It was asked", trigger: ".o_ask_asked" },
    ],
});

registry.category("web_tour.tours").add("ai_add_provider", {
    steps: () => [
        {
            content: "Add from the catalogue",
            trigger: ".o_control_panel button:contains(Add from the Price Catalogue)",
            run: "click",
        },
        {
            content: "Look for a model",
            trigger: ".modal [name=entry_id] input",
            run: "edit openai 4o mini",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(OpenAI · gpt-4o-mini)",
            run: "click",
        },
        { content: "Its price is shown", trigger: ".modal [name=price_text]:contains($0.15 in)" },
        { content: "Add it", trigger: ".modal button[name=action_add]", run: "click" },
        { content: "The provider's form", trigger: ".o_form_view [name=model_name] input" },
        {
            content: "Send its calls to the test's own vendor",
            trigger: "[name=base_url] input",
            run(helpers) {
                check(vendorUrl, "The test gave no address");
                return helpers.edit(vendorUrl);
            },
        },
        { content: "Enter a key", trigger: "[name=api_key] input", run: "edit test-key" },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        {
            content: "The key is not shown again",
            trigger: ".o_form_saved [name=has_api_key]",
            run() {
                const stored = document.querySelector("[name=has_api_key] input");
                check(stored.checked, "No key is stored");
                const input = document.querySelector("[name=api_key] input");
                check(!input?.value, "The key is in the page");
            },
        },
        { content: "Test it", trigger: "button[name=action_test_connection]", run: "click" },
        { content: "It answers", trigger: ".o_notification:contains(takes the key)" },
        {
            content: "See what else the vendor offers",
            trigger: "button[name=action_choose_model]",
            run: "click",
        },
        { content: "Two models", trigger: ".modal [name=offer]:contains(offers: 2)" },
        { content: "Look for one", trigger: ".modal [name=choice_id] input", run: "edit 4o" },
        {
            content: "Both are offered",
            trigger: ".o-autocomplete--dropdown-item:contains(gpt-4o-mini)",
            run: "click",
        },
        { content: "Use it", trigger: ".modal button[name=action_choose]", run: "click" },
        { content: "The form again", trigger: "body:not(:has(.modal)) .o_form_saved" },
    ],
});
