import { Component } from "@odoo/owl";

/** The page's outline while its figures are on their way. */
export class LoadingState extends Component {
    static template = "ai_sam_cost_dashboard.LoadingState";
    static props = {};
}
