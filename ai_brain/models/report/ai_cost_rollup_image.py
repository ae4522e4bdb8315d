from odoo import fields, models


class AiCostRollupImage(models.Model):
    """Ledger rows before (sign -1) and after (sign +1) a change of their notes or user, queued by
    a trigger in the transaction of the change, and taken away by the next fold."""

    _name = "ai.cost.rollup.image"
    _description = "AI Call Changed Since Rolled Up"
    _auto = False
    _log_access = False
    _rec_name = "usage_id"

    usage_id = fields.Integer("Ledger Row", help="The row that changed.")
    sign = fields.Integer(help="-1: as it was; 1: as it became.")
    user_key = fields.Integer("User ID", help="The user of the row; 0: deleted.")

    def init(self):
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS ai_cost_rollup_image (
                id bigserial PRIMARY KEY, usage_id integer NOT NULL, sign smallint NOT NULL,
                user_key integer NOT NULL, waste_detected boolean,
                could_have_saved_usd numeric, quality_score double precision,
                feedback_count integer, findings jsonb)
            """
        )
