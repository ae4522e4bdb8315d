"""Sums of the ledger by what there is any number of: sessions, records. Nothing is kept of them."""

from collections import namedtuple
from decimal import Decimal

from odoo.tools import SQL

from . import rollup_schema as schema

#: ``key`` is a tuple of the columns' values, ``agents`` the names of the agents, sorted.
GroupSums = namedtuple("GroupSums", "key currency_id values agents")

TABLE = "ai_token_usage"


def group_sums(reader, columns, bucket, measures, domain=(), limit=None):
    """Return ``GroupSums`` of the rows that a ``RollupReader`` may see; a group has one for each
    currency of its rows.

    :param columns: columns of the ledger; rows without a value in one of them are left out
    :param bucket: ``rollup_read.Bucket``
    :param measures: names of ``rollup_schema.MEASURES``, ``cost_usd`` among them
    :param limit: only so many groups, the dearest
    """
    filled = [(column, "!=", False) for column in columns]
    names = SQL(", ").join(map(SQL.identifier, columns))
    sums = SQL(
        ", ".join(
            f"COALESCE(SUM({schema.MEASURES[name][1].format(u=TABLE, n=TABLE)}), 0) AS {name}"
            for name in measures
        )
    )
    grouped = SQL(
        "SELECT %s, COALESCE(currency_id, 0) AS currency, %s, array_agg(DISTINCT agent_type)"
        " FILTER (WHERE agent_type > '') AS agents FROM %s GROUP BY %s, currency",
        SQL(", ").join(SQL("%s", SQL.identifier(TABLE, column)) for column in columns),
        sums,
        reader._ledger([*filled, *domain], bucket.first, bucket.last),
        SQL(", ").join(SQL("%s", SQL.identifier(TABLE, column)) for column in columns),
    )
    query = SQL(
        """
        WITH g AS (%(grouped)s), t AS (
            SELECT %(names)s, SUM(cost_usd) AS total FROM g GROUP BY %(names)s
             ORDER BY total DESC, %(names)s LIMIT %(limit)s)
        SELECT %(names)s, currency, agents, %(texts)s FROM g JOIN t USING (%(names)s)
         ORDER BY total DESC, %(names)s, currency
        """,
        grouped=grouped,
        names=names,
        limit=limit,
        texts=SQL(", ".join(f"{name}::text" for name in measures)),
    )
    width = len(columns)
    reader.env.cr.execute(query)
    return [
        GroupSums(
            row[:width],
            row[width],
            {
                name: int(text) if schema.MEASURES[name][0] == "bigint" else Decimal(text)
                for name, text in zip(measures, row[width + 2 :], strict=True)
            },
            row[width + 1] or [],
        )
        for row in reader.env.cr.fetchall()
    ]
