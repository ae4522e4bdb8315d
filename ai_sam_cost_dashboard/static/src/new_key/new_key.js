import { Component, onWillStart, useState } from "@odoo/owl";
import { CopyButton } from "@web/core/copy_button/copy_button";
import { _t } from "@web/core/l10n/translation";
import { post } from "@web/core/network/http_service";
import { registry } from "@web/core/registry";

/** Has an endpoint's key made and shows it: this once, as nobody keeps it. */
export class NewKey extends Component {
    static template = "ai_sam_cost_dashboard.NewKey";
    static components = { CopyButton };
    static props = ["*"];

    setup() {
        this.copy = _t("Copy");
        this.copied = _t("Copied");
        this.state = useState({ shown: null, refusal: "" });
        onWillStart(() => this.make());
    }

    async make() {
        const { key_id } = this.props.action.params;
        try {
            const params = { key_id, csrf_token: odoo.csrf_token };
            const found = await post("/ai_costs/new_key", params);
            if (found.message) {
                this.state.refusal = found.message;
            } else {
                this.state.shown = found;
            }
        } catch {
            this.state.refusal = _t("The server could not be reached. No key was shown.");
        }
    }

    get lines() {
        const { key, curl, python } = this.state.shown;
        return [
            { label: _t("Key"), text: key },
            { label: _t("Try it in a shell"), text: curl },
            { label: _t("Or in Python"), text: python },
        ].filter(({ text }) => text);
    }
}

registry.category("lazy_components").add("ai_gateway_new_key", NewKey);
