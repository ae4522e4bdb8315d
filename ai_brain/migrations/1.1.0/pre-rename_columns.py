"""Columns that got another name while 1.0.0 was being made.

Both held texts in one language; what is in them is shown as it is, beside the newer codes and
figures. A database that an edition of the last days filled has the new names already.
"""

from odoo.tools.sql import column_exists, rename_column

RENAMED = (
    ("ai_token_analytics", "recommendations", "kept_recommendations"),
    ("ai_cost_optimizer", "alternatives", "others"),
)


def migrate(cr, version):
    for table, old, new in RENAMED:
        if column_exists(cr, table, old) and not column_exists(cr, table, new):
            rename_column(cr, table, old, new)
