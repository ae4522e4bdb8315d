from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import get_lang

from ...engine.report import period as analytics_period
from ..base.arguments import is_id
from .rollup_read import RollupReader
from .rollup_route import FILTERS


class AiTokenAnalytics(models.Model):
    """What a period cost, and why: kept as one record a period, company and user.

    The figures of the methods come from ``RollupReader``: record rules of the calling user hold,
    amounts are summed in SQL as exact numerics and become floats in the answer alone.
    """

    _name = "ai.token.analytics"
    _description = "AI Cost Analysis"
    _order = "period_start desc, user_id desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        required=True, readonly=True, translate=True, help="The period, and whose calls."
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The company that paid.",
    )
    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="cascade",
        help="Whose calls; empty: of the whole company.",
    )
    period_type = fields.Selection(
        [
            ("day", "Day"),
            ("week", "Week"),
            ("month", "Month"),
            ("quarter", "Quarter"),
            ("year", "Year"),
            ("custom", "Dates"),
        ],
        required=True,
        readonly=True,
        default="month",
        help="Length of the period.",
    )
    period_start = fields.Date("From", required=True, readonly=True, help="First day, included.")
    period_end = fields.Date("To", required=True, readonly=True, help="Last day, included.")
    calls = fields.Integer(readonly=True, help="Calls in the period.")
    total_tokens = fields.Float(
        digits=(20, 0), readonly=True, help="Tokens of all kinds; more than an integer may hold."
    )
    total_cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="Exact cost in USD.")
    saved_usd = fields.Float(
        "Saved (USD)", digits=0, readonly=True, help="Baseline less cost: an estimate."
    )
    waste_detected_count = fields.Integer(
        "Calls with Waste", readonly=True, help="Calls that paid for tokens nobody needed."
    )
    potential_savings_usd = fields.Float(
        "Could Have Saved (USD)",
        digits=0,
        readonly=True,
        help="Money in these tokens: an estimate.",
    )
    top_cost_driver = fields.Char(
        "Cost Driver as Kept",
        readonly=True,
        translate=True,
        help="The addon or agent that cost most, and its share, in the words of that day.",
    )
    recommendations = fields.Json(
        compute="_compute_recommendations",
        help="What to change: a list of texts with the money each would save.",
    )
    kept_recommendations = fields.Json(
        readonly=True, help="The recommendations with codes and figures for texts."
    )
    analyzed_at = fields.Datetime(readonly=True, help="When these figures were computed.")

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_token_analytics_period
                ON ai_token_analytics (company_id, COALESCE(user_id, 0), period_type, period_start,
                                       period_end)
            """
        )

    @api.depends("kept_recommendations")
    @api.depends_context("lang")
    def _compute_recommendations(self):
        for analysis in self:
            analysis.recommendations = [
                self._in_words(one) for one in analysis.kept_recommendations or []
            ]

    @api.model
    def _in_words(self, kept):
        values = dict(kept)
        said = values.pop("said", None)
        return {"text": self._say(said), **values} if said else values

    # ------------------------------------------------------------------
    # What is asked
    # ------------------------------------------------------------------

    @api.model
    def _reader(self, filters):
        """Return the ``RollupReader`` for filters of a caller.

        :raise AccessError: the user may not see AI usage
        :raise UserError: a filter that does not exist or holds a value that cannot be
        """
        if not self.env["ai.token.usage"].has_access("read"):
            raise AccessError(self.env._("You have no access to AI costs."))
        filters = {name: value for name, value in filters.items() if value is not None}
        unknown = set(filters) - {*FILTERS, "company_ids"}
        if unknown:
            raise UserError(
                self.env._(
                    "There is no filter %(names)s. Filters are: %(known)s.",
                    names=", ".join(sorted(unknown)),
                    known=", ".join(("company_ids", *FILTERS)),
                )
            )
        for name, value in filters.items():
            if name == "company_ids":
                filters[name] = self._clean_companies(value)
            elif name in ("user_id", "provider_id", "res_id"):
                if not (value in (False, 0) or is_id(value)):
                    raise UserError(self.env._("The filter %s takes the id of a record.", name))
                filters[name] = value or False
            elif not (value is False or isinstance(value, str)) or "\0" in (value or ""):
                raise UserError(self.env._("The filter %s takes a text.", name))
            else:
                filters[name] = value or False
        return RollupReader(self.env, filters)

    def _clean_companies(self, value):
        ids = [value] if isinstance(value, int) else value
        if not isinstance(ids, list | tuple) or not all(map(is_id, ids)):
            raise UserError(self.env._("The filter company_ids takes a list of ids."))
        foreign = set(ids) - set(self.env.companies.ids)
        if foreign and not self.env.su:
            raise AccessError(self.env._("You have no access to the costs of that company."))
        return list(ids)

    @api.model
    def _company_of(self, reader):
        """The company whose time zone and currency the figures are shown in."""
        companies = self.env["res.company"].browse(reader.company_ids or [])
        return (companies if len(companies) == 1 else self.env.company).sudo()

    @api.model
    def _period(self, company, period_type, date_from=None, date_to=None):
        try:
            first = fields.Date.to_date(date_from) if date_from else None
            last = fields.Date.to_date(date_to) if date_to else None
            return analytics_period.resolve(period_type, company._ai_local_date(), first, last)
        except analytics_period.PeriodError as error:
            texts = {
                "type": self.env._(
                    "There is no period “%(type)s”. Take one of: %(known)s.",
                    type=period_type,
                    known=", ".join(analytics_period.PERIOD_TYPES),
                ),
                "dates": self.env._("A custom period needs a first and a last day."),
                "order": self.env._("The last day of a period cannot be before its first."),
                "length": self.env._("A period lies after the year 2000 and within ten years."),
            }
            raise UserError(texts[error.reason]) from error
        except (ValueError, TypeError, LookupError) as error:
            raise UserError(self.env._("A day is written as 2026-12-31.")) from error

    def _locale(self):
        return get_lang(self.env).code
