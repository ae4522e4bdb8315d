from odoo.tests import tagged

from ...engine.choice import deciding
from ...models.call.call import Claim
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestWhoDecides(AiCase):
    """Of several claims on a call the one that stands first in the table is heard."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._new_provider("Second", api_format="sandbox")

    def _decide(self, claims, provider=None, **options):
        call = self.service._check("Hello", provider or self.provider, {}, options)
        self.service._decide(call, claims)
        return call

    def test_each_rule_stands_above_all_that_come_after_it(self):
        table = deciding.ORDER
        for place, first in enumerate(table[:-1]):
            for later in table[place + 1 :]:
                claims = [
                    Claim(later, self.provider.id, f"told by {later}"),
                    Claim(first, self.second.id, f"told by {first}"),
                ]
                call = self._decide(claims)
                self.assertEqual(
                    (call.reason, call.target.provider_id, call.notices),
                    (first, self.second.id, [f"told by {first}"]),
                    f"{first} before {later}",
                )

    def test_a_claim_that_is_not_heard_leaves_nothing_behind(self):
        claims = [
            Claim("router", self.second.id, "not told", {"router": 1}),
            Claim("experiment", self.provider.id, memory={"experiment": 2}),
        ]
        call = self._decide(claims)
        self.assertEqual(call.memory, {"experiment": 2})
        self.assertEqual(call.notices, [])

    def test_a_provider_that_is_too_small_for_the_call_is_passed_over(self):
        small = self._new_provider("Small", api_format="sandbox", context_window=1)
        call = self._decide([Claim("experiment", small.id), Claim("router", self.second.id)])
        self.assertEqual((call.reason, call.target.provider_id), ("router", self.second.id))

    def test_without_a_claim_the_call_goes_where_it_was_sent(self):
        call = self._decide([])
        self.assertEqual((call.reason, call.target.provider_id), ("configured", self.provider.id))

    def test_another_addon_s_rule_stands_just_above_the_router(self):
        order = deciding.in_order(["configured", "router", "theirs", "experiment"])
        self.assertEqual(order, ["experiment", "theirs", "router", "configured"])


@tagged("post_install", "-at_install")
class TestWhy(AiCase):
    """Each answer says in one sentence why that provider was asked, whichever rule decided; and the
    form of the call names that rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.service.provider"].search([]).active = False
        cls.own = cls._new("Own", 5.0, quality_score=95, quality_source="test")
        cls.small = cls._new("Small", 0.5, quality_score=90, quality_source="test")
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Desk", "code": "desk", "provider_id": cls.own.id, "preset": "careful"}
        )

    @classmethod
    def _new(cls, name, usd, **values):
        price = {"input_usd": usd, "output_usd": usd, "valid_from": "2020-01-01"}
        return cls._new_provider(name, price, base_url=cls.vendor.url, **values)

    def _sent(self, rule, provider, said, *, code="desk", text="What is due?", **options):
        """Send, and hold the answer and its row to the rule, the provider and the reason."""
        result = self.service.send_message(
            text, options.pop("config", None), self._tags(code), **options
        )
        row = self._row(result)
        with self.subTest(rule):
            self.assertEqual((row.choice_reason, row.provider_id), (rule, provider))
            self.assertRegex(result["why"], said)
            self.assertRegex(result["why"], r"^[^\n]+[^\n.]\.$")
            label = dict(row._fields["choice_reason"]._description_selection(self.env))[rule]
            self.assertIn(label, row.get_arithmetic()["decided"]["text"])
        return result

    def _tags(self, code):
        return {"agent_type": code} if code else {}

    def test_nobody_but_the_caller(self):
        self._sent("configured", self.small, "“Small” was asked for", code=None, config=self.small)
        (self.own | self.small).write({"sequence": 20})
        self.small.sequence = 1
        self._sent("configured", self.small, "“Small” is the default provider", code=None)
        told = "“Small” was asked for"
        self._sent("mode", self.small, told, config=self.small, mode="passthrough")

    def test_its_agent_and_its_first_messages(self):
        self._sent("agent", self.own, "“Own” answers the calls of “Desk”")
        self.agent.first_strong_messages = 9
        self._sent("first", self.own, "first 9 messages of a person to “Desk” go to “Own”")

    def test_a_message_type(self):
        self.agent.write({"message_set": "coaching", "efficient_provider_id": self.small.id})
        self._sent("type", self.small, "type “Greeting” .* by “Small”", text="Good morning!")

    def test_the_router_and_the_flag(self):
        self.agent.preset = "balanced"
        self._sent("router", self.small, "“Small” took the call instead of “Own”")
        self.own.auto_switch_provider = True
        told = "“Small” took the call instead of “Own”"
        self._sent("recommendation", self.small, told, code=None, config=self.own)

    def test_a_trial_and_an_experiment(self):
        trial = self.env["ai.agent.trial"].create(
            {
                "agent_id": self.agent.id,
                "tries": "provider",
                "provider_id": self.small.id,
                "share": 99.999999,
            }
        )
        trial.action_start()
        self._sent("trial", self.small, "part of a trial: “Small” is tried")
        trial.action_stop()
        experiment = self.env["ai.experiment"].create(
            {
                "name": "Small or own",
                "provider_a_id": self.own.id,
                "provider_b_id": self.small.id,
                "share_b": 99.99,
            }
        )
        experiment.action_start()
        self._sent("experiment", self.small, "experiment “Small or own”.*“Small”")

    def test_held_out(self):
        self.agent.write({"holdout_share": 50, "preset": "balanced"})
        for number in range(40):
            result = self.service.send_message(
                f"What is due? {number}", None, {"agent_type": "desk", "session_id": str(number)}
            )
            if self._row(result).choice_reason == "holdout":
                break
        self.assertEqual(self._row(result).provider_id, self.own)
        self.assertRegex(result["why"], r"^[^\n]+[^\n.]\.$")

    def test_a_budget_s_switch_takes_over_from_the_agent(self):
        self.env["ai.cost.budget"].create(
            {
                "name": "Tight",
                "company_id": self.company.id,
                "budget_amount": 100,
                "auto_switch_at_threshold": 0.00001,
            }
        )
        self.service.send_message("Before", None, {"agent_type": "desk"})
        self._sent("budget", self.small, "budget “Tight” .* “Small”", max_tokens=2000)

    def test_who_did_not_answer_is_why_another_was_asked(self):
        self.own.fallback_provider_id = self.small
        self.vendor.script.append((400, {"error": {"message": "no"}}))
        self._sent("fallback", self.small, "“Own” did not answer, so “Small” was asked")
        self.own.fallback_provider_id = False
        self.agent.preset = "balanced"
        self.vendor.script.append((400, {"error": {"message": "no"}}))
        self._sent("returned", self.own, "“Small” did not answer, so “Own” was asked")

    def test_an_apology_is_why_there_is_no_answer(self):
        self.agent.apology = "Sorry."
        self.vendor.script.append((400, {"error": {"message": "no"}}))
        result = self.service.send_message("What is due?", None, {"agent_type": "desk"})
        self.assertEqual(result["kind"], "fallback")
        self.assertEqual(result["why"], "No vendor answered. This is what “Desk” says then.")
