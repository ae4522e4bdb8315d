import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { count, percent, usd } from "../dashboard_format";
import { Panel } from "../panel/panel";

const SHORT = 6;

/** Where the money went along one dimension: a list of bars, dearest first. */
export class BreakdownTable extends Component {
    static template = "ai_sam_cost_dashboard.BreakdownTable";
    static components = { Panel };
    static props = {
        name: String,
        title: String,
        rows: Array,
        period: String,
        onOpen: Function,
        onOpenRecord: { type: Function, optional: true },
    };

    setup() {
        this.state = useState({ all: false });
        this.usd = usd;
        this.count = count;
        this.percent = percent;
    }

    get rows() {
        return this.state.all ? this.props.rows : this.props.rows.slice(0, SHORT);
    }

    get hidden() {
        return this.props.rows.length > SHORT;
    }

    get moreText() {
        return this.state.all ? _t("Show fewer") : _t("Show all %s", this.props.rows.length);
    }

    opensRecord(row) {
        return Boolean(row.opens && this.props.onOpenRecord);
    }

    rowTitle(row) {
        return _t("%(calls)s calls, %(share)s of the spend; %(previous)s in %(period)s", {
            calls: count(row.calls),
            share: percent(row.share_pct),
            previous: usd(row.previous_usd),
            period: this.props.period,
        });
    }

    /** Compares with the period before; no figure is made here. */
    direction(row) {
        if (row.previous_usd === null || row.previous_usd === undefined) {
            return "";
        }
        return row.cost_usd > row.previous_usd
            ? "up"
            : row.cost_usd < row.previous_usd
            ? "down"
            : "";
    }
}
