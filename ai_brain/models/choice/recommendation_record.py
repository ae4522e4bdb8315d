import logging

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.base.line import one_line
from ...engine.base.money import format_usd
from ...engine.base.sentence import Sentence, kept
from ...engine.price.pricing import UNPRICED
from ..base.arguments import is_days
from ..base.sql_names import column_list
from ..base.wording import in_languages, reader_in

_logger = logging.getLogger(__name__)

KEPT_ALTERNATIVES = 5


class AiCostOptimizer(models.Model):
    """The record of a recommendation, and how good the recommendations were."""

    _inherit = "ai.cost.optimizer"

    @api.model
    def _values(self, result, task_type, context_tokens, options):
        """Return the columns of the record of a recommendation."""
        score = options.get("complexity")
        others = result.ranking.alternatives[:KEPT_ALTERNATIVES]
        return {
            "provider_name": result["provider_name"] or None,
            "company_id": options.get("company_id") or self.env.company.id,
            "user_id": self.env.uid,
            "created_at": fields.Datetime.now(),
            "task_type": task_type,
            "quality_required": options.get("quality_required") or None,
            "context_size_tokens": int(context_tokens or 0),
            "complexity": None if score is False else score,
            "recommended_provider_id": result["provider_id"] or None,
            "estimated_cost_usd": result.ranking.choice.cost if result.ranking.choice else None,
            "meets_quality": result["meets_quality"],
            "within_budget": result["within_budget"],
            "reasoning": self._in_languages(result.ranking.reasoning, options.get("company_id")),
            "others": Json([self._kept_option(option) for option in others]) if others else None,
            "configured_provider_id": options.get("configured_provider_id") or None,
        }

    @api.model
    def _log_recommendation(self, result, configured=""):
        """One line for whoever watches the log: names and figures, nothing of what was said."""
        if not result or not result.get("provider_id"):
            return
        cost = result.get("estimated_cost")
        _logger.info(
            "AI recommendation: %s%s, about %s, quality %s",
            one_line(result.get("provider_name") or "?", 100),
            f" (asked for: {one_line(configured, 100)})" if configured else "",
            format_usd(None if cost is False else cost),
            "as needed" if result.get("meets_quality") else "below the need",
        )

    @api.model
    def _in_languages(self, said, company_id=None):
        """Return the column of a translated text: a sentence in each installed language, in the
        company's currency of today.

        A text that is no sentence, as of an addon that recommends, is the same in all.
        """
        if not said:
            return None
        if not isinstance(said, Sentence):
            return Json({"en_US": said})
        currency, worth = self._money_of(company_id or self.env.company.id)

        def text(reader):
            return reader_in(currency.with_context(lang=reader.code), worth).text(said)

        return in_languages(self.env, text)

    @api.model
    def _money_of(self, company_id):
        """Return (currency, what 1 USD is in it) that a company reads today. How it is written is
        known then: whoever keeps the record asks when the caller's cursor may be closed."""
        company = self.env["res.company"].browse(company_id).sudo()
        currency_id, worth = company._ai_usd_rate(company._ai_local_date())
        currency = self.env["res.currency"].browse(currency_id).sudo()
        currency._ai_own_manner()
        return currency, worth

    @api.model
    def _reasoning_of(self, usage):
        """Return why the recommendation of a ledger row's call was given, '' without one that the
        user may see."""
        record = self.search(
            [
                ("company_id", "=", usage.company_id.id),
                ("created_at", "=", usage.create_date),
                ("token_usage_id", "=", usage.id),
            ],
            limit=1,
        )
        return record.reasoning or ""

    @api.model
    def _kept_option(self, option):
        return {
            "provider_id": option.candidate.key,
            "provider_name": option.candidate.name,
            "estimated_cost": False if option.cost is UNPRICED else float(option.cost),
            "why_not": kept(option.why_not),
        }

    @api.model
    def _record(self, values):
        """Insert a recommendation by one raw INSERT on this cursor and return its id."""
        self.env.cr.execute(self._record_sql(values))
        return self.env.cr.fetchone()[0]

    @api.model
    def _update_sql(self, record_id, values):
        """Return the statement that sets columns of a record; it returns its id."""
        return SQL(
            "UPDATE ai_cost_optimizer SET %s WHERE id = %s RETURNING id",
            SQL(", ").join(SQL("%s = %s", SQL.identifier(k), v) for k, v in values.items()),
            record_id,
        )

    @api.model
    def _record_sql(self, values):
        values = {key: value for key, value in values.items() if value is not None}
        return SQL(
            "INSERT INTO ai_cost_optimizer (%s) VALUES %s RETURNING id",
            column_list(tuple(values)),
            tuple(values.values()),
        )

    @api.model
    @api.readonly
    def get_accuracy(self, period_days=30):
        """Tell how good the recommendations of the last days were, of calls the user may see.

        :return: dict with ``recommendations``, ``calls`` (those that a call followed),
            ``followed`` (share of them, None without calls), ``estimate_error`` (mean of
            \\|estimated - actual\\| / actual where the recommendation was followed and cost
            something; None if there is none), ``estimated_usd`` and ``actual_usd`` (sums of
            those), and ``missed_saving_usd`` (calls that were not sent to the cheaper
            recommended provider, at the tokens they used; an estimate)
        :raise UserError: a period that is not from 1 to 3,660 days
        """
        if not is_days(period_days):
            raise UserError(self.env._("A period has from 1 to 3,660 days."))
        since = fields.Datetime.subtract(fields.Datetime.now(), days=period_days)
        query = self._search(
            [("created_at", ">=", since), ("company_id", "in", self.env.companies.ids)], order="id"
        )
        query.order = None
        followed = SQL("FILTER (WHERE is_followed AND actual_cost_usd > 0)")
        row = self.env.execute_query(
            query.select(
                SQL("count(*)"),
                SQL("count(*) FILTER (WHERE is_used)"),
                SQL("count(*) FILTER (WHERE is_followed)"),
                SQL(
                    "avg(abs(estimated_cost_usd - actual_cost_usd)"
                    " / NULLIF(actual_cost_usd, 0)) %s",
                    followed,
                ),
                SQL("sum(estimated_cost_usd) %s", followed),
                SQL("sum(actual_cost_usd) %s", followed),
                SQL(
                    "sum(greatest(actual_cost_usd - recommended_cost_usd, 0))"
                    " FILTER (WHERE is_used AND meets_quality AND NOT is_followed)"
                ),
            )
        )[0]
        return {
            "recommendations": row[0],
            "calls": row[1],
            "followed": row[2] / row[1] if row[1] else None,
            "estimate_error": None if row[3] is None else float(row[3]),
            "estimated_usd": float(row[4] or 0),
            "actual_usd": float(row[5] or 0),
            "missed_saving_usd": float(row[6] or 0),
        }
