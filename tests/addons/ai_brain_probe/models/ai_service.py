import psycopg2

from odoo import api, models


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _write_settlement(self, call, attempt, row):
        """For the session ``lost commit``: the COMMIT succeeds and its answer gets lost."""
        usage_id = super()._write_settlement(call, attempt, row)
        if call.tags.get("session_id") == "lost commit" and not getattr(call, "lost", False):
            call.lost = True
            self.env.cr.commit()  # pylint: disable=invalid-commit
            raise psycopg2.OperationalError("server closed the connection unexpectedly")
        return usage_id
