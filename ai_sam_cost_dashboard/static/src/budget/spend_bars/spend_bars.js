import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const HEIGHT = 36;
const STEP = 10;

/** The spend of the last days as small bars; the last one is today. */
export class SpendBars extends Component {
    static template = "ai_sam_cost_dashboard.SpendBars";
    static props = standardFieldProps;

    get data() {
        return this.props.record.data[this.props.name] || { labels: [], values: [], texts: [] };
    }

    get viewBox() {
        return `0 0 ${Math.max(1, this.data.values.length) * STEP} ${HEIGHT}`;
    }

    get bars() {
        const { labels, values, texts } = this.data;
        const highest = Math.max(...values, 0) || 1;
        return values.map((value, index) => {
            const height = value > 0 ? Math.max(2, (value / highest) * HEIGHT) : 1;
            return {
                x: index * STEP + 1,
                y: HEIGHT - height,
                width: STEP - 2,
                height,
                empty: !(value > 0),
                today: index === values.length - 1,
                text: `${labels[index]}: ${texts[index]}`,
            };
        });
    }
}

registry.category("lazy_components").add("ai_spend_bars", SpendBars);
