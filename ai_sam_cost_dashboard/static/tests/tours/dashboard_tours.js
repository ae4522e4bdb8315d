import { registry } from "@web/core/registry";

const READY = ".o_ai_costs[data-status=ready][aria-busy=false]";
const text = (selector) => document.querySelector(selector).textContent.trim();

function check(condition, message) {
    if (!condition) {
        throw new Error(message);
    }
}

let spent;
let calls;

registry.category("web_tour.tours").add("ai_cost_dashboard_drill_down", {
    steps: () => [
        { content: "The figures are there", trigger: READY },
        {
            content: "Filter by provider",
            trigger: ".o_ai_filters select[name=provider]",
            run: "selectByLabel Careful",
        },
        {
            content: "The filter stands in the address",
            trigger: `${READY} .o_ai_on select[name=provider]`,
            run() {
                check(/[?&]provider=\d+/.test(location.search), `No filter in ${location.search}`);
                spent = text(".o_ai_spend_value");
                calls = text("[data-kpi=calls] .o_ai_kpi_value");
                check(spent === "$3.25", `${spent} spent on Careful`);
            },
        },
        {
            content: "Open the calls behind the spend",
            trigger: ".o_ai_spend_value",
            run: "click",
        },
        {
            content: "The provider and the period are facets",
            trigger: ".o_searchview_facet:contains(Careful)",
        },
        {
            content: "Grouped, with the total that was clicked",
            trigger: ".o_list_view .o_group_header",
            run() {
                const total = text(".o_list_footer [data-tooltip=Cost]");
                check(total === spent + "0000", `${total} opened for ${spent}`);
                check(document.querySelectorAll(".o_searchview_facet").length === 3, "Facets");
            },
        },
        {
            content: "Open the group",
            trigger: ".o_list_view .o_group_header .o_group_name",
            run: "click",
        },
        {
            content: "As many rows as the page counted calls",
            trigger: ".o_list_view .o_data_row",
            run() {
                const rows = document.querySelectorAll(".o_data_row").length;
                check(String(rows) === calls, `${rows} rows for ${calls} calls`);
            },
        },
        {
            content: "Go back",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(AI Costs), .o_back_button",
            run: "click",
        },
        {
            content: "The page is as it was left",
            trigger: `${READY} .o_ai_on select[name=provider]`,
            run() {
                check(text(".o_ai_spend_value") === spent, "Another figure after Back");
                check(/[?&]provider=\d+/.test(location.search), "The address lost the filter");
            },
        },
        { content: "By addon", trigger: "[data-tab=by_module]", run: "click" },
        {
            content: "A row of a breakdown opens its calls",
            trigger: "[data-breakdown=by_module] tr[data-key=sale] .o_ai_figure",
            run: "click",
        },
        {
            content: "Grouped by who made them",
            trigger: ".o_list_view .o_group_header .o_group_name",
            run: "click",
        },
        {
            content: "One call of that module",
            trigger: ".o_list_view .o_data_row",
            run() {
                const rows = document.querySelectorAll(".o_data_row").length;
                check(rows === 1, `${rows} rows of the module sale`);
                check(!window.aiPwned, "Text of the ledger was taken for markup");
            },
        },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_by_user", {
    steps: () => [
        {
            content: "Who spent how much stands on the first screen",
            trigger: `${READY} [data-breakdown=by_user] tbody tr .o_ai_figure`,
            run() {
                const { top } = document
                    .querySelector("[data-breakdown=by_user] tbody tr")
                    .getBoundingClientRect();
                check(top < window.innerHeight, `The first user begins at ${top}`);
                spent = text("[data-breakdown=by_user] tbody tr .o_ai_figure");
            },
        },
        {
            content: "The name is a link",
            trigger: "[data-breakdown=by_user] tbody tr button.o_ai_bar_label",
        },
        {
            content: "Open that person's calls",
            trigger: "[data-breakdown=by_user] tbody tr .o_ai_figure",
            run: "click",
        },
        {
            content: "The total is what was clicked, by agent",
            trigger: ".o_list_view .o_group_header",
            run() {
                const total = text(".o_list_footer [data-tooltip=Cost]");
                check(total.startsWith(spent.slice(0, -1)), `${total} opened for ${spent}`);
            },
        },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_why", {
    steps: () => [
        { content: "Why did it rise?", trigger: `${READY} .o_ai_why`, run: "click" },
        {
            content: "The steps from before to now",
            trigger: ".o_ai_bridge_steps [data-step=end] .o_ai_figure",
            run() {
                spent = text(".o_ai_bridge_steps [data-step=end] .o_ai_figure");
                check(spent === text(".o_ai_spend_value"), `${spent} at the end of the bridge`);
                const steps = document.querySelectorAll(".o_ai_bridge_up, .o_ai_bridge_down");
                check(steps.length > 0, "Steps between them");
            },
        },
        {
            content: "A step opens its calls",
            trigger: ".o_ai_bridge_up .o_ai_figure, .o_ai_bridge_down .o_ai_figure",
            run: "click",
        },
        { content: "The calls", trigger: ".o_list_view .o_group_header" },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_apply", {
    steps: () => [
        {
            content: "Apply",
            trigger: `${READY} [data-kind=advice] .o_ai_apply`,
            run: "click",
        },
        {
            content: "The confirmation states what will be saved",
            trigger: ".modal-body:contains('Expected saving: $2.00 a month')",
        },
        { content: "Confirm", trigger: ".modal-footer .btn-primary", run: "click" },
        { content: "Applied, and can be undone", trigger: `${READY} .o_ai_applied .o_ai_undo` },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_undo", {
    steps: () => [
        { content: "Undo", trigger: `${READY} .o_ai_applied .o_ai_undo`, run: "click" },
        { content: "It can be applied again", trigger: `${READY} .o_ai_apply` },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_try", {
    steps: () => [
        {
            content: "Try a recommendation",
            trigger: `${READY} [data-kind=advice] .o_ai_do_try`,
            run: "click",
        },
        {
            content: "On the agent whose provider it is, with its reason",
            trigger: ".o_form_view div[name=note] textarea",
            run() {
                check(this.anchor.value.includes("Fast"), `No reason in ${this.anchor.value}`);
            },
        },
        { content: "Start", trigger: "button[name=action_start]", run: "click" },
        { content: "It runs", trigger: "button[name=action_stop]" },
        {
            content: "Back",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(AI Costs), .o_back_button",
            run: "click",
        },
        {
            content: "The list names what is tried, and on the advice that it runs",
            trigger: `${READY} [data-kind=trial]:contains(10%)`,
            run() {
                check(
                    document.querySelector("[data-kind=advice] .o_ai_item_conflict"),
                    "No conflict"
                );
            },
        },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_pattern", {
    steps: () => [
        {
            content: "Make a pattern from what was suggested",
            trigger: `${READY} [data-kind=pattern] .o_ai_do_pattern`,
            run: "click",
        },
        {
            content: "The messages, the most frequent first",
            trigger:
                ".modal .o_data_row:contains('Opening hours') button[name=action_make_pattern]",
            run: "click",
        },
        {
            content: "Write what is answered",
            trigger: "div[name=answers_en] textarea",
            run: "edit Monday to Friday, 8 to 5.",
        },
        { content: "Save", trigger: ".o_form_button_save", run: "click" },
        { content: "It is saved", trigger: ".o_form_saved, .o_form_status_indicator .invisible" },
    ],
});

registry.category("web_tour.tours").add("ai_cost_dashboard_empty", {
    steps: () => [
        { content: "What to do first", trigger: ".o_ai_checklist [data-step=provider]" },
        {
            content: "Open the step",
            trigger: ".o_ai_checklist [data-step=budget] button",
            run: "click",
        },
        { content: "The budgets that are offered", trigger: ".modal .o_form_view .o_data_row" },
    ],
});
