from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.arguments import is_days

MOST_ROWS = 200
_COLUMNS = (
    "id",
    "provider_id",
    "agent_type",
    "prefix_key",
    "prefix_mark",
    "session_id",
    "create_date",
    "price_id",
    "cache_read_tokens",
    "cache_write_tokens",
    "currency_id",
    "currency_rate",
)
_SUMS = ("saved_usd", "wasted_usd", "saved_company", "wasted_company")

#: What a row's price says of its cached tokens, less what the plain input costs. The price's own
#: rate where it has one, else none is known and nothing is counted. A write of an hour that has no
#: price of its own costs 1.6 times a write.
_FIGURES = """
    WITH called AS (
        SELECT u.id, u.provider_id, u.agent_type, u.prefix_key, u.session_id, u.create_date,
               coalesce(u.cache_read_tokens, 0) AS reads,
               coalesce(u.cache_write_tokens, 0) AS writes,
               CASE WHEN p.cache_read_priced
                    THEN p.input_usd - p.cache_read_usd ELSE 0 END AS read_gain,
               CASE WHEN p.cache_write_priced IS NOT TRUE THEN 0
                    WHEN u.prefix_mark = '1h' AND p.cache_write_1h_priced
                    THEN p.cache_write_1h_usd - p.input_usd
                    WHEN u.prefix_mark = '1h' THEN 1.6 * p.cache_write_usd - p.input_usd
                    ELSE p.cache_write_usd - p.input_usd END AS write_loss,
               CASE WHEN coalesce(u.currency_id, %(own)s) = %(own)s
                    THEN coalesce(nullif(u.currency_rate, 0), 1) ELSE %(rate)s END AS worth
          FROM (%(rows)s) u
          JOIN ai_provider_price p ON p.id = u.price_id
         WHERE (u.cache_read_tokens > 0 OR u.cache_write_tokens > 0)
    ), judged AS MATERIALIZED (
        SELECT called.*, reads * read_gain - writes * write_loss AS saved,
               CASE WHEN writes > 0 AND NOT EXISTS (
                   SELECT 1 FROM ai_token_usage later
                    WHERE later.provider_id = called.provider_id
                      AND later.prefix_key = called.prefix_key
                      AND later.create_date BETWEEN called.create_date
                          AND called.create_date + interval '1 hour'
                      AND later.id != called.id AND later.cache_read_tokens > 0
               ) AND NOT EXISTS (
                   SELECT 1 FROM ai_token_usage later
                    WHERE later.session_id = called.session_id
                      AND later.provider_id = called.provider_id
                      AND later.create_date BETWEEN called.create_date
                          AND called.create_date + interval '1 hour'
                      AND later.id != called.id AND later.cache_read_tokens > 0
               ) THEN writes * write_loss ELSE 0 END AS wasted
          FROM called
    )
    SELECT %(group)s AS key, count(*) AS calls, sum(reads)::bigint AS read_tokens,
           sum(writes)::bigint AS written_tokens,
           sum(saved) / 1000000 AS saved_usd, sum(saved * worth) / 1000000 AS saved_company,
           sum(wasted) / 1000000 AS wasted_usd, sum(wasted * worth) / 1000000 AS wasted_company
      FROM judged
     GROUP BY 1 ORDER BY 2 DESC LIMIT %(most)s
"""


class AiTokenAnalytics(models.Model):
    _inherit = "ai.token.analytics"

    @api.model
    def get_prompt_cache(self, days=30):
        """Return what vendors' prompt caches did, of calls that the user may see in his companies.

        :param int days: how many days back, today among them
        :return: dict of ``by_provider`` (by id, as text) and ``by_agent`` (by code), each a dict
            from the key to ``{'calls', 'read_tokens', 'written_tokens', 'saved_usd',
            'wasted_usd', 'saved_company', 'wasted_company'}``, most calls first. ``saved_usd``:
            reads at the input's rate less what they cost, less what writes cost above it, by each
            row's price; negative where it lost money.
            ``wasted_usd``: what writes cost above the input that nobody read within an hour.
            ``…_company``: the same in the company's currency, at the rates of the days
        :raise UserError: no number of days from 1 to 3,660
        """
        if not is_days(days):
            raise UserError(self.env._("The number of days lies between 1 and 3,660."))
        today = self.env.company._ai_local_date()
        domain = [
            ("company_id", "in", self.env.companies.ids),
            ("local_date", ">", fields.Date.subtract(today, days=days)),
        ]
        return {
            "by_provider": self._prompt_cache_by("provider_id", domain),
            "by_agent": self._prompt_cache_by("agent_type", [*domain, ("agent_type", "!=", False)]),
        }

    @api.model
    def _prompt_cache_by(self, field, domain):
        usages = self.env["ai.token.usage"]
        usages.flush_model()
        query, money = usages._search(domain), usages._listed_money()
        rows = self.env.execute_query_dict(
            SQL(
                _FIGURES,
                rows=query.select(*(SQL.identifier(query.table, name) for name in _COLUMNS)),
                group=SQL.identifier("judged", field),
                most=MOST_ROWS,
                own=money.currency.id,
                rate=money.rate,
            )
        )
        return {
            str(row.pop("key")): {**row, **{name: float(row[name]) for name in _SUMS}}
            for row in rows
        }
