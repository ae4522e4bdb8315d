"""One answer from the rollup, the live tail and, where the rollup has none, the ledger.

All parts are summed by one SQL statement, as numeric; they come back as text, since a cursor of
Odoo turns numeric into float.
"""

from collections import namedtuple
from decimal import Decimal

from odoo.tools import SQL

from . import rollup_schema as schema
from .rollup_group import by_dimension
from .rollup_route import FILTERS, route, rule_scope

#: ``key`` is an id (0: none) for providers and users, else a text ('' : none), for waste a pair.
Sums = namedtuple("Sums", "dimension key bucket currency_id day values")
Bucket = namedtuple("Bucket", "name first last")


class RollupReader:
    """Sums of the ledger under some filters, as far as the user of ``env`` may see them.

    ::

        reader = RollupReader(env, {"provider_id": 3})
        reader.sums(["total", "user"], [Bucket("may", first, last)], ["cost_usd", "calls"])
    """

    def __init__(self, env, filters=None):
        """:param dict filters: names of ``FILTERS`` and ``company_ids``; False means 'not set'"""
        self.env = env
        filters = dict(filters or {})
        self.company_ids = filters.pop("company_ids", None)
        unknown = set(filters) - set(FILTERS)
        if unknown:
            raise ValueError(f"unknown filters: {', '.join(sorted(unknown))}")
        self.filters = {name: value for name, value in filters.items() if value is not None}
        self.scope = rule_scope(env)
        self._seen_mark = None
        env["ai.token.usage"].flush_model()

    # ------------------------------------------------------------------
    # What is asked
    # ------------------------------------------------------------------

    def domain(self, first=None, last=None):
        """Domain of the ledger rows that the sums are made of."""
        domain = [(name, "=", value) for name, value in self.filters.items()]
        if self.company_ids is not None:
            domain.append(("company_id", "in", list(self.company_ids)))
        if first:
            domain.append(("local_date", ">=", first))
        if last:
            domain.append(("local_date", "<=", last))
        return domain

    def is_routed(self, dimension):
        return route(self.scope, self.env.uid, self.filters, dimension) is not None

    def _mark(self):
        """Return (watermark, may there be rows above it, may there be images), as first seen."""
        if self._seen_mark:
            return self._seen_mark
        self.env.cr.execute(
            """
            SELECT watermark, COALESCE((SELECT max(id) FROM ai_token_usage) > watermark, FALSE),
                   EXISTS (SELECT 1 FROM ai_cost_rollup_image)
              FROM ai_cost_rollup_mark
            """
        )
        self._seen_mark = self.env.cr.fetchone()
        return self._seen_mark

    # ------------------------------------------------------------------
    # Sums
    # ------------------------------------------------------------------

    def sums(self, dimensions, buckets, measures, by_day=False):
        """Return a list of ``Sums``, amounts as Decimals and counts as ints.

        :param dimensions: names of ``rollup_schema.DIMENSIONS``, or 'waste'
        :param buckets: ``Bucket`` list, days inclusive; each is summed for itself
        :param measures: names of ``rollup_schema.MEASURES``
        :param by_day: sum each day for itself
        """
        measures = list(measures)
        routes = {d: route(self.scope, self.env.uid, self.filters, d) for d in dimensions}
        routed = {d: r for d, r in routes.items() if r}
        direct = [d for d, r in routes.items() if not r]
        watermark, has_tail, has_images = self._mark()
        parts = self._rollup_parts(routed, buckets, measures)
        first, last = min(b.first for b in buckets), max(b.last for b in buckets)
        if routed and (has_tail or has_images):
            where = self._tail(watermark, first, last) if has_tail else None
            images = self._images() if has_images else None
            parts.append(_live(where, images, list(routed), measures))
        if direct:
            parts.append(_live(self._ledger([], first, last), None, direct, measures))
        if not parts:
            return []
        day = SQL("local_date" if by_day else "NULL::date")
        query = SQL(
            """
            WITH p (bucket, first, last) AS (VALUES %(buckets)s)
            SELECT dimension, key_id, key_char, bucket, currency_id, %(day)s AS day, %(sums)s
              FROM (%(parts)s) AS part
             GROUP BY dimension, key_id, key_char, bucket, currency_id, day
            """,
            buckets=SQL(", ").join(
                SQL("(%s, %s::date, %s::date)", i, b.first, b.last) for i, b in enumerate(buckets)
            ),
            day=day,
            sums=SQL(", ".join(f"SUM({name})::text AS {name}" for name in measures)),
            parts=SQL(" UNION ALL ").join(parts),
        )
        self.env.cr.execute(query)
        return [self._read(row, buckets, measures) for row in self.env.cr.fetchall()]

    def _read(self, row, buckets, measures):
        dimension, key_id, key_char, bucket, currency_id, day, *texts = row
        if dimension == schema.WASTE:
            key = (key_char, key_id)
        else:
            key = key_id if dimension in schema.ID_DIMENSIONS else key_char
        values = {
            name: int(text) if schema.MEASURES[name][0] == "bigint" else Decimal(text)
            for name, text in zip(measures, texts, strict=True)
        }
        return Sums(dimension, key, buckets[bucket].name, currency_id, day, values)

    def _rollup_parts(self, routed, buckets, measures):
        first, last = min(b.first for b in buckets), max(b.last for b in buckets)
        plain = [d for d, r in routed.items() if r.dimension == d and r.key is None]
        parts = []
        if plain:
            parts.append(
                self._rollup_part(
                    routed[plain[0]].user_key,
                    [("dimension", "in", plain)],
                    SQL("r.dimension, r.key_id, r.key_char"),
                    (first, last),
                    measures,
                )
            )
        for dimension, found in routed.items():
            if dimension in plain:
                continue
            domain = [("dimension", "=", found.dimension)]
            if found.key is not None:
                is_id = found.dimension in schema.ID_DIMENSIONS
                domain.append(("key_id" if is_id else "key_char", "in", [found.key]))
            if dimension == "user":
                keys = SQL(
                    "'user'::varchar AS dimension, r.user_key AS key_id, ''::varchar AS key_char"
                )
            elif dimension == "total":
                keys = SQL("'total'::varchar AS dimension, 0 AS key_id, ''::varchar AS key_char")
            else:
                keys = SQL("r.dimension, r.key_id, r.key_char")
            parts.append(self._rollup_part(found.user_key, domain, keys, (first, last), measures))
        return parts

    def _rollup_part(self, key, domain, keys, days, measures):
        domain = [("user_key", "in", [key]), *domain]
        domain += [("local_date", ">=", days[0]), ("local_date", "<=", days[1])]
        if self.company_ids is not None:
            domain.append(("company_id", "in", list(self.company_ids)))
        query = self.env["ai.cost.rollup"]._search(domain)
        return SQL(
            """
            SELECT %(keys)s, p.bucket, r.currency_id, r.local_date, %(measures)s
              FROM (SELECT ai_cost_rollup.* FROM %(table)s WHERE %(where)s) AS r
              JOIN p ON r.local_date BETWEEN p.first AND p.last
            """,
            keys=keys,
            measures=SQL(", ".join(f"r.{name}" for name in measures)),
            table=query.from_clause,
            where=query.where_clause or SQL("TRUE"),
        )

    def _ledger(self, domain, first, last):
        """FROM and WHERE of ledger rows, rules included."""
        query = self.env["ai.token.usage"]._search([*domain, *self.domain(first, last)])
        return SQL("%s WHERE %s", query.from_clause, query.where_clause or SQL("TRUE"))

    def _tail(self, watermark, first, last):
        """The same of rows above the watermark.

        The statement reads the mark itself too: where each statement has a snapshot of its own,
        rows may have been rolled up since. The number we know lets the planner take the index.
        """
        tail = SQL("ai_token_usage.id > (SELECT watermark FROM ai_cost_rollup_mark)")
        return SQL("%s AND %s", self._ledger([("id", ">", watermark)], first, last), tail)

    def _images(self):
        """FROM and WHERE of images of rolled-up rows: the rules of :meth:`_ledger`, spelt out for
        the only two scopes that are routed, since an image has a user of its own."""
        where = [SQL("d.usage_id <= (SELECT watermark FROM ai_cost_rollup_mark)")]
        companies = None if self.env.su else set(self.env.companies.ids)
        if self.company_ids is not None:
            wanted = set(self.company_ids)
            companies = wanted if companies is None else companies & wanted
        if companies is not None:
            where.append(SQL("u.company_id = ANY(%s)", list(companies)))
        if self.scope == "own":
            where.append(SQL("d.user_key = %s", self.env.uid))
        if "user_id" in self.filters:
            where.append(SQL("d.user_key = %s", self.filters["user_id"] or 0))
        for name, value in self.filters.items():
            if name != "user_id":
                column = SQL.identifier("u", name)
                where.append(SQL("%s = %s", column, value) if value else SQL("%s IS NULL", column))
        return SQL(
            "ai_cost_rollup_image d JOIN ai_token_usage u ON u.id = d.usage_id WHERE %s",
            SQL(" AND ").join(where),
        )


def _live(ledger, images, dimensions, measures):
    """SELECT of sums straight from ledger rows and images, shaped like a rollup part."""
    sources = []
    if ledger:
        sources.append(schema.source(ledger, measures))
    if images:
        sources.append(schema.image_source(images, measures))
    place = ("bucket", "currency_id", "local_date")
    live = SQL(
        "live AS MATERIALIZED (SELECT p.bucket, s.* FROM (%s) AS s"
        " JOIN p ON s.local_date BETWEEN p.first AND p.last)",
        SQL(" UNION ALL ").join(sources),
    )
    parts = []
    plain = [d for d in dimensions if d != schema.WASTE]
    if plain:
        summed = by_dimension(SQL("SELECT * FROM live"), place, plain, measures)
        columns = SQL(", ".join(("dimension", "key_id", "key_char", *place, *measures)))
        parts.append(SQL("SELECT %s FROM (%s) AS plain", columns, summed))
    if schema.WASTE in dimensions:
        values = schema.waste_sums()
        parts.append(
            SQL(
                "SELECT '%s'::varchar AS dimension, %s AS key_id, %s AS key_char, %s, %s FROM live"
                " CROSS JOIN LATERAL jsonb_array_elements(live.findings) AS f"
                " WHERE live.findings IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6",
                SQL(schema.WASTE),
                SQL(schema.FINDING_ID),
                SQL(schema.FINDING_KEY),
                SQL(", ".join(place)),
                SQL(", ".join(f"{values.get(name, '0')} AS {name}" for name in measures)),
            )
        )
    return SQL("SELECT * FROM (WITH %s %s) AS direct", live, SQL(" UNION ALL ").join(parts))
