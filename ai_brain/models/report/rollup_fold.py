"""Folding ledger rows into the rollup: one transaction a batch, exact whatever commits late.

Which ids are final? An INSERT locks the table (RowExclusiveLock, which conflicts with no other
call) before it draws its id, and keeps that lock until its commit can be seen. So: read the
sequence, then see who holds that lock; once these transactions are gone, every row up to the
number read is there or never will be. That is how PostgreSQL itself waits in CREATE INDEX
CONCURRENTLY (WaitForLockers). Nobody is kept waiting: we only look at pg_locks.

Notes (waste, rating) and the user of a row may change later. A trigger then queues the row's image
before and after. One statement, so one snapshot, takes the images away and reads the ledger:
images of rows that were rolled up before are added; those of newer rows are dropped, since the
ledger shows these rows as they are now.
"""

import time

from odoo.tools import SQL

from . import rollup_schema as schema
from .rollup_group import by_dimension

#: Rows of one transaction. A record or a user's day that comes up again costs an update, so a
#: backlog goes in large batches; day to day a run has far fewer rows.
BATCH = 500_000
IMAGES = 200_000
PATIENCE_S = 1.0

_LOCKERS = """
    SELECT COALESCE(array_agg(DISTINCT virtualtransaction), '{}') FROM pg_locks
     WHERE locktype = 'relation' AND relation = 'ai_token_usage'::regclass
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND mode = 'RowExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
"""


def lock_mark(cr):
    """Take this transaction's turn; return the mark as a dict, or None if another has it."""
    cr.execute(
        "SELECT watermark, candidate, lockers FROM ai_cost_rollup_mark"
        " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    return cr.dictfetchone()


def find_bound(cr, mark, patience_s=PATIENCE_S):
    """Return the highest id up to which the ledger is final; notes a candidate in ``mark``.

    Waits up to ``patience_s`` for transactions of a few milliseconds; a longer one is waited for
    by the next run, and its rows are read live until then.
    """
    bound = mark["watermark"]
    if mark["candidate"] and not set(mark["lockers"] or ()) & _lockers(cr):
        bound = max(bound, mark["candidate"])
        mark.update(candidate=None, lockers=None)
    newest = _last_id(cr)
    before = _lockers(cr)
    deadline = time.monotonic() + patience_s
    while before:
        if time.monotonic() > deadline:
            if not mark["candidate"]:
                mark.update(candidate=newest, lockers=sorted(before))
            return bound
        time.sleep(0.01)
        before &= _lockers(cr)
    mark.update(candidate=None, lockers=None)
    return max(bound, newest)


def _last_id(cr):
    cr.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ai_token_usage_id_seq")
    return cr.fetchone()[0]


def _lockers(cr):
    cr.execute(_LOCKERS)
    return set(cr.fetchone()[0])


def fold(cr, watermark, upto):
    """Add the rows ``watermark < id <= upto`` and what changed below; move the mark to ``upto``."""
    cr.execute("SET LOCAL work_mem = '128MB'")
    cr.execute("SET LOCAL jit = off")
    cr.execute(
        "SELECT id FROM ai_cost_rollup_image WHERE usage_id <= %s ORDER BY id OFFSET %s LIMIT 1",
        (watermark, IMAGES),
    )
    images_below = (cr.fetchone() or (None,))[0]
    cr.execute(_fold_sql(watermark, upto, images_below))


def save_mark(cr, mark):
    cr.execute(
        "UPDATE ai_cost_rollup_mark SET watermark = %s, candidate = %s, lockers = %s,"
        " rolled_at = now() AT TIME ZONE 'UTC'",
        (mark["watermark"], mark["candidate"], mark["lockers"]),
    )


def _fold_sql(watermark, upto, images_below):
    images = SQL(
        "gone d JOIN ai_token_usage u ON u.id = d.usage_id WHERE d.usage_id <= %s", watermark
    )
    ledger = SQL("ai_token_usage WHERE id > %s AND id <= %s", watermark, upto)
    return SQL(
        """
        WITH gone AS (
            DELETE FROM ai_cost_rollup_image WHERE usage_id > %(watermark)s OR %(below)s
            RETURNING *
        ), by_user AS MATERIALIZED (%(by_user)s UNION ALL %(waste)s),
        record AS (%(record)s)
        INSERT INTO ai_cost_rollup (%(columns)s)
        SELECT %(columns)s FROM (
            SELECT %(columns)s FROM by_user
            UNION ALL
            SELECT %(everybody)s, company_id, local_date, currency_id, dimension, key_id, key_char,
                   %(sums)s
              FROM by_user
             GROUP BY company_id, local_date, currency_id, dimension, key_id, key_char
            UNION ALL
            SELECT %(everybody)s, company_id, local_date, currency_id, 'user', user_key, '',
                   %(measures)s
              FROM by_user WHERE dimension = 'total'
        ) AS rows
        ORDER BY company_id, user_key, local_date, dimension, key_id, key_char
        ON CONFLICT (company_id, user_key, local_date, dimension, key_id, key_char, currency_id)
        DO UPDATE SET %(add)s
        """,
        watermark=watermark,
        everybody=SQL(str(schema.EVERYBODY)),
        below=SQL("TRUE") if images_below is None else SQL("id < %s", images_below),
        by_user=by_dimension(
            _source(ledger, images),
            PLACE,
            [d for d in schema.DIMENSIONS if d != "user"],
            ALL_MEASURES,
        ),
        waste=_waste_sql(_source(ledger, images, ())),
        record=_record_sql(_source(ledger, images, schema.RECORD_MEASURES)),
        columns=SQL(", ".join(COLUMNS)),
        sums=schema.sums(),
        measures=SQL(", ".join(ALL_MEASURES)),
        add=SQL(", ".join(f"{n} = ai_cost_rollup.{n} + EXCLUDED.{n}" for n in ALL_MEASURES)),
    )


ALL_MEASURES = tuple(schema.MEASURES)
PLACE = ("user_key", "company_id", "local_date", "currency_id")
COLUMNS = (*PLACE, "dimension", "key_id", "key_char", *ALL_MEASURES)


def _source(ledger, images, names=ALL_MEASURES):
    return SQL("%s UNION ALL %s", schema.source(ledger, names), schema.image_source(images, names))


def _waste_sql(source):
    values = schema.waste_sums()
    measures = ", ".join(values.get(name, "0") + f" AS {name}" for name in ALL_MEASURES)
    return SQL(
        "SELECT %s, '%s', %s AS key_id, %s AS key_char, %s FROM (%s) AS src CROSS JOIN LATERAL"
        " jsonb_array_elements(src.findings) AS f WHERE src.findings IS NOT NULL"
        " GROUP BY %s, key_id, key_char",
        SQL(", ".join(PLACE)),
        SQL(schema.WASTE),
        SQL(schema.FINDING_ID),
        SQL(schema.FINDING_KEY),
        SQL(measures),
        source,
        SQL(", ".join(PLACE)),
    )


def _record_sql(source):
    """Records (leads, tickets) are too many for days: a month each, in a narrower table."""
    columns = "company_id, user_key, month, currency_id, res_model, res_id"
    return SQL(
        """
        INSERT INTO ai_cost_rollup_record (%(columns)s, %(names)s)
        WITH by_user AS MATERIALIZED (
            SELECT company_id, user_key, date_trunc('month', local_date::timestamp)::date AS month,
                   currency_id, res_model, res_id, %(sums)s
              FROM (%(source)s) AS src WHERE res_id > 0 AND res_model > ''
             GROUP BY %(columns)s)
        SELECT %(columns)s, %(names)s FROM (
            SELECT * FROM by_user
            UNION ALL
            SELECT company_id, %(everybody)s, month, currency_id, res_model, res_id, %(sums)s
              FROM by_user GROUP BY company_id, month, currency_id, res_model, res_id
        ) AS rows
         ORDER BY %(columns)s
        ON CONFLICT (%(columns)s) DO UPDATE SET %(add)s
        """,
        columns=SQL(columns),
        everybody=SQL(str(schema.EVERYBODY)),
        names=SQL(", ".join(schema.RECORD_MEASURES)),
        sums=schema.sums(schema.RECORD_MEASURES),
        source=source,
        add=SQL(
            ", ".join(
                f"{n} = ai_cost_rollup_record.{n} + EXCLUDED.{n}" for n in schema.RECORD_MEASURES
            )
        ),
    )
