import { Component, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { day, money, percent, usd } from "../dashboard_format";
import { Panel } from "../panel/panel";

const { DateTime } = luxon;
const SHORT = 6;

/** Every budget that applies, as a bar that says in words too whether it holds. */
export class BudgetBars extends Component {
    static template = "ai_sam_cost_dashboard.BudgetBars";
    static components = { Panel };
    static props = {
        budgets: Array,
        currencies: Object,
        onOpen: Function,
        onOpenRecord: { type: Function, optional: true },
        onOpenAll: { type: Function, optional: true },
        onOffer: { type: Function, optional: true },
    };

    setup() {
        this.percent = percent;
        this.state = useState({ all: false });
    }

    get budgets() {
        return this.state.all ? this.props.budgets : this.props.budgets.slice(0, SHORT);
    }

    get moreText() {
        return this.state.all ? _t("Show fewer") : _t("Show all %s", this.props.budgets.length);
    }

    get hidden() {
        return this.props.budgets.length > SHORT;
    }

    amount(value, budget) {
        const currency = this.props.currencies[budget.currency_id];
        return currency && currency.name !== "USD" ? money(value, currency) : usd(value);
    }

    amounts(budget) {
        const spent = _t("%(spent)s of %(amount)s", {
            spent: this.amount(budget.spent, budget),
            amount: this.amount(budget.limit, budget),
        });
        if (!budget.reserved) {
            return spent;
        }
        const held = _t("%s held", this.amount(budget.reserved, budget));
        return `${spent} · ${held}`;
    }

    stateText(budget) {
        return {
            ok: _t("within budget"),
            warn: _t("alerted"),
            over: _t("used up"),
        }[budget.state];
    }

    resets(budget) {
        if (budget.ends_on) {
            return _t("until %s", day(budget.ends_on));
        }
        if (!budget.resets_at) {
            return _t("never resets");
        }
        const moment = deserializeDateTime(budget.resets_at.replace("T", " ").slice(0, 19));
        return _t("resets %s", moment.toLocaleString({ ...DateTime.DATE_MED, year: undefined }));
    }
}
