"""Shipped types of messages get the examples and cues of this edition.

Only those that nobody has written to since they were made: what an administrator changed stays as
it is, all of it. The day of the last change is left alone, so that a later edition sees that too.
"""

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    types = env["ai.message.type"]
    for record, texts in types._shipped_texts():
        changes = SQL(", ").join(SQL("%s = %s", SQL.identifier(n), t) for n, t in texts.items())
        cr.execute(
            SQL(
                "UPDATE ai_message_type SET %s WHERE id = %s AND write_date = create_date",
                changes,
                record.id,
            )
        )
    types.invalidate_model()
    env.registry.clear_cache()
