import { Component } from "@odoo/owl";

let nextId = 1;

/** A card with a heading of its own, and actions beside it. */
export class Panel extends Component {
    static template = "ai_sam_cost_dashboard.Panel";
    static props = {
        title: String,
        hint: { type: String, optional: true },
        className: { type: String, optional: true },
        slots: { type: Object, optional: true },
    };

    setup() {
        this.headingId = `o_ai_panel_${nextId++}`;
    }
}
