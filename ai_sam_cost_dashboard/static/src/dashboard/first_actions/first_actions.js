import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { count, score } from "../dashboard_format";
import { Panel } from "../panel/panel";

const FEW = 5;

/** What would save money, the dearest first: done, tried and undone by the buttons of each. */
export class FirstActions extends Component {
    static template = "ai_sam_cost_dashboard.FirstActions";
    static components = { Panel };
    static props = {
        list: Object,
        amounts: Object,
        busyId: { type: [String, { value: null }], optional: true },
        showsAll: { type: Boolean, optional: true },
        onShowAll: { type: Function, optional: true },
        onOpen: Function,
        onAct: Function,
    };

    /** An amount of an item, or of the list: "cost", "after", "saving", "together". */
    value(of, name) {
        return this.props.amounts.pick(of[`${name}_usd`], of[`${name}_company`]);
    }

    text(of, name) {
        return this.props.amounts.text(this.value(of, name));
    }

    get items() {
        return this.props.showsAll ? this.props.list.items : this.props.list.items.slice(0, FEW);
    }

    get hidden() {
        return this.props.list.items.length - this.items.length;
    }

    get hint() {
        const { list } = this.props;
        if (!list.items.length) {
            return "";
        }
        return this.value(list, "together")
            ? _t(
                  "Of the last 30 days, the dearest first. Together they save about %s a month; what overlaps is counted once.",
                  this.text(list, "together")
              )
            : _t("Of the last 30 days, the dearest first.");
    }

    get moreLabel() {
        return _t("%s more", count(this.hidden));
    }

    /** What is known of an item besides its text, in order. */
    facts(item) {
        const facts = [];
        if (item.cost_usd !== null && item.after_usd !== null) {
            facts.push(
                _t("%(before)s in 30 days, %(after)s after it", {
                    before: this.text(item, "cost"),
                    after: this.text(item, "after"),
                })
            );
        } else if (item.cost_usd !== null) {
            facts.push(_t("%s in 30 days", this.text(item, "cost")));
        }
        if (item.affected) {
            facts.push(item.affected);
        } else if (item.calls) {
            facts.push(item.calls === 1 ? _t("one call") : _t("%s calls", count(item.calls)));
        }
        return facts.join(" · ");
    }

    quality(side) {
        const values = {
            name: side.name,
            mean: score(side.mean),
            low: score(side.low),
            high: score(side.high),
            ratings: count(side.ratings),
        };
        return side.ratings === 1
            ? _t("%(name)s: quality %(mean)s (%(low)s to %(high)s), one rating", values)
            : _t("%(name)s: quality %(mean)s (%(low)s to %(high)s), %(ratings)s ratings", values);
    }

    buttonClass(button) {
        const classes = { apply: "o_ai_button_primary o_ai_apply", undo: "o_ai_undo" };
        return classes[button.key] || `o_ai_do_${button.key}`;
    }
}
