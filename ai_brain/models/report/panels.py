from decimal import Decimal
from functools import lru_cache

from odoo import api, fields, models

from ...engine.base.sentence import Sentence, _lt, declare
from ...engine.budget import forecast as forecasting
from ...engine.budget import limits as budgets
from ...engine.ledger.kinds import VENDOR
from ..base.wording import reader as sentence_reader
from .figures import add_up, plain, vendor_rates

#: What the kinds of waste are called, and what each means.
WASTE_LABELS = declare(
    {
        "waste.label.redundant_context": _lt("Context that nobody used"),
        "waste.label.duplicate_query": _lt("Repeated questions"),
        "waste.label.oversized_context": _lt("Too much context"),
        "waste.label.broken_prefix": _lt("Prompts that no cache can keep"),
        "waste.label.wrong_model": _lt("Dearer model than needed"),
        "waste.label.unnecessary_history": _lt("Old turns sent again"),
        "waste.label.could_wait": _lt("Haste that nobody had"),
    }
)
WASTE_TEXTS = declare(
    {
        "waste.redundant_context": _lt(
            "Blocks of context were sent that question and answer do not touch."
        ),
        "waste.duplicate_query": _lt("The same question was asked, and paid, again."),
        "waste.oversized_context": _lt("Far more context was sent than calls of this kind need."),
        "waste.broken_prefix": _lt(
            "Something near the front of the prompt differs from call to call, so the vendor's "
            "cache never serves what stands behind it."
        ),
        "waste.wrong_model": _lt("A cheaper provider would have been good enough."),
        "waste.unnecessary_history": _lt(
            "Turns of the conversation were sent that the exchange does not need."
        ),
        "waste.could_wait": _lt(
            "Scheduled actions paid the full price for answers that nobody waited for. Calls that "
            "are handed in with submit() cost half at most vendors."
        ),
        "waste.at.most": _lt("Most of it: %(name)s."),
        "waste.at.all": _lt("All of it: %(name)s."),
    }
)


class AiTokenAnalytics(models.Model):
    """The dashboard's panels beside the figures: forecast, providers, waste."""

    _inherit = "ai.token.analytics"

    # ------------------------------------------------------------------
    # Forecast
    # ------------------------------------------------------------------

    @api.model
    def _forecast_since(self, today):
        return fields.Date.subtract(today, days=forecasting.HISTORY_DAYS)

    @api.model
    def _forecast(self, reader, company, period, history, worth=1.0):
        """What the period will have cost at its end, with bounds that hold 80 %.

        ``worth`` is what 1 USD is in the company's currency.
        """
        today = company._ai_local_date()
        moment = fields.Datetime.now()
        day = budgets.period_bounds("daily", moment, company._ai_tz())
        days = tuple(sorted((day, float(cost)) for day, cost in history["total"].items()))
        found = _forecast_of(
            days,
            today,
            period.first,
            period.last,
            round(budgets.elapsed_fraction(day, moment), 2),
        )
        notes = {
            "none": self.env._("Nothing was spent yet, so there is nothing to go by."),
            "low": self.env["ai.cost.budget"]._few_days_text(found.days_of_data),
        }
        over = period.last < today
        return {
            "value_usd": found.expected,
            "low_usd": found.low,
            "high_usd": found.high,
            "value_company": found.expected * worth,
            "low_company": found.low * worth,
            "high_company": found.high * worth,
            "method": "actual" if over else "weekday_trend",
            "days_of_data": found.days_of_data,
            "note": self.env._("The period is over.") if over else notes.get(found.confidence, ""),
        }

    # ------------------------------------------------------------------
    # Providers
    # ------------------------------------------------------------------

    @api.model
    def _providers(self, sums, company, money):
        """Cost against quality of each provider that was asked, and whether it is efficient.

        Calls, cost, errors and speed as ``ai.provider.benchmark.compare_providers`` has them.
        ``on_frontier``: no other provider is both cheaper a call and better. Quality is what
        ``ai.service.provider._qualities`` says of it for the company, with its interval and all
        the ratings that it rests on, whatever the period: what recommendations go by.
        """
        parts = {}
        for one in sums:
            parts.setdefault(one.key, []).append(one)
        totals = {key: add_up(found, money) for key, found in parts.items()}
        found = self.env["ai.service.provider"].with_context(active_test=False)
        lines = []
        providers = found.search([("id", "in", [key for key in totals if key])])
        qualities = providers._qualities(company)
        for provider in providers:
            total = totals[provider.id]
            figures = vendor_rates(total)
            if not figures["calls"]:
                continue
            ability, quality = qualities[provider.id][:2]
            lines.append(
                {
                    "id": provider.id,
                    "name": provider.name,
                    "model": provider.model_name,
                    "tier": provider.tier,
                    "calls": figures["calls"],
                    "cost_per_call_usd": plain(figures["cost_per_call_usd"]),
                    "cost_per_call_company": plain(figures["cost_per_call_company"]),
                    "quality": quality.mean,
                    "quality_low": quality.lower,
                    "quality_high": quality.upper,
                    "n_ratings": round(ability.rated),
                    "latency_ms": plain(figures["latency_ms"]),
                    "error_rate": plain(figures["error_rate"]),
                    "on_frontier": False,
                    "domain": [["provider_id", "=", provider.id], ["kind", "in", list(VENDOR)]],
                }
            )
        answered = [line for line in lines if line["cost_per_call_usd"] is not None]
        answered.sort(key=lambda line: (line["cost_per_call_usd"], -line["quality"], line["id"]))
        best = -1.0
        for line in answered:
            line["on_frontier"] = line["quality"] > best
            best = max(best, line["quality"])
        return answered + [line for line in lines if line["cost_per_call_usd"] is None]

    # ------------------------------------------------------------------
    # Waste
    # ------------------------------------------------------------------

    @api.model
    def _waste(self, days, money):
        """Each kind of waste found: money, calls, since when, and what to change.

        :param days: ``Sums`` of 'waste' by day
        :param money: of :meth:`_money`
        """
        return [self._waste_line(kind, line) for kind, line in self._waste_found(days, money)]

    @api.model
    def _waste_found(self, days, money):
        """Return (kind, sums) pairs, the dearest first."""
        found = {}
        for sums in days:
            text, target_id = sums.key
            kind, target, name = [*text.split("|", 2), "", ""][:3]
            line = found.setdefault(
                kind, {"usd": Decimal(0), "company": Decimal(0), "calls": 0, "days": [], "at": {}}
            )
            if not sums.values["calls"]:
                continue
            line["usd"] += sums.values["waste_usd"]
            line["company"] += money(sums, "waste")
            line["calls"] += sums.values["calls"]
            line["days"].append(sums.day)
            place = (target, name, target_id)
            line["at"][place] = line["at"].get(place, 0) + sums.values["waste_usd"]
        found = {kind: line for kind, line in found.items() if line["calls"]}
        return sorted(found.items(), key=lambda item: (-item[1]["usd"], item[0]))

    @api.model
    def _waste_line(self, kind, line):
        target, name, target_id = self._waste_place(line)
        if target == "agent":
            opens = self._opening("agent", [name])[name][1]
            target_id = opens and opens[1]
        return {
            "type": kind,
            "label": self._waste_label(kind),
            "description": self._say(self._waste_sentences(kind, line)),
            "cost_usd": float(line["usd"]),
            "cost_company": float(line["company"]),
            "calls": line["calls"],
            "since": str(min(line["days"])),
            "action": self._waste_action(target, target_id),
            "domain": [["waste_reason", "like", kind]],
        }

    @api.model
    def _waste_place(self, line):
        """Return (kind, name, id) of what most of the waste points at."""
        return max(line["at"], key=lambda place: (line["at"][place], place))

    @api.model
    def _waste_sentences(self, kind, line):
        """Return what there is to say of a kind of waste, as a list of sentences."""
        target, name, _id = self._waste_place(line)
        if target in ("agent", "module"):
            name = self._labels(target, [name])[name] if name else ""
        said = [Sentence(f"waste.{kind}")] if f"waste.{kind}" in WASTE_TEXTS else []
        if name:
            said.append(Sentence(f"waste.at.{'most' if len(line['at']) > 1 else 'all'}", name=name))
        return said

    @api.model
    def _waste_label(self, kind):
        """Return what a kind of waste is called; a rule of another addon by its type."""
        code = f"waste.label.{kind}"
        return sentence_reader(self.env).words(code, {}) if code in WASTE_LABELS else kind

    @api.model
    def _say(self, said):
        """Return sentences, or what is stored of them, as one text for the reader."""
        return " ".join(map(sentence_reader(self.env).text, said))

    @api.model
    def _waste_action(self, target, target_id):
        if not target_id:
            return None
        labels = {
            "provider": self.env._("Open the provider"),
            "cron": self.env._("Open the scheduled action"),
            "agent": self.env._("Open the agent"),
        }
        models = {"provider": "ai.service.provider", "cron": "ir.cron", "agent": "ai.agent"}
        model = models.get(target)
        if not model or not self.env[model].has_access("write"):
            return None
        if (
            not self.env[model]
            .with_context(active_test=False)
            .search_count([("id", "=", target_id)], limit=1)
        ):
            return None
        return {"label": labels[target], "res_model": model, "res_id": target_id}


@lru_cache(maxsize=256)
def _forecast_of(days, today, first, last, day_fraction):
    # Pure and seeded by its data: the same question in the same quarter of an hour is not
    # simulated twice.
    return forecasting.forecast(dict(days), today, first, last, day_fraction=day_fraction)
