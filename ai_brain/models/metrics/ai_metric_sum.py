from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import table_exists

from . import families

#: Names of models, agents and kinds of error that a company's counters tell apart; later ones
#: count as "other", and what was once told apart stays so.
MOST_NAMES = 60
OTHER = "other"


class AiMetricSum(models.Model):
    """Counters of one company by family and labels, up to the rollup's watermark."""

    _name = "ai.metric.sum"
    _inherit = "ai.ledger.fold"
    _description = "AI Counters"
    _auto = False
    _log_access = False
    _rec_name = "family"

    company_id = fields.Many2one("res.company", help="The company that paid.")
    family = fields.Char(help="What is counted.")
    calls = fields.Integer(help="Calls; a correction is none.")

    def init(self):
        columns = ", ".join(
            f"{name} {families.type_of(name)} NOT NULL DEFAULT 0" for name in families.COLUMNS
        )
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS ai_metric_sum (
                    id bigserial PRIMARY KEY, company_id integer NOT NULL, family varchar NOT NULL,
                    a varchar NOT NULL, b varchar NOT NULL, c varchar NOT NULL, %s);
                CREATE UNIQUE INDEX IF NOT EXISTS ai_metric_sum_key
                    ON ai_metric_sum (company_id, family, a, b, c);
                CREATE TABLE IF NOT EXISTS ai_metric_name (
                    company_id integer NOT NULL, kind varchar NOT NULL, name varchar NOT NULL,
                    PRIMARY KEY (company_id, kind, name));
                CREATE INDEX IF NOT EXISTS ai_token_usage_rated_idx
                    ON ai_token_usage (company_id, local_date) WHERE feedback_count > 0;
                """,
                SQL(columns),
            )
        )

    @api.model
    def _drop_names(self):
        self.env.cr.execute("DROP TABLE IF EXISTS ai_metric_name")

    @api.model
    def _fold(self, cr, after, upto):
        if upto <= after:
            return
        rows = self._rows(cr, SQL("u.id > %s AND u.id <= %s", after, upto))
        names = self._names(cr)
        fresh = [key for row in rows for key in self._admit(names, row)]
        if fresh:
            cr.execute(
                SQL(
                    "INSERT INTO ai_metric_name (company_id, kind, name) VALUES %s"
                    " ON CONFLICT DO NOTHING",
                    SQL(", ").join(SQL("%s", key) for key in fresh),
                )
            )
        sums = self._together(names, rows)
        if not sums:
            return
        columns = ", ".join(families.COLUMNS)
        cr.execute(
            SQL(
                "INSERT INTO ai_metric_sum (company_id, family, a, b, c, %s) VALUES %s"
                " ON CONFLICT (company_id, family, a, b, c) DO UPDATE SET %s",
                SQL(columns),
                SQL(", ").join(SQL("%s", (*key, *values)) for key, values in sorted(sums.items())),
                SQL(
                    ", ".join(
                        f"{name} = ai_metric_sum.{name} + EXCLUDED.{name}"
                        for name in families.COLUMNS
                    )
                ),
            )
        )

    @api.model
    def _forget(self, cr):
        # the names stay: a counter that was told apart goes on under its name. No TRUNCATE: a
        # scrape under way would see an empty table beside the old mark.
        if table_exists(cr, self._table):  # it is made after the rollup's tables, in an upgrade too
            cr.execute("DELETE FROM ai_metric_sum")

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _counters(self, company):
        """Return ``{(family, a, b, c): {column: number}}`` of a company, the ledger's newest rows
        included. Waits for nobody and keeps nobody waiting."""
        cr = self.env.cr
        self.env["ai.token.usage"].flush_model()
        columns = ", ".join(
            f"{name}::text" if name in families.NUMERIC else name for name in families.COLUMNS
        )
        # one statement, so one snapshot of the mark and of the sums up to it
        cr.execute(
            SQL(
                "SELECT m.watermark, s.family, s.a, s.b, s.c, %s FROM ai_cost_rollup_mark m"
                " LEFT JOIN ai_metric_sum s ON s.company_id = %s",
                SQL(columns),
                company.id,
            )
        )
        kept = cr.fetchall()
        found = {
            (company.id, *row[1:5]): families.numbers(row[5:]) for row in kept if row[1] is not None
        }
        above = SQL("u.id > %s AND u.company_id = %s", kept[0][0] if kept else 0, company.id)
        names = self._names(cr, company)
        tail = self._rows(cr, above)
        for row in tail:
            [*self._admit(names, row)]  # for its effect on ``names``
        for key, values in self._together(names, tail).items():
            before = found.get(key)
            found[key] = [a + b for a, b in zip(before, values, strict=True)] if before else values
        return {
            key[1:]: dict(zip(families.COLUMNS, values, strict=True))
            for key, values in found.items()
        }

    # ------------------------------------------------------------------
    # Rows and names
    # ------------------------------------------------------------------

    @api.model
    def _rows(self, cr, where):
        """Return ``[(company_id, family, labels, first id, numbers)]``, earliest first."""
        columns = ", ".join(
            f"{name}::text" if name in families.NUMERIC else name for name in families.COLUMNS
        )
        parts = SQL(" UNION ALL ").join(
            SQL("(%s)", families.rows(family, where)) for family in families.FAMILIES
        )
        cr.execute(
            SQL(
                "SELECT company_id, family, a, b, c, first, %s FROM (%s) AS r ORDER BY first",
                SQL(columns),
                parts,
            )
        )
        return [
            (row[0], row[1], row[2:5], row[5], families.numbers(row[6:])) for row in cr.fetchall()
        ]

    @api.model
    def _names(self, cr, company=None):
        """Return ``{(company_id, kind): {name}}``: what is told apart."""
        only = SQL("WHERE company_id = %s", company.id) if company else SQL("")
        cr.execute(SQL("SELECT company_id, kind, name FROM ai_metric_name %s", only))
        names = {}
        for company_id, kind, name in cr.fetchall():
            names.setdefault((company_id, kind), set()).add(name)
        return names

    @api.model
    def _admit(self, names, row):
        """Yield (company_id, kind, name) that ``row`` adds to ``names``, while there is room."""
        company_id, family, labels, _first, _values = row
        for kind, name in zip(families.FAMILIES[family].bounded, labels, strict=False):
            known = names.setdefault((company_id, kind), set())
            if name not in known and len(known) < MOST_NAMES:
                known.add(name)
                yield company_id, kind, name

    @api.model
    def _together(self, names, rows):
        """Return ``{(company_id, family, a, b, c): numbers}`` with the names told apart."""
        sums = {}
        for company_id, family, labels, _first, values in rows:
            labels = list(labels)
            for at, kind in enumerate(families.FAMILIES[family].bounded):
                if labels[at] not in names.get((company_id, kind), ()):
                    labels[at] = OTHER
            key = (company_id, family, *labels)
            before = sums.get(key)
            sums[key] = [a + b for a, b in zip(before, values, strict=True)] if before else values
        return sums
