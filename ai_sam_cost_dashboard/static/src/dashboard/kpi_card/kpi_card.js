import { Component } from "@odoo/owl";
import { KpiDelta } from "./kpi_delta";

/** One figure: what it is, how much, how it moved; the figure opens the calls behind it. */
export class KpiCard extends Component {
    static template = "ai_sam_cost_dashboard.KpiCard";
    static components = { KpiDelta };
    static props = {
        name: String,
        label: String,
        hint: { type: String, optional: true },
        value: { type: [Number, { value: null }], optional: true },
        previous: { type: [Number, { value: null }], optional: true },
        change: { type: [Number, { value: null }], optional: true },
        format: Function,
        exact: { type: Function, optional: true },
        rise: { type: String, optional: true },
        period: String,
        note: { type: String, optional: true },
        onOpen: { type: Function, optional: true },
    };
}
