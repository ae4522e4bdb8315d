from odoo import api, models
from odoo.tools import SQL

from . import rollup_schema


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    def init(self):
        res = super().init()
        notes = rollup_schema.WATCHED
        watched = (*notes, "user_id", "waste_report")
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION ai_cost_rollup_image() RETURNS trigger AS $$
                BEGIN
                    INSERT INTO ai_cost_rollup_image (usage_id, sign, user_key, %(notes)s, findings)
                    VALUES (OLD.id, -1, COALESCE(OLD.user_id, 0), %(old)s, %(old_findings)s),
                           (NEW.id, 1, COALESCE(NEW.user_id, 0), %(new)s, %(new_findings)s);
                    RETURN NULL;
                END $$ LANGUAGE plpgsql;
                DROP TRIGGER IF EXISTS ai_cost_rollup_image_row ON ai_token_usage;
                CREATE TRIGGER ai_cost_rollup_image_row AFTER UPDATE ON ai_token_usage
                    FOR EACH ROW WHEN (%(changed)s) EXECUTE FUNCTION ai_cost_rollup_image();
                """,
                notes=SQL(", ".join(notes)),
                old=SQL(", ".join(f"OLD.{name}" for name in notes)),
                new=SQL(", ".join(f"NEW.{name}" for name in notes)),
                old_findings=SQL(rollup_schema.findings("OLD")),
                new_findings=SQL(rollup_schema.findings("NEW")),
                changed=SQL(
                    " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in watched)
                ),
            )
        )
        return res

    @api.model
    def _drop_rollup_trigger(self):
        self.env.cr.execute("DROP FUNCTION IF EXISTS ai_cost_rollup_image() CASCADE")
