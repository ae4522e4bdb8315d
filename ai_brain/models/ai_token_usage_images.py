from odoo import api, models

from . import rollup_schema


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    def init(self):
        super().init()
        notes = ", ".join(rollup_schema.NOTES)
        old = ", ".join(f"OLD.{name}" for name in rollup_schema.NOTES)
        new = ", ".join(f"NEW.{name}" for name in rollup_schema.NOTES)
        changed = " OR ".join(
            f"OLD.{name} IS DISTINCT FROM NEW.{name}"
            for name in (*rollup_schema.NOTES, "user_id", "waste_report")
        )
        self.env.cr.execute(
            f"""
            CREATE OR REPLACE FUNCTION ai_cost_rollup_image() RETURNS trigger AS $$
            BEGIN
                INSERT INTO ai_cost_rollup_image (usage_id, sign, user_key, {notes}, findings)
                VALUES (OLD.id, -1, COALESCE(OLD.user_id, 0), {old},
                        {rollup_schema.findings("OLD")}),
                       (NEW.id, 1, COALESCE(NEW.user_id, 0), {new},
                        {rollup_schema.findings("NEW")});
                RETURN NULL;
            END $$ LANGUAGE plpgsql;
            DROP TRIGGER IF EXISTS ai_cost_rollup_image_row ON ai_token_usage;
            CREATE TRIGGER ai_cost_rollup_image_row AFTER UPDATE ON ai_token_usage
                FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION ai_cost_rollup_image();
            """
        )

    @api.model
    def _drop_guard(self):
        super()._drop_guard()
        self.env.cr.execute("DROP FUNCTION IF EXISTS ai_cost_rollup_image() CASCADE")
