import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const HEIGHT = 160;
const STEP = 24;
const BAR = 9;

/** Cost now and then, day by day: two bars each, on one scale. */
export class NowThen extends Component {
    static template = "ai_sam_cost_dashboard.NowThen";
    static props = standardFieldProps;

    get data() {
        const empty = {
            title: "",
            names: {},
            highest: "",
            labels: [],
            now: [],
            then: [],
            texts: [],
        };
        return this.props.record.data[this.props.name] || empty;
    }

    get viewBox() {
        return `0 0 ${Math.max(1, this.data.labels.length) * STEP} ${HEIGHT}`;
    }

    get days() {
        const { labels, now, then, texts } = this.data;
        const highest = Math.max(...now, ...then, 0) || 1;
        const bar = (value, x) => {
            const height = value > 0 ? Math.max(1, (value / highest) * HEIGHT) : 0;
            return { x, y: HEIGHT - height, height };
        };
        return labels.map((label, index) => ({
            label,
            text: texts[index],
            now: bar(now[index], index * STEP + 2),
            then: bar(then[index], index * STEP + 2 + BAR + 1),
        }));
    }

    get bar() {
        return BAR;
    }
}

registry.category("lazy_components").add("ai_now_then", NowThen);
