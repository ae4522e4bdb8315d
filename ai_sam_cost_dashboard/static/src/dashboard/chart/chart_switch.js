import { Component } from "@odoo/owl";

/** Chart or table: the same figures, for eyes and for everyone. */
export class ChartSwitch extends Component {
    static template = "ai_sam_cost_dashboard.ChartSwitch";
    static props = { table: Boolean, label: String, onChange: Function };
}
