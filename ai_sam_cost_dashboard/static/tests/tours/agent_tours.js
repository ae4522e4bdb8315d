import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("ai_agent_from_usage", {
    steps: () => [
        {
            content: "Make agents of the tags in the ledger",
            trigger: "button[name=action_agents_from_usage]",
            run: "click",
        },
        {
            content: "Open the one of our tag",
            trigger: ".o_data_cell:contains('Tour tag')",
            run: "click",
        },
        {
            content: "Choose a policy",
            trigger: "div[name=preset] .o_radio_item:contains('Balanced') input",
            run: "click",
        },
        {
            content: "The switches below follow",
            trigger: "div[name=mode] select",
            run() {
                const chosen = this.anchor.selectedOptions[0].textContent;
                if (!chosen.includes("best buy")) {
                    throw new Error(`Routing is ${chosen}`);
                }
            },
        },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved, .o_form_status_indicator .invisible" },
    ],
});

registry.category("web_tour.tours").add("ai_agent_trial", {
    steps: () => [
        {
            content: "Try another policy on a tenth of the calls",
            trigger: "button[name=action_try]",
            run: "click",
        },
        {
            content: "What is next to the agent's own policy is offered",
            trigger: "div[name=preset] select",
            run() {
                const chosen = this.anchor.selectedOptions[0].textContent;
                if (chosen !== "Balanced") {
                    throw new Error(`It offers ${chosen}`);
                }
            },
        },
        { content: "Start it", trigger: "button[name=action_start]", run: "click" },
        {
            content: "It runs and says what it has seen",
            trigger: ".alert-info:contains('No call has been on trial yet.')",
        },
        { content: "Apply it", trigger: "button[name=action_apply]", run: "click" },
        { content: "Yes", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "It is applied", trigger: "button[name=action_undo]" },
    ],
});

registry.category("web_tour.tours").add("ai_agent_trial_undo", {
    steps: () => [
        { content: "Undo it", trigger: "button[name=action_undo]", run: "click" },
        {
            content: "It says what was changed since",
            trigger: ".modal .o_data_cell:contains('Quality Needed')",
        },
        {
            content: "Put everything back",
            trigger: ".modal button[name=action_restore]",
            run: "click",
        },
        {
            content: "It is undone",
            trigger: "button[name=action_apply]",
        },
    ],
});

registry.category("web_tour.tours").add("ai_agent_of_breakdown", {
    steps: () => [
        { content: "By agent", trigger: "[data-tab=by_agent]", run: "click" },
        {
            content: "Open the agent by its name",
            trigger: "[data-breakdown=by_agent] tr[data-key=tour_tag] button.o_ai_bar_label",
            run: "click",
        },
        {
            content: "Its form opens",
            trigger: ".o_form_view div[name=name] input, .o_form_view div[name=name] span",
        },
        { content: "And Back", trigger: ".breadcrumb-item a, .o_back_button", run: "click" },
        {
            content: "Its amount opens its calls",
            trigger: "[data-breakdown=by_agent] tr[data-key=tour_tag] .o_ai_figure",
            run: "click",
        },
        {
            content: "By who made them",
            trigger: ".o_list_view .o_group_header .o_group_name",
            run: "click",
        },
        { content: "By its name", trigger: ".o_list_view .o_data_cell:contains('Tour Agent')" },
    ],
});
