import { Component } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { money, percent, usd } from "../dashboard_format";
import { Panel } from "../panel/panel";

const { DateTime } = luxon;

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
            warn: _t("past an alert"),
            over: _t("limit reached"),
        }[budget.state];
    }

    resets(budget) {
        if (!budget.resets_at) {
            return _t("never resets");
        }
        const moment = deserializeDateTime(budget.resets_at.replace("T", " ").slice(0, 19));
        return _t("resets %s", moment.toLocaleString({ ...DateTime.DATE_MED, year: undefined }));
    }
}
