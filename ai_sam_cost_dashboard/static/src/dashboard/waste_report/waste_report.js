import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { count, day, usd } from "../dashboard_format";
import { Panel } from "../panel/panel";

/** What was paid and not needed: how much, since when, and the button that ends it. */
export class WasteReport extends Component {
    static template = "ai_sam_cost_dashboard.WasteReport";
    static components = { Panel };
    static props = { waste: Array, onOpen: Function, onAct: Function };

    setup() {
        this.usd = usd;
    }

    facts(row) {
        const calls = count(row.calls);
        return row.since
            ? _t("%(calls)s calls since %(day)s", { calls, day: day(row.since) })
            : _t("%s calls", calls);
    }
}
