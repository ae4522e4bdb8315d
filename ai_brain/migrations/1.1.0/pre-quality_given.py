"""A quality counts as stated only where a person stated it.

1.0.0 gave every model of the catalogue a quality by its price tier (70, 80 or 90, source "tier
default"), and every other one 80 without a source. Neither says anything of the model: what is
published of it does, and is looked up by its name from now on. A figure that a person entered, or
gave a source, stays his. The old figure stays in its column, where nothing reads it.
"""

import logging

from odoo.tools.sql import column_exists, create_column, table_exists

_logger = logging.getLogger("odoo.addons.ai_brain.migrations")


def migrate(cr, version):
    table = "ai_service_provider"
    if not table_exists(cr, table) or column_exists(cr, table, "is_quality_given"):
        return
    create_column(cr, table, "is_quality_given", "boolean")
    cr.execute(
        """
        UPDATE ai_service_provider SET is_quality_given = NOT COALESCE(
            quality_source = 'tier default' AND quality_score IN (70, 80, 90)
            OR COALESCE(quality_source, '') = '' AND quality_score = 80, FALSE)
        """
    )
    cr.execute(
        "UPDATE ai_service_provider SET quality_source = NULL"
        " WHERE quality_source = 'tier default' AND NOT is_quality_given RETURNING id"
    )
    _logger.info("%s providers had a quality by price tier: it counts no more.", cr.rowcount)
