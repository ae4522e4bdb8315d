import { Component, onWillStart, useExternalListener, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const MODEL = "ai.answer.review";
/** Letter -> what it says; the letters of a keyboard's home row, one under each hand. */
const KEYS = { j: "right", f: "wrong", l: "later", u: "undo" };
const KEYS_OFF = "ai_review_keys_off";

/** Answers that wait for a person, one after the other: two keys say right or wrong. */
export class Review extends Component {
    static template = "ai_sam_cost_dashboard.Review";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({
            item: null,
            waiting: 0,
            second: 0,
            last: null,
            passed: [],
            judged: 0,
            said: "",
            busy: false,
            keys: browser.localStorage.getItem(KEYS_OFF) !== "1",
            figures: null,
        });
        onWillStart(() => this.load());
        useExternalListener(window, "keydown", (ev) => this.onKeydown(ev));
    }

    get display() {
        return { controlPanel: {} };
    }

    get reason() {
        return {
            sample: _t("Drawn by chance"),
            not_asked: _t("The reader says: not what I asked"),
            rating: _t("A low rating"),
            figures: _t("Figures that nothing bears out"),
            kept: _t("A kept answer: would it have been right?"),
        }[this.state.item.reason];
    }

    get ratings() {
        return this.state.item.ratings.map(({ score, source }) =>
            source === "reader"
                ? _t("A reader rated it %s of 100.", Math.round(score))
                : _t("%(source)s: %(score)s of 100.", { source, score: Math.round(score) })
        );
    }

    get byline() {
        const { agent, model, user, date } = this.state.item;
        return [agent, model, user, date].filter(Boolean).join(" · ");
    }

    async load() {
        this.show(await this.orm.call(MODEL, "get_review", [this.state.passed]));
    }

    show({ item, waiting, second }) {
        Object.assign(this.state, { item, waiting, second });
    }

    /** One request at a time: a key that is held down does not judge what nobody has read. */
    async once(work) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            await work();
        } finally {
            this.state.busy = false;
        }
    }

    judge(verdict) {
        const { item } = this.state;
        if (!item) {
            return;
        }
        return this.once(async () => {
            const { kind, id } = item;
            this.show(await this.orm.call(MODEL, "judge", [kind, id, verdict, this.state.passed]));
            this.state.last = { kind, id };
            this.state.judged += 1;
            this.state.said =
                verdict === "right"
                    ? _t("Right. %s left.", this.state.waiting)
                    : _t("Wrong. %s left.", this.state.waiting);
            if (this.state.figures) {
                await this.loadFigures();
            }
        });
    }

    later() {
        const { item } = this.state;
        if (!item) {
            return;
        }
        return this.once(async () => {
            this.state.passed.push([item.kind, item.id]);
            await this.load();
            this.state.said = _t("Left for later.");
        });
    }

    undo() {
        const { last } = this.state;
        if (!last) {
            return;
        }
        return this.once(async () => {
            this.show(await this.orm.call(MODEL, "undo", [last.kind, last.id]));
            this.state.last = null;
            this.state.judged -= 1;
            this.state.said = _t("Taken back.");
        });
    }

    onKeydown(ev) {
        const say = KEYS[ev.key.toLowerCase()];
        const { target } = ev;
        if (
            !say ||
            !this.state.keys ||
            ev.repeat ||
            ev.ctrlKey ||
            ev.altKey ||
            ev.metaKey ||
            target.isContentEditable ||
            target.closest?.("input:not([type=checkbox]), textarea, select, .modal, .dropdown-menu")
        ) {
            return;
        }
        ev.preventDefault();
        if (say === "later" || say === "undo") {
            return this[say]();
        }
        return this.judge(say);
    }

    toggleKeys() {
        this.state.keys = !this.state.keys;
        browser.localStorage.setItem(KEYS_OFF, this.state.keys ? "0" : "1");
    }

    // ------------------------------------------------------------------
    // What was found
    // ------------------------------------------------------------------

    async toggleFigures() {
        if (this.state.figures) {
            this.state.figures = null;
        } else {
            await this.loadFigures();
        }
    }

    async loadFigures() {
        this.state.figures = await this.orm.call(MODEL, "get_review_figures", []);
    }

    get tables() {
        const { agents, models } = this.state.figures;
        return [
            { label: _t("Agent"), rows: agents },
            { label: _t("Model"), rows: models },
        ];
    }

    percent(share) {
        return share === null ? "–" : _t("%s %", Math.round(100 * share));
    }

    between({ low, high }) {
        return low === null
            ? ""
            : _t("%(low)s to %(high)s %", {
                  low: Math.round(100 * low),
                  high: Math.round(100 * high),
              });
    }

    get agreement() {
        const { pairs, raw, kappa, low, high } = this.state.figures.agreement;
        if (!pairs) {
            return _t("No answer was judged by two people yet; one in five is.");
        }
        const said = _t("Two people judged %(pairs)s answers and said the same of %(share)s %.", {
            pairs,
            share: Math.round(100 * raw),
        });
        const beyond =
            kappa === null
                ? _t("All of them one way, so agreement cannot be told from chance.")
                : _t(
                      "Beyond chance (Cohen's kappa): %(kappa)s, surely between %(low)s and %(high)s.",
                      {
                          kappa: kappa.toFixed(2),
                          low: low.toFixed(2),
                          high: high.toFixed(2),
                      }
                  );
        return `${said} ${beyond}`;
    }

    // ------------------------------------------------------------------
    // Elsewhere
    // ------------------------------------------------------------------

    openCall() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "ai.token.usage",
            res_id: this.state.item.token_usage_id,
            views: [[false, "form"]],
        });
    }

    openJudged() {
        return this.action.doAction("ai_sam_cost_dashboard.action_ai_answer_review");
    }

    openKept() {
        return this.action.doAction("ai_sam_cost_dashboard.action_ai_answer_judgement");
    }
}

registry.category("lazy_components").add("ai_review", Review);
