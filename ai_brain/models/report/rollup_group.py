"""Sums by each dimension out of one pass over ledger rows, for the fold and for live figures.

Summing millions of rows once for each dimension would cost nine passes. The rows are summed by a
few groups of columns that vary together instead (``rollup_schema.GROUPS``), all in one pass, and
the dimensions are summed from these groups, which are far fewer.
"""

from odoo.tools import SQL

from . import rollup_schema as schema


def by_dimension(source, place, dimensions, measures):
    """SELECT of ``place``, dimension, key_id, key_char and sums of ``measures``.

    :param SQL source: SELECT like ``rollup_schema.source``, with the columns of ``place``
    :param place: columns that each sum keeps apart
    :param dimensions: names of ``rollup_schema.DIMENSIONS``, 'waste' left out
    """
    groups = []
    for columns in (*schema.GROUPS, ("user_key",)):
        wanted = {d: schema.DIMENSIONS[d] for d in dimensions if schema.DIMENSIONS[d] in columns}
        if wanted:
            groups.append((tuple(wanted.values()), wanted))
    with_total = "total" in dimensions
    if not groups:
        groups.append(((), {}))
    everything = [column for columns, _dimensions in groups for column in columns]
    sets = ", ".join(f"({', '.join((*place, *columns))})" for columns, _dimensions in groups)
    # Which of the sets a row belongs to: the one whose first column is not rolled up.
    which = (
        "CASE "
        + "".join(
            f"WHEN GROUPING({columns[0]}) = 0 THEN {index} "
            for index, (columns, _) in enumerate(groups)
            if columns
        )
        + "ELSE 0 END"
    )
    parts = [
        _part(index, place, wanted, with_total and index == 0, measures)
        for index, (_columns, wanted) in enumerate(groups)
    ]
    return SQL(
        "SELECT * FROM (WITH grouped AS MATERIALIZED ("
        "SELECT %s, %s AS which, %s FROM (%s) AS source GROUP BY GROUPING SETS (%s)) %s) AS summed",
        SQL(", ".join((*place, *everything))),
        SQL(which if everything else "0"),
        schema.sums(measures),
        source,
        SQL(sets),
        SQL(" UNION ALL ").join(parts),
    )


def _part(index, place, dimensions, with_total, measures):
    """SELECT of one group's dimensions, and of the total if it is to come from this group."""
    ids = [column for name, column in dimensions.items() if name in schema.ID_DIMENSIONS]
    texts = [column for name, column in dimensions.items() if name not in schema.ID_DIMENSIONS]
    names = "".join(
        f"WHEN GROUPING({column}) = 0 THEN '{name}' " for name, column in dimensions.items()
    )
    sets = [(*place, column) for column in dimensions.values()] + ([place] if with_total else [])
    return SQL(
        "SELECT %s, %s, %s FROM grouped WHERE which = %s GROUP BY GROUPING SETS (%s)",
        SQL(", ".join(place)),
        SQL(
            f"({f'CASE {names}' if names else 'CASE WHEN FALSE THEN NULL '}ELSE 'total' END)"
            f"::varchar AS dimension, COALESCE({', '.join((*ids, '0'))})::integer AS key_id,"
            f" COALESCE({', '.join((*texts, chr(39) * 2))})::varchar AS key_char"
        ),
        schema.sums(measures),
        index,
        SQL(", ".join(f"({', '.join(columns)})" for columns in sets)),
    )
