import time

from odoo import api, models

from ...engine.ledger.tasks import SERVED
from ..base.quick_cache import quick_cache

#: Least seconds between two notices of a company from one server process.
EVERY_S = 3.0
MOST_LISTENERS = 100

_sent = {}


class AiStepLiveNotice(models.AbstractModel):
    """Tells open dashboards of the caller and the managers that there are new figures.

    At most once each few seconds a company and process; the page waits a little before it loads,
    so that it sees the calls that follow the notice too.
    """

    _name = "ai.step.live_notice"
    _inherit = "ai.step"
    _description = "AI Step: Live Notice"
    _rank = 80
    _tasks = SERVED

    def _after(self, call):
        usage_id = call.attempt.token_usage_id
        if not usage_id:
            return
        now = time.monotonic()
        key = (self.env.registry.db_name, call.company_id)
        if now - _sent.get(key, -EVERY_S) < EVERY_S:
            return
        _sent[key] = now
        with call.apart.env() as env:
            users = {call.user_id, *env[self._name]._listeners(call.company_id)}
            payload = {"company_id": call.company_id, "last_id": usage_id}
            for partner in env["res.users"].browse(users).exists().partner_id:
                env["bus.bus"]._sendone(partner, "ai_brain/usage", payload)

    @api.model
    @quick_cache("company_id")
    def _listeners(self, company_id):
        users = self.env["res.users"].search(
            [
                ("groups_id", "in", self.env.ref("ai_brain.group_ai_manager").ids),
                ("company_ids", "in", [company_id]),
                ("share", "=", False),
            ],
            limit=MOST_LISTENERS,
        )
        return tuple(users.ids)
