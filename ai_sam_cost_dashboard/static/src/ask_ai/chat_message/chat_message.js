import { Component, markup, useEffect, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/views/fields/formatters";
import { Amounts } from "../../dashboard/dashboard_format";
import { formatUsd } from "../../utils/format_usd";

const COPIED_MS = 2000;

/**
 * Makes a button of each reference that an answer cites, as [R2]: in its text alone, whatever the
 * text holds; what is no reference of ours stays text.
 */
function linkReferences(el, sources, onOpen) {
    const byRef = Object.fromEntries(sources.map((one) => [`[${one.ref}]`, one]));
    const walker = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (sources.length && walker.nextNode()) {
        nodes.push(walker.currentNode);
    }
    for (const node of nodes) {
        const parts = node.data.split(/(\[R\d{1,3}\])/);
        if (!parts.some((part) => byRef[part])) {
            continue;
        }
        const made = parts.map((part) => {
            const source = byRef[part];
            if (!source) {
                return part;
            }
            const button = document.createElement("button");
            Object.assign(button, { type: "button", className: "o_ask_ref", title: source.label });
            button.textContent = source.ref;
            button.addEventListener("click", () => onOpen(source));
            return button;
        });
        node.replaceWith(...made);
    }
}

/** A question, or an answer with what it cost and why this provider was asked. */
export class ChatMessage extends Component {
    static template = "ai_sam_cost_dashboard.ChatMessage";
    static props = {
        message: Object,
        amounts: { type: Object, optional: true },
        onRate: Function,
        onRetry: Function,
        onNotAsked: Function,
        busy: { type: Boolean, optional: true },
        onAskForMore: Function,
        onOpenLedger: Function,
        onOpenSource: { type: Function, optional: true },
    };

    static defaultProps = { amounts: new Amounts() };

    setup() {
        this.state = useState({ copied: false, asking: false });
        this.text = useRef("text");
        useEffect(
            (el) => el && linkReferences(el, this.linked, (one) => this.props.onOpenSource?.(one)),
            () => [this.text.el, this.message.html]
        );
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

    get sources() {
        return this.message.sources || [];
    }

    /** Those that something can be opened for. */
    get linked() {
        return this.sources.filter((one) => this.opens(one));
    }

    opens({ domain, record }) {
        return Boolean(domain || record);
    }

    /** With the amount as the ledger's tool wrote it; answers of before have it in USD alone. */
    sourceText({ ref, label, amount, cost_usd }) {
        const text = amount || ((cost_usd ?? null) === null ? "" : formatUsd(cost_usd));
        return text ? `${ref} ${label}: ${text}` : `${ref} ${label}`;
    }

    get duration() {
        const { latency_ms } = this.message;
        const digits = [16, latency_ms < 1000 ? 2 : 1];
        return _t("%s s", formatFloat(latency_ms / 1000, { digits }));
    }

    get tokens() {
        return _t("%(input)s tokens read, %(output)s written", {
            input: this.message.input_tokens,
            output: this.message.output_tokens,
        });
    }

    get cost() {
        const { cost_usd, cost_company, exact } = this.message;
        const cost = this.props.amounts.text(this.props.amounts.pick(cost_usd, cost_company));
        return exact ? cost : _t("up to %s", cost);
    }

    get costTitle() {
        const exact = this.props.amounts.both(this.message.cost_usd, this.message.cost_company);
        return `${exact} · ${_t("Open the line of the ledger")}`;
    }

    get savedText() {
        const { saved_usd, saved_company } = this.message;
        return this.props.amounts.text(this.props.amounts.pick(saved_usd, saved_company));
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
