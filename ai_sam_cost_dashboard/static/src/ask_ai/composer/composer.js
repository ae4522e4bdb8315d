import { Component, onMounted, useEffect, useRef, useState } from "@odoo/owl";

const HIGHEST_PX = 220;

/** Where a question is written: Enter sends, Shift and Enter begin a new line. */
export class Composer extends Component {
    static template = "ai_sam_cost_dashboard.Composer";
    static props = {
        streaming: Boolean,
        disabled: { type: Boolean, optional: true },
        onAsk: Function,
        onStop: Function,
    };

    setup() {
        this.state = useState({ text: "" });
        this.input = useRef("input");
        onMounted(() => this.input.el.focus());
        useEffect(
            (text) => {
                const el = this.input.el;
                el.style.height = "auto";
                el.style.height = `${Math.min(text ? el.scrollHeight : 0, HIGHEST_PX)}px`;
            },
            () => [this.state.text]
        );
    }

    get canSend() {
        return !this.props.disabled && !this.props.streaming && Boolean(this.state.text.trim());
    }

    onKeydown(ev) {
        if (ev.key === "Enter" && !ev.shiftKey && !ev.isComposing) {
            ev.preventDefault();
            this.send();
        } else if (ev.key === "Escape" && this.props.streaming) {
            this.props.onStop();
        }
    }

    send() {
        if (this.canSend) {
            const text = this.state.text.trim();
            this.state.text = "";
            this.input.el.focus();
            this.props.onAsk(text);
        }
    }
}
