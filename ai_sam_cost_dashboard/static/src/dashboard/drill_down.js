import { Domain } from "@web/core/domain";
import { _t } from "@web/core/l10n/translation";

const RECORD_FACETS = ["company_id", "provider_id", "user_id"];

/**
 * The action that opens the ledger rows behind a figure. What the page is filtered by arrives as
 * facets: records as search defaults, the period and the rest as one filter of their own.
 *
 * @param {Object} data as get_dashboard_data returns it
 * @param {{label?: string, domain?: any[], from?: string, to?: string}} [part] what of the page
 *  was clicked; without it, the whole view
 * @returns {{action: Object, options: Object}} for the action service
 */
export function ledgerAction(data, part = {}) {
    const { period } = data;
    const context = {};
    const domains = [
        [
            ["local_date", ">=", part.from || period.date_from],
            ["local_date", "<=", part.to || period.date_to],
        ],
    ];
    const labels = [part.dateLabel || period.label];
    for (const { field, value, label } of data.facets || []) {
        if (RECORD_FACETS.includes(field) && Number.isInteger(value)) {
            context[`search_default_${field}`] = value;
        } else if (field !== "local_date") {
            domains.push([[field, Array.isArray(value) ? "in" : "=", value]]);
            labels.push(label);
        }
    }
    if (part.domain?.length) {
        domains.push(part.domain);
    }
    if (part.label) {
        labels.push(part.label);
    }
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
        options: {
            props: {
                dynamicFilters: [
                    { description: labels.join(" · "), domain: Domain.and(domains).toList() },
                ],
            },
        },
    };
}
