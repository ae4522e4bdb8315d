import inspect

from odoo import fields
from odoo.api import call_kw
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_brain.tests.common import AiCase
from odoo.addons.ai_brain.tests.tasks.common import wav

OURS = ("odoo.addons.ai_brain.", "odoo.addons.ai_sam_cost_dashboard.")
#: Framework methods that we extend: their access is Odoo's.
FRAMEWORK = {
    "copy",
    "copy_data",
    "create",
    "default_get",
    "get_base_url",
    "get_values",
    "init",
    "name_search",
    "session_info",
    "set_values",
    "unlink",
    "web_name_search",
    "web_read_group",
    "write",
}
EVERYBODY = ("plain", "user", "manager", "stranger")
COMPANY = ("plain", "user", "manager")
OWN = ("user", "manager")
MANAGER = ("manager",)
NOBODY = ()
#: (model, method) -> who may call it on records of company A. ``user`` made the call and the chat,
#: ``plain`` is a colleague (every internal user is a user of the addon), ``manager`` manages
#: company A, ``stranger`` company B; portal users reach nothing. Arguments: see ``_arguments``.
TABLE = {
    ("ai.agent", "action_agents_from_usage"): MANAGER,
    ("ai.agent", "action_forget_answers"): MANAGER,
    ("ai.agent", "action_offer_holdout"): MANAGER,
    ("ai.agent", "action_try"): MANAGER,
    ("ai.agent", "action_view_answers"): COMPANY,
    ("ai.agent", "action_view_holdout"): COMPANY,
    ("ai.agent", "action_view_trials"): MANAGER,
    ("ai.agent", "action_view_usage"): COMPANY,
    ("ai.agent", "get_reuse_figures"): COMPANY,
    ("ai.agent.trial", "action_apply"): MANAGER,
    ("ai.agent.trial", "action_start"): MANAGER,
    ("ai.agent.trial", "action_stop"): MANAGER,
    ("ai.agent.trial", "action_undo"): MANAGER,
    ("ai.answer", "action_forget"): OWN,
    ("ai.answer", "action_view_calls"): OWN,
    ("ai.answer", "action_view_paid_call"): OWN,
    ("ai.answer", "forget"): EVERYBODY,  # what the rules show him
    ("ai.answer.judgement", "action_right"): MANAGER,
    ("ai.answer.judgement", "action_wrong"): MANAGER,
    ("ai.answer.pattern", "action_try"): COMPANY,
    ("ai.answer.pattern", "action_view_answers"): COMPANY,
    ("ai.answer.pattern", "try_text"): COMPANY,
    ("ai.answer.review", "action_view_call"): MANAGER,
    ("ai.answer.review", "get_review"): ("manager", "stranger"),
    ("ai.answer.review", "get_review_figures"): ("manager", "stranger"),
    ("ai.answer.review", "judge"): MANAGER,
    ("ai.answer.review", "undo"): MANAGER,
    ("ai.audit.log", "action_open_record"): MANAGER,
    ("ai.batch", "action_cancel"): MANAGER,
    ("ai.batch", "action_poll"): MANAGER,
    ("ai.batch", "action_view_requests"): MANAGER,
    ("ai.batch.request", "action_cancel"): OWN,
    ("ai.batch.request", "action_retry_callback"): OWN,
    ("ai.batch.request", "action_send_again"): OWN,
    ("ai.batch.request", "action_send_now"): OWN,
    ("ai.batch.request", "action_view_call"): OWN,
    ("ai.budget.offer", "action_open"): ("manager", "stranger"),
    ("ai.budget.offer", "action_switch_on"): NOBODY,
    ("ai.conversation", "estimate_question"): COMPANY,
    ("ai.conversation", "get_chat_data"): EVERYBODY,
    ("ai.conversation", "get_thread"): ("user",),
    ("ai.conversation", "start_chat"): EVERYBODY,
    ("ai.conversation", "stream_answer"): ("user",),
    ("ai.conversation.message", "not_what_i_asked"): NOBODY,
    ("ai.conversation.message", "rate"): NOBODY,
    ("ai.cost.advice", "action_apply"): MANAGER,
    ("ai.cost.advice", "action_try"): MANAGER,
    ("ai.cost.advice", "action_undo"): MANAGER,
    ("ai.cost.budget", "action_raise"): MANAGER,
    ("ai.cost.budget", "action_raise_once"): MANAGER,
    ("ai.cost.budget", "action_view_usage"): MANAGER,
    ("ai.cost.budget", "check_budget"): MANAGER,
    ("ai.cost.budget", "forecast"): MANAGER,
    ("ai.cost.budget", "get_gauge"): EVERYBODY,
    ("ai.cost.budget", "get_offered_budgets"): ("manager", "stranger"),
    ("ai.cost.budget", "request_more"): COMPANY,
    ("ai.cost.budget", "send_alert"): MANAGER,
    ("ai.cost.budget", "switch_on_offered"): ("manager", "stranger"),
    ("ai.cost.optimizer", "action_try"): MANAGER,
    ("ai.cost.optimizer", "get_accuracy"): EVERYBODY,
    ("ai.cost.optimizer", "recommend_provider"): EVERYBODY,
    ("ai.experiment", "action_start"): MANAGER,
    ("ai.experiment", "action_stop"): MANAGER,
    ("ai.model.wizard", "action_choose"): NOBODY,
    ("ai.gateway.key", "action_new_key"): MANAGER,
    ("ai.gateway.key", "action_revoke"): OWN,
    ("ai.gateway.key", "action_view_budgets"): OWN,
    ("ai.gateway.key", "action_view_usage"): OWN,
    ("ai.pattern.finder", "action_open"): ("manager", "stranger"),
    ("ai.pattern.finding", "action_make_pattern"): NOBODY,
    ("ai.pattern.finding", "action_use_pattern"): NOBODY,
    ("ai.prompt", "action_make_variants"): MANAGER,
    ("ai.prompt", "action_tighten"): MANAGER,
    ("ai.prompt", "action_view_usage"): COMPANY,
    ("ai.prompt.trial", "action_run"): NOBODY,
    ("ai.prompt.variant", "action_drop"): MANAGER,
    ("ai.prompt.variant", "action_keep"): MANAGER,
    ("ai.prompt.variant", "action_try"): MANAGER,
    ("ai.prompt.version", "action_put_back"): MANAGER,
    ("ai.provider.benchmark", "compare_providers"): EVERYBODY,
    ("ai.provider.benchmark", "get_ab_test_group"): EVERYBODY,
    ("ai.provider.benchmark", "log_benchmark"): MANAGER,
    ("ai.provider.wizard", "action_add"): NOBODY,
    ("ai.provider.wizard", "action_done"): NOBODY,
    ("ai.provider.wizard", "action_set_budget"): NOBODY,
    ("ai.provider.wizard", "action_test"): NOBODY,
    ("ai.service", "embed"): COMPANY,
    ("ai.service", "estimate_cost"): COMPANY,
    ("ai.service", "send_message"): COMPANY,
    ("ai.service", "send_messages"): EVERYBODY,  # what is refused is said in its place
    ("ai.service", "stream_message"): COMPANY,
    ("ai.service", "submit"): NOBODY,
    ("ai.service", "transcribe"): COMPANY,
    ("ai.service.provider", "action_choose_model"): MANAGER,
    ("ai.service.provider", "action_fetch_models"): MANAGER,
    ("ai.service.provider", "action_forget_overruns"): MANAGER,
    ("ai.service.provider", "action_load_catalogue_prices"): MANAGER,
    ("ai.service.provider", "action_test_connection"): MANAGER,
    ("ai.service.provider", "action_view_usage"): COMPANY,
    ("ai.token.analytics", "action_verify"): NOBODY,
    ("ai.token.analytics", "action_view_usage"): NOBODY,
    ("ai.token.analytics", "analyze_waste"): OWN,
    ("ai.token.analytics", "apply_recommendation"): MANAGER,
    ("ai.token.analytics", "check_cost_alerts"): EVERYBODY,
    ("ai.token.analytics", "export_breakdown"): EVERYBODY,
    ("ai.token.analytics", "get_agent_summary"): EVERYBODY,
    ("ai.token.analytics", "get_cache_hit_rate"): EVERYBODY,
    ("ai.token.analytics", "get_cost_breakdown"): EVERYBODY,
    ("ai.token.analytics", "get_budget_of_month"): EVERYBODY,
    ("ai.token.analytics", "get_cost_bridge"): EVERYBODY,
    ("ai.token.analytics", "get_breakdown_rows"): EVERYBODY,
    ("ai.token.analytics", "get_customer_breakdown"): EVERYBODY,
    ("ai.token.analytics", "get_cost_report"): EVERYBODY,
    ("ai.token.analytics", "get_cost_per_lead_avg"): EVERYBODY,
    ("ai.token.analytics", "get_daily_report"): EVERYBODY,
    ("ai.token.analytics", "get_daily_spend"): EVERYBODY,
    ("ai.token.analytics", "get_dashboard_data"): EVERYBODY,
    ("ai.token.analytics", "get_figure_rates"): EVERYBODY,
    ("ai.token.analytics", "get_first_actions"): EVERYBODY,
    ("ai.token.analytics", "get_lead_summary"): EVERYBODY,
    ("ai.token.analytics", "get_prompt_cache"): EVERYBODY,
    ("ai.token.analytics", "get_proven_savings"): EVERYBODY,
    ("ai.token.analytics", "get_session_summary"): EVERYBODY,
    ("ai.token.analytics", "undo_recommendation"): MANAGER,
    ("ai.token.usage", "action_not_what_i_asked"): ("user",),
    ("ai.token.usage", "action_rate"): OWN,
    ("ai.token.usage", "analyze_waste"): OWN,
    ("ai.token.usage", "get_arithmetic"): OWN,
    ("ai.token.usage", "record_outcome"): OWN,
    ("ai.trial.undo", "action_keep"): NOBODY,
    ("ai.trial.undo", "action_restore"): NOBODY,
    ("ai.tuning.example", "action_strike"): MANAGER,
    ("ai.tuning.job", "action_cancel"): MANAGER,
    ("ai.tuning.job", "action_collect"): MANAGER,
    ("ai.tuning.job", "action_export_training"): MANAGER,
    ("ai.tuning.job", "action_export_validation"): MANAGER,
    ("ai.tuning.job", "action_poll"): MANAGER,
    ("ai.tuning.job", "action_send"): MANAGER,
    ("ai.tuning.job", "action_start_experiment"): MANAGER,
    ("ai.tuning.job", "action_view_examples"): MANAGER,
    ("ai.tuning.job", "action_view_experiment"): MANAGER,
    ("ai.tuning.job", "action_view_tuned"): MANAGER,
    ("ai.tuning.job", "action_view_usage"): MANAGER,
    ("ai.what.if", "action_apply"): MANAGER,
    ("ai.what.if", "action_cancel"): MANAGER,
    ("ai.what.if", "action_compare"): MANAGER,
    ("ai.what.if", "action_draft"): MANAGER,
    ("ai.what.if", "action_export"): MANAGER,
    ("ai.what.if", "action_run"): MANAGER,
    ("ai.what.if", "action_undo"): MANAGER,
    ("ai.what.if", "action_undo_all"): MANAGER,
    ("ai.what.if", "action_undo_rest"): MANAGER,
    ("ai.what.if", "action_view_calls"): MANAGER,
    ("ai.what.if", "action_view_days"): MANAGER,
    ("ai.what.if", "export_what_ifs"): ("manager", "stranger"),  # what the rules show them
    ("ai.what.if", "get_comparison"): ("manager", "stranger"),
    ("ai.what.if.line", "action_view_calls"): MANAGER,
    ("res.users", "action_forget_ai_answers"): ("manager", "stranger"),
}


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestPublicMethods(AiCase):
    """Access first: every public method of every model, as five people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.env["res.company"].create({"name": "Company B"})
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        cls.people = {
            "portal": cls._new_user("walk-portal", "base.group_portal"),
            "plain": cls._new_user("walk-plain"),
            "user": cls._new_user("walk-user"),
            "manager": cls._new_user("walk-manager", *manager),
            "stranger": cls._new_user(
                "walk-stranger", *manager, company_id=other.id, company_ids=[(6, 0, other.ids)]
            ),
        }
        as_user = cls.service.with_user(cls.people["user"])
        cls.usage_id = as_user.send_message("Hello", config=cls.provider.id)["token_usage_id"]
        cls.env["ai.cost.budget"].search([]).active = False  # an owner's, in an upgraded database
        cls.budget = cls.env["ai.cost.budget"].create(
            {"name": "A", "company_id": cls.company.id, "budget_amount": 100}
        )
        cls.second = cls._new_provider("Second", api_format="sandbox")
        box = {"api_format": "sandbox"}
        cls.vectors = cls._new_provider("Vectors", task_type="embedding", **box)
        heard = {"input_usd": 1, "output_usd": 1, "input_audio_usd": 1, "valid_from": "2020-01-01"}
        cls.ear = cls._new_provider("Ear", heard, task_type="voice_to_text", **box)
        cls.experiment = cls.env["ai.experiment"].create(
            {"name": "A", "provider_a_id": cls.provider.id, "provider_b_id": cls.second.id}
        )
        cls.advice = cls.env["ai.cost.advice"].create(
            {
                "company_id": cls.company.id,
                "provider_id": cls.provider.id,
                "recommended_provider_id": cls.second.id,
            }
        )
        cls.agent = cls.env["ai.agent"].create({"name": "A", "code": "a"})
        cls.trial = cls.env["ai.agent.trial"].create(
            {"agent_id": cls.agent.id, "preset": "thrifty"}
        )
        cls.recommendation = cls.env["ai.cost.optimizer"].create(
            {"company_id": cls.company.id, "user_id": cls.people["user"].id}
        )
        cls.pattern = cls.env["ai.answer.pattern"].create(
            {"name": "A", "triggers_en": "hello", "answers_en": "Hello."}
        )
        hashes = dict.fromkeys(("scope_hash", "scope_rest", "key_hash", "text_hash"), 1)
        whose = {"company_id": cls.company.id, "agent_id": cls.agent.id}
        whose["user_id"] = cls.people["user"].id
        now = fields.Datetime.now()
        cls.answer = cls.env["ai.answer"].create(
            {**whose, **hashes, "question": "Q", "answer": "A", "created_at": now}
        )
        cls.judgement = cls.env["ai.answer.judgement"].create(
            {**whose, "source": "sample", "created_at": now}
        )
        cls.review = cls.env["ai.answer.review"].create(
            {
                "token_usage_id": cls.usage_id,
                "company_id": cls.company.id,
                "local_date": now,
                "reason": "sample",
                "created_at": now,
            }
        )
        cls.prompt = cls.env["ai.prompt"].create({"name": "A", "code": "a", "text": "Please wait."})
        cls.variant = cls.env["ai.prompt.variant"].create(
            {"prompt_id": cls.prompt.id, "name": "B", "text": "Wait."}
        )
        cls.budget.budget_amount = 200
        cls.change = cls.env["ai.audit.log"].search([("res_model", "=", "ai.cost.budget")], limit=1)
        cls.key = cls.env["ai.gateway.key"].create(
            {"name": "A", "user_id": cls.people["user"].id, "company_id": cls.company.id}
        )
        batch = {"name": "a", "company_id": cls.company.id, "provider_id": cls.provider.id}
        cls.batch = cls.env["ai.batch"].create(batch)
        cls.request = cls.service.with_user(cls.people["user"]).submit(
            "Hello", config=cls.provider.id
        )
        cls.tuning = cls.env["ai.tuning.job"].create({"name": "A", "agent_id": cls.agent.id})
        cls.example = cls.env["ai.tuning.example"].create(
            {"job_id": cls.tuning.id, "messages": [{"role": "user", "content": "Hello"}]}
        )
        cls.what_if = cls.env["ai.what.if"].create({"name": "A"})
        cls.what_if_line = cls.env["ai.what.if.line"].create(
            {"what_if_id": cls.what_if.id, "dimension": "total", "key": ""}
        )
        cls.chat = cls.env["ai.conversation"].with_user(cls.people["user"]).create({"name": "Mine"})

    def _arguments(self, model, method):
        """Return (ids or None, args) that are right for somebody who may call it."""
        records = {
            "ai.agent": self.agent,
            "ai.agent.trial": self.trial,
            "ai.answer.pattern": self.pattern,
            "ai.answer": self.answer,
            "ai.answer.judgement": self.judgement,
            "ai.answer.review": self.review,
            "ai.audit.log": self.change,
            "ai.batch": self.batch,
            "ai.batch.request": self.request,
            "ai.conversation": self.chat,
            "ai.cost.advice": self.advice,
            "ai.cost.budget": self.budget,
            "ai.cost.optimizer": self.recommendation,
            "ai.experiment": self.experiment,
            "ai.gateway.key": self.key,
            "ai.prompt": self.prompt,
            "ai.prompt.variant": self.variant,
            "ai.prompt.version": self.prompt.version_id,
            "ai.service.provider": self.provider,
            "ai.token.usage": self.env["ai.token.usage"].browse(self.usage_id),
            "ai.tuning.example": self.example,
            "ai.tuning.job": self.tuning,
            "ai.what.if": self.what_if,
            "ai.what.if.line": self.what_if_line,
            "res.users": self.people["user"],
        }
        args = {
            "start_chat": ["Chat"],
            "try_text": ["Hello"],
            "forget": [self.agent.id],
            "stream_answer": ["Hello"],
            "rate": ["up"],
            "send_alert": [50],
            "request_more": [self.budget.id],
            "recommend_provider": ["chat", 100],
            "compare_providers": ["chat"],
            "get_ab_test_group": ["chat"],
            "log_benchmark": [self.provider.id],
            "submit": ["Hello"],
            "embed": ["Hello", self.vectors.id],
            "transcribe": [wav(1), None, self.ear.id],
            "send_message": ["Hello", self.provider.id],
            "send_messages": [[{"messages": "Hello", "config": self.provider.id}]],
            "estimate_cost": ["Hello", self.provider.id],
            "estimate_question": ["Hello", self.provider.id],
            "stream_message": ["Hello", self.provider.id],
            "analyze_waste": [self.usage_id] if model == "ai.token.analytics" else [],
            "apply_recommendation": [self.advice.id],
            "undo_recommendation": [self.advice.id],
            "export_breakdown": ["csv", {}],
            "export_what_ifs": ["csv", self.what_if.ids],
            "get_comparison": [self.what_if.ids],
            "get_lead_summary": [1],
            "get_breakdown_rows": ["by_user"],
            "action_rate": ["up"],
            "switch_on_offered": [{"person_day": 10}],
            "judge": ["answer", self.review.id, "right"],
            "undo": ["answer", self.review.id],
            "record_outcome": [self.usage_id, 80, "crm.won"],
        }.get(method, [])
        function = getattr(type(self.env[model]), method)
        # Odoo 18 says so in _api, 19 in _api_model
        if getattr(function, "_api", None) == "model" or getattr(function, "_api_model", False):
            return None, args
        return records[model].ids if model in records else [], args

    def test_the_table_holds_every_public_method(self):
        found = {
            (name, method)
            for name, cls in self.env.registry.items()
            for method, function in inspect.getmembers(cls, inspect.isfunction)
            if not method.startswith("_")
            and method not in FRAMEWORK
            and inspect.unwrap(function).__module__.startswith(OURS)
        }
        self.assertEqual(
            found ^ set(TABLE),
            set(),
            "public methods and the table of who may call them differ: begin the name with an "
            "underscore if it is no API, else add its line to TABLE",
        )

    def test_each_person_reaches_what_the_table_says(self):
        wrong = []
        for (model, method), allowed in sorted(TABLE.items()):
            ids, args = self._arguments(model, method)
            if ids == []:
                continue  # of a wizard or a record that is made elsewhere: its own tests hold
            for person, user in self.people.items():
                said = self._refusal(model, method, ids, args, user)
                if bool(said) == (person in allowed):
                    wrong.append(f"{model}.{method} as {person}: {said or 'was let in'}")
        self.assertFalse(wrong, "\n".join(wrong))

    def _refusal(self, model, method, ids, args, user):
        """Return why the caller is not let in, '' if he is; what becomes of the call is not asked.

        What he may not see may as well not exist for him.
        """
        context = {"allowed_company_ids": user.company_ids.ids}
        records = self.env[model].with_user(user).with_context(**context)
        try:
            with self.env.cr.savepoint():
                result = call_kw(records, method, args if ids is None else [ids, *args], {})
                if inspect.isgenerator(result):
                    next(result)
                    result.close()
                raise Undo
        except Undo:
            return ""
        except AccessError as error:
            return str(error)
        except Exception as error:
            hidden = ("There is no such", "belongs to", "does not apply", "provider that exists")
            return str(error) if any(words in str(error) for words in hidden) else ""


class Undo(Exception):
    """Whatever the call did is undone: the next one finds what this one found."""
