from odoo import api, fields, models
from odoo.tools import SQL

from ...engine import waste
from .usage_waste import KIND, KIND_ROWS, LOOK_BACK

#: Seconds that a look-up for some hundred calls may take on a cursor of its own.
PATIENCE_S = 2


class AiTokenUsage(models.Model):
    """What came before many calls that are settled together, in two queries for all of them."""

    _inherit = "ai.token.usage"

    @api.model
    def _histories(self, rows, moment):
        """Return for each row what :meth:`_history` says of it: a list of (sizes, earlier calls).

        Rows of one list come before those after them: the last of equal content counts as earlier.

        :param list rows: dicts of columns of the ledger, ids included, all of one company
        :param moment: naive UTC datetime of the calls
        """
        if not rows:
            return []
        company_id = rows[0]["company_id"]
        same = self._last_of_content(company_id, {row.get("content_hash") for row in rows}, moment)
        recent = self._recent_calls(company_id, rows, moment)
        found = []
        for row in rows:
            key, user_id = row.get("content_hash"), row.get("user_id") or None
            sizes, earlier = self._recent_of_kind(recent, row)
            if key in same:
                number, age, tokens, asker = same[key]
                own = asker == user_id
                last = waste.Earlier(number, max(0.0, age), True, "", tokens or 0, own=own)
                earlier.insert(0, last)
            found.append((sizes, tuple(earlier)))
            if key:
                same[key] = (row["id"], 0.0, row.get("context_size_tokens"), user_id)
        return found

    @api.model
    def _patiently(self, query):
        """Run a query; on an own cursor give up what takes too long."""
        if self.env.cr.connection.autocommit:
            query = SQL("SET LOCAL statement_timeout = %s; %s", PATIENCE_S * 1000, query)
        self.env.cr.execute(query)
        return self.env.cr.fetchall()

    @api.model
    def _last_of_content(self, company_id, hashes, moment):
        """Return {content hash: (id, age in seconds, tokens, user id)} of the last call of each."""
        query = SQL(
            """
            SELECT h.content, u.id, extract(epoch FROM %(moment)s - u.create_date)::float8,
                   u.context_size_tokens, u.user_id
              FROM unnest(%(hashes)s::varchar[]) AS h(content)
             CROSS JOIN LATERAL (
                   SELECT id, create_date, context_size_tokens, user_id FROM ai_token_usage
                    WHERE company_id = %(company)s AND content_hash = h.content
                      AND state = 'done' AND call_count = 1
                    ORDER BY id DESC LIMIT 1) u
            """,
            moment=moment,
            hashes=list(hashes - {None}),
            company=company_id,
        )
        return {content: tuple(rest) for content, *rest in self._patiently(query)}

    @api.model
    def _recent_calls(self, company_id, rows, moment):
        """Return the last calls of a company, newest first, as tuples: the kind, the record, id,
        age in seconds, tokens, text where it may be nearly that of one of ``rows``, user id."""
        sizes = [row.get("context_size_tokens") or 0 for row in rows]
        query = SQL(
            """
            SELECT %(kind)s, res_model, res_id, id,
                   extract(epoch FROM %(moment)s - create_date)::float8, context_size_tokens,
                   CASE WHEN create_date > %(near)s
                         AND context_size_tokens BETWEEN %(low)s AND %(high)s
                        THEN prompt_text END, user_id
              FROM ai_token_usage
             WHERE company_id = %(company)s AND state = 'done' AND call_count = 1 AND kind = 'api'
             ORDER BY id DESC LIMIT %(look_back)s
            """,
            kind=SQL(", ").join(map(SQL.identifier, KIND)),
            moment=moment,
            near=fields.Datetime.subtract(moment, seconds=waste.NEAR_WINDOW_S),
            low=min(sizes) - waste.slack(min(sizes)),
            high=max(sizes) + waste.slack(max(sizes)),
            company=company_id,
            look_back=LOOK_BACK,
        )
        found = {}
        for one in self._patiently(query):
            found.setdefault(tuple(value or None for value in one[: len(KIND)]), []).append(
                one[len(KIND) :]
            )
        return found

    @api.model
    def _recent_of_kind(self, recent, row):
        sizes, earlier = [], []
        size, user_id = row.get("context_size_tokens") or 0, row.get("user_id") or None
        record = row.get("res_model") or None, row.get("res_id") or None
        kind = tuple(row.get(name) or None for name in KIND)
        for model, number, key, age, tokens, text, asker in recent.get(kind, ())[:KIND_ROWS]:
            near = tokens is not None and abs(tokens - size) <= waste.slack(size)
            if text and near and (model, number) == record:
                own = asker == user_id
                earlier.append(waste.Earlier(key, max(0.0, age), False, text, tokens or 0, own=own))
            if tokens:
                sizes.append(tokens)
        return sizes, earlier
