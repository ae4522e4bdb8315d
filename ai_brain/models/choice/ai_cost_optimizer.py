import math
from decimal import Decimal, InvalidOperation

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.choice import ranking
from ...engine.ledger.tasks import TASK_TYPES
from ...engine.price.pricing import UNPRICED, Price, Rates
from ..base.index import add_index
from ..base.quick_cache import quick_cache
from ..base.wording import reader, reader_in
from ..ledger.loose_links import NEGATIVE

QUALITIES = [("low", "Low"), ("medium", "Medium"), ("high", "High")]
MORE = (
    "max_latency_ms",
    "min_context_window",
    "tools",
    "complexity",
    "tier",
    "user_tier",
    "max_tokens",
    "audio_seconds",
    "configured_provider_id",
)
MOST = 2**31 - 1
#: Tasks by names that people give them as well.
ALIASES = {"embeddings": "embedding", "speech_to_text": "voice_to_text"}
#: Where nobody says how long a recording is: what a minute costs.
USUAL_SECONDS = 60


class Recommendation(dict):
    """What :meth:`AiCostOptimizer.recommend_provider` returns; ``ranking`` is what it is from."""

    ranking = None
    need = None


class AiCostOptimizer(models.Model):
    """Recommendations with their reasons, and what became of them."""

    _name = "ai.cost.optimizer"
    _inherit = "ai.shown.figures"
    _description = "AI Recommendation"
    _order = "id desc"
    _log_access = False
    _shown_money = {
        "estimated_cost_listed": "estimated_cost_usd",
        "actual_cost_listed": "actual_cost_usd",
        "recommended_cost_listed": "recommended_cost_usd",
    }
    _shown_call = "token_usage_id"

    name = fields.Char(
        compute="_compute_name",
        search="_search_name",
        compute_sudo=True,
        help="Task and recommended provider.",
    )
    provider_name = fields.Char(
        "Provider's Name", readonly=True, help="As it was called then: it may be deleted since."
    )
    company_id = fields.Many2one(
        "res.company", readonly=True, required=True, ondelete="cascade", help="Who it was for."
    )
    user_id = fields.Many2one(
        "res.users", readonly=True, ondelete="set null", help="Who asked, or made the call."
    )
    created_at = fields.Datetime(readonly=True, help="When it was given.")
    task_type = fields.Selection(TASK_TYPES, readonly=True, help="The task it was for.")
    quality_required = fields.Selection(QUALITIES, readonly=True, help="The quality asked for.")
    context_size_tokens = fields.Integer(readonly=True, help="Input tokens it reckoned with.")
    complexity = fields.Float(readonly=True, help="Complexity of the request, 0 to 1.")
    recommended_provider_id = fields.Many2one(
        "ai.service.provider",
        "Recommended",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="Least cost per quality point among those that met the need; if none did, the best or "
        "the cheapest, as the company chose.",
    )
    estimated_cost_usd = fields.Float(
        "Estimated (USD)", digits=0, readonly=True, help="What it would cost there, as estimated."
    )
    meets_quality = fields.Boolean(readonly=True, help="The recommended one met the quality.")
    within_budget = fields.Boolean(readonly=True, help="It was within the budget of the request.")
    reasoning = fields.Char(
        "Why", readonly=True, translate=True, help="Why, in one sentence, in the reader's language."
    )
    alternatives = fields.Json(
        compute="_compute_alternatives", help="The next best ones, and why not they."
    )
    others = fields.Json(
        readonly=True, help="What the alternatives are made of: reasons as codes and figures."
    )
    configured_provider_id = fields.Many2one(
        "ai.service.provider",
        "Asked For",
        readonly=True,
        ondelete="set null",
        help="The provider that the call named.",
    )
    mode = fields.Char(readonly=True, help="passthrough: recorded only. smart_router: used.")
    token_usage_id = fields.Integer(
        "Ledger Row", readonly=True, help="Id of the call in the ledger, if there was one."
    )
    used_provider_id = fields.Many2one(
        "ai.service.provider",
        "Used",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The provider that took the call.",
    )
    actual_cost_usd = fields.Float(
        "Actual (USD)", digits=0, readonly=True, help="What the call cost in the end."
    )
    recommended_cost_usd = fields.Float(
        "At the Recommended (USD)",
        digits=0,
        readonly=True,
        help="What the tokens that were used would have cost at the recommended provider.",
    )
    estimated_cost_listed = fields.Float(
        "Estimated (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="What it would cost there, in the company's currency at the rate of the call.",
    )
    actual_cost_listed = fields.Float(
        "Actual (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="What the call cost in the end, in the company's currency as the ledger counted it.",
    )
    recommended_cost_listed = fields.Float(
        "At the Recommended (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="What its tokens would have cost at the recommended provider, in the company's "
        "currency at the rate of the call.",
    )
    is_used = fields.Boolean(
        "Call Made", readonly=True, help="A call followed; else costs say nothing."
    )
    is_followed = fields.Boolean("Followed", readonly=True, help="The call went where recommended.")
    experiment_id = fields.Many2one(
        "ai.experiment", readonly=True, ondelete="set null", help="The experiment it took part in."
    )
    experiment_arm = fields.Char(readonly=True, help="Its arm there: a or b.")

    def init(self):
        add_index(self, "company", "company_id, created_at")
        add_index(self, "experiment", "experiment_id", "experiment_id IS NOT NULL")

    @api.depends("task_type", "recommended_provider_id.name", "provider_name")
    @api.depends_context("lang")
    def _compute_name(self):
        tasks = dict(self._fields["task_type"]._description_selection(self.env))
        for record in self:
            name = record.recommended_provider_id.name or record.provider_name or "—"
            task = tasks.get(record.task_type)
            record.name = f"{task}: {name}" if task else name

    @api.model
    def _search_name(self, operator, value):
        """Search what the name is made of, the tasks by their words in the reader's language."""
        found = [
            ("recommended_provider_id.name", operator, value),
            ("provider_name", operator, value),
        ]
        if operator in ("ilike", "like") and isinstance(value, str):
            tasks = self._fields["task_type"]._description_selection(self.env)
            codes = [code for code, words in tasks if value.lower() in words.lower()]
            found.append(("task_type", "in", codes))
        return ["&" if operator in NEGATIVE else "|"] * (len(found) - 1) + found

    @api.depends("others", "token_usage_id")
    @api.depends_context("lang", "company")
    def _compute_alternatives(self):
        currency = self.env["ai.token.usage"]._listed_money().currency
        worth = self._shown_worth()
        for record in self:
            say = reader_in(currency, worth[record]).text
            record.alternatives = [
                {**other, "why_not": say(other.get("why_not"))} for other in record.others or []
            ]

    # ------------------------------------------------------------------
    # Recommending
    # ------------------------------------------------------------------

    @api.model
    def recommend_provider(
        self,
        task_type,
        context_size_tokens,
        quality_required="medium",
        max_budget_usd=None,
        **more,
    ):
        """Recommend a provider for a call, record the recommendation and return it.

        :param str task_type: a task type of ``ai.service.provider``
        :param int context_size_tokens: input tokens of the call
        :param quality_required: low, medium or high; the company says what they mean. None: what
            the complexity asks for
        :param max_budget_usd: most that the call may cost; 0 leaves free providers only
        :param more: ``max_latency_ms``, ``min_context_window``, ``tools`` (the call uses tools),
            ``complexity`` (0 to 1), ``tier`` and ``user_tier`` (highest tier for the call and
            for the user), ``max_tokens`` (of the answer), ``audio_seconds`` (of a recording; a
            minute if it is not given), ``configured_provider_id``
        :return: dict with ``provider_id``, ``provider_name``, ``estimated_cost`` (USD),
            ``reasoning``, ``alternatives`` (same keys plus ``why_not``), ``meets_quality``,
            ``within_budget`` and ``recommendation_id``. Where nothing suits, the one of best
            quality (or the cheapest, as the company chose) with ``meets_quality`` False; or ids,
            names and costs of False and the reason. Values that cannot be are answered so too. An
            answer without a provider leaves no record.
        :raise UserError: a keyword that is not known
        """
        self.env["ai.service"]._check_caller()
        unknown = set(more) - set(MORE)
        if unknown:
            raise UserError(
                self.env._(
                    "recommend_provider does not know: %(unknown)s. It knows: %(known)s.",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(MORE),
                )
            )
        options = {"quality_required": quality_required, "max_budget_usd": max_budget_usd, **more}
        result = self._recommend(task_type, context_size_tokens, options)
        if result["provider_id"]:
            result["recommendation_id"] = self._record(
                self._values(result, task_type, context_size_tokens, options)
            )
            self._log_recommendation(result)
        return result

    @api.model
    def _recommend(self, task_type, context_tokens, options, company=None):
        """Return the :class:`Recommendation` without recording it; ``ranking`` None: bad input.

        Its sentences are in the language of the environment.
        """
        task_type = ALIASES.get(task_type, task_type) if isinstance(task_type, str) else task_type
        wrong = self._what_is_wrong(task_type, context_tokens, options)
        if wrong:
            return self._nothing(wrong)
        ranked, need = self._rank(task_type, context_tokens, options, company)
        say = reader(self.env).text
        reasoning = say(ranked.reasoning)
        result = self._nothing(reasoning)
        if ranked.choice:
            result.update(self._as_dict(ranked.choice, reasoning))
        for option in ranked.alternatives:
            why_not = say(option.why_not)
            result["alternatives"].append({**self._as_dict(option, why_not), "why_not": why_not})
        result.ranking, result.need = ranked, need
        return result

    @api.model
    def _rank(self, task_type, context_tokens, options, company=None, candidates=None):
        """Return (``engine.choice.ranking.Ranking``, ``Need``) of values that were checked.

        :param candidates: those of :meth:`_candidates`, where many calls are ranked at once
        """
        company = (company or self.env.company).sudo()
        need = self._need(company, int(context_tokens), options)._replace(task=task_type)
        candidates = candidates or self._candidates(company, task_type, options.get("evidence"))
        pair = options.get("pair")
        if pair:
            candidates = [candidate for candidate in candidates if candidate.key in pair]
        ranked = ranking.rank(
            candidates,
            need,
            configured=options.get("configured_provider_id"),
            today=fields.Date.today(),
            of_pair=bool(pair),
        )
        return ranked, need

    @api.model
    def _refusing(self, call):
        """Return the ids of providers that a call may not ask, or that do not take what it asks."""
        asks = call.tools or call.response_schema or call.extra or call.allowed_ids is not None
        asks = asks or call.job is not None
        if not asks and all(isinstance(message["content"], str) for message in call.messages):
            return frozenset()
        today = fields.Datetime.now().date()
        candidates = self._static_candidates(call.company_id, call.task_type, today)
        providers, service = self.env["ai.service.provider"].sudo(), self.env["ai.service"]
        return frozenset(
            candidate.key
            for candidate in candidates
            if not service._may_take(call, providers.browse(candidate.key))
            or not service._is_able(call, providers.browse(candidate.key))
        )

    @api.model
    def _cheapest(self, task_type, context_tokens, options):
        """Return the id of the cheapest provider that meets the need, or False. No record."""
        result = self._recommend(task_type, context_tokens, options)
        if not result["meets_quality"]:
            return False
        ranked = result.ranking
        good = [
            option
            for option in (ranked.choice, *ranked.alternatives)
            if option.meets_quality and option.within_budget and not option.barred
        ]
        return min(good, key=lambda option: option.cost).candidate.key

    @api.model
    def _nothing(self, reasoning):
        return Recommendation(
            provider_id=False,
            provider_name=False,
            estimated_cost=False,
            reasoning=reasoning,
            alternatives=[],
            meets_quality=False,
            within_budget=False,
            recommendation_id=False,
        )

    @api.model
    def _as_dict(self, option, reasoning):
        return {
            "provider_id": option.candidate.key,
            "provider_name": option.candidate.name,
            "estimated_cost": False if option.cost is UNPRICED else float(option.cost),
            "reasoning": reasoning,
            "meets_quality": option.meets_quality,
            "within_budget": option.within_budget,
        }

    @api.model
    def _what_is_wrong(self, task_type, context_tokens, options):
        """Return a sentence about the first value that cannot be, or ''."""
        tasks = dict(TASK_TYPES)
        if task_type not in tasks:
            return self.env._(
                "There is no task type “%(given)s”; it is one of %(known)s.",
                given=task_type,
                known=", ".join(tasks),
            )
        quality = options.get("quality_required")
        if quality not in (None, False) and quality not in dict(QUALITIES):
            return self.env._("The quality is low, medium or high, not “%s”.", quality)
        numbers = {"context_size_tokens": context_tokens or 0}
        for name in (
            "max_latency_ms",
            "min_context_window",
            "max_tokens",
            "max_budget_usd",
            "audio_seconds",
        ):
            if options.get(name) not in (None, False):
                numbers[name] = options[name]
        for name, value in numbers.items():
            if not _is_amount(value) or value > MOST:
                return self.env._(
                    "%(name)s cannot be %(value)s.", name=name, value=repr(value)[:60]
                )
        score = options.get("complexity")
        if score not in (None, False) and not (_is_amount(score) and score <= 1):
            return self.env._(
                "The complexity lies between 0 and 1, so it cannot be %s.", repr(score)[:60]
            )
        for name in ("tier", "user_tier"):
            if options.get(name) and options[name] not in ranking.TIERS:
                return self.env._(
                    "%(name)s is one of %(known)s.", name=name, known=", ".join(ranking.TIERS)
                )
        return ""

    @api.model
    def _need(self, company, context_tokens, options):
        policy, quality = company._ai_policy(), options.get("quality_required")
        budget, score = options.get("max_budget_usd"), options.get("complexity")
        return ranking.Need(
            context_tokens=context_tokens,
            bar=policy.bars[quality] if quality else None,
            complexity=None if score is None or score is False else float(score),
            max_budget_usd=None if budget is None or budget is False else Decimal(str(budget)),
            max_latency_ms=options.get("max_latency_ms") or None,
            min_context_window=options.get("min_context_window") or None,
            max_tokens=int(options.get("max_tokens") or 0) or None,
            tools=bool(options.get("tools")),
            tier=options.get("tier") or None,
            user_tier=options.get("user_tier") or None,
            bars=policy.bars,
            shift=options.get("shift") or 0.0,
            nothing_suits=policy.nothing_suits,
            refusing=frozenset(options.get("refusing") or ()),
            cached=options.get("cached") or None,
            audio_seconds=math.ceil(options.get("audio_seconds") or 0) or USUAL_SECONDS,
        )

    @api.model
    def _candidates(self, company, task_type, read=None):
        """Return the active providers of a task as engine candidates, evidence included.

        :param read: (company id, task type, what ``ai_provider_evidence`` gives) where that was
            read; of no use for another company or task
        """
        stats = self.env["ai.provider.stats"]
        if read and read[:2] == (company.id, task_type):
            evidence = stats._read_evidence(read[2])
        else:
            evidence = stats._evidence(company.id, task_type)
        ceiling = None
        policy = company._ai_policy()
        if policy.unpriced_policy == "ceiling":
            rate = policy.ceiling_usd
            sound = rate if task_type == "voice_to_text" else None
            ceiling = Price(Rates(input=rate, output=rate, input_audio=sound))
        found, now = [], fields.Datetime.now()
        lost = self.env["ai.experiment"]._lost(company.id, task_type)
        for candidate in self._static_candidates(company.id, task_type, now.date()):
            if candidate.key in evidence:
                calls, ratings = evidence[candidate.key]
                candidate = candidate._replace(evidence=calls, ratings=ratings)
            price = candidate.price.at(now) if candidate.price else ceiling
            candidate = candidate._replace(price=price, lost_to=lost.get(candidate.key))
            found.append(candidate)
        return found

    @api.model
    @quick_cache("company_id", "task_type", "today")
    def _static_candidates(self, company_id, task_type, today):
        """Candidates without evidence. Prices change at midnight UTC, hence ``today``; provider
        and price records clear this cache when they are written."""
        providers = (
            self.env["ai.service.provider"]
            .sudo()
            .search([("task_type", "=", task_type), ("company_id", "in", [False, company_id])])
        )
        return tuple(
            ranking.Candidate(
                key=provider.id,
                name=provider.name,
                price=provider._engine_price_on(today)[1],
                ability=provider._ability_before_ratings(),
                tier=provider.tier,
                context_window=provider.context_window,
                max_output_tokens=provider.max_output_tokens,
                tools=provider.supports_tools,
                sandbox=provider.api_format == "sandbox",
                typical_latency_ms=provider.typical_latency_ms,
            )
            for provider in providers
        )


def _is_amount(value):
    """A finite number of 0 or more, and no bool."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    try:
        return math.isfinite(value) and value >= 0
    except (OverflowError, InvalidOperation):
        return False
