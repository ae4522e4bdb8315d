from odoo import api, models

#: Tags that one click makes agents of; the rest with the next.
MOST_AGENTS = 100

#: Written in capitals.
SHORT_FORMS = frozenset("ai api crm erp faq hr pdf pos sms vat".split())


class AiAgent(models.Model):
    _inherit = "ai.agent"

    def action_agents_from_usage(self):
        """Make an agent of each tag that the company's calls of a year carry and no agent has.

        A new agent sets nothing, so that its calls go on as they did.

        :return: action that shows the new agents; where there are none, a notification
        """
        self.check_access("create")
        lines = self.env["ai.token.analytics"].get_agent_summary(
            period_type="year", company_ids=self.env.company.ids
        )
        new = self._codes_without_agent(line["agent_type"] for line in lines)
        values = [
            {"name": _readable(code), "code": code, "company_id": self.env.company.id}
            for code in new[:MOST_AGENTS]
        ]
        return self.create(values)._shown()

    @api.model
    def _codes_without_agent(self, codes):
        """Return those of the tags that no agent of the company has, each once."""
        known = self.sudo().with_context(active_test=False)
        known = known.search([("company_id", "in", [False, self.env.company.id])])
        taken = {agent.code.lower() for agent in known}
        new = {}
        for code in codes:
            code = (code or "").strip()
            if code and code.lower() not in taken:
                new.setdefault(code.lower(), code)
        return [*new.values()]

    def _shown(self):
        if not self:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "info",
                    "message": self.env._("Every tag of this year's calls has an agent."),
                },
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Agents from Calls"),
            "res_model": "ai.agent",
            "view_mode": "list,form",
            "domain": [("id", "in", self.ids)],
        }


def _readable(code):
    """Return a tag as a person would write it.

    >>> _readable("support_reply"), _readable("CRM.leadScoring"), _readable("product_faq")
    ('Support reply', 'CRM leadScoring', 'Product FAQ')
    """
    parts = code.replace("_", " ").replace("-", " ").replace(".", " ").split()
    words = " ".join(part.upper() if part in SHORT_FORMS else part for part in parts)
    return words[:1].upper() + words[1:] or code
