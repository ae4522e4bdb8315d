import { Component, markup, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/views/fields/formatters";
import { formatUsd } from "../../utils/format_usd";

const COPIED_MS = 2000;

/** A question, or an answer with what it cost and why this provider was asked. */
export class ChatMessage extends Component {
    static template = "ai_sam_cost_dashboard.ChatMessage";
    static props = {
        message: Object,
        onRate: Function,
        onRetry: Function,
        onNotAsked: Function,
        busy: { type: Boolean, optional: true },
        onAskForMore: Function,
        onOpenLedger: Function,
    };

    setup() {
        this.usd = formatUsd;
        this.state = useState({ copied: false, asking: false });
    }

    get message() {
        return this.props.message;
    }

    get isAnswer() {
        return this.message.role === "assistant";
    }

    /** The server made it of Markdown and sanitised it; while it streams it is shown as text. */
    get html() {
        return this.message.html ? markup(this.message.html) : false;
    }

    get duration() {
        const { latency_ms } = this.message;
        return latency_ms < 1000
            ? _t("%s ms", latency_ms)
            : _t("%s s", formatFloat(latency_ms / 1000, { digits: [16, 1] }));
    }

    get tokens() {
        return _t("%(input)s tokens read, %(output)s written", {
            input: this.message.input_tokens,
            output: this.message.output_tokens,
        });
    }

    get cost() {
        const cost = formatUsd(this.message.cost_usd);
        return this.message.exact ? cost : _t("up to %s", cost);
    }

    get kind() {
        const kinds = {
            cache: _t("from the cache"),
            pattern: _t("prepared answer"),
            dedup: _t("shared answer"),
        };
        return kinds[this.message.kind];
    }

    /** Somebody was answered so before: it may be the answer to another question. */
    get isReused() {
        return ["cache", "dedup"].includes(this.message.kind) && this.message.state === "done";
    }

    get resetText() {
        const reset = this.message.refusal?.resets_at;
        return reset && formatDateTime(deserializeDateTime(reset), { format: "f" });
    }

    get saved() {
        return this.message.saved_usd > 0;
    }

    async copy() {
        await browser.navigator.clipboard.writeText(this.message.content);
        this.state.copied = true;
        browser.setTimeout(() => (this.state.copied = false), COPIED_MS);
    }

    async notAsked() {
        this.state.asking = true;
        try {
            await this.props.onNotAsked(this.message);
        } finally {
            this.state.asking = false;
        }
    }

    async askForMore() {
        this.state.asking = true;
        try {
            await this.props.onAskForMore(this.message, "");
        } finally {
            this.state.asking = false;
        }
    }
}
