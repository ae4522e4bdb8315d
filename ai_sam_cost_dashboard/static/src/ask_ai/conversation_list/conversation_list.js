import { Component } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { formatUsd } from "../../utils/format_usd";

/** The person's conversations, latest first. */
export class ConversationList extends Component {
    static template = "ai_sam_cost_dashboard.ConversationList";
    static props = {
        conversations: Array,
        currentId: [Number, Boolean],
        onOpen: Function,
        onNew: Function,
        onArchive: Function,
    };

    setup() {
        this.usd = formatUsd;
    }

    ago(conversation) {
        return deserializeDateTime(conversation.date).toRelative();
    }
}
