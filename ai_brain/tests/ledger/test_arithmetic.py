from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import AiCase, answer

D = Decimal


@tagged("post_install", "-at_install", "every_series")
class TestArithmetic(AiCase):
    """A row's cost term by term: what it is made of, or why that cannot be shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price = cls.vendor_provider.price_ids
        cls.price.write(
            {
                "input_usd": 0.25,
                "output_usd": 2.0,
                "cache_read_usd": 0.025,
                "source": "a contract",
                "batch_factor": 0.5,
                "tier_ids": [(0, 0, {"above_tokens": 10_000, "input_usd": 0.5})],
            }
        )

    def _insert(self, **values):
        usages = self.env["ai.token.usage"]
        row = {
            "company_id": self.company.id,
            "user_id": self.env.uid,
            "provider_id": self.vendor_provider.id,
            "price_id": self.price.id,
            "latency_ms": 10,
            **values,
        }
        return usages.browse(usages._insert([row]))

    def _sum(self, told):
        return sum((D(term["usd"]) for term in told["terms"]), D(0))

    def test_each_kind_of_token_is_a_term_and_they_sum_to_the_cost(self):
        said = answer(
            prompt_tokens=7610 + 1000,
            completion_tokens=273 + 40,
            prompt_tokens_details={"cached_tokens": 1000},
            completion_tokens_details={"reasoning_tokens": 40},
        )
        self.vendor.script.append((200, said))
        row = self._row(self.service.send_message("What is due?", config=self.vendor_provider))
        told = row.get_arithmetic()
        self.assertTrue(told["shown"])
        self.assertEqual(
            told["text"],
            "7,610 in at $0.25 a million + 273 out at $2.00 a million + 1,000 read from the cache "
            "at $0.025 a million + 40 of reasoning at $2.00 a million = $0.0025535",
        )
        self.assertEqual(self._sum(told), D(self._exact(row, "cost_usd")))
        self.assertEqual(
            [(t["kind"], t["count"], t["usd_text"]) for t in told["terms"]],
            [
                ("input", 7610, "$0.0019025"),
                ("output", 273, "$0.000546"),
                ("cache_read", 1000, "$0.000025"),
                ("reasoning", 40, "$0.00008"),
            ],
        )
        self.assertEqual(told["price"]["text"], "Price of 1 January 2020, from: a contract")
        self.assertEqual(told["decided"]["text"], "As asked for")

    def test_a_large_input_says_that_its_rates_are_the_tier_s(self):
        row = self._insert(input_tokens=10_001, cost_usd=D("0.0050005"))
        told = row.get_arithmetic()
        self.assertEqual(told["text"], "10,001 in at $0.50 a million = $0.0050005")
        self.assertEqual(
            told["notes"], ["These are the rates of requests above 10,000 tokens of input."]
        )

    def test_a_batch_says_its_factor(self):
        row = self._insert(kind="batch", input_tokens=1000, cost_usd=D("0.000125"))
        told = row.get_arithmetic()
        self.assertEqual(told["text"], "1,000 in at $0.125 a million = $0.000125")
        self.assertIn("times 0.50", told["notes"][0])

    def test_a_share_of_a_joined_call_is_called_that(self):
        told = self._insert(kind="batch", input_tokens=999, cost_usd=D("0.0007")).get_arithmetic()
        self.assertEqual(
            told["text"], "Its share of one call that answered several questions: $0.0007 = $0.0007"
        )

    def test_what_the_vendor_says_it_cost_is_the_only_term(self):
        said = answer(prompt_tokens=100, completion_tokens=10, cost=0.00042)
        self.vendor.script.append((200, said))
        row = self._row(self.service.send_message("What is due?", config=self.vendor_provider))
        told = row.get_arithmetic()
        self.assertTrue(row.cost_returned)
        self.assertEqual(
            (told["text"], told["shown"]),
            ("Charged, as the vendor says: $0.00042 = $0.00042", True),
        )
        self.assertFalse(self._row(self.service.send_message("Hi", self.provider)).cost_returned)

    def test_what_is_uncertain_says_why_it_cannot_be_shown(self):
        silent = self._insert(state="uncertain", tokens_estimated=True, cost_usd=D("0.3"))
        self.assertIn("did not say what it billed", silent.get_arithmetic()["why_not"])
        more = self._insert(
            state="uncertain", usage_details={"web_searches": 2}, cost_usd=D("0.3")
        ).get_arithmetic()
        self.assertIn("(web_searches)", more["why_not"])
        self.assertEqual((more["shown"], self._sum(more)), (False, D("0.3")))
        for details, named in (
            ({"unknown": ["maps_grounding"], "cache_write_1h": 0}, "(maps_grounding)"),
            ({"input_audio": 3}, "(input_audio)"),
            ({"service": "fast"}, "(fast)"),
        ):
            row = self._insert(
                state="uncertain", usage_details=details, cost_usd=D("0.3"), input_tokens=5
            )
            self.assertIn(named, row.get_arithmetic()["why_not"])
        bare = self._insert(price_id=None, cost_usd=D("0.3"), input_tokens=5).get_arithmetic()
        self.assertIn("names no price", bare["why_not"])
        odd = self._insert(cost_usd=D("0.3"), input_tokens=5).get_arithmetic()
        self.assertIn("not what the price on record makes", odd["why_not"])

    @mute_logger("odoo.addons.ai_brain.models.ledger.arithmetic")
    def test_a_step_that_cannot_tell_is_passed_over(self):
        row = self._insert(cost_usd=D("0"), kind="cache")
        name = self.env["ai.step"]._of_phase("_tell")[0]

        def broken(step, usage):
            step.env.cr.execute("SELECT 1 / 0")

        told = row.get_arithmetic()["steps"]
        with mute_logger("odoo.sql_db"), patch.object(self.env.registry[name], "_tell", broken):
            steps = row.get_arithmetic()["steps"]
        own = name.removeprefix("ai.step.")
        self.assertEqual(steps, [one for one in told if one["step"] != own])

    def test_a_correction_is_the_real_cost_less_what_was_counted(self):
        first = self._insert(
            state="uncertain", tokens_estimated=True, input_tokens=900, cost_usd=D("0.01")
        )
        row = self._insert(
            correction_of_id=first.id,
            call_count=0,
            input_tokens=100,
            output_tokens=50,
            cost_usd=D("0.00035") - D("0.01"),
        )
        told = row.get_arithmetic()
        self.assertEqual(
            told["text"],
            "1,000 in at $0.25 a million + 50 out at $2.00 a million + Less what was counted at "
            "first: -$0.01 = -$0.00965",
        )
        self.assertEqual(self._sum(told), D("-0.00965"))
        odd = self._insert(correction_of_id=row.id, call_count=0, cost_usd=D("0.5"))
        self.assertEqual(self._sum(odd.get_arithmetic()), D("0.5"))

    def test_what_no_vendor_answered_cost_nothing_and_says_what_was_saved(self):
        told = self._insert(
            kind="cache", cost_usd=D(0), baseline_cost_usd=D("0.02"), saved_usd=D("0.02")
        ).get_arithmetic()
        self.assertEqual(told["notes"], ["No vendor was asked, so it cost nothing."])
        self.assertEqual(
            told["steps"],
            [
                {
                    "step": "kept_answer",
                    "text": "A kept answer served, so no vendor was asked.",
                    "saved_usd": "0.02",
                }
            ],
        )
        failed = self._insert(state="failed", cost_usd=D(0)).get_arithmetic()
        self.assertEqual(failed["notes"], ["The call failed and nothing was billed."])

    def test_steps_say_what_they_did_and_saved(self):
        row = self._insert(
            input_tokens=1000,
            cache_read_tokens=400,
            cost_usd=D("0.00026"),
            tools_dropped=3,
            tools_saved_tokens=700,
            tools_saved_usd=D("0.0001"),
            thread_saved_tokens=90,
            thread_saved_usd=D("0.00002"),
            message_type="greeting",
            figures_checked=4,
            figures_unsupported=1,
            trial_key=1,
            trial_arm="b",
        )
        told = {line["step"]: line for line in row.get_arithmetic()["steps"]}
        self.assertEqual(
            set(told),
            {"needed_tools", "threads", "vendor_cache", "message_type", "figures", "trial"},
        )
        self.assertEqual(told["needed_tools"]["saved_usd"], "0.0001")
        self.assertEqual(told["threads"]["saved_usd"], "0.00002")
        # 400 tokens at 0.25 less 0.025 a million
        self.assertEqual(told["vendor_cache"]["saved_usd"], "0.00009")
        self.assertIsNone(told["trial"]["saved_usd"])

    def test_who_decided_and_what_that_saved(self):
        row = self._insert(
            configured_provider_id=self.provider.id,
            choice_reason="router",
            cost_usd=D("0.00025"),
            input_tokens=1000,
            saved_usd=D("0.00075"),
        )
        decided = row.get_arithmetic()["decided"]
        self.assertEqual(decided["text"], "Router: “Loopback” instead of “Sandbox”")
        self.assertEqual(decided["saved_usd"], "0.00075")

    def test_where_an_answer_was_there_nobody_is_said_to_have_been_asked(self):
        said = "No provider was asked: the answer is one that “Loopback” gave."
        for kind in ("cache", "dedup"):
            row = self._insert(
                kind=kind, configured_provider_id=self.provider.id, choice_reason="configured"
            )
            self.assertEqual(row.get_arithmetic()["decided"]["text"], said)
        row = self._insert(kind="pattern", provider_id=None, choice_reason="configured")
        self.assertEqual(row.get_arithmetic()["decided"]["text"], "No provider was asked.")

    def test_the_reader_s_language_and_separators(self):
        self.env["res.lang"]._activate_lang("de_DE")
        row = self._insert(input_tokens=1234, cost_usd=D("0.0003085"))
        text = row.with_context(lang="de_DE").get_arithmetic()["text"]
        self.assertIn("1.234", text)
        self.assertIn("0,0003085", text)

    def test_only_who_sees_the_row(self):
        row = self._insert(input_tokens=1000, cost_usd=D("0.00025"))
        other = self.env["res.company"].create({"name": "Other"})
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        stranger = self._new_user(
            "arithmetic-b", *manager, company_id=other.id, company_ids=[(6, 0, other.ids)]
        )
        people = [
            self._new_user("arithmetic-portal", "base.group_portal"),
            self._new_user("arithmetic-plain"),
            stranger,
        ]
        for person in people:
            with self.assertRaises(AccessError):
                row.with_user(person).get_arithmetic()
        boss = self._new_user("arithmetic-a", *manager)
        self.assertTrue(row.with_user(boss).get_arithmetic()["shown"])
