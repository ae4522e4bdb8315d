import { LazyComponent } from "@web/core/assets";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, xml } from "@odoo/owl";

/** Stands for the chat until its bundle is there. */
export class AskAiLoader extends Component {
    static components = { LazyComponent };
    static props = { ...standardActionServiceProps };
    static template = xml`
        <LazyComponent
            bundle="'ai_sam_cost_dashboard.assets_ask_ai'"
            Component="'AskAi'"
            props="props"/>`;
}

registry.category("actions").add("ai_ask_ai", AskAiLoader);
