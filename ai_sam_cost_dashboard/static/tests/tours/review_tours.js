import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ai_review_two_keys", {
    steps: () => [
        {
            content: "The doubted answer comes first",
            trigger: ".o_ai_review_question:contains('Doubted question')",
            run: "press f",
        },
        {
            content: "The next one comes by itself",
            trigger: ".o_ai_review_question:contains('Drawn question')",
            run: "press j",
        },
        {
            content: "Nothing is left; take the last one back",
            trigger: ".o_ai_review_empty .o_ai_review_undo",
            run: "press u",
        },
        {
            content: "It is there again",
            trigger: ".o_ai_review_question:contains('Drawn question')",
            run: "press j",
        },
        { content: "Look at what was found", trigger: ".o_ai_review_figures", run: "click" },
        {
            content: "The agent, its drawn answer right and its doubted one wrong",
            trigger: ".o_ai_review_found tr:contains('Desk'):contains('100 %')",
        },
    ],
});
