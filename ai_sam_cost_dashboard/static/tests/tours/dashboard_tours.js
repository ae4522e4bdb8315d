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
            content: "As many rows as the page counted calls",
            trigger: ".o_list_view .o_data_row",
            run() {
                const rows = document.querySelectorAll(".o_data_row").length;
                check(String(rows) === calls, `${rows} rows for ${calls} calls`);
                check(document.querySelectorAll(".o_searchview_facet").length === 2, "Two facets");
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
        {
            content: "A row of a breakdown opens its calls",
            trigger: "[data-breakdown=by_module] tr[data-key=sale] .o_ai_figure",
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

registry.category("web_tour.tours").add("ai_cost_dashboard_apply", {
    steps: () => [
        {
            content: "Apply",
            trigger: `${READY} [data-recommendation] .o_ai_apply`,
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
