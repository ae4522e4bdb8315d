import { Component } from "@odoo/owl";

/** Instead of figures: why there are none, and what a person can do about it. */
export class MessageState extends Component {
    static template = "ai_sam_cost_dashboard.MessageState";
    static props = {
        kind: String,
        icon: String,
        title: String,
        text: String,
        button: { type: String, optional: true },
        onClick: { type: Function, optional: true },
    };
}
