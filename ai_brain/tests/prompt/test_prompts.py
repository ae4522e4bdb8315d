import random
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...exceptions import InvalidCallError
from ...models.prompt import ai_prompt_trial
from ..common import AiCase, answer


class PromptCase(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.prompt = cls.env["ai.prompt"].create(
            {"name": "Support", "code": "support", "text": "Serve {customer} of {firm}. Be brief."}
        )
        cls.values = {"customer": "Ms Weber", "firm": "Ost KG"}

    def _ask(self, messages="Hello", variables=None, agent=None, **more):
        environment = {"variables": self.values if variables is None else variables}
        if agent:
            environment["agent_type"] = agent
        return self.service.send_message(
            messages, config=self.vendor_provider.id, environment=environment, **more
        )

    @property
    def _sent(self):
        return self.vendor.requests[-1][1]["messages"]

    def _variant(self, text="Serve {customer} of {firm}.", share=0.0, **vals):
        return self.env["ai.prompt.variant"].create(
            {"prompt_id": self.prompt.id, "name": "Short", "text": text, "share": share, **vals}
        )


@tagged("post_install", "-at_install", "every_series")
class TestPrompts(PromptCase):
    """A prompt comes first, filled; what it lacks is refused by name; its wordings are kept."""

    def test_it_is_the_first_system_message_and_the_callers_own_comes_after(self):
        own = [{"role": "system", "content": "Today."}, {"role": "user", "content": "Hello"}]
        row = self._row(self._ask(own, prompt="SUPPORT"))
        self.assertEqual(
            self._sent,
            [{"role": "system", "content": "Serve Ms Weber of Ost KG. Be brief."}, *own],
        )
        self.assertEqual(row.prompt_id, self.prompt)
        self.assertEqual(row.prompt_version_id, self.prompt.version_id)
        self.assertFalse(row.prompt_variant_id)
        self._ask(prompt=self.prompt)
        self.assertEqual(self._sent[0]["content"], "Serve Ms Weber of Ost KG. Be brief.")

    def test_a_value_is_not_expanded_nor_evaluated(self):
        self.prompt.text = "{a} {a.__class__} {b}"
        self._ask(variables={"a": "{b} %(x)s", "b": 7}, prompt="support")
        self.assertEqual(self._sent[0]["content"], "{b} %(x)s {a.__class__} 7")

    def test_missing_and_unknown_variables_are_refused_by_name(self):
        missing = self._fails(
            InvalidCallError, self._ask, variables={"firm": "x"}, prompt="support"
        )
        self.assertIn("customer", str(missing))
        unknown = self._fails(
            InvalidCallError, self._ask, variables={**self.values, "date": 1}, prompt="support"
        )
        self.assertIn("date", str(unknown))
        wrong = {"customer": True, "firm": "x"}
        self.assertIn(
            "customer",
            str(self._fails(InvalidCallError, self._ask, variables=wrong, prompt="support")),
        )
        for bad in ({"customer": "x" * 501, "firm": "y"}, {"customer": ["x"], "firm": "y"}):
            self._fails(InvalidCallError, self._ask, variables=bad, prompt="support")
        for bad in ("nothing", "", 7, self.company):
            self._fails(InvalidCallError, self._ask, prompt=bad)
        self.assertFalse(self.vendor.requests)

    def test_the_agents_prompt_and_the_types_before_it(self):
        greeting = self.env["ai.message.type"].create(
            {"name": "Greeting", "code": "greet", "examples_en": "hello\nhi there\ngood morning"}
        )
        agent = self.env["ai.agent"].create(
            {
                "name": "A",
                "code": "a",
                "prompt_id": self.prompt.id,
                "message_type_ids": [(6, 0, greeting.ids)],
            }
        )
        self._ask(agent="a", variables={**self.values, "streak": 5})
        self.assertEqual(self._sent[0]["content"], "Serve Ms Weber of Ost KG. Be brief.")
        greeting.prompt_id = self.prompt.create({"name": "G", "code": "g", "text": "Greet."})
        self._ask("hello", agent="a")
        self.assertEqual(self._sent[0]["content"], "Greet.")
        self._ask(agent="a", prompt="support")
        self.assertEqual(self._sent[0]["content"], "Serve Ms Weber of Ost KG. Be brief.")
        greeting.prompt_id = agent.prompt_id = False
        self._ask("hello", agent="a")
        self.assertEqual(self._sent, [{"role": "user", "content": "hello"}])

    def test_an_estimate_counts_the_prompt_that_is_put_before_it(self):
        self.prompt.text = "Serve {customer} of {firm}. " + "Never promise a date. " * 100
        agent = self.env["ai.agent"].create({"name": "A", "code": "pa"})
        values = {"customer": "Ms Weber", "firm": "Ost KG"}

        def estimate(agent_type=None, **options):
            environment = {"variables": values}
            if agent_type:
                environment["agent_type"] = agent_type
            return self.service.estimate_cost(
                "Hello", self.vendor_provider, environment=environment, **options
            )

        plain, named = estimate(), estimate(prompt="support")
        more = named["input_tokens"] - plain["input_tokens"]
        self.assertGreater(more, 400)
        agent.prompt_id = self.prompt
        of_agent = estimate("pa")
        self.assertEqual(of_agent["input_tokens"], named["input_tokens"])
        # the provider's input costs a dollar a million, and both figures know of it
        for figure in ("expected_cost_usd", "worst_cost_usd"):
            self.assertGreaterEqual(of_agent[figure] - plain[figure], more * 1e-6 * 0.999)
        self.assertEqual(
            [one["input_tokens"] for one in of_agent["alternatives"]],
            [one["input_tokens"] for one in named["alternatives"]],
        )
        self.assertFalse(self.vendor.requests)

    def test_without_a_prompt_what_is_sent_is_the_same(self):
        self.service.send_message("Hello", config=self.vendor_provider.id)
        self._ask()
        self.assertEqual(*self.vendor.sent)
        self.assertFalse(self._row(self._ask()).prompt_key)

    def test_every_change_is_a_version_and_one_click_puts_one_back(self):
        first = self.prompt.version_id
        self.prompt.text = "Serve {customer} of {firm}. Be <b>kind</b>."
        second = self.prompt.version_id
        self.assertEqual((first.number, second.number), (1, 2))
        self.assertIn("<del>brief.</del>", second.diff)
        self.assertIn("&lt;b&gt;kind&lt;/b&gt;", second.diff)
        self.prompt.name = "Other"
        self.assertEqual(self.prompt.version_id, second)
        first.action_put_back()
        self.assertEqual(self.prompt.text, first.text)
        self.assertEqual(self.prompt.version_id.number, 3)
        self.assertEqual(first.create_uid, self.env.user)
        with self.assertRaises(UserError):
            first.text = "Something else"
        user = self._new_user("prompt-user")
        with self.assertRaises(AccessError):
            first.with_user(user).action_put_back()

    def test_a_key_is_not_taken_for_other_variables(self):
        self.env["ai.agent"].create({"name": "A", "code": "a", "prompt_id": self.prompt.id})
        self._ask(agent="a", idempotency_key="k1")
        other = {**self.values, "customer": "Mr Ost"}
        self._fails(InvalidCallError, self._ask, agent="a", idempotency_key="k1", variables=other)
        self.assertEqual(len(self.vendor.requests), 1)

    def test_another_company_does_not_have_it(self):
        other = self.env["res.company"].create({"name": "Other"})
        manager = self._new_user(
            "prompt-other",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.assertFalse(
            self.env["ai.prompt"].with_user(manager).search([("code", "=", "support")])
        )
        self.vendor_provider.company_id = False
        service, self.service = self.service, self.service.with_user(manager)
        self._fails(InvalidCallError, self._ask, prompt="support")
        shared = self.prompt.create(
            {"name": "Shared", "code": "SUPPORT", "text": "For all.", "company_id": False}
        )
        self._ask(prompt="support", variables={})
        self.assertEqual(self._sent[0]["content"], "For all.")
        with self.assertRaises(AccessError):
            shared.with_user(manager).text = "Mine"
        self.service = service
        self._ask(prompt="support")
        self.assertIn("Ms Weber", self._sent[0]["content"])
        agent = self.env["ai.agent"].create(
            {"name": "A", "code": "pa", "prompt_id": self.prompt.id}
        )
        with self.assertRaises(ValidationError):
            self.prompt.company_id = other
        self.assertEqual(agent.prompt_id, self.prompt)

    def test_one_that_is_used_is_not_deleted_and_its_calls_keep_their_tag(self):
        agent = self.env["ai.agent"].create(
            {"name": "A", "code": "pa", "prompt_id": self.prompt.id}
        )
        row = self._row(self._ask(prompt="support"))
        key = self.prompt.id
        self._fails(UserError, self.prompt.unlink)
        self.assertTrue(self.prompt.version_id)
        agent.prompt_id = False
        self.prompt.unlink()
        row.invalidate_recordset()
        self.assertEqual((row.prompt_key, row.prompt_id.id), (key, False))

    def test_an_archived_one_is_refused_by_name_and_left_out_of_an_agent(self):
        self.env["ai.agent"].create({"name": "A", "code": "a", "prompt_id": self.prompt.id})
        self.prompt.active = False
        self._fails(InvalidCallError, self._ask, prompt="support")
        self._ask(agent="a")
        self.assertEqual(len(self._sent), 1)


@tagged("post_install", "-at_install", "every_series")
class TestPromptVariants(PromptCase):
    """Variants have a share of the users, and a verdict once it is real."""

    def test_shares_are_stable_by_user_and_the_tag_stays(self):
        variant = self._variant(share=50)
        facts = self.env["ai.prompt"]._facts_of(self.prompt.id)
        arms = [facts.arm(user)[0] for user in range(2000)]
        self.assertEqual(arms, [facts.arm(user)[0] for user in range(2000)])
        self.assertAlmostEqual(sum(arm == variant.id for arm in arms) / 2000, 0.5, delta=0.05)
        variant.share = 100
        row = self._row(self._ask(prompt="support"))
        self.assertEqual(self._sent[0]["content"], "Serve Ms Weber of Ost KG.")
        self.assertEqual(row.prompt_variant_id, variant)
        variant.active = False
        self.assertEqual(row.prompt_variant_id, variant)
        self._ask(prompt="support")
        self.assertIn("Be brief", self._sent[0]["content"])
        key = variant.id
        variant.unlink()
        row.invalidate_recordset()
        self.assertEqual(row.prompt_variant_key, key)
        self.assertFalse(row.prompt_variant_id)

    def test_shares_and_variables_that_make_no_sense_are_refused(self):
        with self.assertRaises(ValidationError):
            self._variant(share=101)
        with self.assertRaises(ValidationError):
            self._variant("Serve {customer}.", share=10)
        self._variant(share=60)
        with self.assertRaises(ValidationError):
            self._variant("Serve {customer} of {firm}", share=50)
        with self.assertRaises(ValidationError):
            self.prompt.text = "Serve {customer}."
        with self.assertRaises(UserError):
            self.prompt.variant_ids.text = "Other {customer} {firm}"

    def _rows(self, variant, n, tokens, rated=None, seed=1, **vals):
        rng = random.Random(seed)
        self.env["ai.token.usage"].sudo().create(
            [
                {
                    "local_date": self.company._ai_local_date(),
                    "provider_id": self.vendor_provider.id,
                    "prompt_key": self.prompt.id,
                    "prompt_version_key": self.prompt.version_id.id,
                    "prompt_variant_key": variant and variant.id,
                    "input_tokens": tokens + rng.randrange(40),
                    "cost_usd": tokens * 1e-6,
                    "latency_ms": 900 + rng.randrange(90),
                    "feedback_count": 1 if rated else 0,
                    "quality_score": rated + rng.choice((-10, 0, 10)) if rated else 0,
                    "currency_rate": 1.0,
                    **vals,
                }
                for _n in range(n)
            ]
        )
        self.env["ai.prompt.variant"].invalidate_model()

    def test_the_verdict_waits_for_ratings_and_is_a_sentence(self):
        variant = self._variant(share=50)
        self.assertIn("ratings an arm are needed", variant.verdict)
        self._rows(None, 300, 1000)
        self._rows(variant, 300, 820)
        self.assertFalse(variant.is_decided)  # cheaper, and nobody said how good
        self.assertIn("Sends 18% fewer tokens", variant.reached)
        self._rows(None, 300, 1000, 80)
        self._rows(variant, 300, 820, 80, kind="trial")
        self.assertFalse(variant.is_decided)  # trials are no calls of its users
        self._rows(variant, 300, 820, 80)
        self.assertTrue(variant.wins)
        self.assertIn("“Short” sends 18% fewer tokens", variant.verdict)
        self.assertIn("“Short” wins", variant.verdict)
        self.assertFalse(self._other_company_sees(variant))

    def _other_company_sees(self, variant):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        arms = variant.with_context(allowed_company_ids=other.ids)._outcomes()[variant.id]
        return sum(arm.calls for arm in arms)

    def test_a_new_version_begins_anew(self):
        variant = self._variant(share=50)
        self._rows(None, 300, 1000, 80)
        self._rows(variant, 300, 820, 80)
        self.prompt.text += " Today."
        variant.invalidate_recordset()
        self.assertFalse(variant.is_decided)
        self.assertEqual(variant.calls, 0)

    def test_the_winner_is_kept_by_a_click_or_by_itself_where_that_is_wanted(self):
        variant = self._variant(share=50)
        self._rows(None, 300, 1000, 80)
        self._rows(variant, 300, 820, 80)
        self.env["ai.prompt.variant"]._cron_keep_winners()
        self.assertTrue(variant.active)
        self.prompt.keeps_winner = True
        self.env["ai.prompt.variant"]._cron_keep_winners()
        self.assertEqual(variant.outcome, "kept")
        self.assertFalse(variant.active)
        self.assertEqual(self.prompt.text, variant.text)
        self.assertIn("Short", self.prompt.version_id.origin)

    def test_the_winner_is_kept_by_a_click_without_waiting(self):
        variant = self._variant(share=50)
        row = self._row(self._ask(prompt="support"))
        variant.action_keep()
        self.assertEqual((variant.outcome, variant.active), ("kept", False))
        self.assertEqual(self.prompt.text, variant.text)
        self._ask(prompt="support")
        self.assertEqual(self._sent[0]["content"], "Serve Ms Weber of Ost KG.")
        tag = row.prompt_variant_key
        row.invalidate_recordset()
        self.assertEqual(row.prompt_variant_key, tag)

    def test_a_worse_one_is_archived_by_itself(self):
        variant = self._variant(share=50)
        self.prompt.keeps_winner = True
        self._rows(None, 300, 1000, 90)
        self._rows(variant, 300, 820, 50)
        self.env["ai.prompt.variant"]._cron_keep_winners()
        self.assertEqual((variant.outcome, variant.share), ("lost", 0.0))
        self.assertIn("Be brief", self.prompt.text)

    def test_daily_looks_at_equal_arms_give_no_verdict(self):
        """The wiring of columns to measures; the rate over many runs is the engine's test."""
        variant = self._variant(share=50)
        for day in range(12):
            self._rows(None, 10, 1000, 80, seed=day)
            self._rows(variant, 10, 1000, 80, seed=100 + day)
            self.assertFalse(variant.is_decided)

    def test_a_model_suggests_and_what_loses_a_variable_is_refused(self):
        good = "Serve {customer}, {firm}."
        said = f'{{"prompts": ["{good}", "Serve {{customer}}.", "{{customer}} {{firm}} {{x}}"]}}'
        self.vendor_provider.sequence = -1000
        self.vendor.script = [(200, answer(said, 90, 30))]
        action = self.prompt.action_make_variants()
        self.assertIn("lost firm", action["params"]["message"])
        self.assertIn("invented x", action["params"]["message"])
        self.assertEqual(self.prompt.variant_ids.mapped("text"), [good])
        self.assertEqual(self.prompt.variant_ids.origin, "model")
        self.assertEqual(self.prompt.variant_ids.share, 0)
        row = self.env["ai.token.usage"].search([("kind", "=", "trial")])
        self.assertEqual(row.company_id, self.company)
        self.assertGreater(row.cost_usd, 0)
        self.assertFalse(row.prompt_key)

    def test_tightening_makes_a_variant_that_shows_what_went(self):
        self.prompt.text = "Please serve {customer} of {firm}. Please be brief."
        self.prompt.action_tighten()
        variant = self.prompt.variant_ids
        self.assertEqual(variant.text, "Serve {customer} of {firm}. Be brief.")
        self.assertIn("<del>Please", variant.diff)
        self.assertLess(variant.tokens, variant.prompt_tokens)
        with self.assertRaises(UserError):
            self.prompt.action_tighten()


@tagged("post_install", "-at_install", "every_series")
class TestPromptTrials(PromptCase):
    """A variant is tried beforehand on calls that were kept."""

    def _trial(self, **vals):
        variant = self._variant("Briefly serve {customer} of {firm}.")
        return self.env["ai.prompt.trial"].create({"variant_id": variant.id, **vals})

    def test_answers_stand_side_by_side(self):
        self.company.ai_text_policy = "full"
        self.vendor.script = [(200, answer("Long answer.", 100, 20))]
        old = self._row(self._ask("Where is it?", prompt="support"))
        trial = self._trial()
        self.vendor.script = [(200, answer("Short.", 60, 4))]
        trial.action_run()
        self.assertEqual(self._sent[0]["content"], "Briefly serve Ms Weber of Ost KG.")
        self.assertEqual(self._sent[1:], [{"role": "user", "content": "Where is it?"}])
        line = trial.line_ids
        self.assertEqual((line.usage_id, line.state), (old, "done"))
        self.assertEqual((line.old_answer, line.new_answer), ("Long answer.", "Short."))
        self.assertEqual((line.old_tokens, line.new_tokens), (120, 64))
        self.assertLess(line.new_cost_usd, line.old_cost_usd)
        self.assertAlmostEqual(trial.cost_usd, line.new_cost_usd)
        self.assertEqual(self.env["ai.token.usage"].search([("kind", "=", "trial")]).user_id.id, 1)

    def test_a_budget_stops_it_and_time_leaves_the_rest_for_another_click(self):
        self.company.ai_text_policy = "full"
        for _n in range(3):
            self._ask(prompt="support")
        trial = self._trial(count=3)
        with patch.object(ai_prompt_trial, "PATIENCE_S", -1):
            trial.action_run()
        self.assertEqual(trial.waiting, 2)
        budget = self.env["ai.cost.budget"].create(
            {"name": "None", "company_id": self.company.id, "budget_amount": 1e-9}
        )
        trial.action_run()
        self.assertEqual(trial.waiting, 2)
        self.assertIn("None", trial.note)
        budget.active = False
        trial.action_run()
        self.assertFalse(trial.waiting)

    def test_who_keeps_no_text_is_told_what_to_change(self):
        self.company.ai_text_policy = "none"
        self.assertIn("Settings", str(self._fails(UserError, self._trial().action_run)))
        self.company.ai_text_policy = "full"
        self.assertIn("Kept Text", str(self._fails(UserError, self._trial().action_run)))
        for wrong in (0, 51):
            self._fails(UserError, self._trial(count=wrong).action_run)
