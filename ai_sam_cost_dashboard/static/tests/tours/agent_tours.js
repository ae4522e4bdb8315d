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
