import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { money, percent, usd } from "../dashboard_format";
import { KpiDelta } from "../kpi_card/kpi_delta";

/** The page's first sentence: what was spent, of how much, and where the period will end. */
export class SpendCard extends Component {
    static template = "ai_sam_cost_dashboard.SpendCard";
    static components = { KpiDelta };
    static props = {
        cost: Object,
        costCompany: { type: Object, optional: true },
        currency: { type: Object, optional: true },
        budget: { type: [Object, { value: null }], optional: true },
        forecast: { type: [Object, { value: null }], optional: true },
        period: String,
        previous: String,
        onOpen: Function,
        onOpenBudget: Function,
    };

    setup() {
        this.usd = usd;
        this.percent = percent;
    }

    get inCompanyCurrency() {
        const { currency, costCompany } = this.props;
        return currency && currency.name !== "USD" && costCompany
            ? money(costCompany.value, currency)
            : "";
    }

    get hasBudget() {
        return Boolean(this.props.budget?.limit_usd);
    }

    get hasForecast() {
        const value = this.props.forecast?.value_usd;
        return value !== null && value !== undefined;
    }

    get budgetText() {
        const { limit_usd, pct } = this.props.budget;
        return _t("%(pct)s of %(limit)s", { pct: percent(pct), limit: usd(limit_usd) });
    }

    get beforeText() {
        return _t("%s the period before", usd(this.props.cost.previous));
    }

    get barLabel() {
        const parts = [];
        if (this.hasBudget) {
            parts.push(
                _t("Spent %(spent)s, %(share)s", {
                    spent: usd(this.props.budget.spent_usd),
                    share: this.budgetText,
                })
            );
        }
        if (this.hasForecast) {
            const { value_usd, low_usd, high_usd } = this.props.forecast;
            parts.push(
                _t("expected at the end %(value)s, between %(low)s and %(high)s", {
                    value: usd(value_usd),
                    low: usd(low_usd),
                    high: usd(high_usd),
                })
            );
        }
        return parts.join("; ");
    }

    /** Amounts as custom properties: the stylesheet places the marks. */
    get scale() {
        const { budget, forecast, cost } = this.props;
        const properties = {
            spent: this.hasBudget ? budget.spent_usd : cost.value,
            limit: this.hasBudget ? budget.limit_usd : 0,
            low: this.hasForecast ? forecast.low_usd : 0,
            high: this.hasForecast ? forecast.high_usd : 0,
            forecast: this.hasForecast ? forecast.value_usd : 0,
        };
        return Object.entries(properties)
            .map(([name, value]) => `--${name}:${Number(value) || 0}`)
            .join(";");
    }
}
