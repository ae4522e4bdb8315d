from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...engine.base.sentence import Sentence, _lt, declare
from ...engine.choice import ranking_sentences
from ...engine.ledger.kinds import VENDOR
from ...engine.price import pricing
from ...engine.price.elsewhere import elsewhere
from ..base.wording import reader_in
from ..report.ledger_groups import group_sums
from ..report.rollup_read import Bucket, RollupReader

DAYS = 30
#: Which of a provider's calls: those that a vendor answered, and whose cost is known.
PAID_CALLS = (
    ("kind", "in", list(VENDOR)),
    ("state", "=", "done"),
    ("correction_of_id", "=", False),
)
LEAST_CALLS = 20  # below it a month's figures say nothing about the next
LEAST_SHARE = Decimal("0.1")  # of the cost; below it a change is not worth the trouble
LEAST_USD = Decimal("0.01")
SENT = ("input_tokens", "cache_read_tokens", "cache_write_tokens")
TOKENS = (*SENT, "output_tokens", "reasoning_tokens")
SETTINGS = {"enable_cost_optimization": True, "auto_switch_provider": True}

declare(
    {
        "advice.switch": _lt(
            "Let calls of “%(paid)s” switch: in 30 days %(calls)s of them cost %(cost_usd)s; with "
            "“%(other)s” they would have cost about %(less_usd)s, for %(figure)s, %(evidence)s."
        ),
        # of analyses that 1.3 kept
        "advice.rated": _lt(
            "Let calls of “%(paid)s” switch: in 30 days %(calls)s of them cost %(cost_usd)s; with "
            "“%(other)s” they would have cost about %(less_usd)s, at quality %(quality)s of 100 "
            "from %(ratings)s ratings."
        ),
        "advice.rated_once": _lt(
            "Let calls of “%(paid)s” switch: in 30 days %(calls)s of them cost %(cost_usd)s; with "
            "“%(other)s” they would have cost about %(less_usd)s, at quality %(quality)s of 100 "
            "from one rating."
        ),
        "advice.record": _lt(
            "Let calls of “%(paid)s” switch: in 30 days %(calls)s of them cost %(cost_usd)s; with "
            "“%(other)s” they would have cost about %(less_usd)s. Its quality, %(quality)s of "
            "100, is taken from its record, as no call was rated yet."
        ),
        "advice.published": _lt(
            "Let calls of “%(paid)s” switch: in 30 days %(calls)s of them cost %(cost_usd)s; with "
            "“%(other)s” they would have cost about %(less_usd)s. Its quality, %(quality)s of "
            "100, is that of published results, as no call was rated yet."
        ),
        "advice.assumed": _lt(
            "Let calls of “%(paid)s” switch: in 30 days %(calls)s of them cost %(cost_usd)s; with "
            "“%(other)s” they would have cost about %(less_usd)s. Its quality, %(quality)s of "
            "100, is an assumption, as nobody stated it and no call was rated yet."
        ),
    }
)


class AiCostAdvice(models.Model):
    """A change that would have saved money, with its figures; applied and undone by one click.

    Applying lets a provider's calls switch by themselves: each call is then sent to the provider
    that is cheapest for the quality that it needs.
    """

    _name = "ai.cost.advice"
    _description = "AI Saving Advice"
    _order = "saving_usd desc, id"
    _rec_name = "provider_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Whose calls."
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        "Paid Now",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The provider whose calls could cost less.",
    )
    recommended_provider_id = fields.Many2one(
        "ai.service.provider",
        "Recommended",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Good enough for these calls, and cheaper.",
    )
    task_type = fields.Selection(
        related="provider_id.task_type", help="What the model is used for."
    )
    calls = fields.Integer(readonly=True, help="Calls in the last 30 days.")
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What these calls cost.")
    cost_company = fields.Float(
        "Cost", digits=0, readonly=True, help="The same in the company's currency of these days."
    )
    alternative_usd = fields.Float(
        "Would Cost (USD)", digits=0, readonly=True, help="Price of their tokens at the other one."
    )
    saving_usd = fields.Float(
        "Saving (USD)", digits=0, readonly=True, help="The difference: an estimate, for 30 days."
    )
    quality = fields.Float(readonly=True, help="Quality of the recommended provider, 0 to 100.")
    n_ratings = fields.Integer("Ratings", readonly=True, help="Ratings that the quality rests on.")
    people = fields.Integer(readonly=True, help="How many people made these calls.")
    saved_since_usd = fields.Float(
        "Saved Since (USD)",
        digits=0,
        readonly=True,
        help="What the calls that switched since it was applied would have cost more at the "
        "provider asked for, as the ledger has it. Brought up to date once a day.",
    )
    saved_calls = fields.Integer(readonly=True, help="The calls that switched since.")
    saved_until = fields.Datetime(readonly=True, help="When that was added up.")
    state = fields.Selection(
        [("open", "Open"), ("applied", "Applied")],
        required=True,
        default="open",
        readonly=True,
        help="Applied: the calls switch by themselves; it can be undone.",
    )
    before = fields.Json(readonly=True, help="Settings of the provider before it was applied.")
    applied_by_id = fields.Many2one(
        "res.users", readonly=True, ondelete="set null", help="Who applied it."
    )
    applied_at = fields.Datetime(readonly=True, help="When it was applied.")

    _sql_constraints = [
        ("provider_unique", "unique(company_id, provider_id)", "One advice for each provider."),
    ]

    def _text(self):
        """Return the advice with its figures, in the language of the environment and the currency
        of the company."""
        return self._reader().text(self._sentence())

    def _reader(self):
        """Return who tells amounts of the advice in the company's currency, as its calls were
        counted."""
        currency, worth = self._own_currency()
        return reader_in(currency, worth)

    def _own_currency(self):
        """Return (currency, what 1 USD of the calls' cost was in it)."""
        company = self.company_id.sudo()
        currency_id, rate = company._ai_usd_rate(company._ai_local_date())
        worth = float(rate)
        if self.cost_usd and self.cost_company:
            worth = self.cost_company / self.cost_usd
        return self.env["res.currency"].browse(currency_id), worth

    def _domain(self):
        """Return the domain of the calls that it is about, without the days."""
        return [["provider_id", "=", self.provider_id.id], *map(list, PAID_CALLS)]

    def _sentence(self):
        """Return the advice as an ``engine.base.sentence.Sentence``."""
        self.ensure_one()
        judged = self.recommended_provider_id._qualities(self.company_id)[
            self.recommended_provider_id.id
        ]
        today = self.company_id._ai_local_date()
        return Sentence(
            "advice.switch",
            paid=self.provider_id.name,
            other=self.recommended_provider_id.name,
            calls=self.calls,
            cost_usd=self.cost_usd,
            less_usd=self.alternative_usd,
            figure=ranking_sentences.figure(judged.quality),
            evidence=ranking_sentences.evidence(judged.ability, judged.since, today),
        )

    # ------------------------------------------------------------------
    # Applying
    # ------------------------------------------------------------------

    def action_apply(self):
        """Let the provider's calls switch by themselves; keep what was set before."""
        self._check_manager()
        for advice in self:
            if advice.state == "applied":
                raise UserError(self.env._("This was applied already."))
            provider = advice.provider_id
            before = {name: provider[name] for name in SETTINGS}
            provider.write(SETTINGS)
            advice.sudo().write(
                {
                    "state": "applied",
                    "before": before,
                    "applied_by_id": self.env.uid,
                    "applied_at": fields.Datetime.now(),
                }
            )

    def action_undo(self):
        """Set the provider back to what it was before, where nobody has changed it since."""
        self._check_manager()
        for advice in self:
            if advice.state != "applied":
                raise UserError(self.env._("This was not applied, so there is nothing to undo."))
            provider = advice.provider_id
            provider.write(
                {
                    name: value
                    for name, value in (advice.before or {}).items()
                    if name in SETTINGS and provider[name] == SETTINGS[name]
                }
            )
            advice.sudo().write(
                {
                    "state": "open",
                    **dict.fromkeys(
                        ("before", "applied_by_id", "applied_at", "saved_until"), False
                    ),
                    **dict.fromkeys(("saved_since_usd", "saved_calls"), 0),
                }
            )

    def _check_manager(self):
        if not (self.env.su or self.env.user.has_group("ai_brain.group_ai_manager")):
            raise AccessError(self.env._("Only an AI cost manager applies recommendations."))
        self.check_access("read")

    # ------------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------------

    @api.model
    def _refresh(self, company):
        """As superuser: write what is found for a company; what no longer holds goes."""
        self.env["ai.experiment"]._keep_company_verdicts(company)
        found = self._find(company)
        kept = self.browse()
        for values in found:
            advice = self.search(
                [
                    ("company_id", "=", company.id),
                    ("provider_id", "=", values["provider_id"]),
                ]
            )
            if not advice:
                advice = self.create({**values, "company_id": company.id})
            elif advice.state == "open":
                advice.write(values)
            kept |= advice
        self.search([("company_id", "=", company.id), ("state", "=", "applied")])._add_up()
        stale = self.search([("company_id", "=", company.id), ("state", "=", "open")]) - kept
        stale.unlink()
        return kept

    def _add_up(self):
        """As superuser: write what applied advice has really saved."""
        now = fields.Datetime.now()
        for advice in self:
            rows = self.env["ai.token.usage"]._read_group(
                [
                    ("company_id", "=", advice.company_id.id),
                    ("local_date", ">=", advice.company_id._ai_local_date(advice.applied_at)),
                    ("create_date", ">=", advice.applied_at),
                    ("configured_provider_id", "=", advice.provider_id.id),
                    ("choice_reason", "=", "recommendation"),
                    ("state", "=", "done"),
                ],
                [],
                ["saved_usd:sum", "call_count:sum"],
            )
            saved, calls = rows[0]
            advice.write({"saved_since_usd": saved, "saved_calls": calls, "saved_until": now})

    @api.model
    def _find(self, company):
        """Return values of advice from the last 30 days' sums: the same tokens at other prices."""
        today = company._ai_local_date()
        month = Bucket("now", fields.Date.subtract(today, days=DAYS - 1), today)
        reader = RollupReader(self.env, {"company_ids": [company.id]})
        money = self.env["ai.token.analytics"]._money(company, today)
        paid = self._paid(reader, month, money)
        people = self._people(reader, month)
        providers = self.env["ai.service.provider"].search(
            [("company_id", "in", [False, company.id])]
        )
        # as in ranking: the sandbox is never a candidate beside a real provider
        providers = providers.filtered(lambda p: p.api_format != "sandbox") or providers
        qualities = providers._qualities(company)
        found = []
        for provider in providers:
            calls = paid.get(provider.id)
            few = not calls or sum(kind["calls"] for kind in calls.values()) < LEAST_CALLS
            if few or provider.auto_switch_provider:
                continue
            best = self._best(company, provider, calls, qualities)
            if best:
                found.append({**best, "people": people.get(provider.id, 0)})
        return found

    @api.model
    def _people(self, reader, month):
        """Return ``{provider id: how many people made its calls}``."""
        found = {}
        for sums in group_sums(reader, ("provider_id", "user_id"), month, ("cost_usd",)):
            provider_id, user_id = sums.key
            found.setdefault(provider_id, set()).add(user_id)
        return {provider_id: len(users) for provider_id, users in found.items()}

    @api.model
    def _paid(self, reader, month, money):
        """Return ``{provider id: {kind: sums}}`` of the calls that vendors answered, and whose
        cost is known: what an answer out of a cache would have cost is nobody's to save."""
        names = ("calls", "cost_usd", "cost_company", *TOKENS)
        found = {}
        for sums in group_sums(reader, ("provider_id", "kind"), month, names, PAID_CALLS):
            provider_id, kind = sums.key
            total = found.setdefault(provider_id, {}).setdefault(kind, dict.fromkeys(names, 0))
            for name, value in {**sums.values, "cost_company": money(sums)}.items():
                total[name] += value
        return found

    def _best(self, company, provider, calls, qualities):
        spent = sum(kind["cost_usd"] for kind in calls.values())
        options, experiments = [], self.env["ai.experiment"]
        for other in self.env["ai.service.provider"].browse(qualities) - provider:
            if other.task_type != provider.task_type:
                continue
            if experiments._settled(company.id, other.task_type, provider.id, other.id):
                continue
            ability, quality = qualities[other.id][:2]
            if quality.decides < company.ai_quality_medium - 1e-9:
                continue
            cost = self._cost_at(other, calls)
            if cost is None:
                continue
            saving = spent - cost
            if saving < max(LEAST_USD, LEAST_SHARE * spent):
                continue
            ratio = cost / Decimal(repr(max(quality.mean, 1.0)))
            options.append((ratio, other, cost, quality, ability))
        if not options:
            return None
        _ratio, other, cost, quality, ability = min(
            options, key=lambda o: (o[0], -o[3].mean, o[1].id)
        )
        return {
            "provider_id": provider.id,
            "recommended_provider_id": other.id,
            "calls": sum(kind["calls"] for kind in calls.values()),
            "cost_usd": float(spent),
            "cost_company": float(sum(kind["cost_company"] for kind in calls.values())),
            "alternative_usd": float(cost),
            "saving_usd": float(spent - cost),
            "quality": quality.mean,
            "n_ratings": round(ability.rated),
        }

    @api.model
    def _cost_at(self, provider, calls):
        """What calls (:meth:`_paid`) would have cost at another provider; None: not known."""
        now, total = fields.Datetime.now(), Decimal(0)
        price = provider._price_at()._to_engine(now)
        if not price:
            return None
        for kind, sums in calls.items():
            sent = sum(sums[name] for name in SENT)
            answered = sums["output_tokens"] + sums["reasoning_tokens"]
            if not sent + answered:
                return None
            batch = kind == "batch"
            cost = elsewhere(sent, answered, price, calls=sums["calls"], batch=batch, when=now)
            if cost is pricing.UNPRICED:
                return None
            total += cost
        return total
