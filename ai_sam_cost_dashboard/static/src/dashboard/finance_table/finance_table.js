import { Component, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { fuzzyLookup } from "@web/core/utils/search";
import { count, fixedPercent, signedPercent } from "../dashboard_format";
import { Panel } from "../panel/panel";

/** Rows of a breakdown that are shown at first. */
export const SHORT = 10;

/** Where the money went: one table, a tab for each dimension, with what it was before. */
export class FinanceTable extends Component {
    static template = "ai_sam_cost_dashboard.FinanceTable";
    static components = { Panel };
    static props = {
        // {name, title, rows, count}; what is not among the rows is asked for with `onLoad`
        breakdowns: Array,
        amounts: Object,
        total: Object,
        period: String,
        onOpen: Function,
        onOpenRecord: { type: Function, optional: true },
        onLoad: { type: Function, optional: true },
        first: { type: String, optional: true },
        onTab: { type: Function, optional: true },
    };

    setup() {
        this.state = useState({
            name: this.props.first || this.props.breakdowns[0].name,
            all: false,
            query: "",
            loaded: {},
        });
        Object.assign(this, { count, signedPercent });
        onWillUpdateProps((next) => {
            if (next.total !== this.props.total) {
                this.state.loaded = {};
                this.load(this.state.name, next);
            }
        });
        this.load(this.state.name);
    }

    async load(name, props = this.props) {
        const chosen = props.breakdowns.find((one) => one.name === name);
        const more = this.state.all || this.state.query;
        const known = chosen?.rows && !(more && chosen.count > chosen.rows.length);
        // an answer that comes late is of the filter before
        const { loaded } = this.state;
        if (!chosen || known || !props.onLoad || name in loaded) {
            return;
        }
        loaded[name] = {};
        let found;
        try {
            found = await props.onLoad(name);
        } catch (error) {
            found = { failed: error.data?.message || error.message };
        }
        if (loaded === this.state.loaded) {
            loaded[name] = found;
        }
    }

    get breakdown() {
        const { breakdowns } = this.props;
        const chosen = breakdowns.find(({ name }) => name === this.state.name) || breakdowns[0];
        const loaded = this.state.loaded[chosen.name];
        return {
            ...chosen,
            rows: loaded?.rows || chosen.rows,
            note: loaded?.note,
            failed: loaded?.failed,
        };
    }

    get found() {
        const { query } = this.state;
        const rows = this.breakdown.rows || [];
        return query ? fuzzyLookup(query, rows, (row) => row.label) : rows;
    }

    get rows() {
        return this.state.all || this.state.query ? this.found : this.found.slice(0, SHORT);
    }

    get number() {
        return Math.max(this.breakdown.count || 0, this.found.length);
    }

    get hidden() {
        return !this.state.query && this.number > SHORT;
    }

    get moreText() {
        return this.state.all ? _t("Show fewer") : _t("Show all %s", this.number);
    }

    fold() {
        this.state.all = !this.state.all;
        return this.load(this.state.name);
    }

    search(ev) {
        this.state.query = ev.target.value;
        return this.load(this.state.name);
    }

    get hasBudgets() {
        return (this.breakdown.rows || []).some((row) => row.budget_left);
    }

    share(row) {
        return fixedPercent(row.share_pct);
    }

    amount(row) {
        return this.props.amounts.pick(row.cost_usd, row.cost_company);
    }

    before(row) {
        return this.props.amounts.pick(row.previous_usd, row.previous_company);
    }

    change(row) {
        return this.props.amounts.pick(row.change_usd, row.change_company);
    }

    /** One number of decimals for what stands in one column, the total among it. */
    get columns() {
        const rows = [...(this.breakdown.rows || []), this.props.total];
        const { amounts } = this.props;
        const amount = amounts.column(rows.map((row) => this.amount(row)));
        const change = amounts.column(rows.map((row) => this.change(row)));
        return {
            amount,
            before: amounts.column(rows.map((row) => this.before(row))),
            // of "< $0.01" the amount has the sign
            change: (value) => change(value).replace(/^(< )?/, value > 0 ? "$1+" : "$1"),
        };
    }

    tone(row) {
        const change = this.change(row);
        return change > 0 ? "o_ai_bad" : change < 0 ? "o_ai_good" : "";
    }

    choose(name) {
        Object.assign(this.state, { name, all: false, query: "" });
        this.props.onTab?.(name);
        return this.load(name);
    }

    onKeydown(ev) {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[ev.key];
        if (step) {
            const tabs = [...ev.currentTarget.querySelectorAll("[role=tab]")];
            const at = tabs.indexOf(document.activeElement);
            tabs[(at + step + tabs.length) % tabs.length].focus();
        }
    }

    opensRecord(row) {
        return Boolean(row.opens && this.props.onOpenRecord);
    }

    open(row) {
        this.props.onOpen({ ...row, breakdown: this.breakdown.name });
    }
}
