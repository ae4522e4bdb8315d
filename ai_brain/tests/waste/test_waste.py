from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ...engine import waste
from ..common import AiCase, answer

REFUSED = (400, {"error": {"message": "no"}})

BLOCK = (
    "Panel Helio: monocrystalline cells, tempered glass, anodised frame, open-circuit voltage "
    "39 volts, temperature coefficient minus 0.3 percent, snow load, junction box with diodes, "
    "connectors, torque of the clamps, minimum bending radius of the cable."
)


@tagged("post_install", "-at_install")
class TestWaste(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.service.provider"].search([("id", "!=", cls.vendor_provider.id)]).active = False
        cls.usages = cls.env["ai.token.usage"]

    def _call(self, text="What is the capital of Peru?", blocks=None, **more):
        blocks = blocks or {}
        messages = [
            {"role": "system", "content": "\n".join(["Be brief.", *blocks.values()])},
            {"role": "user", "content": text},
        ]
        return self.service.send_message(
            messages,
            config=self.vendor_provider,
            environment={"module": "sale", "context_blocks": blocks},
            **more,
        )

    def _types(self, result):
        return [finding["type"] for finding in result["waste_report"]["findings"]]

    def test_a_clean_call_is_known_to_be_clean(self):
        result = self._call()
        self.assertFalse(result["waste_report"]["waste_detected"])
        row = self._row(result)
        self.assertTrue(row.waste_analyzed)
        self.assertFalse(row.waste_detected)
        self.assertEqual(row.optimization_score, 100)

    def test_a_finding_is_kept_with_its_money_and_what_to_change(self):
        self.vendor.script = [(200, answer("Lima.", 100, 5))]
        result = self._call(blocks={"panel": BLOCK})
        self.assertEqual(self._types(result), ["redundant_context"])
        report = result["waste_report"]
        self.assertEqual(report["findings"][0]["target"]["name"], "panel")
        self.assertLessEqual(report["potential_savings_usd"], result["cost_usd"])
        row = self._row(result)
        self.assertTrue(row.waste_detected)
        self.assertEqual(row.waste_reason, "redundant_context")
        self.assertEqual(row.could_have_saved_usd, report["potential_savings_usd"])
        (kept,) = row.waste_report["findings"]
        self.assertEqual(kept["description"], ["redundant.one"])
        self.assertEqual(kept["cost_wasted"], report["findings"][0]["cost_wasted"])
        self.assertEqual(row.analyze_waste(), report)

    def test_the_same_request_again_is_a_duplicate_and_saves_no_more_than_it_cost(self):
        first = self._call()
        again = self._call()
        self.assertEqual(self._types(first), [])
        self.assertEqual(self._types(again), ["duplicate_query"])
        report = again["waste_report"]
        self.assertEqual(report["potential_savings_usd"], again["cost_usd"])
        self.assertEqual(report["findings"][0]["target"]["duplicate_of"], first["token_usage_id"])
        self.assertEqual(report["findings"][0]["target"]["name"], "sale")

    def test_a_colleagues_call_is_told_without_its_row_and_its_moment(self):
        self._call()
        anna = self._new_user("anna")
        again = self.service.with_user(anna).send_message(
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "What is the capital of Peru?"},
            ],
            config=self.vendor_provider,
            environment={"module": "sale"},
        )
        self.assertEqual(self._types(again), ["duplicate_query"])
        (finding,) = again["waste_report"]["findings"]
        self.assertNotIn("duplicate_of", finding["target"])
        self.assertIn("in the company", finding["description"])

    def test_nearly_the_same_request_is_a_duplicate_but_another_figure_is_not(self):
        self._call("What are the opening hours of shop 12 in Bonn?")
        near = self._call("Please, what are the opening hours of shop 12 in Bonn?")
        other = self._call("What are the opening hours of shop 13 in Bonn?")
        self.assertEqual(self._types(near), ["duplicate_query"])
        self.assertEqual(self._types(other), [])

    def test_another_companys_calls_are_no_history(self):
        self._call()
        other = self.env["res.company"].create({"name": "Other"})
        self.vendor_provider.company_id = False
        result = self.service.with_company(other).send_message(
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "What is the capital of Peru?"},
            ],
            config=self.vendor_provider,
            environment={"module": "sale"},
        )
        self.assertEqual(self._types(result), [])

    def test_context_far_above_its_own_history_is_oversized(self):
        for i in range(waste.ENOUGH_CALLS + 1):
            self._call(f"Is article {8000 + i} in stock?")
        log = "\n\n".join(
            f"The pump of hall {i} hums and its valve was greased by the fitter." for i in range(90)
        )
        self.vendor.script = [(200, answer("Yes.", 1500, 5))]
        result = self.service.send_message(
            [
                {"role": "system", "content": log},
                {"role": "user", "content": "Is article 9000 in stock?"},
            ],
            config=self.vendor_provider,
            environment={"module": "sale"},
        )
        self.assertEqual(self._types(result), ["oversized_context"])

    def test_a_cheaper_provider_that_is_good_enough_makes_the_model_wrong(self):
        cheap = self._cheap_provider(quality_score=80, quality_source="our own trial")
        result = self._call()
        self.assertEqual(self._types(result), ["wrong_model"])
        self.assertEqual(result["waste_report"]["findings"][0]["target"]["id"], cheap.id)

    def test_a_dearer_model_is_the_one_that_was_paid(self):
        """Not the one that was asked for, where another answered."""
        cheap = self._cheap_provider(quality_score=80, quality_source="our own trial")
        price = {"input_usd": 30, "output_usd": 60, "valid_from": "2020-01-01"}
        paid = self._new_provider(
            "Second Choice", price, base_url=self.vendor.url, quality_score=90
        )
        self.vendor_provider.fallback_provider_id = paid
        self.vendor.script = [REFUSED, (200, answer("Lima.", 100, 5))]
        result = self._call()
        self.assertEqual(result["provider_id"], paid.id)
        (finding,) = result["waste_report"]["findings"]
        self.assertEqual(finding["type"], "wrong_model")
        self.assertTrue(finding["description"].startswith("Second Choice cost $"), finding)
        self.assertEqual(
            (finding["target"]["id"], finding["target"]["instead_of"]), (cheap.id, paid.id)
        )
        again = self._row(result).analyze_waste()["findings"][0]
        self.assertEqual(again["description"], finding["description"])

    def test_a_call_kept_in_full_keeps_its_messages_and_is_analysed_on_all_rules_later(self):
        self.env.company.ai_text_policy = "full"
        self.vendor_provider.enable_waste_detection = False
        blocks = {"panel": BLOCK}
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        messages = [
            {"role": "system", "content": f"Be brief.\n{BLOCK}"},
            {"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "t1",
                        "type": "function",
                        "function": {"name": "look", "arguments": '{"at": "Größe"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "A llama."},
            {"role": "user", "content": "What is the capital of Peru?"},
        ]
        self.vendor.script = [(200, answer("Lima.", 100, 5))]
        result = self.service.send_message(
            messages,
            config=self.vendor_provider,
            environment={"module": "sale", "context_blocks": blocks},
        )
        row = self._row(result)
        self.assertEqual(waste.read_exchange(row.sudo().messages), (messages, blocks))
        self.assertFalse(row.waste_analyzed)
        self.vendor_provider.enable_waste_detection = True
        report = row.analyze_waste()
        self.assertEqual([f["type"] for f in report["findings"]], ["redundant_context"])
        self.assertEqual(report["not_assessed"], [])

    def _cheap_provider(self, **values):
        price = {"input_usd": 0.1, "output_usd": 0.1, "valid_from": "2020-01-01"}
        return self._new_provider("Cheap", price, **values)

    def test_a_quality_that_nobody_stated_makes_no_model_wrong_until_it_was_rated(self):
        cheap = self._cheap_provider()
        self.assertEqual(self._types(self._call("Where is order 1?")), [])
        self.env["ai.provider.benchmark"].log_benchmark(cheap, "chat", quality_score=95)
        result = self._call("Who sent parcel 2?")
        self.assertEqual(self._types(result), ["wrong_model"])
        told = result["waste_report"]["findings"][0]["description"]
        self.assertRegex(told, r"reaches \d+ of 100 \(\d+ to \d+\), based on one rated call, where")

    def test_an_unstated_quality_hides_no_stated_one(self):
        self._new_provider(
            "Cheapest", {"input_usd": 0, "output_usd": 0, "valid_from": "2020-01-01"}
        )
        known = self._cheap_provider(quality_score=85)
        result = self._call()
        self.assertEqual(result["waste_report"]["findings"][0]["target"]["id"], known.id)

    def test_analysing_again_gives_the_stored_answer_and_writes_nothing(self):
        self.vendor.script = [(200, answer("Lima.", 100, 5))]
        result = self._call(blocks={"panel": BLOCK})
        row = self._row(result)
        before = self._versions(row)
        with patch.object(waste, "analyze", side_effect=AssertionError("analysed again")):
            self.assertEqual(row.analyze_waste(), result["waste_report"])
            self.assertEqual(
                self.env["ai.service"]._analyze_waste_after_call(row.id), result["waste_report"]
            )
        self.env.flush_all()
        self.assertEqual(self._versions(row), before)

    def _versions(self, row):
        self.env.cr.execute("SELECT xmin, ctid FROM ai_token_usage WHERE id = %s", (row.id,))
        return self.env.cr.fetchone()

    def test_a_row_that_was_not_analysed_is_analysed_when_asked_without_its_text(self):
        self.vendor_provider.enable_waste_detection = False
        first, second = self._call(), self._call()
        self.assertIsNone(second["waste_report"])
        row = self._row(second)
        self.assertFalse(row.waste_analyzed)
        report = row.analyze_waste()
        self.assertEqual([f["type"] for f in report["findings"]], ["duplicate_query"])
        self.assertEqual(set(report["not_assessed"]), {"redundant_context", "unnecessary_history"})
        self.assertTrue(row.waste_analyzed)
        self.assertEqual(row.analyze_waste(), report)
        # What came after a call is not its history.
        self.assertFalse(self._row(first).analyze_waste()["waste_detected"])

    def test_a_row_whose_messages_were_kept_is_analysed_later_on_all_rules(self):
        blocks = {"panel": BLOCK}
        messages = [
            {"role": "system", "content": f"Be brief.\n{BLOCK}"},
            {"role": "user", "content": "What is the capital of Peru?"},
        ]
        row = self.usages.sudo().create(
            {
                "provider_id": self.vendor_provider.id,
                "task_type": "chat",
                "input_tokens": 100,
                "output_tokens": 5,
                "context_size_tokens": 100,
                "cost_usd": 0.01,
                "answer_text": "Lima.",
                "messages": waste.keep_exchange(messages, blocks),
            }
        )
        report = row.analyze_waste()
        self.assertEqual([f["type"] for f in report["findings"]], ["redundant_context"])
        self.assertEqual(report["not_assessed"], [])

    def test_a_call_that_one_may_not_see_is_not_analysed(self):
        self.vendor_provider.enable_waste_detection = False
        row = self._row(self._call())
        anna = self._new_user("anna")
        self._fails(AccessError, row.with_user(anna).analyze_waste)
        self.assertFalse(row.waste_analyzed)

    def test_a_row_that_does_not_exist_has_no_report(self):
        self.assertIsNone(self.service._analyze_waste_after_call(2**30))

    def test_an_analysis_that_raises_fails_no_call_and_claims_nothing(self):
        with (
            patch.object(waste, "analyze", side_effect=RuntimeError("boom")),
            self.assertLogs("odoo.addons.ai_brain", "WARNING"),
        ):
            result = self._call()
        self.assertEqual(result["state"], "done")
        self.assertIsNone(result["waste_report"])
        self.assertFalse(self._row(result).waste_analyzed)

    def test_history_that_cannot_be_read_fails_no_call(self):
        with (
            patch.object(type(self.usages), "_history", side_effect=RuntimeError("boom")),
            self.assertLogs("odoo.addons.ai_brain", "WARNING"),
        ):
            result = self._call()
        self.assertEqual(result["state"], "done")
        self.assertEqual(self._row(result).cost_usd, result["cost_usd"])

    def test_an_addon_can_add_a_rule(self):
        class Shouting(waste.Rule):
            type = "shouting"

            def __call__(self, call, history):
                if call.question.isupper():
                    return waste.Finding(self.type, "It shouts.", "Whisper.", 1, 0)
                return None

        with patch.object(
            type(self.usages), "_waste_rules", lambda self: (*waste.RULES, Shouting())
        ):
            self.assertEqual(self._types(self._call("WHERE IS IT")), ["shouting"])

    def test_a_failed_call_is_not_analysed(self):
        self.vendor.script = [(200, b"not json")]
        self._fails(Exception, self._call)
        row = self.usages.search([("provider_id", "=", self.vendor_provider.id)], limit=1)
        self.assertEqual(row.state, "uncertain")
        self.assertFalse(row.waste_analyzed)
