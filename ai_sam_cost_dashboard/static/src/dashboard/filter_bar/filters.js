/** The filters of the dashboard: in the address, in the state that Back restores, in the call. */

export const PERIODS = [
    "day",
    "week",
    "month",
    "last_month",
    "last_30_days",
    "quarter",
    "year",
    "custom",
];

export const DEFAULT_FILTERS = {
    period: "month",
    from: undefined,
    to: undefined,
    company: undefined,
    provider: undefined,
    user: undefined,
    agent: undefined,
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * @param {Object} [address] query of the address; whatever is not understood is left out
 * @returns {Object} filters
 */
export function readFilters(address = {}) {
    const id = (value) =>
        Number.isInteger(Number(value)) && Number(value) > 0 ? Number(value) : undefined;
    const date = (value) => (DATE.test(value) ? value : undefined);
    const filters = {
        ...DEFAULT_FILTERS,
        company: id(address.company),
        provider: id(address.provider),
        user: id(address.user),
        agent: address.agent === undefined ? undefined : String(address.agent),
    };
    if (PERIODS.includes(address.period)) {
        filters.period = address.period;
    }
    filters.from = date(address.from);
    filters.to = date(address.to);
    if (filters.period === "custom" && !(filters.from && filters.to)) {
        filters.period = DEFAULT_FILTERS.period;
    }
    if (filters.period !== "custom") {
        filters.from = filters.to = undefined;
    }
    return filters;
}

/**
 * @param {Object} filters
 * @returns {Object} what the address should say; defaults are left out
 */
export function writeFilters(filters) {
    return Object.fromEntries(
        Object.entries(filters).map(([key, value]) => [
            key,
            value === DEFAULT_FILTERS[key] ? undefined : value,
        ])
    );
}

/**
 * @param {Object} filters
 * @returns {Object} keyword arguments of get_dashboard_data
 */
export function filterArguments(filters) {
    const kwargs = { period_type: filters.period };
    if (filters.period === "custom") {
        Object.assign(kwargs, { date_from: filters.from, date_to: filters.to });
    }
    if (filters.company) {
        kwargs.company_ids = [filters.company];
    }
    if (filters.provider) {
        kwargs.provider_id = filters.provider;
    }
    if (filters.user) {
        kwargs.user_id = filters.user;
    }
    if (filters.agent) {
        kwargs.agent_type = filters.agent;
    }
    return kwargs;
}
