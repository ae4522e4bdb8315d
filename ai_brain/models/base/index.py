"""Indexes that a field cannot declare."""

from odoo.tools import SQL


def add_index(model, name, columns, where=None):
    """Have the table of a model the index ``<table>_<name>_idx``, where it has none so named: what
    ``init`` of the model calls.

    :param str columns: SQL, with commas between
    :param where: SQL or its text, of a partial index
    """
    model.env.cr.execute(
        SQL(
            "CREATE INDEX IF NOT EXISTS %s ON %s (%s)%s",
            SQL.identifier(f"{model._table}_{name}_idx"),
            SQL.identifier(model._table),
            SQL(columns),
            SQL(" WHERE %s", where if isinstance(where, SQL) else SQL(where)) if where else SQL(),
        )
    )
