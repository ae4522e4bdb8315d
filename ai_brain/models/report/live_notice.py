import time

from odoo import api, models
from odoo.tools import ormcache

#: Least seconds between two notices of a company from one server process.
EVERY_S = 3.0
MOST_LISTENERS = 100

_sent = {}


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _after(self, call):
        res = super()._after(call)
        self._optional(self._notify_usage, call)
        return res

    @api.model
    def _notify_usage(self, call):
        """Tell open dashboards of the caller and the managers that there are new figures.

        At most once each few seconds a company and process, on an own cursor; the page waits a
        little before it loads, so that it sees the calls that follow the notice too.
        """
        if not call.token_usage_id:
            return
        now = time.monotonic()
        key = (self.env.cr.dbname, call.company_id)
        if now - _sent.get(key, -EVERY_S) < EVERY_S:
            return
        _sent[key] = now
        with self._own_cursor() as cr:
            service = self._on(cr)
            users = {call.user_id, *service._usage_listeners(call.company_id)}
            payload = {"company_id": call.company_id, "last_id": call.token_usage_id}
            for partner in service.env["res.users"].browse(users).exists().partner_id:
                service.env["bus.bus"]._sendone(partner, "ai_brain/usage", payload)

    @api.model
    @ormcache("company_id")
    def _usage_listeners(self, company_id):
        users = self.env["res.users"].search(
            [
                ("groups_id", "in", self.env.ref("ai_brain.group_ai_manager").ids),
                ("company_ids", "in", [company_id]),
                ("share", "=", False),
            ],
            limit=MOST_LISTENERS,
        )
        return tuple(users.ids)
