import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";

/** Fields of the ledger's search view that a record can be a facet of. */
const RECORD_FACETS = ["provider_id", "user_id"];

/**
 * The action that opens the ledger rows behind a figure. What the page is filtered by arrives as
 * facets: provider and user as search defaults, the period and the rest as a filter beside them.
 *
 * @param {Object} data as get_dashboard_data returns it
 * @param {{label?: string, domain?: any[], day?: string, dayLabel?: string}} [part] what of the
 *  page was clicked; without it, the whole view
 * @returns {{action: Object, options: Object}} for the action service
 */
export function ledgerAction(data, part = {}) {
    const context = {};
    const leaves = [];
    for (const leaf of data.domain) {
        const [field, operator, value] = leaf;
        if (RECORD_FACETS.includes(field) && operator === "=" && Number.isInteger(value)) {
            context[`search_default_${field}`] = value;
        } else if (!(part.day && field === "local_date")) {
            leaves.push(leaf);
        }
    }
    if (part.day) {
        leaves.push(["local_date", "=", part.day]);
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
        action: {
            type: "ir.actions.act_window",
            name: _t("AI Usage"),
            res_model: "ai.token.usage",
            views: [
                [false, "list"],
                [false, "pivot"],
                [false, "graph"],
                [false, "form"],
            ],
            search_view_id: [false, "search"],
            domain: [],
            context,
        },
        options: { props: { dynamicFilters: [{ description: labels.join(" · "), domain }] } },
    };
}
