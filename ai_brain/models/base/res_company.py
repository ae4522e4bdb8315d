import logging
from decimal import Decimal
from typing import NamedTuple

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.base import clock
from ...engine.base.line import one_line
from ...engine.base.money import as_decimal
from .quick_cache import quick_cache
from .transactions import forget

_logger = logging.getLogger(__name__)


#: Fields of a company that its policy is made of, besides ours.
POLICY_FIELDS = ("partner_id", "currency_id")


class CompanyPolicy(NamedTuple):
    """What a call needs to know of its company."""

    timezone: str
    currency_id: int
    text_policy: str
    unpriced_policy: str
    ceiling_usd: Decimal
    bars: dict
    nothing_suits: str
    budget_wait_s: float
    lower_max_tokens: bool
    person_usd: Decimal
    person_calls: int
    chats_at_once: int
    unknown_length: str


def _timezones(_self):
    return [
        (tz, tz) for tz in sorted(pytz.all_timezones, key=lambda tz: (tz.startswith("Etc/"), tz))
    ]


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_timezone = fields.Selection(
        _timezones,
        string="AI Costs Time Zone",
        help="Decides where a day, a week and a month end in AI costs and budgets. Empty: the "
        "time zone of the company's contact, else UTC.",
    )
    ai_text_policy = fields.Selection(
        [("none", "Nothing"), ("excerpt", "An excerpt"), ("full", "The full text")],
        string="Kept Text of AI Calls",
        default="excerpt",
        required=True,
        help="What is kept of prompts and answers. An excerpt is 1,000 characters of each. Amounts "
        "and token counts are always kept.",
    )
    ai_text_retention_days = fields.Integer(
        string="Days to Keep Text",
        default=90,
        help="After so many days the text of a call is cleared; its row in the ledger stays. "
        "0 keeps text for ever.",
    )
    ai_unpriced_policy = fields.Selection(
        [("refuse", "Refuse the call"), ("ceiling", "Hold it at the ceiling price")],
        string="Models without a Price",
        default="refuse",
        required=True,
        help="What happens to a call of a model that has no price. It never counts as free.",
    )
    ai_ceiling_usd = fields.Float(
        string="Ceiling Price (USD per Million Tokens)",
        digits=0,
        help="Price of every token of a model without a price, if such calls are allowed.",
    )
    ai_unknown_length = fields.Selection(
        [("bound", "Hold the longest that it can be"), ("refuse", "Refuse the call")],
        string="Recordings of Unknown Length",
        default="bound",
        required=True,
        help="What happens to a recording whose file does not tell how long it is, as those of "
        "browsers. It is no longer than its size allows at the lowest bit rate of speech (6,000 "
        "bits a second), and a budget can hold the price of that: often twenty times what it "
        "costs in the end.",
    )
    ai_quality_low = fields.Float(
        string="Low Quality Bar", default=60.0, help="Least quality of 100 for undemanding calls."
    )
    ai_quality_medium = fields.Float(
        string="Medium Quality Bar", default=75.0, help="Least quality of 100 for ordinary calls."
    )
    ai_quality_high = fields.Float(
        string="High Quality Bar", default=90.0, help="Least quality of 100 for demanding calls."
    )

    ai_nothing_suits = fields.Selection(
        [("best", "The best one"), ("cheapest", "The cheapest one")],
        string="Where No Model Is Good Enough",
        default="best",
        required=True,
        help="Which model is recommended for a call where none reaches the quality that is needed.",
    )

    ai_lower_max_tokens = fields.Boolean(
        string="Shorten Answers to Fit a Budget",
        help="Where the longest answer that was asked for does not fit a budget any more and a "
        "shorter one does, ask for the shorter one; the answer says so. Otherwise the call is "
        "refused.",
    )
    ai_budget_wait_s = fields.Float(
        string="Wait for Calls Under Way (Seconds)",
        default=2.0,
        help="Calls under way hold the most they can cost, and give back what they did not need. "
        "A call that only waits for that is refused after so many seconds.",
    )

    ai_person_usd = fields.Float(
        string="Held by One Person at Once (USD)",
        digits=0,
        default=5.0,
        help="The most that the calls under way of one person may hold together, managers apart. "
        "0: any.",
    )
    ai_person_calls = fields.Integer(
        string="Calls of One Person at Once",
        help="The most calls that one person may have under way, managers apart. 0: any.",
    )
    ai_chats_at_once = fields.Integer(
        string="Chats of One Person at Once",
        default=4,
        help="The most questions to Ask AI that one person may have under way, managers too.",
    )

    @api.constrains("ai_person_usd", "ai_person_calls", "ai_chats_at_once")
    def _check_ai_person(self):
        for company in self:
            if not 0 <= company.ai_person_usd < 10**9 or company.ai_person_calls < 0:
                raise ValidationError(
                    self.env._("What one person may hold or do at once cannot be below 0.")
                )
            if not 1 <= company.ai_chats_at_once <= 100:
                raise ValidationError(self.env._("A person has 1 to 100 chats at once."))

    @api.constrains("ai_budget_wait_s")
    def _check_ai_budget_wait_s(self):
        if any(not 0 <= company.ai_budget_wait_s <= 30 for company in self):
            raise ValidationError(self.env._("The wait for calls under way is 0 to 30 seconds."))

    @api.constrains("ai_unpriced_policy", "ai_ceiling_usd")
    def _check_ai_ceiling_usd(self):
        for company in self:
            if not 0 <= company.ai_ceiling_usd < 10**6 or (
                company.ai_unpriced_policy == "ceiling" and company.ai_ceiling_usd <= 0
            ):
                raise ValidationError(
                    self.env._(
                        "Enter a ceiling price above 0 for models without a price, or refuse "
                        "their calls."
                    )
                )

    @api.constrains("ai_quality_low", "ai_quality_medium", "ai_quality_high")
    def _check_ai_quality(self):
        for company in self:
            bars = company.ai_quality_low, company.ai_quality_medium, company.ai_quality_high
            if not 0 <= bars[0] <= bars[1] <= bars[2] <= 100:
                raise ValidationError(
                    self.env._("The quality bars must rise from low to high, within 0 and 100.")
                )

    @api.constrains("ai_text_retention_days")
    def _check_ai_text_retention_days(self):
        if any(company.ai_text_retention_days < 0 for company in self):
            raise ValidationError(self.env._("The days to keep text cannot be below 0."))

    def _ai_tz(self):
        """Return the name of the time zone in which this company's days end."""
        self.ensure_one()
        return self._ai_policy().timezone

    def _ai_local_date(self, moment=None):
        """Return the local date of a naive UTC datetime (now if None)."""
        return clock.local_date(moment or fields.Datetime.now(), self._ai_tz())

    @quick_cache("self.id")
    def _ai_policy(self):
        """Return the ``CompanyPolicy`` of a company, whoever asks.

        Every call needs it and settings hardly change: who writes a company clears the cache.
        """
        company = self.sudo()
        return CompanyPolicy(
            timezone=company.ai_timezone or company.partner_id.tz or "UTC",
            currency_id=company.currency_id.id,
            text_policy=company.ai_text_policy,
            unpriced_policy=company.ai_unpriced_policy,
            ceiling_usd=as_decimal(company.ai_ceiling_usd),
            bars={
                "low": company.ai_quality_low,
                "medium": company.ai_quality_medium,
                "high": company.ai_quality_high,
            },
            nothing_suits=company.ai_nothing_suits or "best",
            budget_wait_s=company.ai_budget_wait_s,
            lower_max_tokens=company.ai_lower_max_tokens,
            person_usd=as_decimal(company.ai_person_usd),
            person_calls=company.ai_person_calls,
            chats_at_once=company.ai_chats_at_once,
            unknown_length=company.ai_unknown_length,
        )

    def write(self, vals):
        res = super().write(vals)
        if any(name.startswith("ai_") or name in POLICY_FIELDS for name in vals):
            forget(self.env)
        return res

    def _ai_usd_rate(self, date):
        """Return (currency id, Decimal rate): what 1 USD is in the company's currency that day.

        Without a rate the amounts stay in USD: Odoo would take a missing rate for 1.
        """
        self.ensure_one()
        currency_id, rate = self._ai_usd_rate_cached(self.id, self._ai_policy().currency_id, date)
        return currency_id, Decimal(rate)

    @api.model
    @quick_cache("company_id", "currency_id", "date")
    def _ai_usd_rate_cached(self, company_id, currency_id, date):
        # the look-up of ref() is made anew each day of a ledger: USD is there as long as Odoo is
        usd_id = self.env["ir.model.data"]._xmlid_to_res_id("base.USD", raise_if_not_found=True)
        currency, usd = self.env["res.currency"].sudo().browse([currency_id, usd_id])
        if currency == usd or not self._ai_has_usd_rate(company_id, currency, usd, date):
            return usd.id, "1"
        company = self.browse(company_id).sudo()
        rate = self.env["res.currency"]._get_conversion_rate(usd, currency, company, date)
        return currency.id, repr(rate)

    @api.model
    def _ai_has_usd_rate(self, company_id, currency, usd, date):
        """Is either side of the pair quoted? The other side is then the reference currency.

        A rate of 1 alone is what a reference currency says of itself: it compares nothing.
        """
        rates = (
            self.env["res.currency.rate"]
            .sudo()
            .search(
                [
                    ("currency_id", "in", (usd | currency).ids),
                    ("company_id", "in", [False, self.browse(company_id).sudo().root_id.id]),
                    ("name", "<=", date),
                ]
            )
        )
        return len(rates.currency_id) == 2 or any(rate.rate != 1 for rate in rates)

    def _ai_rate_note(self):
        """Return the sentence that a page says once where amounts stay in USD for want of a rate
        (:meth:`_ai_usd_rate`); '' where the company keeps its books in USD or has a rate."""
        self.ensure_one()
        currency = self.sudo().currency_id
        usd = self.env.ref("base.USD")
        if currency == usd or self._ai_usd_rate(self._ai_local_date())[0] != usd.id:
            return ""
        return self.env._(
            "Amounts are in USD: there is no rate between USD and %(currency)s, the currency of "
            "%(company)s. Enter one under Currencies.",
            currency=currency.name,
            company=self.sudo().name,
        )

    def _ai_sender(self):
        """Return the address that mails about AI costs come from; False, and a warning, if none.

        Odoo refuses a message without a sender, and with it would go the alert itself.
        """
        self.ensure_one()
        sender = self.email_formatted or self.env.user.email_formatted or self.default_from_email
        if not sender:
            _logger.warning(
                "No mail about AI costs can be sent: the company %s has no e-mail address. "
                "Enter one on the company.",
                one_line(self.name),
            )
        return sender or False


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        res = super().write(vals)
        if "tz" in vals:
            companies = self.env["res.company"].sudo()
            if companies.search_count([("partner_id", "in", self.ids)], limit=1):
                forget(self.env)  # the company's days may end there
        return res


class ResCurrencyRate(models.Model):
    _inherit = "res.currency.rate"

    @api.model_create_multi
    def create(self, vals_list):
        forget(self.env)
        return super().create(vals_list)

    def write(self, vals):
        forget(self.env)
        return super().write(vals)

    def unlink(self):
        forget(self.env)
        return super().unlink()
