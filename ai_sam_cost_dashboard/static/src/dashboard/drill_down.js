import { Domain } from "@web/core/domain";

/** Fields of the ledger's search view that a record can be a facet of. */
const RECORD_FACETS = ["provider_id", "user_id"];
/** The list that shows the column that a figure is about. */
const ACTIONS = {
    cost: "ai_sam_cost_dashboard.action_ai_calls_cost",
    calls: "ai_sam_cost_dashboard.action_ai_calls_number",
    waste: "ai_sam_cost_dashboard.action_ai_calls_waste",
    saved: "ai_sam_cost_dashboard.action_ai_calls_saved",
    quality: "ai_sam_cost_dashboard.action_ai_calls_quality",
    speed: "ai_sam_cost_dashboard.action_ai_calls_speed",
    tokens: "ai_sam_cost_dashboard.action_ai_calls_tokens",
};

/**
 * The action that opens the ledger rows behind a figure. What the page is filtered by arrives as
 * facets: provider and user as search defaults, the period and the rest as a filter beside them.
 * The rows are grouped, so that the list's total is that of all of them and not of its first page.
 *
 * @param {Object} data as get_dashboard_data returns it
 * @param {Object} [part] what of the page was clicked; without it, the whole view
 * @param {string} [part.label]
 * @param {any[]} [part.domain]
 * @param {string} [part.first] day from which, to `part.last`
 * @param {string} [part.dayLabel] what these days are called
 * @param {string} [part.about] a key of ACTIONS, "cost" if empty
 * @param {string} [part.group] name of a filter of the search view that groups
 * @param {string} [part.wasteKind] the kind of waste whose part of each call is shown
 * @returns {{action: string, options: Object}} for the action service
 */
export function ledgerAction(data, part = {}) {
    const context = { [`search_default_group_${part.group || "provider"}`]: 1 };
    if (data.period.date_to) {
        context.ai_rate_day = data.period.date_to;
    }
    const companies = data.facets.filter(({ field }) => field === "company_id");
    if (companies.length === 1) {
        context.ai_company_view_ref = companies[0].value; // whose currency the page is in
    }
    if (part.wasteKind) {
        context.ai_waste_kind = part.wasteKind;
    }
    const leaves = [];
    for (const leaf of data.domain) {
        const [field, operator, value] = leaf;
        if (RECORD_FACETS.includes(field) && operator === "=" && Number.isInteger(value)) {
            context[`search_default_${field}`] = value;
        } else if (!(part.first && field === "local_date")) {
            leaves.push(leaf);
        }
    }
    if (part.first) {
        const last = part.last || part.first;
        leaves.push(["local_date", ">=", part.first], ["local_date", "<=", last]);
    }
    const labels = [part.dayLabel || data.period.label];
    for (const { field, value, label } of data.facets) {
        if (context[`search_default_${field}`] !== value) {
            labels.push(label);
        }
    }
    if (part.label) {
        labels.push(part.label);
    }
    const domain = Domain.and([leaves, part.domain || []]).toList();
    return {
        action: ACTIONS[part.about] || ACTIONS.cost,
        options: {
            additionalContext: context,
            props: { dynamicFilters: [{ description: labels.join(" · "), domain }] },
        },
    };
}
