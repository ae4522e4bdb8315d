"""What each expression of the dashboard and of the alerts has to return, counted from the ledger's
rows without the addon's code: growth between two rows for rates, all rows for gauges."""

import math
from collections import defaultdict
from decimal import Decimal

COST = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
NOBODYS = ("ReaderLeft", "ConfigurationError", "RefusedByUs")
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")
COLUMNS = (
    *("model_name", "agent_type", "kind", "state", "error_code", "call_count", "latency_ms"),
    *("prompt_complexity", "choice_reason", "attempt_after", "asked_hash", "answer_match"),
    *("figures_unsupported", *(f"{name}_tokens" for name in TOKENS), "cost_usd::text"),
)
GAUGES = {
    "saved": "SELECT kind, SUM(saved_usd)::float FROM ai_token_usage"
    " WHERE correction_of_id IS NULL GROUP BY 1",
    "quality": "SELECT model_name, task_type, SUM(quality_score * feedback_count)"
    " / SUM(feedback_count) FROM ai_token_usage WHERE feedback_count > 0 GROUP BY 1, 2",
    "ratings": "SELECT SUM(feedback_count)::float FROM ai_token_usage",
    "waste": "SELECT SUM(could_have_saved_usd)::float FROM ai_token_usage",
    "corrections": "SELECT SUM(cost_usd)::float FROM ai_token_usage"
    " WHERE correction_of_id IS NOT NULL",
    "reused": "SELECT SUM(call_count) FILTER (WHERE kind IN ('pattern', 'cache', 'dedup'))::float"
    " / SUM(call_count) FROM ai_token_usage",
    "under way": "SELECT count(*)::float FROM ai_cost_reservation WHERE usage_id IS NULL",
    "waiting": "SELECT count(*)::float FROM ai_batch_request WHERE state IN ('waiting', 'sent')",
    "oldest": "SELECT EXTRACT(EPOCH FROM timezone('UTC', now()) - min(create_date))::float"
    " FROM ai_batch_request WHERE state IN ('waiting', 'sent')",
}


class Between(tuple):
    """Two bounds that a value lies between."""


class Expected:
    """``Expected(…).of(title)``: what the expressions of a panel or an alert return, in order:
    ``{labels' values: number or Between}``, ``()`` for no labels.

    :param int after: id of the last row before the window
    :param int window: its length in seconds
    :param float whole: what growth is multiplied by, see ``Prometheus.extrapolation``
    :param dict budgets: ``{(type of period, user id or ''): share}``
    """

    def __init__(self, database, after, window, whole, budgets):
        rows = database.rows(
            f"SELECT {', '.join(COLUMNS)} FROM ai_token_usage"
            f" WHERE id > {int(after)} AND correction_of_id IS NULL"
        )
        names = [name.partition("::")[0] for name in COLUMNS]
        self.rows = [dict(zip(names, row, strict=True)) for row in rows]
        for row in self.rows:
            nobodys = row["error_code"] in NOBODYS
            bad = row["state"] == "failed" or (row["state"] == "uncertain" and row["error_code"])
            row["answered"] = not nobodys and not bad
            row["vendor"] = row["kind"] in ("api", "batch", "summary", "trial")
            row["cost"] = float(Decimal(row["cost_usd"]))
            row["paid"] = row["vendor"] and (row["answered"] or row["cost"] > 0)
            hard = row["prompt_complexity"]
            row["difficulty"] = (
                "unknown" if hard is None else ("simple", "moderate", "complex")[_third(hard)]
            )
        self.whole, self.per_minute = whole, 60 * whole / window
        self.budgets = budgets
        self.gauges = {name: database.rows(query) for name, query in GAUGES.items()}

    def of(self, title):
        """The expected of all expressions of a panel or an alert."""
        return getattr(self, "_" + "_".join(title.lower().translate(_PLAIN).split()))()

    # sums of rows, by labels

    def _sum(self, what, by=(), where=lambda row: True, factor=1):
        found = defaultdict(float)
        for row in self.rows:
            if where(row):
                key = tuple(row[name] for name in by)
                found[key] += what(row) * factor
        return dict(found)

    def _calls(self, *by, where=lambda row: True):
        return self._sum(lambda row: row["call_count"], by, where, self.per_minute)

    def _quantile(self, part, value, bounds, where, *by):
        values = defaultdict(list)
        for row in self.rows:
            if where(row):
                values[tuple(row[name] for name in by)] += [value(row)] * row["call_count"]
        return {key: _bucket(sorted(found), part, bounds) for key, found in values.items()}

    def _slow(self, part, *by):
        return self._quantile(
            part,
            lambda row: row["latency_ms"] / 1000,
            SECONDS,
            lambda row: row["vendor"] and row["answered"] and row["latency_ms"] is not None,
            *by,
        )

    def _dear(self, part, *by):
        return self._quantile(
            part, lambda row: row["cost"] / row["call_count"], COST, _is_paid, *by
        )

    def _mean_cost(self, *by):
        cost = self._sum(lambda row: row["cost"], by, _is_paid)
        calls = self._sum(lambda row: row["call_count"], by, _is_paid)
        return {key: cost[key] / calls[key] for key in cost}

    def _one(self, name):
        return {(): self.gauges[name][0][0]}

    # panels

    def _spend_in_24_hours(self):
        return [self._sum(lambda row: row["cost"])]  # looked at each second: nothing is guessed

    def _requests_a_minute(self):
        return [self._calls("model_name", where=lambda row: not row["attempt_after"])]

    def _cost_per_request(self):
        return [self._mean_cost(), self._dear(0.95)]

    def _cost_per_request_by_model_95(self):
        return [self._dear(0.95, "model_name")]

    def _cost_per_request_by_difficulty(self):
        return [self._mean_cost("difficulty")]

    def _budget_use(self):
        return [self.budgets]

    def _who_is_asked_and_why(self):
        for row in self.rows:
            row["why"] = row["choice_reason"] or "configured"
        return [self._calls("model_name", "why", where=lambda row: row["vendor"])]

    def _kept_answers_hits_and_misses_a_minute(self):
        for row in self.rows:
            row["how"] = row["answer_match"] or "exact"
        hits = self._calls("how", where=lambda row: row["kind"] == "cache")
        return [hits, self._calls(where=_is_miss)]

    def _kept_answers_hit_rate(self):
        hits, misses = self._kept_answers_hits_and_misses_a_minute()
        return [{(): sum(hits.values()) / (sum(hits.values()) + misses[()])}]

    def _calls_by_kind_of_answer(self):
        return [self._calls("kind")]

    def _quality(self):
        return [{row[:2]: row[2] for row in self.gauges["quality"]}]

    def _ratings(self):
        return [self._one("ratings")]

    def _figures_out_of_the_air(self):
        return [self._sum(lambda row: row["figures_unsupported"] or 0, factor=self.whole)]

    def _latency(self):
        return [self._slow(part) for part in (0.5, 0.95, 0.99)]

    def _latency_by_model_95(self):
        return [self._slow(0.95, "model_name")]

    def _errors_a_minute(self):
        for row in self.rows:
            row["error"] = row["error_code"] or "unknown"
        return [self._calls("model_name", "error", where=lambda row: not row["answered"])]

    def _tokens_a_minute(self):
        return [
            {
                (name,): sum(row[f"{name}_tokens"] or 0 for row in self.rows) * self.per_minute
                for name in TOKENS
            }
        ]

    def _spend_by_agent_in_24_hours(self):
        for row in self.rows:
            row["agent"] = row["agent_type"] or ""
        return [self._sum(lambda row: row["cost"], ("agent",), factor=self.whole)]

    def _saved(self):
        return [{row[:1]: row[1] for row in self.gauges["saved"]}]

    def _waste(self):
        return [self._one("waste")]

    def _corrections(self):
        return [self._one("corrections")]

    def _answered_without_a_vendor(self):
        return [self._one("reused")]

    def _calls_under_way(self):
        return [self._one("under way"), self._one("waiting")]

    # alerts, each without what it compares its value to

    def _aimetricsmissing(self):
        return [{}]

    def _aispendhigh(self):
        return self._spend_in_24_hours()

    def _aibudgetnearlyused(self):
        return [{key[:1]: share for key, share in self.budgets.items()}]

    def _aierrorshigh(self):
        (requests,) = self._requests_a_minute()
        failed = self._calls(
            where=lambda row: not row["answered"] and row["error_code"] not in NOBODYS
        )
        return [{(): failed[()] / sum(requests.values())}]

    def _aianswersslow(self):
        return [self._slow(0.95)]

    def _aicachehitratelow(self):
        return self._kept_answers_hit_rate()

    def _aifiguresoutoftheair(self):
        return self._figures_out_of_the_air()

    def _aibatchesstuck(self):
        oldest = self.gauges["oldest"][0][0]
        return [{(): Between((oldest - 10, oldest))}]


_PLAIN = str.maketrans("", "", ",:%")


def _third(hard):
    return 0 if hard < 0.3 else 1 if hard < 0.7 else 2


def _is_paid(row):
    return row["paid"]


def _is_miss(row):
    looked = row["asked_hash"] is not None and row["kind"] != "cache"
    return looked and row["paid"] and row["attempt_after"] != "paid"


def _bucket(values, part, bounds):
    """The bucket that a quantile lies in, as Prometheus looks for it."""
    rank = part * len(values)
    low, high = (values[math.ceil(max(rank + off, 1)) - 1] for off in (-1e-6, 1e-6))
    below = max((one for one in bounds if one < low), default=0)
    above = min((one for one in bounds if one >= high), default=bounds[-1])
    return Between((min(below, above), above))


def differences(expected, found):
    """Sentences on what differs; a rate over no call is no number, and none was expected."""
    wrong = []
    for key in {*expected, *found}:
        right, value = expected.get(key, 0), found.get(key)
        if value is not None and math.isnan(value) and key not in expected:
            continue
        if value is None:
            wrong.append(f"{key} has no value, and should have {right}")
        elif isinstance(right, Between):
            if not right[0] - 1e-9 <= value <= right[1] + 1e-9:
                wrong.append(f"{key} is {value}, not between {right}")
        elif not math.isclose(value, right, rel_tol=1e-6, abs_tol=1e-12):
            wrong.append(f"{key} is {value}, not {right}")
    return wrong
