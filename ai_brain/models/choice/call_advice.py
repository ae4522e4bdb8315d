import logging

from odoo import api, models
from odoo.modules import module
from odoo.tools import SQL

from ...engine import waste
from ...engine.choice import complexity
from ...engine.price import pricing
from ..base.own_cursor import commit_at_once
from ..base.wording import reader
from ..waste.usage_waste import DEADLINE_MS, cheaper, input_share

_logger = logging.getLogger(__name__)

OPTIONS = (
    "quality_required",
    "max_budget_usd",
    "max_latency_ms",
    "complexity",
    "max_tokens",
    "tools",
    "tier",
    "user_tier",
)


class AiService(models.AbstractModel):
    """Advice in the call: a recommendation before it, waste and evidence with it.

    Nothing here may fail a call. What is judged after the answer rides on transactions that the
    call makes anyway: the waste report is part of the one INSERT into the ledger, and one short
    transaction more, which does not wait for the disk, keeps benchmark, sums and recommendation.
    """

    _inherit = "ai.service"

    # ------------------------------------------------------------------
    # Before: recommend, and switch
    # ------------------------------------------------------------------

    @api.model
    def _choose(self, call):
        res = super()._choose(call)
        before = call.target, call.count
        try:
            with self.env.cr.savepoint(flush=False):
                self._advise(call)
        except Exception:
            call.target, call.count = before
            _logger.warning("AI call: no recommendation could be made", exc_info=True)
        return res

    @api.model
    def _advise(self, call):
        call.complexity = complexity.score_complexity(call.messages).score
        provider = self.env["ai.service.provider"].sudo().browse(call.configured_id)
        call.advice = {
            "waste": provider.enable_waste_detection,
            "deadline_ms": self._waste_deadline_ms(),
            "names": {provider.id: provider.name},
            "cron_id": self.env.context.get("cron_id"),
        }
        self._take_part(call)
        if not (provider.enable_cost_optimization or call.mode):
            return
        environment = {
            **call.tags,
            "context_blocks": call.blocks,
            "task_type": call.task_type,
            "context_size_tokens": call.count.tokens,
            **{name: getattr(call, name, None) for name in OPTIONS},
        }
        advice = self._recommend_provider_before_call(provider, call.messages, environment)
        call.recommendation = advice
        if advice and "experiment" not in call.advice and self._should_switch(call, provider):
            self._switch(call, advice, provider)

    @api.model
    def _recommend_provider_before_call(self, config, messages, environment):
        """Recommend a provider for a call; override to steer the choice.

        :param config: ``ai.service.provider`` record that the call names
        :param list messages: the messages
        :param dict environment: tags of the call, and ``context_size_tokens`` (counted if
            missing), ``quality_required``, ``max_budget_usd``, ``max_latency_ms``,
            ``complexity``, ``max_tokens``, ``tools``, ``tier``, ``user_tier``
        :return: dict like ``ai.cost.optimizer.recommend_provider``'s, not recorded yet; or None
        """
        environment = environment or {}
        tokens = environment.get("context_size_tokens")
        if tokens is None:
            tokens = self._count_tokens_api(config, messages)["input_tokens"]
        options = {name: environment.get(name) for name in OPTIONS}
        if options["complexity"] is None:
            options["complexity"] = complexity.score_complexity(messages).score
        options["quality_required"] = options["quality_required"] or "medium"
        options["configured_provider_id"] = config.id
        return self.env["ai.cost.optimizer"]._recommend(config.task_type, tokens, options)

    @api.model
    def _should_switch(self, call, provider):
        """An explicit mode wins over the provider's flag.

        The router uses what is recommended. The flag alone switches where that is cheaper than
        the configured provider, or where that one fails the need.
        """
        advice = call.recommendation
        if not advice["provider_id"] or advice["provider_id"] == provider.id:
            return False
        if call.mode:
            return call.mode == "smart_router"
        if not provider.auto_switch_provider or not advice["meets_quality"]:
            return False
        own = next((a for a in advice["alternatives"] if a["provider_id"] == provider.id), None)
        if own is None or own["estimated_cost"] is False:
            return True
        fails = not (own["meets_quality"] and own["within_budget"])
        return fails or advice["estimated_cost"] < own["estimated_cost"]

    @api.model
    def _switch(self, call, advice, provider):
        chosen = self.env["ai.service.provider"].sudo().browse(advice["provider_id"])
        self._set_target(call, chosen)
        call.advice["names"][chosen.id] = chosen.name
        call.notices.append(
            self.env._(
                "“%(used)s” took the call instead of “%(asked)s”: %(why)s",
                used=chosen.name,
                asked=provider.name,
                why=advice["reasoning"],
            )
        )

    @api.model
    def _take_part(self, call):
        """Send the call to its arm of a running experiment. An explicit mode stands above it."""
        if call.mode:
            return
        running = self.env["ai.experiment"]._running(call.company_id, call.task_type)
        if not running or call.configured_id not in (running["a"], running["b"]):
            return
        arm, provider_id = self.env["ai.experiment"]._assign(running, call.user_id)
        if provider_id != call.configured_id:
            chosen = self.env["ai.service.provider"].sudo().browse(provider_id)
            if not chosen.active:
                return
            self._set_target(call, chosen)
            call.advice["names"][chosen.id] = chosen.name
        call.advice["experiment"] = running["id"], arm

    @api.model
    def _waste_deadline_ms(self):
        value = self.env["ir.config_parameter"].sudo().get_param("ai_brain.waste_deadline_ms")
        return float(value) if value and value.isdigit() else DEADLINE_MS

    # ------------------------------------------------------------------
    # With the ledger row: waste
    # ------------------------------------------------------------------

    @api.model
    def _ledger_row(self, call):
        """The text is in memory and the row is not written yet: its report is part of it."""
        row = super()._ledger_row(call)
        if not call.advice.get("waste") or call.kind != "api" or call.state != "done":
            return row
        try:
            report = self._waste_of_call(call, row)
            call.waste_report = report.as_dict(reader(self.env))
            row = {**row, **self.env["ai.token.usage"]._waste_columns(report)}
        except Exception:
            _logger.warning("AI call: it could not be searched for waste", exc_info=True)
        return row

    @api.model
    def _waste_of_call(self, call, row):
        target = call.target
        exchange = waste.Exchange(
            cost=call.cost_usd,
            input_cost=input_share(call.cost_usd, call.usage, target.price),
            input_tokens=call.usage.input_total,
            output_tokens=call.usage.output_total,
            messages=call.messages,
            answer=call.response.content,
            blocks=call.blocks,
            counted_tokens=call.count.tokens,
            tags={
                **call.tags,
                "provider_id": target.provider_id,
                "provider_name": target.name,
                "cron_id": call.advice.get("cron_id"),
            },
        )
        with self._own_cursor(wait_s=0.5) as cr:
            commit_at_once(cr)
            usages = self._on(cr).env["ai.token.usage"]
            sizes, earlier = usages._history(row, row["create_date"])
            advice = call.recommendation
            if getattr(advice, "ranking", None) is not None:
                ranked = advice.ranking, advice.need
            else:
                options = {
                    "quality_required": call.quality_required,
                    "complexity": call.complexity,
                    "tools": call.tools,
                }
                optimizer = usages.env["ai.cost.optimizer"]
                ranked = optimizer._rank(call.task_type, call.count.tokens, options)
            cheaper_one = cheaper(*ranked, call.usage, target.provider_id)
        return waste.analyze(
            exchange,
            waste.History(sizes, earlier, cheaper_one),
            rules=self.env["ai.token.usage"]._waste_rules(),
            deadline_s=call.advice["deadline_ms"] / 1000,
        )

    @api.model
    def _analyze_waste_after_call(self, token_usage_id):
        """Return the waste report of a finished call, made now if there is none.

        :param int token_usage_id: id of the ledger row; it may be newer than what the caller's
            transaction sees
        :return: dict as of ``ai.token.usage.analyze_waste``
        """
        known = self.env.context.get("ai_waste_report")
        if known and known[0] == token_usage_id:
            return known[1]
        usage = self.env["ai.token.usage"].browse(token_usage_id)
        if usage.exists():
            return usage.analyze_waste()
        with self._own_cursor() as cr:
            usage = usage.with_env(self.env(cr=cr))
            if not usage.exists():
                return None
            return usage.analyze_waste()

    # ------------------------------------------------------------------
    # After: evidence
    # ------------------------------------------------------------------

    @api.model
    def _after(self, call):
        res = super()._after(call)
        if call.waste_report is not None:
            known = (call.token_usage_id, call.waste_report)
            judge = self.with_context(ai_waste_report=known)
            call.waste_report = judge._analyze_waste_after_call(call.token_usage_id)
        return res

    @api.model
    def _settle(self, call):
        """Every attempt leaves a benchmark, a failed one too, whose error passes ``_after`` by."""
        res = super()._settle(call)
        try:
            self._keep_evidence(call)
        except Exception:
            _logger.warning("AI call: its benchmark could not be kept", exc_info=True)
        return res

    @api.model
    def _keep_evidence(self, call):
        """Benchmark, recommendation and running sums, in one transaction of their own."""
        if call.kind != "api" or not call.usage:
            return
        statements = [
            self.env["ai.provider.benchmark"]._append_sql(self._benchmark_row(call), False)
        ]
        keeps = call.recommendation is not None or call.advice.get("experiment")
        if keeps:
            statements.append(self._recommendation_sql(call))
        if not (self.env.registry.in_test_mode() or module.current_test):
            # Evidence, not money: it need not wait for the disk, nor long for a lock.
            statements.insert(
                0, SQL("SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '250ms'")
            )
        with self._own_cursor(wait_s=1.0) as cr:
            commit_at_once(cr)
            cr.execute(SQL("; ").join(statements))
            if keeps and not call.advice.get("optimizer_id"):
                call.advice["optimizer_id"] = cr.fetchone()[0]
                if call.recommendation is not None:
                    call.recommendation["recommendation_id"] = call.advice["optimizer_id"]

    @api.model
    def _benchmark_row(self, call):
        level = None if call.complexity is None else complexity.level_of(call.complexity)
        return {
            "company_id": call.company_id,
            "user_id": call.user_id,
            "provider_id": call.target.provider_id,
            "task_type": call.task_type,
            "task_complexity": level,
            "input_tokens": call.usage.input_total,
            "output_tokens": call.usage.output_total,
            "cost_usd": call.cost_usd,
            "response_time_ms": call.latency_ms,
            "error_occurred": call.error is not None,
            "timestamp": call.frozen["create_date"],
            "token_usage_id": call.token_usage_id or None,
        }

    @api.model
    def _recommendation_sql(self, call):
        """The statement that keeps what was recommended, what was used, and what both cost."""
        optimizer = self.env["ai.cost.optimizer"]
        used = {
            "used_provider_id": call.target.provider_id,
            "actual_cost_usd": call.cost_usd,
            "token_usage_id": call.token_usage_id or None,
            "is_used": True,
        }
        result = call.recommendation
        ranked = getattr(result, "ranking", None)
        if result:
            used["is_followed"] = result["provider_id"] == call.target.provider_id
            used["recommended_cost_usd"] = self._recommended_cost(call, ranked)
        if call.advice.get("optimizer_id"):
            # A fallback provider took over: the last attempt is what came of it.
            return SQL(
                "UPDATE ai_cost_optimizer SET %s WHERE id = %s",
                SQL(", ").join(SQL("%s = %s", SQL.identifier(k), v) for k, v in used.items()),
                call.advice["optimizer_id"],
            )
        values = {"task_type": call.task_type, "name": call.target.name}
        if ranked is not None:
            options = {
                "quality_required": call.quality_required,
                "complexity": call.complexity,
                "configured_provider_id": call.configured_id,
                "company_id": call.company_id,
            }
            tokens = result.need.context_tokens
            values = optimizer._values(result, call.task_type, tokens, options)
        elif result:
            values.update(
                recommended_provider_id=result.get("provider_id") or None,
                reasoning=optimizer._in_languages(result.get("reasoning")),
            )
        experiment = call.advice.get("experiment") or (None, None)
        values.update(
            company_id=call.company_id,
            user_id=call.user_id,
            created_at=call.frozen["create_date"],
            configured_provider_id=call.configured_id,
            mode=call.mode,
            experiment_id=experiment[0],
            experiment_arm=experiment[1],
            **used,
        )
        return optimizer._record_sql(values)

    @api.model
    def _recommended_cost(self, call, ranked):
        if not ranked or not ranked.choice:
            return None
        if ranked.choice.candidate.key == call.target.provider_id:
            return call.cost_usd
        amount = pricing.cost(call.usage, ranked.choice.candidate.price)
        return None if amount is pricing.UNPRICED else amount
