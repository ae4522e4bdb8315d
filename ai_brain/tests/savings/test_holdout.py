from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...engine.savings.holdout import HELD_OUT, TREATED
from ...exceptions import BudgetExceededError
from ..common import answering
from ..prompt.test_needed_tools_step import FAUST, TOOLS
from ..prompt.test_threads import thread
from .common import HoldoutCase

#: Steps that make no call cheaper: a call that is held out has them as any other.
NEUTRAL = {
    "ai.step.agent",  # whose policy, and its own provider
    "ai.step.attempt",
    "ai.step.budget_switch",  # a budget holds for every call
    "ai.step.complexity",
    "ai.step.could_wait",  # what waste says of it
    "ai.step.evidence",
    "ai.step.figures",
    "ai.step.gateway",
    "ai.step.holdout",
    "ai.step.live_notice",
    "ai.step.prompt",  # what is said first; its variants are left out by itself
    "ai.step.task",
    "ai.step.tier",
    "ai.step.waste",  # it reports
}


@tagged("post_install", "-at_install", "every_series")
class TestHoldout(HoldoutCase):
    """What a call that is held out runs without, and who is held out."""

    def test_each_step_optimises_or_is_known_to_do_nothing_of_the_kind(self):
        base = self.env.registry["ai.step"]
        steps = {
            name: cls
            for name, cls in self.env.registry.items()
            if name != "ai.step" and issubclass(cls, base) and cls._original_module == "ai_brain"
        }
        optimising = {name for name, cls in steps.items() if cls._optimises}
        self.assertFalse(optimising & NEUTRAL)
        self.assertEqual(optimising | NEUTRAL, set(steps))
        for name in optimising:
            for phase in steps[name]._optimises:
                own = getattr(steps[name], phase)
                self.assertIsNot(own, getattr(base, phase), f"{name} has no {phase}")

    def test_a_conversation_stays_in_its_arm_and_off_draws_nothing(self):
        row, again = self._ask(), self._ask(text="And then?")
        self.assertEqual((row.holdout_arm, again.holdout_arm), (HELD_OUT, HELD_OUT))
        self.assertEqual(row.holdout_unit, again.holdout_unit)
        self.assertEqual(row.holdout_percent, 50)
        self.assertEqual(row.choice_reason, "holdout")
        self.assertIn("held out", self.result["why"])
        treated = self._ask(TREATED)
        self.assertEqual((treated.holdout_arm, treated.choice_reason), (TREATED, "agent"))
        self.assertNotEqual(treated.holdout_unit, row.holdout_unit)
        self.agent.holdout_share = 0
        off = self._ask(session=row.session_id)
        self.assertEqual(off.choice_reason, "agent")
        self.env.cr.execute(
            "SELECT holdout_arm, holdout_unit, holdout_percent, holdout_expected_usd"
            " FROM ai_token_usage WHERE id = %s",
            (off.id,),
        )
        self.assertEqual(self.env.cr.fetchone(), (None, None, None, None))

    def test_calls_without_a_conversation_are_drawn_one_by_one(self):
        service = self.service.with_user(self.user)
        with answering(self.env, lambda request: "Yes."):
            rows = [
                self._row(service.send_message(f"Is {n} even?", None, {"agent_type": "desk"}))
                for n in range(40)
            ]
        arms = [row.holdout_arm for row in rows]
        self.assertTrue(5 <= arms.count(HELD_OUT) <= 35, arms)  # 2 in 10 million are beyond
        self.assertEqual(len({row.holdout_unit for row in rows}), 40)

    def test_what_it_was_expected_to_cost_is_told_before_the_arms_differ(self):
        self.agent.vendor_cache = True
        held, treated = self._ask(HELD_OUT), self._ask(TREATED)
        self.assertGreater(held.holdout_expected_usd, 0)
        self.assertEqual(held.holdout_expected_usd, treated.holdout_expected_usd)

    def test_a_share_is_a_share(self):
        for share in (-1, 51):
            with self.assertRaises(ValidationError):
                self.agent.holdout_share = share

    # ------------------------------------------------------------------
    # All of it at once
    # ------------------------------------------------------------------

    def _switch_everything_on(self):
        """Give the agent each thing that optimises; return its prompt."""
        cheap = self._new_provider(
            "Cheap",
            {"input_usd": 0.01, "output_usd": 0.01, "valid_from": "2020-01-01"},
            base_url=self.vendor.url,
            model_name="cheap-model",
        )
        prompt = self.env["ai.prompt"].create(
            {"name": "Desk", "code": "desk", "text": "Be brief and polite. " * 300}
        )
        self.env["ai.prompt.variant"].create(
            {"prompt_id": prompt.id, "name": "Short", "text": "Be brief.", "share": 100}
        )
        hello = self.env["ai.answer.pattern"].create(
            {"name": "Hello", "triggers_en": "hello", "answers_en": "Good day."}
        )
        self.agent.write(
            {
                "prompt_id": prompt.id,
                "pattern_ids": [(6, 0, hello.ids)],
                "reuse": "same_question",
                "reuse_check_share": 0,
                "joins_questions": True,
                "mode": "smart_router",
                "efficient_provider_id": cheap.id,
                "quality_required": "low",
                "message_type_ids": [(6, 0, self.env["ai.message.type"].search([]).ids)],
                "keep_messages": 20,
                "tool_policy": "needed",
                "vendor_cache": True,
            }
        )
        trial = self.env["ai.agent.trial"].create(
            {"agent_id": self.agent.id, "preset": "balanced", "share": 99.999999}
        )
        trial.action_start()
        self.env["ai.experiment"].create(
            {
                "name": "Which",
                "provider_a_id": self.vendor_provider.id,
                "provider_b_id": cheap.id,
                "share_b": 99.9,
            }
        ).action_start()
        return prompt

    def _optimising(self):
        """{(step, phase)} of all that a call which is held out runs without."""
        base = self.env.registry["ai.step"]
        return {
            (name, phase)
            for name, cls in self.env.registry.items()
            if name != "ai.step" and issubclass(cls, base)
            for phase in cls._optimises
        }

    def _watch(self):
        """Return a set that gathers (step, phase) of what optimises, as it is run."""
        ran = set()
        for name, phase in self._optimising():
            cls = self.env.registry[name]
            inner = getattr(cls, phase)

            def watched(step, *given, inner=inner, key=(name, phase)):
                ran.add(key)
                return inner(step, *given)

            self.patch(cls, phase, watched)
        return ran

    def test_with_all_switched_on_it_is_sent_as_by_an_agent_with_nothing(self):
        plain = self.agent.copy({"code": "plain", "name": "Plain", "holdout_share": 0})
        prompt = self._switch_everything_on()
        self.assertFalse(set(plain.message_type_ids) | set(plain.pattern_ids))
        plain.prompt_id = prompt.copy({"code": "plain", "variant_ids": False})
        ran, talk = self._watch(), thread(21)
        talk[0] = {"role": "user", "content": "Hello"}
        for text in ("Hello", FAUST, talk):
            bodies = []
            # an experiment is of all agents: an explicit passthrough stands above it
            nothing = {"environment": {"agent_type": "plain"}, "mode": "passthrough"}
            for values in ({}, nothing):
                for _time in range(2):  # an answer of before is not taken
                    row = self._ask(HELD_OUT, text, tools=TOOLS, **values)
                    bodies.append(self.vendor.requests[-1][1])
                    self.assertEqual(
                        (row.kind, row.provider_id, row.saved_usd),
                        ("api", self.vendor_provider, 0),
                    )
                if not values:
                    self.assertEqual(row.holdout_arm, HELD_OUT)
                    self.assertFalse(ran, "held out, and optimised all the same")
                    self.assertEqual(len(self.vendor.requests), 2)
            self.assertEqual([bodies[0]] * 4, bodies)
            self.vendor.requests.clear()
            ran.clear()
        self.assertFalse(self.env["ai.answer"].search([]))
        self.assertFalse(self.env["ai.answer.claim"].search([]))

    def test_what_it_runs_without_is_what_others_run(self):
        self._switch_everything_on()
        ran = self._watch()
        self._ask(TREATED, FAUST, tools=TOOLS)
        # the router asks for it where it is a provider's last call that counts
        self.assertEqual(ran | {("ai.step.vendor_cache", "_cached")}, self._optimising())
        self.assertEqual(
            {step for step, _phase in self._optimising()},
            {
                "ai.step.experiment",
                "ai.step.kept_answer",
                "ai.step.message_type",
                "ai.step.needed_tools",
                "ai.step.pattern",
                "ai.step.recommendation",
                "ai.step.shared_answer",
                "ai.step.threads",
                "ai.step.trial",
                "ai.step.vendor_cache",
            },
        )

    # ------------------------------------------------------------------
    # Each thing that it runs without
    # ------------------------------------------------------------------

    def test_no_pattern_answers_it(self):
        hello = self.env["ai.answer.pattern"].create(
            {"name": "Hello", "triggers_en": "hello", "answers_en": "Good day."}
        )
        self.agent.pattern_ids = [(6, 0, hello.ids)]
        self.assertEqual(self._ask(TREATED, "Hello").kind, "pattern")
        self.assertEqual(self._ask(HELD_OUT, "Hello").kind, "api")

    def test_it_neither_reads_nor_fills_what_is_kept(self):
        self.agent.write({"reuse": "same_question", "reuse_check_share": 0})
        self.assertEqual(self._ask(HELD_OUT).kind, "api")
        self.assertFalse(self.env["ai.answer"].search([]))
        self.assertEqual(self._ask(TREATED).kind, "api")
        self.assertEqual(len(self.env["ai.answer"].search([])), 1)
        self.assertEqual(self._ask(TREATED).kind, "cache")
        self.assertEqual(self._ask(HELD_OUT).kind, "api")
        self.assertFalse(self.env["ai.answer.claim"].search([]))

    def test_all_tools_are_sent(self):
        self.agent.tool_policy = "needed"
        self.assertGreater(self._ask(TREATED, FAUST, tools=TOOLS).tools_dropped, 0)
        self._ask(HELD_OUT, FAUST, tools=TOOLS)
        self.assertEqual(len(self.vendor.requests[-1][1]["tools"]), len(TOOLS))

    def test_the_whole_conversation_is_sent_and_a_summary_is_on_its_call_s_side(self):
        self.agent.keep_messages = 20
        talk = thread(21)
        self._ask(HELD_OUT, talk)
        self.assertEqual(len(self.vendor.requests), 1)
        self.assertEqual(self.vendor.requests[-1][1]["messages"], talk)
        row = self._ask(TREATED, talk)
        summary = self.env["ai.token.usage"].search([("kind", "=", "summary")], limit=1)
        self.assertEqual((summary.holdout_arm, summary.holdout_unit), (TREATED, row.holdout_unit))

    def test_neither_router_nor_flag_nor_type_turns_it(self):
        cheap = self._new_provider(
            "Cheap",
            {"input_usd": 0.01, "output_usd": 0.01, "valid_from": "2020-01-01"},
            api_format="sandbox",
        )
        types = self.env["ai.message.type"].search([("is_none", "=", False)])
        self.agent.write(
            {
                "efficient_provider_id": cheap.id,
                "mode": "smart_router",
                "quality_required": "low",
                "message_type_ids": [(6, 0, types.ids)],
            }
        )
        text = "Thank you very much!"
        self.assertEqual(self._ask(TREATED, text).provider_id, cheap)
        row = self._ask(HELD_OUT, text)
        self.assertEqual((row.provider_id, row.choice_reason), (self.vendor_provider, "holdout"))
        self.assertFalse(row.message_type)
        self.assertEqual(row.saved_usd, 0)

    def test_it_goes_to_the_provider_that_the_call_names(self):
        row = self._ask(HELD_OUT, config=self.provider)
        self.assertEqual((row.provider_id, row.choice_reason), (self.provider, "holdout"))

    def test_a_passthrough_of_the_call_itself_is_told_as_such(self):
        row = self._ask(HELD_OUT, mode="passthrough")
        self.assertEqual((row.choice_reason, row.holdout_arm), ("mode", HELD_OUT))

    def test_no_mark_of_ours_is_set(self):
        self.agent.vendor_cache = True
        self.assertTrue(
            self._ask(
                TREATED,
                [
                    {"role": "system", "content": "Be kind. " * 900},
                    {"role": "user", "content": "Hi"},
                ],
            ).prefix_key
        )
        row = self._ask(
            HELD_OUT,
            [{"role": "system", "content": "Be kind. " * 900}, {"role": "user", "content": "Hi"}],
        )
        self.assertFalse(row.prefix_key)
        self.assertNotIn("prompt_cache_key", self.vendor.requests[-1][1])

    def test_its_prompt_is_the_one_that_was_written(self):
        prompt = self.env["ai.prompt"].create(
            {"name": "Desk", "code": "desk", "text": "Be brief and polite."}
        )
        variant = self.env["ai.prompt.variant"].create(
            {"prompt_id": prompt.id, "name": "Short", "text": "Be brief.", "share": 100}
        )
        self.agent.prompt_id = prompt
        self.assertEqual(self._ask(TREATED).prompt_variant_id, variant)
        row = self._ask(HELD_OUT)
        self.assertEqual((row.prompt_id, row.prompt_variant_key), (prompt, 0))
        self.assertEqual(
            self.vendor.requests[-1][1]["messages"][0]["content"], "Be brief and polite."
        )

    def test_it_takes_part_in_no_trial(self):
        trial = self.env["ai.agent.trial"].create(
            {"agent_id": self.agent.id, "preset": "thrifty", "share": 99.999999}
        )
        trial.action_start()
        self.assertEqual(self._ask(TREATED).trial_key, trial.id)
        self.assertFalse(self._ask(HELD_OUT).trial_key)

    def test_it_takes_part_in_no_experiment(self):
        other = self._new_provider("Other", base_url=self.vendor.url, model_name="other-model")
        experiment = self.env["ai.experiment"].create(
            {
                "name": "Which",
                "provider_a_id": self.vendor_provider.id,
                "provider_b_id": other.id,
                "share_b": 99.9,
            }
        )
        experiment.action_start()
        self.patch(type(experiment), "_assign", lambda *_given: ("b", other.id))
        self.assertEqual(self._ask(TREATED).provider_id, other)
        row = self._ask(HELD_OUT)
        self.assertEqual((row.provider_id, row.choice_reason), (self.vendor_provider, "holdout"))

    def test_it_waits_for_nobody_s_answer_and_nobody_waits_for_its(self):
        self.agent.write({"reuse": "exact", "reuse_check_share": 0})
        claims = []
        step = self.env.registry["ai.step.shared_answer"]
        self.patch(step, "_answer", lambda _step, call: claims.append(call.held_out))
        self._ask(HELD_OUT)
        self.assertEqual(claims, [])
        self._ask(TREATED)
        self.assertEqual(claims, [False])

    def test_it_is_not_joined_with_others(self):
        self.agent.joins_questions = True
        calls = []
        for arm in (HELD_OUT, TREATED):
            tags = {"agent_type": "desk", "session_id": self._session(arm)}
            calls.append(self.service._check("Is it in stock?", self.vendor_provider, tags, {}))
        held, treated = calls
        self.assertFalse(self.service._is_joinable(held))
        self.assertTrue(self.service._is_joinable(treated))

    def test_what_is_submitted_for_later_has_no_part(self):
        request = self.service.with_user(self.user).submit(
            "What is VAT?",
            environment={"agent_type": "desk", "session_id": self._session(HELD_OUT)},
        )
        self.assertFalse((request.sudo().row or {}).get("holdout_arm"))

    # ------------------------------------------------------------------
    # What holds for it all the same
    # ------------------------------------------------------------------

    def test_a_budget_refuses_it(self):
        self.env["ai.cost.budget"].create(
            {"name": "None", "budget_amount": 0.0000001, "agent_type": "desk"}
        )
        with self.assertRaises(BudgetExceededError):
            self._ask(HELD_OUT)

    def test_a_budget_s_switch_turns_it_and_it_stays_in_its_arm(self):
        self.env["ai.service.provider"].search([("id", "!=", self.vendor_provider.id)]).active = 0
        self.vendor_provider.quality_score = 90
        price = {"input_usd": 0.0001, "output_usd": 0.0001, "valid_from": "2020-01-01"}
        cheap = self._new_provider(
            "Cheap", price, base_url=self.vendor.url, quality_score=90, model_name="cheap-model"
        )
        self.env["ai.cost.budget"].create(
            {
                "name": "Nearly used up",
                "budget_amount": 0.1,
                "auto_switch_at_threshold": 0.001,
                "agent_type": "desk",
            }
        )
        self.assertEqual(self._ask(HELD_OUT, max_tokens=20).provider_id, self.vendor_provider)
        row = self._ask(HELD_OUT, max_tokens=20)
        self.assertEqual((row.provider_id, row.holdout_arm), (cheap, HELD_OUT))

    def test_a_step_of_another_addon_that_says_so_is_left_out(self):
        step = self.env.registry["ai.step.complexity"]
        self.assertGreater(self._ask(HELD_OUT).prompt_complexity, 0)
        self.patch(step, "_optimises", ("_choose",))
        self.assertEqual(self._ask(HELD_OUT).prompt_complexity, 0)
        self.assertGreater(self._ask(TREATED).prompt_complexity, 0)
