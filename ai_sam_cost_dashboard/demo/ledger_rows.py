"""Ledger rows of six months, the same for the same day and seed: of calls that a vendor was paid
for. Those that cost nothing are made (``calls.py``)."""

import random
from datetime import datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal

from odoo.addons.ai_brain.engine.price import pricing
from odoo.addons.ai_brain.engine.price.usage import TokenUsage
from odoo.addons.ai_brain.engine.waste import Report

from . import scenario
from .findings import finding

DAYS = 183
SEED = 18
CENT_OF_CENT = Decimal("0.000001")


class Ledger:
    """Makes rows out of the scenario.

    :param dict providers: key to (provider id, model name, function from datetime to
        (price id, engine price))
    :param dict users: key to user id
    :param dict common: columns that every row has
    :param list records: ids of the contacts that calls are made for
    """

    def __init__(self, providers, users, common, records):
        self.providers, self.users = providers, users
        self.common, self.records = common, records
        self.random = random.Random(SEED)

    def rows(self, now):
        """Return rows for the ``DAYS`` days before ``now`` (naive UTC), oldest first.

        Rows of the experiment have its ``arm`` besides the ledger's columns.
        """
        rows = []
        for ago in range(DAYS, -1, -1):
            day = (now - timedelta(days=ago)).date()
            for work in scenario.WORK:
                rows += self._day(work, day, self._calls(work, day, ago))
            if ago in scenario.EXPERIMENT_DAYS_AGO:
                for arm, work in scenario.ARMS.items():
                    rows += self._day(work, day, self._calls(work, day, 0), arm)
            if ago == scenario.RUNAWAY_DAYS_AGO:
                rows += self._day(scenario.RUNAWAY, day, scenario.RUNAWAY.calls)
        return sorted(
            (row for row in rows if row["create_date"] < now), key=lambda row: row["create_date"]
        )

    def _calls(self, work, day, ago):
        if work.at_night and day.weekday() > 4:
            return 0
        grown = work.growth + (1 - work.growth) * (1 - ago / DAYS)
        mean = work.calls * grown * scenario.WEEK[day.weekday()]
        mean *= self.random.uniform(0.8, 1.2)
        return int(mean) + (self.random.random() < mean % 1)

    def _day(self, work, day, calls, arm=None):
        rows = [self._row(work, self._moment(work, day)) for _ in range(calls)]
        return [{**row, "arm": arm} for row in rows] if arm else rows

    def _moment(self, work, day):
        if work.at_night:
            hour = 2
        else:
            hour = self.random.choices(range(len(scenario.HOURS)), scenario.HOURS)[0]
            hour += scenario.FIRST_HOUR
        at = time(hour, self.random.randrange(60), self.random.randrange(60))
        return datetime.combine(day, at)

    def _row(self, work, moment):
        chance = self.random.random
        switched = bool(work.asked) and chance() < work.switched
        asked = work.asked if work.asked and (switched or chance() < 0.4) else work.provider
        answered = work.provider if switched else asked
        usage = self._usage(work, answered)
        provider_id, model, price_at = self.providers[answered]
        price_id, price = price_at(moment)
        cost = baseline = pricing.cost(usage, price)
        if switched:
            baseline = pricing.cost(usage, self.providers[asked][2](moment)[1])
        question = self.random.choice(work.questions)
        row = {
            **self.common,
            "create_date": moment,
            "user_id": self.users[self.random.choice(work.users)],
            "provider_id": provider_id,
            "configured_provider_id": self.providers[asked][0] if switched else None,
            "model_name": model,
            "price_id": price_id,
            "task_type": "chat",
            "module": work.module,
            "context_model": work.context,
            "context_type": work.context_type,
            "agent_type": work.agent,
            "agent_mode": "smart_router" if switched else "passthrough",
            "choice_reason": "router" if switched else "configured",
            "kind": "api",
            "context_size_tokens": usage.input_total,
            "prompt_complexity": round(self._near(work.complexity, 0.3), 3),
            "latency_ms": self._latency(usage),
            "finish_reason": "stop",
            "prompt_text": question,
            "cost_usd": cost,
            "baseline_cost_usd": baseline,
            "saved_usd": baseline - cost,
            **{f"{name}_tokens": getattr(usage, name) or None for name in pricing.KINDS},
        }
        if work.context and self.records:
            skewed = int(len(self.records) * self.random.random() ** 2)
            row |= {"res_model": work.context, "res_id": self.records[skewed]}
        return self._judged(work, row, usage, price)

    def _near(self, mean, spread=0.45):
        return max(0.0, mean * self.random.lognormvariate(0, spread))

    def _usage(self, work, provider):
        total = max(40, round(self._near(work.input)))
        cached = round(total * work.cached) if self.random.random() < 0.8 else 0
        written = cached if cached and self.random.random() < 0.15 else 0
        output = max(8, round(self._near(work.output)))
        thinks = provider == "mini"
        return TokenUsage(
            input=total - cached,
            cache_read=cached - written,
            cache_write=written,
            output=output,
            reasoning=round(output * work.reasoning) if thinks else 0,
        )

    def _latency(self, usage):
        return round(self._near(350 + 9 * usage.output_total + usage.input_total / 60, 0.25))

    def _judged(self, work, row, usage, price):
        """Add failures, waste and ratings."""
        chance = self.random.random
        if row["kind"] == "api" and chance() < 0.011:
            return self._failed(row)
        if row["kind"] == "api" and chance() < 0.003:
            return {**row, "state": "uncertain", "tokens_estimated": True, "finish_reason": None}
        row |= {"waste_analyzed": True, "optimization_score": 100.0}
        found = next((rule for rule, share in work.waste.items() if chance() < share), None)
        if found and row["cost_usd"]:
            row |= self._waste(found, row, usage, price)
        share, mean = work.rating
        if chance() < share:
            good = chance() < mean / 100
            row |= {"quality_score": 100.0 if good else 0.0, "feedback_count": 1}
        return row

    def _failed(self, row):
        tokens = dict.fromkeys(f"{name}_tokens" for name in pricing.KINDS)
        amounts = dict.fromkeys(("cost_usd", "baseline_cost_usd", "saved_usd"), Decimal(0))
        error = self.random.choice(("ServerError", "RateLimited", "ConnectionFailed"))
        return {
            **row,
            **tokens,
            **amounts,
            "state": "failed",
            "error_code": error,
            "finish_reason": None,
        }

    def _waste(self, rule, row, usage, price):
        cheaper_id, cheaper_model, price_at = self.providers[scenario.CHEAPER]
        if rule == "wrong_model":
            cheaper = pricing.cost(usage, price_at(row["create_date"])[1])
            wasted, tokens = max(Decimal(0), row["cost_usd"] - cheaper), 0
        elif rule == "duplicate_query":
            wasted, tokens = row["cost_usd"], usage.total
        else:
            tokens = round(usage.input * scenario.WASTED_SHARE[rule])
            wasted = pricing.cost(TokenUsage(input=tokens), price)
        wasted = min(wasted, row["cost_usd"]).quantize(CENT_OF_CENT, ROUND_DOWN)
        score = round(100 * wasted / row["cost_usd"])
        found = finding(rule, row, tokens, wasted, (cheaper_id, cheaper_model))
        return {
            "waste_detected": True,
            "waste_reason": rule,
            "waste_report": Report((found,), score, wasted, ()).as_kept(),
            "could_have_saved_usd": wasted,
            "optimization_score": 100.0 - score,
        }
