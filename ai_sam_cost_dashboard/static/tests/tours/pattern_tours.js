import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ai_pattern_from_message", {
    steps: () => [
        {
            content: "Which messages are frequent?",
            trigger: "button:contains('Frequent Messages')",
            run: "click",
        },
        {
            content: "Make a pattern of ours",
            trigger:
                ".modal .o_data_row:contains('Opening hours') button[name=action_make_pattern]",
            run: "click",
        },
        {
            content: "Its trigger is the message",
            trigger: "div[name=triggers_en] textarea:value(Opening hours)",
        },
        {
            content: "Write what is answered",
            trigger: "div[name=answers_en] textarea",
            run: "edit Monday to Friday, 8 to 5.",
        },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved, .o_form_status_indicator .invisible" },
        { content: "Try it", trigger: "button[name=action_try]", run: "click" },
        {
            content: "It would answer",
            trigger: ".modal .alert-success:contains('Monday to Friday')",
        },
        { content: "Close", trigger: ".modal footer button:contains('Close')", run: "click" },
    ],
});
