import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.base.sentence import Sentence, _lt, declare
from ...engine.ledger.kinds import KINDS, REUSED
from ...engine.price.arithmetic import MILLION, THOUSAND, bill_of
from ...engine.price.pricing import BY_TIME
from ...engine.price.usage import TokenUsage
from ..base.wording import reader
from .ai_token_usage import TOKEN_COLUMNS

_logger = logging.getLogger(__name__)

TERMS = declare(
    {
        "arithmetic.input": _lt("%(count)s in"),
        "arithmetic.output": _lt("%(count)s out"),
        "arithmetic.cache_read": _lt("%(count)s read from the cache"),
        "arithmetic.cache_write": _lt("%(count)s written to the cache"),
        "arithmetic.cache_write_1h": _lt("%(count)s written to the cache for an hour"),
        "arithmetic.reasoning": _lt("%(count)s of reasoning"),
        "arithmetic.input_audio": _lt("%(count)s of sound in"),
        "arithmetic.output_audio": _lt("%(count)s of sound out"),
        "arithmetic.cache_read_audio": _lt("%(count)s of sound read from the cache"),
        "arithmetic.cache_read_image": _lt("%(count)s of pictures read from the cache"),
        "arithmetic.cache_read_video": _lt("%(count)s of video read from the cache"),
        "arithmetic.input_image": _lt("%(count)s of pictures in"),
        "arithmetic.output_image": _lt("%(count)s of pictures out"),
        "arithmetic.input_video": _lt("%(count)s of video in"),
        "arithmetic.web_search": _lt("%(count)s searches"),
        "arithmetic.seconds": _lt("%(count)s seconds of sound"),
        "arithmetic.least_seconds": _lt("%(count)s seconds of sound (the least that is billed)"),
        "arithmetic.returned": _lt("Charged, as the vendor says"),
        "arithmetic.share": _lt("Its share of one call that answered several questions"),
        "arithmetic.worst": _lt("The most that it can have cost"),
        "arithmetic.real": _lt("What it cost, as was known later"),
        "arithmetic.counted": _lt("Less what was counted at first"),
        "arithmetic.million": _lt("%(what)s at %(rate_exact)s a million"),
        "arithmetic.thousand": _lt("%(what)s at %(rate_exact)s a thousand"),
        "arithmetic.minute": _lt("%(what)s at %(rate_exact)s a minute"),
        "arithmetic.hour": _lt("%(what)s at %(rate_exact)s an hour"),
    }
)
#: What a rate is for, by the number of its tokens, searches or seconds.
_UNITS = {
    MILLION: "million",
    THOUSAND: "thousand",
    **{seconds: unit for unit, seconds in BY_TIME.items()},
}


class AiTokenUsage(models.Model):
    """How a row's cost came about: its arithmetic, its price, who decided, what steps did."""

    _inherit = "ai.token.usage"

    cost_returned = fields.Boolean(
        "Cost Said by the Vendor",
        readonly=True,
        help="The vendor said what the call cost, which comes before any price.",
    )

    def get_arithmetic(self):
        """Return how the cost of this row came about, worded for its reader.

        :return: dict of ``cost_usd`` and ``cost_text``; ``shown``: whether ``terms`` say how it
            came about; ``why_not`` (a sentence, '' where it is shown); ``terms``, a list of
            ``{'kind', 'count', 'rate_usd', 'per', 'usd', 'text', 'usd_text'}`` whose ``usd`` sum
            exactly to ``cost_usd`` where it is shown (count, rate and per are None where a term is
            no product); ``text``, all of it in one line; ``notes``, what the rates depended on;
            ``price`` (``{'id', 'text'}``, None without one); ``decided`` (``{'reason', 'text',
            'why', 'saved_usd'}``); ``steps``, a list of ``{'step', 'text', 'saved_usd'}``. Amounts
            are decimals as text, in USD; a saving that nobody knows is None
        :raise AccessError: a row that the user may not see
        """
        self.ensure_one()
        self.check_access("read")
        row = self.sudo()
        cost = row._exact_amounts()[row.id]["cost_usd"]
        terms, notes, why_not = row._arithmetic(cost)
        told = self._told()
        said = reader(self.env)
        lines = [
            {**term, "usd": format(term["usd"], "f"), "usd_text": said.exact(term["usd"])}
            for term in terms
        ]
        total = said.exact(cost)
        return {
            "cost_usd": format(cost, "f"),
            "cost_text": total,
            "shown": not why_not,
            "why_not": why_not,
            "terms": lines,
            "text": f"{_joined(lines)} = {total}" if lines else total,
            "notes": notes,
            "price": row._price_told(),
            "decided": self._decided(),
            "steps": told,
        }

    def _exact_amounts(self):
        """Return ``{id: {column: Decimal}}`` of cost, baseline and saving; the ORM has floats."""
        self.flush_model()
        names = ("cost_usd", "baseline_cost_usd", "saved_usd")
        rows = self.env.execute_query(
            SQL(
                "SELECT id, %s FROM ai_token_usage WHERE id IN %s",
                SQL(", ").join(SQL("%s::text", SQL.identifier(name)) for name in names),
                tuple(self.ids) or (0,),
            )
        )
        return {
            row[0]: {name: Decimal(text or 0) for name, text in zip(names, row[1:], strict=True)}
            for row in rows
        }

    def _arithmetic(self, cost):
        """Return (terms, notes, why not)."""
        if self.correction_of_id:
            return self._correction_terms(cost)
        if self.kind == "tuning" and self.state == "done":
            terms = self._training_terms(cost)
            return terms, [], "" if terms else self._why_not_shown()
        if self.state == "uncertain":
            term = self._plain_term("worst", cost)
            return [term], [], self._why_uncertain()
        if self.state == "failed" and not cost:
            return [], [self.env._("The call failed and nothing was billed.")], ""
        if not KINDS[self.kind].vendor and not cost:
            return [], [self.env._("No vendor was asked, so it cost nothing.")], ""
        if self.cost_returned:
            return [self._plain_term("returned", cost)], [], ""
        usage = self._usage_or_none()
        bill = usage and self._bill(usage, cost)
        if bill:
            return self._bill_terms(bill), self._bill_notes(bill), ""
        if self.kind == "batch":
            return [self._plain_term("share", cost)], [], ""
        return [], [], self._why_not_shown()

    def _usage_or_none(self):
        try:
            return self._engine_usage()
        except ValueError:  # UsageError: a row that an addon has written
            return None

    def _bill(self, usage, cost):
        """Return the Bill whose sum is ``cost``, None without one."""
        price, when = self.price_id._to_engine(), self._billed_at()
        for batch in (False, True) if self.kind == "batch" else (False,):
            bill = bill_of(usage, price, batch=batch, when=when)
            if bill and bill.total_usd == cost:
                return bill
        return None

    def _bill_terms(self, bill):
        said = reader(self.env)
        lines = []
        for term in bill.terms:
            what = Sentence(f"arithmetic.{term.kind}", count=term.count)
            text = Sentence(
                f"arithmetic.{_UNITS[term.per]}", what=what, rate_exact=str(term.rate_usd)
            )
            lines.append(
                {
                    "kind": term.kind,
                    "count": term.count,
                    "rate_usd": format(term.rate_usd, "f"),
                    "per": term.per,
                    "usd": term.usd,
                    "text": said.text(text),
                }
            )
        return lines

    def _plain_term(self, kind, usd):
        text = reader(self.env).text(Sentence(f"arithmetic.{kind}"))
        return {
            "kind": kind,
            "count": None,
            "rate_usd": None,
            "per": None,
            "usd": usd,
            "text": text,
        }

    def _bill_notes(self, bill):
        said, notes = reader(self.env), []
        if bill.above_tokens:
            notes.append(
                self.env._(
                    "These are the rates of requests above %s tokens of input.",
                    said.number(bill.above_tokens),
                )
            )
        if bill.service_factor is not None:
            notes.append(
                self.env._(
                    "The rates are the usual ones times %s, as it was sent as a batch.",
                    _factor(said, bill.service_factor),
                )
            )
        elif bill.service:
            notes.append(self.env._("These are the rates of the service “%s”.", bill.service))
        if bill.region_factor != 1:
            notes.append(
                self.env._(
                    "The vendor says that it was made in the region “%(region)s”, whose rates are "
                    "the usual ones times %(factor)s.",
                    region=bill.region,
                    factor=_factor(said, bill.region_factor),
                )
            )
        if self.price_id.tier_ids.filtered(lambda tier: tier.hour_from != tier.hour_to):
            notes.append(self.env._("The rates of this price depend on the hour of the answer."))
        return notes

    def _correction_terms(self, cost):
        """What the call cost, less what was counted: the correction is the difference."""
        first = self.correction_of_id
        parts = first | self.search([("correction_of_id", "=", first.id), ("id", "<=", self.id)])
        amounts = parts._exact_amounts()
        whole = sum((amounts[part.id]["cost_usd"] for part in parts), Decimal(0))
        counted = whole - cost
        columns = {name: sum(parts.mapped(name)) for name in TOKEN_COLUMNS}
        bill = None
        if not first.usage_details and min(columns.values()) >= 0:
            usage = TokenUsage.from_row(columns)
            when = self._billed_at()
            bill = bill_of(usage, self.price_id._to_engine(), when=when)
        if bill and bill.total_usd == whole:
            terms, notes = self._bill_terms(bill), self._bill_notes(bill)
        else:
            terms, notes = [self._plain_term("real", whole)], []
        return [*terms, self._plain_term("counted", -counted)], notes, ""

    # ------------------------------------------------------------------
    # Why it cannot be shown
    # ------------------------------------------------------------------

    def _why_uncertain(self):
        if self.kind == "tuning":
            return self.env._(
                "The vendor did not say how many tokens it trained with, so the most that the "
                "training can have cost is counted."
            )
        if self.tokens_estimated or not self.usage_details:
            if not self.tokens_estimated and not self.price_id:
                return self.env._(
                    "No price was known for this call, so the most that it can have cost is "
                    "counted."
                )
            return self.env._(
                "The vendor did not say what it billed, so the most that the call can have cost is "
                "counted."
            )
        return self.env._(
            "The vendor reported something that the price does not cover (%s), so the most that "
            "the call can have cost is counted.",
            ", ".join(self._not_covered()),
        )

    def _not_covered(self):
        """Return the names of what the price has no rate for, as the vendor's report and our
        tables have them."""
        details = self.usage_details
        names = {str(name) for name in details.get("unknown") or ()}
        usage, price = self._usage_or_none(), self.price_id._to_engine()
        if usage and price:
            kinds = [kind for kind, _tokens in usage.by_rate()]
            names |= {kind for kind in kinds if price.rates.rate(kind) is None}
            if usage.web_searches and price.rates.rate("web_search") is None:
                names.add("web_searches")
        if not names:  # the service or the region, or two of them together
            words = ("service", "region")
            names = {str(details[one]) if one in words else str(one) for one in details}
        return sorted(names)

    def _why_not_shown(self):
        if self.kind == "tuning":
            return self.env._(
                "A model was trained for it, at the rate that held for training when the training "
                "was sent."
            )
        if not self.price_id:
            return self.env._(
                "The row names no price: its cost was entered as it stands, or its price was "
                "deleted before it was billed."
            )
        return self.env._(
            "The cost is not what the price on record makes of these tokens: the vendor, or the "
            "addon that entered the row, named it."
        )

    # ------------------------------------------------------------------
    # Around it
    # ------------------------------------------------------------------

    def _price_told(self):
        price = self.price_id
        if not price:
            return None
        day = reader(self.env).day(price.valid_from, True)
        if price.source:
            text = self.env._("Price of %(date)s, from: %(origin)s", date=day, origin=price.source)
        else:
            text = self.env._("Price of %(date)s, entered by hand", date=day)
        return {"id": price.id, "text": text}

    def _decided(self):
        """Return who decided which provider was asked, why, and what that saved."""
        labels = dict(self._fields["choice_reason"]._description_selection(self.env))
        reason = self.choice_reason or ""
        row = self.sudo()
        saved = None
        if row.kind == "api" and row.configured_provider_id and row.state == "done":
            saved = format(row._exact_amounts()[row.id]["saved_usd"], "f")
        if row.kind in REUSED:
            text = self.env._("No provider was asked.")
            if row.provider_id:
                text = self.env._(
                    "No provider was asked: the answer is one that “%s” gave.", row.provider_id.name
                )
        elif row.configured_provider_id and row.provider_id:
            text = self.env._(
                "%(who)s: “%(used)s” instead of “%(asked)s”",
                who=labels.get(reason, self.env._("Not stated")),
                used=row.provider_id.name,
                asked=row.configured_provider_id.name,
            )
        else:
            text = labels.get(reason, self.env._("Not stated"))
        return {
            "reason": reason or False,
            "text": text,
            "why": self.env["ai.cost.optimizer"]._reasoning_of(self),
            "saved_usd": saved,
        }

    def _told(self):
        """Return what the steps did, in their order."""
        lines = []
        for name in self.env["ai.step"]._of_phase("_tell"):
            try:
                with self.env.cr.savepoint(flush=False):
                    told = list(self.env[name]._tell(self))
            except Exception:
                # a row must stay readable, whatever an addon's step makes of it
                _logger.exception("The step %s could not tell of row %s", name, self.id)
                continue
            for text, saved in told:
                lines.append(
                    {
                        "step": name.removeprefix("ai.step."),
                        "text": text,
                        "saved_usd": None if saved is None else format(saved, "f"),
                    }
                )
        return lines

    @api.model
    def _usd_of(self, value):
        """Return an amount of the ORM as a Decimal, as its writer read it."""
        return Decimal(repr(value or 0.0))


def _factor(said, value):
    """A factor with the reader's separators: an amount without its sign."""
    return "".join(char for char in said.exact(value) if char.isdigit() or char in ".,")


def _joined(lines):
    """The terms in one line; a term that is taken off has its minus before it."""
    parts = []
    for line in lines:
        text = line["text"]
        if line["count"] is None:
            text = f"{text}: {line['usd_text']}"
        parts.append(text)
    return " + ".join(parts)
