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
        amounts: Object,
        currencies: Object,
        why: { type: Boolean, optional: true },
        onWhy: { type: Function, optional: true },
        onSetBudget: { type: Function, optional: true },
        budget: { type: [Object, { value: null }], optional: true },
        forecast: { type: [Object, { value: null }], optional: true },
        period: String,
        previous: String,
        onOpen: Function,
        onOpenBudget: Function,
    };

    setup() {
        this.percent = percent;
    }

    get spent() {
        const { amounts, cost } = this.props;
        return amounts.pick(cost.value, cost.company);
    }

    get change() {
        const { amounts, cost } = this.props;
        return amounts.pick(cost.change_pct, cost.change_company_pct);
    }

    get previous() {
        const { amounts, cost } = this.props;
        return amounts.text(amounts.pick(cost.previous, cost.previous_company));
    }

    /** Beside a company's own currency, what it is in USD. */
    get inUsd() {
        return this.props.amounts.own ? usd(this.props.cost.value) : "";
    }

    get hasBudget() {
        return Boolean(this.props.budget?.limit_usd);
    }

    get canSetBudget() {
        return Boolean(this.props.budget?.prefill && this.props.onSetBudget);
    }

    forecast(bound) {
        const { amounts, forecast } = this.props;
        return amounts.text(amounts.pick(forecast[`${bound}_usd`], forecast[`${bound}_company`]));
    }

    inBudgetCurrency(amount) {
        const { budget, currencies } = this.props;
        return money(amount, currencies[budget.currency_id] || { name: "USD", digits: 2 });
    }

    get hasForecast() {
        const value = this.props.forecast?.value_usd;
        return value !== null && value !== undefined;
    }

    get budgetText() {
        const { limit, pct } = this.props.budget;
        return _t("%(pct)s of %(limit)s", {
            pct: percent(pct),
            limit: this.inBudgetCurrency(limit),
        });
    }

    get beforeText() {
        const { previous: period } = this.props;
        return _t("%(amount)s in %(period)s", { amount: this.previous, period });
    }

    get barLabel() {
        const parts = [];
        if (this.hasBudget) {
            parts.push(
                _t("Spent %(spent)s, %(share)s", {
                    spent: this.inBudgetCurrency(this.props.budget.spent),
                    share: this.budgetText,
                })
            );
        }
        if (this.hasForecast) {
            parts.push(
                _t("expected at the end %(value)s, between %(low)s and %(high)s", {
                    value: this.forecast("value"),
                    low: this.forecast("low"),
                    high: this.forecast("high"),
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
