import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { DEFAULT_FILTERS, PERIODS } from "./filters";

/** Period, company, provider, user and agent: plain selects, so that keyboards and phones work. */
export class FilterBar extends Component {
    static template = "ai_sam_cost_dashboard.FilterBar";
    static props = {
        filters: Object,
        options: Object,
        period: { type: [Object, { value: null }], optional: true },
        onChange: Function,
    };

    setup() {
        this.state = useState({ choosing: false });
    }

    get periods() {
        const labels = {
            day: _t("Today"),
            week: _t("This week"),
            month: _t("This month"),
            last_month: _t("Last month"),
            last_30_days: _t("Last 30 days"),
            quarter: _t("This quarter"),
            year: _t("This year"),
            custom: _t("From – to…"),
        };
        return PERIODS.map((value) => ({ value, label: labels[value] }));
    }

    get custom() {
        return this.state.choosing || this.props.filters.period === "custom";
    }

    /** The selects beside the period; one that offers no choice is not shown. */
    get selects() {
        const { companies = [], providers = [], users = [], agents = [] } = this.props.options;
        return [
            { key: "company", label: _t("Company"), all: _t("All companies"), options: companies },
            {
                key: "provider",
                label: _t("Provider"),
                all: _t("All providers"),
                options: providers,
            },
            { key: "user", label: _t("User"), all: _t("All users"), options: users },
            { key: "agent", label: _t("Agent"), all: _t("All agents"), options: agents },
        ].filter((select) => select.options.length > 1 || this.props.filters[select.key]);
    }

    get narrowed() {
        return Object.keys(DEFAULT_FILTERS).some(
            (key) => this.props.filters[key] !== DEFAULT_FILTERS[key]
        );
    }

    onPeriod(value) {
        if (value === "custom") {
            this.state.choosing = true;
            const { date_from: from, date_to: to } = this.props.period || {};
            if (from && to) {
                this.props.onChange({ period: "custom", from, to });
            }
            return;
        }
        this.state.choosing = false;
        this.props.onChange({ period: value, from: undefined, to: undefined });
    }

    onDate(key, value) {
        const dates = { from: this.props.filters.from, to: this.props.filters.to, [key]: value };
        if (dates.from && dates.to && dates.from <= dates.to) {
            this.props.onChange({ period: "custom", ...dates });
        }
    }

    onSelect(key, value) {
        const chosen = key === "agent" ? value : Number(value);
        this.props.onChange({ [key]: value === "" ? undefined : chosen });
    }

    onClear() {
        this.state.choosing = false;
        this.props.onChange({ ...DEFAULT_FILTERS });
    }
}
