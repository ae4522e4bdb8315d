import logging

from psycopg2.extras import Json

from odoo import Command, api, fields, models

from odoo.addons.ai_brain.engine.price import catalogue

from . import scenario
from .ledger_rows import DAYS, Ledger

_logger = logging.getLogger(__name__)

#: Kept apart from the addon's own data: the ledger, and so this, outlives an uninstallation.
MARKER = "ai_sam_cost_dashboard.demo_filled"


class AiCostDemo(models.AbstractModel):
    """Fills a demo database with half a year of a small company's AI costs."""

    _name = "ai.cost.demo"
    _description = "AI Costs Demo Data"

    @api.model
    def _fill(self):
        """Create the demo data once, whatever is installed, upgraded or reinstalled later."""
        parameters = self.env["ir.config_parameter"].sudo()
        if parameters.get_param(MARKER):
            return False
        parameters.set_param(MARKER, fields.Date.to_string(fields.Date.today()))
        demo = self.sudo().with_context(
            tracking_disable=True, mail_create_nolog=True, mail_notrack=True, no_reset_password=True
        )
        company = self.env.ref("base.main_company")
        demo = demo.with_company(company)
        users = demo._users()
        providers = demo._providers(company)
        demo._write_ledger(company, users, providers)
        demo._benchmarks(company)
        demo._budgets(company, users, providers)
        demo._analyses(company)
        company.ai_ledger_tools = True
        demo._agents()
        demo._conversations(users, providers)
        return True

    def _users(self):
        """Return key to id of the users; nobody can log in as one of them."""
        group = self.env.ref("base.group_user")
        created = self.env["res.users"].create(
            [
                {
                    "name": name,
                    "login": f"ai_costs_{key}",
                    "groups_id": [Command.set(group.ids)],
                }
                for key, name in scenario.USERS.items()
            ]
        )
        users = dict(zip(scenario.USERS, created.ids))
        users[scenario.ADMIN] = self.env.ref("base.user_admin").id
        return users

    def _providers(self, company):
        """Return key to provider: sandboxes that carry real models' names and prices."""
        model = self.env["ai.service.provider"]
        found = {}
        for sequence, (key, facts) in enumerate(scenario.PROVIDERS.items(), 1):
            vendor, name, tier, quality = facts
            entry = catalogue.lookup(name, vendor=vendor)[-1].entry
            values = model._catalogue_values(entry)
            found[key] = model.create(
                {
                    **values,
                    "name": self._demo_name(key),
                    "api_format": "sandbox",
                    "base_url": False,
                    "tier": tier,
                    "quality_score": quality,
                    "quality_source": "demo",
                    "sequence": sequence,
                    "company_id": company.id,
                    "auto_switch_provider": key == "large",
                }
            )
        found["sonnet"].fallback_provider_id = found["haiku"]
        return found

    def _demo_name(self, key):
        """Return the name of a provider of ``scenario.PROVIDERS``."""
        vendor, name, *_more = scenario.PROVIDERS[key]
        return f"{catalogue.lookup(name, vendor=vendor)[-1].entry.model} (demo)"

    def _write_ledger(self, company, users, providers):
        self.env.flush_all()
        common = {"company_id": company.id}
        ourselves = company.partner_id.id
        customers = [("user_ids", "=", False), ("id", "!=", ourselves)]
        partners = self.env["res.partner"].search(customers, limit=40, order="id")
        records = partners.ids or self.env["res.partner"].search([], limit=40).ids
        priced = {
            key: (provider.id, provider.model_name, provider._engine_price)
            for key, provider in providers.items()
        }
        rows = Ledger(priced, users, common, records).rows(fields.Datetime.now())
        arms = [row.pop("arm", None) for row in rows]
        ids = self.env["ai.token.usage"]._insert(rows)
        self._experiment(company, providers, ids, [(i, a) for i, a in zip(ids, arms) if a])
        _logger.info("AI Costs demo: %s calls of %s days", len(rows), DAYS)

    def _experiment(self, company, providers, ids, arms):
        """A finished experiment, and what was recommended to its calls and to those switched."""
        now = fields.Datetime.now()
        days = scenario.EXPERIMENT_DAYS_AGO
        experiment = self.env["ai.experiment"].create(
            {
                "name": scenario.EXPERIMENT,
                "company_id": company.id,
                "provider_a_id": providers["mini"].id,
                "provider_b_id": providers["haiku"].id,
            }
        )
        experiment.write(
            {
                "state": "done",
                "date_start": fields.Datetime.subtract(now, days=days[0]),
                "date_end": fields.Datetime.subtract(now, days=days[-1]),
            }
        )
        self.env.flush_all()

        def words(say):
            codes = {"en_US", *(code for code, _name in self.env["res.lang"].get_installed())}
            return Json({code: say(self.with_context(lang=code).env) for code in codes})

        self.env.cr.execute(
            """
            INSERT INTO ai_cost_optimizer (
                provider_name, company_id, user_id, created_at, task_type, quality_required,
                context_size_tokens, recommended_provider_id, estimated_cost_usd, meets_quality,
                within_budget, reasoning, configured_provider_id, mode, token_usage_id,
                used_provider_id, actual_cost_usd, recommended_cost_usd, is_used, is_followed,
                experiment_id, experiment_arm)
            SELECT p.name, u.company_id, u.user_id, u.create_date, u.task_type, 'medium',
                   u.context_size_tokens, u.provider_id, u.cost_usd, TRUE, TRUE,
                   CASE WHEN arms.arm IS NULL THEN %(switched)s::jsonb ELSE %(chosen)s::jsonb END,
                   COALESCE(u.configured_provider_id, u.provider_id), u.agent_mode, u.id,
                   u.provider_id, u.cost_usd, u.cost_usd, TRUE, TRUE,
                   CASE WHEN arms.arm IS NOT NULL THEN %(experiment)s END, arms.arm
              FROM ai_token_usage u
              JOIN ai_service_provider p ON p.id = u.provider_id
              LEFT JOIN unnest(%(ids)s, %(arms)s) AS arms(id, arm) ON arms.id = u.id
             WHERE u.id = ANY(%(rows)s) AND u.kind = 'api' AND u.state = 'done'
               AND (arms.arm IS NOT NULL OR u.configured_provider_id IS NOT NULL)
             ORDER BY u.create_date
            """,
            {
                "switched": words(lambda some: some._("Good enough for this, and cheaper.")),
                "chosen": words(lambda some: some._("Chosen by the experiment.")),
                "experiment": experiment.id,
                "rows": ids,
                "ids": [usage_id for usage_id, _arm in arms],
                "arms": [arm for _usage_id, arm in arms],
            },
        )

    def _benchmarks(self, company):
        """What the calls say of the providers, in the benchmark and its running sums."""
        self.env.cr.execute(
            """
            INSERT INTO ai_provider_benchmark (
                company_id, user_id, provider_id, task_type, task_complexity, input_tokens,
                output_tokens, cost_usd, response_time_ms, quality_score, is_rated,
                error_occurred, timestamp, token_usage_id)
            SELECT company_id, user_id, provider_id, task_type,
                   CASE WHEN prompt_complexity < 0.3 THEN 'low'
                        WHEN prompt_complexity < 0.7 THEN 'medium' ELSE 'high' END,
                   COALESCE(input_tokens, 0) + COALESCE(cache_read_tokens, 0)
                   + COALESCE(cache_write_tokens, 0),
                   COALESCE(output_tokens, 0) + COALESCE(reasoning_tokens, 0), cost_usd,
                   latency_ms, quality_score, COALESCE(feedback_count, 0) > 0,
                   state = 'failed', create_date, id
              FROM ai_token_usage WHERE kind = 'api' AND company_id = %(company)s;
            SELECT provider_id, task_type, task_complexity, min(timestamp) AS moment,
                   count(*) AS calls, count(*) FILTER (WHERE error_occurred) AS errors,
                   count(*) FILTER (WHERE NOT error_occurred) AS answered,
                   sum(output_tokens) FILTER (WHERE NOT error_occurred) AS output_sum,
                   sum(response_time_ms) FILTER (WHERE NOT error_occurred) AS latency_sum,
                   count(*) FILTER (WHERE is_rated) AS rated,
                   COALESCE(sum(quality_score) FILTER (WHERE is_rated), 0) AS rating_sum,
                   COALESCE(sum(quality_score ^ 2) FILTER (WHERE is_rated), 0) AS rating_squares
              FROM ai_provider_benchmark WHERE company_id = %(company)s
             GROUP BY provider_id, task_type, task_complexity
            """,
            {"company": company.id},
        )
        stats = self.env["ai.provider.stats"]
        for sums in self.env.cr.dictfetchall():
            key = [sums.pop(name) for name in ("provider_id", "task_type", "task_complexity")]
            moment = sums.pop("moment")
            stats._add(company.id, *key, sums, moment)

    def _analyses(self, company):
        """Keep the analyses of this month and the five before, as the nightly action would have."""
        analytics = self.env["ai.token.analytics"]
        today = company._ai_local_date()
        for months in range(5, 0, -1):
            last_day = fields.Date.end_of(fields.Date.subtract(today, months=months), "month")
            for period in analytics._due_periods("month", last_day):
                analytics._analyze_period(company, period, [])
        analytics._analyze_company(company, again=True)

    def _agents(self):
        """An agent of each tag; some of them with a policy."""
        agents = self.env["ai.agent"]
        agents.action_agents_from_usage()
        for code, preset in (("support_reply", "balanced"), ("quote_writer", "careful")):
            agents.search([("code", "=", code)], limit=1).preset = preset
        self._switch_on()

    def _budgets(self, company, users, providers):
        today = company._ai_local_date()
        shared = {"company_id": company.id, "owner_id": users[scenario.ADMIN]}
        usd = self.env.ref("base.USD").id
        budgets = self.env["ai.cost.budget"].create(
            [
                {
                    **shared,
                    "currency_id": usd,
                    "name": "Whole company, a month",
                    "budget_amount": 40,
                    "auto_switch_at_threshold": 90,
                },
                {
                    **shared,
                    "currency_id": usd,
                    "name": "Lead research campaign",
                    "agent_type": "lead_researcher",
                    "count_untagged": False,
                    "period_type": "custom",
                    "date_start": fields.Date.subtract(today, days=20),
                    "date_end": fields.Date.add(today, days=10),
                    "budget_amount": 3.5,
                },
                {
                    **shared,
                    "currency_id": usd,
                    "name": "Support replies, a week",
                    "agent_type": "support_reply",
                    "count_untagged": False,
                    "period_type": "weekly",
                    "budget_amount": 4,
                    "auto_switch_at_threshold": 80,
                },
                {
                    **shared,
                    "currency_id": usd,
                    "name": "Campaigns, a month",
                    "agent_type": "campaign_writer",
                    "count_untagged": False,
                    "budget_amount": 8,
                },
                {
                    **shared,
                    "currency_id": usd,
                    "name": "Administrator, a day",
                    "user_id": users[scenario.ADMIN],
                    "period_type": "daily",
                    "budget_amount": 0.5,
                    "per_request_limit": 0.25,
                },
                {
                    **shared,
                    "currency_id": usd,
                    "name": "Premium model, a week",
                    "provider_id": providers["sonnet"].id,
                    "period_type": "weekly",
                    "budget_amount": 6,
                },
            ]
        )
        # On this cursor: rows of past periods show how the budgets stood then.
        periods = self.env["ai.cost.budget.period"]
        for days in (150, 120, 90, 60, 30, 21, 14, 7, 0):
            periods._sync(budgets.ids, fields.Date.subtract(today, days=days))

    def _conversations(self, users, providers):
        """Two chats of the administrator, about rows that are in the ledger."""
        question = "How can we save on AI costs without losing quality?"
        answer = (
            "Three things bring most of it:\n\n"
            "1. **Send less**: leave out context that answers never use.\n"
            "2. **Let routing choose**: simple requests need no premium model.\n"
            "3. **Ask once**: keep what many people need instead of paying for it each time.\n\n"
            "| Step | Where |\n|---|---|\n| Trim context | Dashboard, waste |\n"
            "| Smart routing | Dashboard, recommendations |\n"
        )
        haiku = providers["haiku"]
        row = self.env["ai.token.usage"].search(
            [
                ("user_id", "=", users[scenario.ADMIN]),
                ("agent_type", "=", "ask_ai"),
                ("provider_id", "=", haiku.id),
                ("kind", "=", "api"),
                ("state", "=", "done"),
            ],
            limit=1,
        )
        conversation = self.env["ai.conversation"].create(
            {"name": question, "user_id": users[scenario.ADMIN]}
        )
        self.env["ai.conversation.message"].create(
            [
                {"conversation_id": conversation.id, "role": "user", "content": question},
                {
                    "conversation_id": conversation.id,
                    "role": "assistant",
                    "content": answer,
                    "provider_id": haiku.id,
                    "provider_name": haiku.name,
                    "model_name": haiku.model_name,
                    "why": self.env._(
                        "Of the providers that are good enough it had the lowest expected cost."
                    ),
                    "token_usage_id": row.id,
                    "cost_usd": row.cost_usd,
                    "saved_usd": row.saved_usd,
                    "latency_ms": row.latency_ms,
                    "kind": row.kind,
                    "input_tokens": row.input_tokens,
                    "output_tokens": row.output_tokens,
                },
            ]
        )
