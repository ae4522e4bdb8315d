import { Component } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { Amounts } from "../../dashboard/dashboard_format";

/** The person's conversations, latest first. */
export class ConversationList extends Component {
    static template = "ai_sam_cost_dashboard.ConversationList";
    static props = {
        conversations: Array,
        currentId: [Number, Boolean],
        amounts: { type: Object, optional: true },
        onOpen: Function,
        onNew: Function,
        onArchive: Function,
    };

    static defaultProps = { amounts: new Amounts() };

    cost({ cost_usd, cost_company }) {
        return this.props.amounts.text(this.props.amounts.pick(cost_usd, cost_company));
    }

    exact({ cost_usd, cost_company }) {
        return this.props.amounts.both(cost_usd, cost_company);
    }

    ago(conversation) {
        return deserializeDateTime(conversation.date).toRelative();
    }
}
