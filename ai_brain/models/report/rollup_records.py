"""The dearest records (leads, tickets) of a period, out of any number of records.

The rollup by month keeps them in order of cost. The sum over several lists (months, currencies,
companies) is found without reading them whole by the threshold algorithm: whoever is not among
the first k of any list cannot cost more than the k-th entries together. Source: R. Fagin, A.
Lotem, M. Naor, "Optimal aggregation algorithms for middleware", JCSS 66 (2003), section 4.
"""

from collections import namedtuple
from decimal import Decimal

from odoo.tools import SQL

from . import rollup_schema as schema
from .rollup_route import records_routed, user_key

FIRST_K = 40

RecordSums = namedtuple("RecordSums", "res_model res_id currency_id calls cost_usd cost_company")


def top_records(reader, first, last, today, limit=10):
    """Return ``RecordSums`` of the ``limit`` dearest records, dearest first; a record has one for
    each currency of its rows. ``today`` is the company's day: a month that runs is whole."""
    if not records_routed(reader.scope, reader.filters, first, last, today):
        return _from_ledger(reader, first, last, limit)
    watermark, has_tail, has_images = reader._mark()
    if not watermark:
        return _from_ledger(reader, first, last, limit)
    extra = []
    if has_tail:
        extra.append(schema.source(reader._tail(watermark, first, last), schema.RECORD_MEASURES))
    if has_images:
        extra.append(schema.image_source(reader._images(), schema.RECORD_MEASURES))
    k = FIRST_K
    while True:
        rows, complete = _from_rollup(reader, first, last, extra, limit, k)
        if complete:
            return rows
        k *= 8


def _from_ledger(reader, first, last, limit):
    source = schema.source(
        reader._ledger([("res_id", "!=", False)], first, last), schema.RECORD_MEASURES
    )
    return _fetch(
        reader.env.cr,
        SQL(
            """
            WITH g AS (%(grouped)s), t AS (
                SELECT res_model, res_id, SUM(cost_usd) AS total FROM g
                 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %(limit)s)
            SELECT g.res_model, g.res_id, currency_id, calls, cost_usd::text, cost_company::text
              FROM g JOIN t USING (res_model, res_id) ORDER BY total DESC, 1, 2, 3
            """,
            grouped=_grouped(source),
            limit=limit,
        ),
    )


def record_sums(reader, keys, first, last):
    """Return ``RecordSums`` of the given (res_model, res_id) pairs, from the ledger's index."""
    if not keys:
        return []
    where = SQL("%s AND (res_model, res_id) IN %s", reader._ledger([], first, last), tuple(keys))
    return _fetch(
        reader.env.cr,
        SQL(
            "SELECT res_model, res_id, currency_id, calls, cost_usd::text, cost_company::text"
            " FROM (%s) AS g",
            _grouped(schema.source(where, schema.RECORD_MEASURES)),
        ),
    )


def _grouped(source):
    return SQL(
        "SELECT res_model, res_id, currency_id, %s FROM (%s) AS s"
        " WHERE res_id > 0 AND res_model > '' GROUP BY res_model, res_id, currency_id",
        schema.sums(schema.RECORD_MEASURES),
        source,
    )


def _fetch(cr, query):
    cr.execute(query)
    return [
        RecordSums(model, res_id, currency, int(calls), Decimal(usd), Decimal(company))
        for model, res_id, currency, calls, usd, company in cr.fetchall()
    ]


def _lists(reader, totals):
    """The (company, user, currency, month) that records are kept apart by, as far as there are.

    Asked for themselves: what the planner takes for thousands are a few.
    """
    query = reader.env["ai.cost.rollup"]._search(totals)
    reader.env.cr.execute(
        SQL(
            "SELECT DISTINCT company_id, user_key, currency_id,"
            " date_trunc('month', local_date::timestamp)::date FROM %s WHERE %s",
            query.from_clause,
            query.where_clause or SQL("TRUE"),
        )
    )
    return reader.env.cr.fetchall()


def _values(lists):
    if not lists:
        return SQL("SELECT 0, 0, 0, NULL::date WHERE FALSE")
    return SQL("VALUES %s", SQL(", ").join(SQL("(%s, %s, %s, %s::date)", *one) for one in lists))


def _from_rollup(reader, first, last, extra, limit, k):
    key = user_key(reader.scope, reader.env.uid, reader.filters)
    domain = [("user_key", "in", [key]), ("month", ">=", first), ("month", "<=", last)]
    totals = [
        ("user_key", "in", [key]),
        ("dimension", "=", "total"),
        ("local_date", ">=", first),
        ("local_date", "<=", last),
    ]
    if reader.company_ids is not None:
        companies = [("company_id", "in", list(reader.company_ids))]
        domain, totals = domain + companies, totals + companies
    rules = reader.env["ai.cost.rollup.record"]._search(domain)
    lists = _lists(reader, totals)
    if not lists and not extra:
        return [], True
    cr = reader.env.cr
    # OFFSET 0: a lookup for each name, not the whole month joined to the names.
    cr.execute(
        SQL(
            """
            WITH lists (company_id, user_key, currency_id, month) AS (%(lists)s
            ), firsts AS MATERIALIZED (
                SELECT l.*, f.res_model, f.res_id, f.cost_usd, f.rank
                  FROM lists l CROSS JOIN LATERAL (
                    SELECT r.res_model, r.res_id, r.cost_usd,
                           ROW_NUMBER() OVER (ORDER BY r.cost_usd DESC) AS rank
                      FROM ai_cost_rollup_record r
                     WHERE r.company_id = l.company_id AND r.user_key = l.user_key
                       AND r.month = l.month AND r.currency_id = l.currency_id
                     ORDER BY r.cost_usd DESC LIMIT %(k)s) AS f
            ), extra AS MATERIALIZED (%(extra)s),
            named AS (SELECT res_model, res_id FROM firsts
                      UNION SELECT res_model, res_id FROM extra),
            found AS (
                SELECT r.res_model, r.res_id, r.currency_id, r.calls, r.cost_usd, r.cost_company
                  FROM named n CROSS JOIN lists l
                  JOIN LATERAL (SELECT ai_cost_rollup_record.* FROM %(from)s WHERE %(where)s
                         AND ai_cost_rollup_record.company_id = l.company_id
                         AND ai_cost_rollup_record.user_key = l.user_key
                         AND ai_cost_rollup_record.month = l.month
                         AND ai_cost_rollup_record.currency_id = l.currency_id
                         AND ai_cost_rollup_record.res_model = n.res_model
                         AND ai_cost_rollup_record.res_id = n.res_id OFFSET 0) AS r ON TRUE
                UNION ALL SELECT res_model, res_id, currency_id, calls, cost_usd, cost_company
                  FROM extra
            ), g AS (
                SELECT res_model, res_id, currency_id, SUM(calls)::bigint AS calls,
                       SUM(cost_usd) AS cost_usd, SUM(cost_company) AS cost_company
                  FROM found GROUP BY 1, 2, 3
            ), t AS (
                SELECT res_model, res_id, SUM(cost_usd) AS total FROM g
                 GROUP BY 1, 2 HAVING SUM(calls) <> 0 OR SUM(cost_usd) <> 0
                 ORDER BY 3 DESC, 1, 2 LIMIT %(limit)s
            )
            SELECT g.res_model, g.res_id, currency_id, calls, cost_usd::text, cost_company::text,
                   (SELECT count(*) FROM t) >= %(limit)s AND (SELECT min(total) FROM t) >= COALESCE(
                        (SELECT SUM(GREATEST(cost_usd, 0)) FROM firsts WHERE rank = %(k)s), 0)
                   OR NOT EXISTS (SELECT 1 FROM firsts WHERE rank = %(k)s) AS complete
              FROM g JOIN t USING (res_model, res_id)
             ORDER BY total DESC, g.res_model, g.res_id, currency_id
            """,
            lists=_values(lists),
            k=k,
            extra=_grouped(SQL(" UNION ALL ").join(extra))
            if extra
            else SQL(
                "SELECT '' AS res_model, 0 AS res_id, 0 AS currency_id, 0::bigint AS calls,"
                " 0::numeric AS cost_usd, 0::numeric AS cost_company WHERE FALSE"
            ),
            **{"from": rules.from_clause, "where": rules.where_clause or SQL("TRUE")},
            limit=limit,
        )
    )
    found = cr.fetchall()
    rows = [
        RecordSums(model, res_id, currency, int(calls), Decimal(usd), Decimal(company))
        for model, res_id, currency, calls, usd, company, _complete in found
    ]
    return rows, not found or found[0][-1]
