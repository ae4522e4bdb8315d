from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_brain.engine.base.sentence import Sentence, kept
from odoo.addons.ai_brain.engine.waste import Finding, Report


@tagged("post_install", "-at_install")
class TestSentences(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("de_DE")

    def test_the_form_of_a_call_shows_its_waste_in_german(self):
        finding = Finding(
            "duplicate_query",
            Sentence("duplicate.same", age_s=260),
            Sentence("duplicate.keep.module", target="sale"),
            12,
            Decimal("0.0004"),
            target={"kind": "module", "name": "sale"},
        )
        (row_id,) = self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.env.company.id,
                    "cost_usd": Decimal("0.0004"),
                    "waste_analyzed": True,
                    "waste_detected": True,
                    "waste_reason": "duplicate_query, shouting",
                    "waste_report": Report((finding,), 100.0, finding.cost_wasted, ()).as_kept(),
                }
            ]
        )
        usage = self.env["ai.token.usage"].with_context(lang="de_DE").browse(row_id)
        self.assertEqual(usage.waste_labels, "Wiederholte Fragen, shouting")
        self.assertEqual(
            usage.waste_text,
            "Wiederholte Fragen: $0.0004\n"
            "Dieselbe Anfrage wurde 4 Minuten zuvor beantwortet.\n"
            "Heben Sie die Antwort auf und geben Sie sie erneut aus, oder lassen Sie das Modul "
            "„sale“ nur einmal fragen.",
        )

    def test_the_form_of_a_recommendation_says_why_not_the_others(self):
        for name, price in (("Small", 1), ("Great", 10)):
            self.env["ai.service.provider"].create(
                {
                    "name": name,
                    "model_name": name,
                    "task_type": "chat",
                    "quality_score": 80,
                    "company_id": self.env.company.id,
                    "price_ids": [(0, 0, {"input_usd": price, "valid_from": "2020-01-01"})],
                }
            )
        result = self.env["ai.cost.optimizer"].recommend_provider("chat", 1000)
        record = self.env["ai.cost.optimizer"].browse(result["recommendation_id"])
        german = record.with_context(lang="de_DE").alternatives_text
        self.assertIn("Great: ", german)
        self.assertIn("kostet aber", german)

    def test_an_analysis_is_worded_for_each_reader_in_turn(self):
        advice = Sentence("duplicate.keep.module", target="sale")
        analysis = self.env["ai.token.analytics"].create(
            {
                "name": "Today",
                "company_id": self.env.company.id,
                "period_type": "custom",
                "period_start": "2026-01-01",
                "period_end": "2026-01-02",
                "kept_recommendations": [{"said": [kept(advice)], "saving_usd": 2.0}],
            }
        )
        self.assertIn("Saves about $2.00", analysis.recommendation_text)
        german = analysis.with_context(lang="de_DE").recommendation_text
        self.assertIn("das Modul „sale“ nur einmal fragen", german)
        self.assertNotIn("Saves about", german)
