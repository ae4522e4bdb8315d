from odoo import fields, models
from odoo.tools import str2bool


class AiGatewayKey(models.Model):
    _inherit = "ai.gateway.key"

    usage_count = fields.Integer(
        "Calls", compute="_compute_usage_count", help="Calls that came with it and that you see."
    )

    def _compute_usage_count(self):
        groups = self.env["ai.token.usage"]._read_group(
            [("gateway_key", "in", self.ids)], ["gateway_key"], ["call_count:sum"]
        )
        counts = dict(groups)
        for key in self:
            key.usage_count = counts.get(key._origin.id, 0)

    def action_new_key(self):
        """Open the dialog that makes the key and shows it once.

        The action carries no key: the dialog has it made by ``/ai_costs/new_key`` when it opens.
        """
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.client",
            "tag": "ai_gateway_new_key",
            "name": self.env._("New Key"),
            "target": "new",
            "params": {"key_id": self.id},
        }

    def action_view_usage(self):
        """Open the calls that came with it."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ai_sam_cost_dashboard.action_ai_token_usage"
        )
        return {**action, "domain": [("gateway_key", "=", self.id)], "context": {}}

    def action_view_budgets(self):
        """Open the budgets that count its calls alone."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ai_sam_cost_dashboard.action_ai_cost_budget"
        )
        context = {"default_key_id": self.id, "default_company_id": self.company_id.id}
        return {**action, "domain": [("key_id", "=", self.id)], "context": context}

    def _shown_once(self):
        """Make the key; return what the dialog shows: the key, lines to try it with, and whether
        the endpoint is off."""
        secret, base = self._issue__key(), f"{self.get_base_url()}/ai/v1"
        model = f"agent:{self.agent_ids[0].code}" if self.agent_ids else "auto"
        curl = (
            f"curl {base}/chat/completions -H 'Authorization: Bearer {secret}'"
            " -H 'Content-Type: application/json'"
            f' -d \'{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}\''
        )
        python = (
            "from openai import OpenAI; print(OpenAI("
            f'base_url="{base}", api_key="{secret}").chat.completions.create(model="{model}", '
            'messages=[{"role": "user", "content": "Hello"}]).choices[0].message.content)'
        )
        switch = self.env["ir.config_parameter"].sudo().get_param("ai_brain.endpoint")
        return {
            "name": self.name,
            "key": secret,
            "curl": curl,
            "python": python,
            "is_on": str2bool(switch or "", False),
        }
