"""The name of a recommendation is made of its task and provider for each reader.

It was stored in English. What the provider was called is taken out of it, so that history stays
readable where the provider was deleted; the old column stays as it is.
"""

from odoo.tools.sql import column_exists

TASKS = "^(Chat|Voice to text|Text to speech|Embedding|Image|Other): "


def migrate(cr, version):
    if column_exists(cr, "ai_cost_optimizer", "name"):
        cr.execute(
            """
            UPDATE ai_cost_optimizer SET provider_name = regexp_replace(name, %s, '')
             WHERE provider_name IS NULL AND name NOT LIKE '%%: —'
            """,
            (TASKS,),
        )
