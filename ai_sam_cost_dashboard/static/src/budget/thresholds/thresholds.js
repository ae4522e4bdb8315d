import { Component, useState } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { parseFloat } from "@web/views/fields/parsers";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { percent } from "../../dashboard/dashboard_format";

/** Percentages as tags: typed with Enter or a comma, taken away with a click or Backspace. */
export class Thresholds extends Component {
    static template = "ai_sam_cost_dashboard.Thresholds";
    static props = standardFieldProps;

    /** A mark as the language writes per cent. */
    text = (mark) => percent(mark);

    setup() {
        this.state = useState({ text: "", invalid: false });
    }

    get marks() {
        return this.props.record.data[this.props.name] || [];
    }

    update(marks) {
        return this.props.record.update({ [this.props.name]: marks });
    }

    remove(mark) {
        return this.update(this.marks.filter((one) => one !== mark));
    }

    /** Add what was typed; what is no percentage stays, marked as wrong. */
    async add() {
        const text = this.state.text.trim().replace(/\s*%$/, "");
        if (!text) {
            this.state.invalid = false;
            return;
        }
        let mark;
        try {
            mark = parseFloat(text);
        } catch {
            mark = NaN;
        }
        this.state.invalid = !(mark > 0 && mark <= 100);
        if (!this.state.invalid) {
            this.state.text = "";
            await this.update([...new Set([...this.marks, mark])].sort((a, b) => a - b));
        }
    }

    onKeydown(ev) {
        const comma = ev.key === "," && localization.decimalPoint !== ",";
        if (ev.key === "Enter" || (comma && this.state.text)) {
            ev.preventDefault();
            ev.stopPropagation();
            this.add();
        } else if (ev.key === "Backspace" && !ev.target.value && this.marks.length) {
            this.remove(this.marks.at(-1));
        }
    }
}

registry.category("lazy_components").add("ai_thresholds", Thresholds);
