import logging
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.base.sentence import (
    Sentence,
    _lt,
    declare,
    kept,
)
from ...engine.report import period as analytics_period
from ..base.arguments import is_id
from ..base.wording import in_languages
from . import rollup_schema as schema
from .figures import add_up
from .period_label import label
from .rollup_read import Bucket, RollupReader

_logger = logging.getLogger(__name__)

#: Periods kept of a company; of a user the months alone.
KEPT = ("month", "quarter", "year")
#: A period is computed again for some days after its end: rows in flight may still settle.
AFTER_DAYS = 3
RUN_S = 120
TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
#: Written as exact numerics: a float of the ORM would round a sum of many digits.
EXACT = (
    *("total_tokens", "total_cost_usd", "saved_usd", "potential_savings_usd"),
    *("cost_company", "saved_company", "could_have_saved_company"),
)
#: What is added up for each.
SUMMED = (
    *("row_count", "calls", "waste_calls", *TOKENS),
    *("cost_usd", "saved_usd", "waste_usd", "cost_company", "saved_company", "waste_company"),
)
#: Written in every language at once.
TRANSLATED = ("name", "top_cost_driver")

declare(
    {
        "driver.agent": _lt("agent %(name)s: %(share)s%%"),
        "driver.module": _lt("addon %(name)s: %(share)s%%"),
    }
)


class AiTokenAnalytics(models.Model):
    """Analyses that are kept, and short summaries of one thing."""

    _inherit = "ai.token.analytics"

    # ------------------------------------------------------------------
    # The scheduled action [A8]
    # ------------------------------------------------------------------

    @api.model
    def _cron_analyze(self, seconds=RUN_S):
        """Bring the kept analyses and the advice of every company up to date.

        A company a transaction; what was done today is passed over, so a run that was cut goes
        on where it stopped, and two servers at once share the companies.
        """
        deadline = time.monotonic() + seconds
        service = self.env["ai.service"]
        companies = self.env["res.company"].sudo().search([("id", "!=", False)], order="id")
        for company_id in companies.ids:
            if time.monotonic() > deadline:
                self.env.ref("ai_brain.ir_cron_analyze")._trigger()
                return
            try:
                with service._own_cursor() as cr:
                    model = service._on(cr).env[self._name]
                    cr.execute(
                        "SELECT pg_try_advisory_xact_lock(hashtext('ai_brain.analyze'), %s)",
                        (company_id,),
                    )
                    if cr.fetchone()[0]:
                        model._analyze_company(model.env["res.company"].browse(company_id))
            except Exception:
                _logger.exception("AI costs of company %s were not analysed", company_id)

    @api.model
    def _analyze_company(self, company, again=False):
        """As superuser: write what is due today for one company.

        :param again: even if it was written today
        """
        self = self.with_context(allowed_company_ids=company.ids)  # whose agents are named
        today = company._ai_local_date()
        if not again and self._is_done(company, today):
            return
        advice = self.env["ai.cost.advice"]._refresh(company)
        try:
            with self.env.cr.savepoint():
                self.env["ai.cost.finding"]._refresh(company)
        except Exception:
            # the analyses do not rest on it
            _logger.exception("Savings of company %s were not looked for", company.id)
        recommendations = [
            {
                "said": [kept(one._sentence())],
                "saving_usd": one.saving_usd,
                "saving_period": "month",
                "provider_id": one.provider_id.id,
                "recommended_provider_id": one.recommended_provider_id.id,
            }
            for one in advice
        ]
        recommendations += [
            {"said": [kept(said)], "saving_usd": float(usd), "saving_period": "month"}
            for _cron_id, _calls, usd, _own, said in self._waiting_found(company)
        ]
        for period_type in KEPT:
            for period in self._due_periods(period_type, today):
                self._analyze_period(company, period, recommendations)

    @api.model
    def _is_done(self, company, today):
        """The year's analysis is written last: it tells whether the company is done."""
        done = self.search(
            [
                ("company_id", "=", company.id),
                ("user_id", "=", False),
                ("period_type", "=", "year"),
                ("period_start", "<=", today),
                ("period_end", ">=", today),
            ],
            limit=1,
        )
        return bool(done.analyzed_at) and company._ai_local_date(done.analyzed_at) == today

    @api.model
    def _due_periods(self, period_type, today):
        now = analytics_period.resolve(period_type, today)
        before = fields.Date.subtract(now.first, days=1)
        if (today - before).days <= AFTER_DAYS:
            return [analytics_period.resolve(period_type, today, before), now]
        return [now]

    @api.model
    def _analyze_period(self, company, period, recommendations, with_users=True):
        reader = RollupReader(self.env, {"company_ids": [company.id]})
        bucket = Bucket("now", period.first, period.last)
        dimensions = ["total", "module", "agent"]
        with_users = with_users and period.type == "month"
        if with_users:
            dimensions.append("user")
        sums = reader.sums(dimensions, [bucket], SUMMED)
        money = self._money(company, period.last)
        total = add_up([s for s in sums if s.dimension == "total"], money)
        if not total["row_count"]:
            return
        driver = self._driver([s for s in sums if s.dimension in ("module", "agent")], total)
        self._keep(company, False, period, total, money.currency, driver, recommendations)
        users = {}
        for found in sums:
            if found.dimension == "user":
                users.setdefault(found.key, []).append(found)
        known = self.env["res.users"].with_context(active_test=False)
        existing = set(known.search([("id", "in", list(users))]).ids)
        for user_id, parts in users.items():
            own = add_up(parts, money)
            if user_id in existing and own["row_count"]:
                mine = RollupReader(self.env, {"company_ids": [company.id], "user_id": user_id})
                found = mine.sums(["module", "agent"], [bucket], ["cost_usd"])
                days = mine.sums([schema.WASTE], [bucket], schema.WASTE_MEASURES, by_day=True)
                waste = [
                    {
                        "said": [kept(s) for s in self._waste_sentences(kind, line)],
                        "saving_usd": float(line["usd"]),
                        "saving_period": period.type,
                    }
                    for kind, line in self._waste_found(days, money)
                ]
                driver = self._driver(found, own)
                self._keep(company, user_id, period, own, money.currency, driver, waste)

    @api.model
    def _driver(self, sums, total):
        """Return (dimension, key, share in per cent) of the addon or agent that cost most; None
        without a name."""
        named = {}
        for found in sums:
            if found.key and found.values["cost_usd"] > 0:
                key = (found.dimension, found.key)
                named[key] = named.get(key, 0) + found.values["cost_usd"]
        if not named or not total["cost_usd"]:
            return None
        (dimension, key), cost = max(named.items(), key=lambda item: (item[1], item[0]))
        return dimension, key, round(100 * cost / total["cost_usd"])

    @api.model
    def _driver_text(self, driver, reader):
        """Return what :meth:`_driver` found in the language of a reader."""
        dimension, key, share = driver
        name = self.with_context(lang=reader.code)._labels(dimension, [key])[key]
        return reader.text(Sentence(f"driver.{dimension}", name=name, share=share))

    @api.model
    def _keep(self, company, user_id, period, total, currency, driver, recommendations):
        """Write one analysis; amounts of ``total`` in the company's currency are in ``currency``,
        which is USD where there was no rate."""
        values = {
            "currency_id": currency.id,
            "calls": total["calls"],
            "total_tokens": sum(total[name] for name in TOKENS),
            "total_cost_usd": total["cost_usd"],
            "cost_company": total["cost_company"],
            "saved_usd": total["saved_usd"],
            "saved_company": total["saved_company"],
            "waste_detected_count": total["waste_calls"],
            "potential_savings_usd": total["waste_usd"],
            "could_have_saved_company": total["waste_company"],
            "kept_recommendations": recommendations,
            "analyzed_at": fields.Datetime.now(),
        }
        keys = {
            "company_id": company.id,
            "user_id": user_id,
            "period_type": period.type,
            "period_start": period.first,
            "period_end": period.last,
        }
        kept = self.search([(name, "=", value) for name, value in keys.items()])
        who = self.env["res.users"].browse(user_id).name if user_id else company.name
        if not kept:
            kept = self.create({**keys, "name": who})
        exact = {
            **{name: values.pop(name) for name in EXACT},
            "name": in_languages(self.env, lambda reader: f"{label(period, reader.code)}, {who}"),
            "top_cost_driver": driver
            and in_languages(self.env, lambda reader: self._driver_text(driver, reader)),
        }
        kept.write(values)
        kept.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE ai_token_analytics SET %s WHERE id = %s",
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value) for name, value in exact.items()
                ),
                kept.id,
            )
        )
        kept.invalidate_recordset((*EXACT, *TRANSLATED))
        return kept

    # ------------------------------------------------------------------
    # Recommendations
    # ------------------------------------------------------------------

    @api.model
    def _recommendations(self, reader, company):
        manager = self._access_level() != "user"
        waiting = self._waiting_recommendations(company) if manager else []
        return self._recommendations_of(company) + waiting

    @api.model
    def _recommendations_of(self, company):
        """Return the advice that can be applied or was."""
        advices = self.env["ai.cost.advice"]
        if not advices.has_access("read"):
            return []
        manager = self._access_level() != "user"
        found = advices.search([("company_id", "=", company.id)], limit=20)
        companies = [("company_id", "in", [False, company.id])]
        agents = found and manager and self.env["ai.agent"].search_count(companies, limit=1)
        return [
            {
                "id": advice.id,
                "text": advice._text(),
                "saving_usd": advice.saving_usd,
                "saving_period": "month",
                "can_apply": manager and advice.state == "open",
                "can_try": bool(agents) and advice.state == "open",
                "applied": advice.state == "applied",
                "can_undo": manager and advice.state == "applied",
                "provider_id": advice.provider_id.id,
                "recommended_provider_id": advice.recommended_provider_id.id,
                "task_type": advice.task_type,
            }
            for advice in found
        ]

    @api.model
    def apply_recommendation(self, rec_id):
        """Apply a recommendation of ``get_dashboard_data``; managers only. Returns True."""
        self._advice(rec_id).action_apply()
        return True

    @api.model
    def undo_recommendation(self, rec_id):
        """Undo an applied recommendation; managers only. Returns True."""
        self._advice(rec_id).action_undo()
        return True

    @api.model
    def _advice(self, rec_id):
        advice = self.env["ai.cost.advice"].browse(rec_id if is_id(rec_id) else [])
        if not advice.exists():
            raise UserError(self.env._("This recommendation no longer holds. Load the page again."))
        return advice
