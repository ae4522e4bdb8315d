"""Columns of earlier versions."""

from odoo.tools.sql import column_exists, rename_column


def rename_once(cr, table, old, new):
    """Give a column its new name where an upgrade finds the old one."""
    if column_exists(cr, table, old) and not column_exists(cr, table, new):
        rename_column(cr, table, old, new)
