from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.base.sentence import _lt, declare
from ...engine.ledger.kinds import PAID, REUSED, VENDOR
from ...engine.price.dated import DatedPrice, price_at
from ...engine.report import bridge
from ...engine.report.period import Period
from ..base.wording import reader as sentence_reader
from .dashboard import _json
from .figures import change_pct
from .period_label import label

#: Lines of a bridge by agent or by user; the others are one line.
MOST_LINES = 50
_PLACE_MEASURES = (
    *("calls", "reused_calls", "cost_usd", "cost_company", "training_usd"),
    *bridge.KINDS.values(),
)
_KIND_MEASURES = ("saved_usd",)
_LINE_MEASURES = ("calls", "cost_usd", "training_usd")
#: What stands after the engine's steps: it moves amounts in the company's currency alone.
EXCHANGE = "exchange"

STEP_LABELS = declare(
    {
        "bridge.label.volume": _lt("Number of calls"),
        "bridge.label.reuse": _lt("Answers that were kept"),
        "bridge.label.model_mix": _lt("Which models are asked"),
        "bridge.label.routing": _lt("Router"),
        "bridge.label.batch": _lt("Batches"),
        "bridge.label.price": _lt("Prices"),
        "bridge.label.prompt_caches": _lt("Vendors' prompt caches"),
        "bridge.label.training": _lt("Training of models"),
        "bridge.label.length": _lt("Length of calls, and the rest"),
        "bridge.label.exchange": _lt("Exchange rates"),
    }
)
STEP_TEXTS = declare(
    {
        "bridge.volume": _lt("More or fewer calls, at what a call cost before."),
        "bridge.reuse": _lt(
            "A larger or smaller share of calls was answered from what was kept, without a vendor."
        ),
        "bridge.model_mix": _lt(
            "People and agents asked other providers than before, at what those cost before."
        ),
        "bridge.routing": _lt(
            "Calls that were sent elsewhere than the provider they named: what that saved a call, "
            "against before."
        ),
        "bridge.batch": _lt("What batches at a lower price saved a call, against before."),
        "bridge.price": _lt("The same tokens at the prices of before."),
        "bridge.prompt_caches": _lt(
            "What vendors' prompt caches saved a call, less what writing to them cost, against "
            "before."
        ),
        "bridge.training": _lt("What models were trained for; it answers no call."),
        "bridge.length": _lt(
            "Longer or shorter prompts and answers, and what no other step explains."
        ),
        "bridge.exchange": _lt(
            "Vendors bill in USD: what a dollar was on the days of these calls, against the last "
            "day of the period."
        ),
    }
)
#: Which of a period's calls a step is about.
STEP_DOMAINS = {
    "volume": [],
    "reuse": [("kind", "in", list(REUSED))],
    "model_mix": [("kind", "in", list(VENDOR))],
    "routing": [("kind", "in", list(VENDOR)), ("configured_provider_id", "!=", False)],
    "batch": [("kind", "=", "batch")],
    "price": [("kind", "in", list(VENDOR)), ("price_id", "!=", False)],
    "prompt_caches": ["|", ("cache_read_tokens", ">", 0), ("cache_write_tokens", ">", 0)],
    "training": [("kind", "in", [kind for kind in PAID if kind not in VENDOR])],
    "length": [("kind", "in", list(VENDOR))],
    EXCHANGE: [("kind", "in", list(PAID))],
}


class AiTokenAnalytics(models.Model):
    """Why a period cost more or less than another [C11]."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_cost_bridge(
        self,
        period_type="month",
        user_id=None,
        date_from=None,
        date_to=None,
        compared_with=None,
        **filters,
    ):
        """Return why a period cost more or less than another, in steps that sum exactly.

        The formula, with its source, stands in ``engine/report/bridge.py``. The sums are those of
        :meth:`get_cost_breakdown`: from the rollup and its live tail, in the company's own days.

        :param period_type: with ``date_from`` and ``date_to`` as in :meth:`get_cost_breakdown`
        :param compared_with: [first, last] day of what it is compared with, both included; None:
            the period before (of a period that still runs, as many days of it)
        :param filters: as in :meth:`get_cost_breakdown`
        :return: JSON-able dict with

            - ``period``, ``compared_with``: {``date_from``, ``date_to``, ``label``}
            - ``start``, ``end``, ``change``: {``usd``: float, ``usd_exact``: str with all digits,
              ``company``: float in the company's currency}; ``start`` and ``end`` have ``calls``
              and ``domain`` too, ``change`` has ``pct`` (float or None)
            - ``steps``: list of {``code``, ``label``, ``text`` (what it means, one sentence),
              ``usd``, ``usd_exact``, ``company``, ``pct`` (of ``start``, float or None),
              ``domain`` and ``domain_before`` (of the calls that it is about, now and before)},
              always the same nine in the same order: volume, reuse, model_mix, routing, batch,
              price, prompt_caches, training, length. ``start`` plus all ``usd_exact`` is ``end``
              to the last digit; a positive step made it dearer. Where the company's currency is
              not USD a tenth follows, exchange, which is 0 in USD: it takes the steps, which are
              at one rate, to the amounts of the calls in ``company``, each at the rate of its day
            - ``by_agent``, ``by_user``: list of {``key`` (False: none, None: all the others in one
              line), ``label``, ``start_usd``, ``end_usd``, ``usd``, ``usd_exact`` (the change),
              ``company`` (of the change), ``volume_usd``, ``per_call_usd`` (its two parts:
              number of calls, cost of a call and of training), ``calls``, ``calls_before``,
              ``domain``, ``domain_before``, ``opens`` ([model, id] or None)}, the largest change
              first; each list's changes sum exactly, too
            - ``currency_id``: the company's, in which ``company`` amounts are. Those of places and
              lines are the ledger's, as everywhere; those of steps are at the last rate of the
              period, but for ``exchange``, so that they sum as the USD do
        :raise UserError: an unknown period or filter, days that cannot be
        :raise AccessError: no access to AI costs
        """
        reader = self._reader({**filters, "user_id": user_id})
        company = self._company_of(reader)
        period = self._bridged_period(company, period_type, date_from, date_to, compared_with)
        money = self._money(company, period.last)
        before, now, own = self._bridge_sides(reader, period, money)
        days = {
            "domain": reader.domain(period.first, period.last),
            "domain_before": reader.domain(period.previous_first, period.previous_last),
        }
        words = sentence_reader(self.env)
        found = bridge.steps(before, now)
        converted = {code: usd * money.rate for code, usd in found.items()}
        if money.currency != self.env.ref("base.USD"):
            found[EXCHANGE] = Decimal(0)
            moved = own["now"] - own["before"]
            converted[EXCHANGE] = moved - sum(converted.values(), Decimal(0))

        def place(side, bucket, domain):
            return {
                **_money(side.cost, own[bucket]),
                "calls": side.calls,
                "domain": _plain(days[domain]),
            }

        before_days = Period(
            "custom", period.previous_first, period.previous_last, period.first, period.last
        )
        locale = self._locale()
        return {
            "period": _days_of(period.first, period.last, label(period, locale)),
            "compared_with": _days_of(
                period.previous_first, period.previous_last, label(before_days, locale)
            ),
            "start": place(before, "before", "domain_before"),
            "end": place(now, "now", "domain"),
            "change": {
                **_money(now.cost - before.cost, own["now"] - own["before"]),
                "pct": change_pct(now.cost, before.cost),
            },
            "steps": [
                {
                    "code": code,
                    "label": words.words(f"bridge.label.{code}", {}),
                    "text": words.words(f"bridge.{code}", {}),
                    **_money(usd, converted[code]),
                    "pct": float(100 * usd / before.cost) if before.cost else None,
                    **{n: _plain([*domain, *STEP_DOMAINS[code]]) for n, domain in days.items()},
                }
                for code, usd in found.items()
            ],
            **self._bridge_lines(reader, period, days, money),
            "currency_id": money.currency.id,
        }

    @api.model
    def _bridged_period(self, company, period_type, date_from, date_to, compared_with):
        period = self._period(company, period_type, date_from, date_to)
        if compared_with is None:
            return period
        if not isinstance(compared_with, list | tuple) or len(compared_with) != 2:
            raise UserError(self.env._("A period is compared with a first and a last day."))
        other = self._period(company, "custom", *compared_with)
        return Period(period.type, period.first, period.last, other.first, other.last)

    # ------------------------------------------------------------------
    # Sums
    # ------------------------------------------------------------------

    @api.model
    def _bridge_sides(self, reader, period, money):
        """Return the ``engine.report.bridge.Side`` of the period before and of this one, and
        ``{'before', 'now': cost in the company's currency}``."""
        own = {"before": Decimal(0), "now": Decimal(0)}
        sides = {"before": bridge.Side(), "now": bridge.Side()}
        buckets = self._buckets(period)
        rates_on = self._rates_reader()
        for found in reader.sums(["provider"], buckets, _PLACE_MEASURES, by_day=True):
            side, values = sides[found.bucket], found.values
            own[found.bucket] += money(found)
            side.cost += values["cost_usd"]
            side.training += values["training_usd"]
            side.calls += values["calls"]
            side.reused += values["reused_calls"]
            place = side.places.setdefault(found.key, bridge.Place())
            place.calls += values["calls"] - values["reused_calls"]
            place.cost += values["cost_usd"] - values["training_usd"]
            counts = {kind: values[name] for kind, name in bridge.KINDS.items()}
            place.days.append(bridge.Tokens(counts, rates_on(found.key, found.day)))
        for found in reader.sums(["kind"], buckets, _KIND_MEASURES):
            if found.key == "batch":
                sides[found.bucket].batch_saved += found.values["saved_usd"]
            elif found.key in VENDOR:
                sides[found.bucket].routing_saved += found.values["saved_usd"]
        return sides["before"], sides["now"], own

    @api.model
    def _rates_reader(self):
        """Return a function of (provider id, day): the plain ``Rates`` of that day, or None."""
        providers = self.env["ai.service.provider"].sudo()
        known = {}

        def rates_on(provider_id, day):
            if not provider_id:
                return None
            if provider_id not in known:
                prices = providers.browse(provider_id)._billed_prices()
                # tokens alone are bridged: a minute's price of the same day comes first there
                prices = prices.filtered(lambda price: price.unit == "token")
                known[provider_id] = [DatedPrice(one._rates(), one.valid_from) for one in prices]
            found = price_at(known[provider_id], day)
            return found and found.price

        return rates_on

    @api.model
    def _bridge_lines(self, reader, period, days, money):
        """Return the bridges by agent and by user."""
        answers = {"agent": "by_agent", "user": "by_user"}
        lines = {name: {} for name in answers}
        nothing = (0, Decimal(0), Decimal(0), Decimal(0))
        measures = [*_LINE_MEASURES, "cost_company"]
        for found in reader.sums(list(answers), self._buckets(period), measures):
            side = lines[found.dimension].setdefault(found.key, {})
            sums_before = side.get(found.bucket, nothing)
            values = [*(found.values[name] for name in _LINE_MEASURES), money(found)]
            side[found.bucket] = tuple(map(sum, zip(sums_before, values, strict=True)))
        result = {}
        for dimension, answer in answers.items():
            pairs = {
                key: (side.get("before", nothing), side.get("now", nothing))
                for key, side in lines[dimension].items()
            }
            pairs = {key: pair for key, pair in pairs.items() if any(map(any, pair))}
            result[answer] = self._bridge_rows(dimension, pairs, days)
        return result

    @api.model
    def _bridge_rows(self, dimension, pairs, days):
        order = sorted(pairs, key=lambda key: (-abs(pairs[key][1][1] - pairs[key][0][1]), str(key)))
        shown, others = order[:MOST_LINES], order[MOST_LINES:]
        labels = self._opening(dimension, shown)
        name = {"agent": "agent_type", "user": "user_id"}[dimension]
        rows = [
            _row(key or False, *labels[key], *pairs[key], [(name, "=", key or False)], days)
            for key in shown
        ]
        if others:
            before, now = (
                tuple(map(sum, zip(*(pairs[key][i] for key in others), strict=True)))
                for i in (0, 1)
            )
            rest = [(name, "not in", [key for key in shown if key])]
            if not (set(shown) & {0, ""}):
                rest = ["|", (name, "=", False), *rest]
            else:
                rest = [(name, "!=", False), *rest]
            text = self.env._("%s others", len(others))
            rows.append(_row(None, text, None, before, now, rest, days))
        return rows


def _row(key, text, opens, before, now, domain, days):
    """:param before, now: calls, cost and training in USD, cost in the company's currency"""
    volume, per_call = bridge.line(before[:3], now[:3])
    return {
        "key": key,
        "label": text,
        "start_usd": float(before[1]),
        "end_usd": float(now[1]),
        **_money(now[1] - before[1], now[3] - before[3]),
        "volume_usd": float(volume),
        "per_call_usd": float(per_call),
        "calls": now[0],
        "calls_before": before[0],
        **{name: _plain([*one, *domain]) for name, one in days.items()},
        "opens": opens,
    }


def _money(usd, company):
    return {"usd": float(usd), "usd_exact": format(usd, "f"), "company": float(company)}


def _days_of(first, last, text):
    return {
        "date_from": fields.Date.to_string(first),
        "date_to": fields.Date.to_string(last),
        "label": text,
    }


def _plain(domain):
    """A domain as JSON: leaves as lists, days as text."""
    return [part if isinstance(part, str) else list(_json([part])[0]) for part in domain]
