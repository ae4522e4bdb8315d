import { registry } from "@web/core/registry";

const DIALOG = ".modal .o_form_view";

/** A tour that takes at most so many clicks; what is typed takes none. */
function within(clicks, steps) {
    const taken = steps.filter(({ run }) => run === "click").length;
    if (taken > clicks) {
        throw new Error(`${taken} clicks, ${clicks} at most`);
    }
    return steps;
}

registry.category("web_tour.tours").add("ai_provider_in_one_dialog", {
    steps: () =>
        within(4, [
            {
                content: "Add from the catalogue",
                trigger: "button:contains('Add from the Price Catalogue'):visible",
                run: "click",
            },
            {
                content: "Type a model",
                trigger: `${DIALOG} div[name=entry_id] input`,
                run: "edit mistral-small-latest",
            },
            {
                content: "Choose it",
                trigger: ".o-autocomplete--dropdown-item:contains('mistral-small-latest')",
                run: "click",
            },
            {
                content: "Its price is there",
                trigger: `${DIALOG} div[name=price_text]:contains('$')`,
            },
            {
                content: "The key",
                trigger: `${DIALOG} div[name=api_key] input`,
                run: "edit no-key-of-anybody",
            },
            {
                content: "Test it",
                trigger: ".modal footer button[name=action_test]",
                run: "click",
            },
            { content: "It answers", trigger: ".modal .alert-success:contains('answers')" },
            {
                content: "Set a budget",
                trigger: ".modal footer button[name=action_set_budget]",
                run: "click",
            },
            {
                content: "The provider",
                trigger: "body:not(.modal-open) .o_form_view .o_field_widget[name=model_name]",
            },
        ]),
});

registry.category("web_tour.tours").add("ai_budget_for_a_person", {
    steps: () =>
        within(5, [
            { content: "New", trigger: ".o_list_button_add, .o-kanban-button-new", run: "click" },
            {
                content: "A name",
                trigger: ".o_form_view div[name=name] input",
                run: "edit Person of the tour, a month",
            },
            {
                content: "How much",
                trigger: ".o_form_view div[name=budget_amount] input",
                run: "edit 100",
            },
            {
                content: "Whose",
                trigger: ".o_form_view div[name=user_id] input",
                run: "edit Person of the tour",
            },
            {
                content: "Choose the person",
                trigger: ".o-autocomplete--dropdown-item:contains('Person of the tour')",
                run: "click",
            },
            { content: "Save", trigger: ".o_form_button_save", run: "click" },
            { content: "Saved", trigger: ".o_form_saved, .o_form_status_indicator .invisible" },
        ]),
});
