from decimal import Decimal

from odoo import release
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
        sale = self.env["ir.module.module"].search([("name", "=", "sale")])
        sale.with_context(lang="de_DE").shortdesc = "Verkauf"
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
        wanted = {} if release.version_info[0] > 18 else {"fields": []}
        found = usage.web_read_group([("id", "=", row_id)], groupby=["waste_reason"], **wanted)
        self.assertEqual(found["groups"][0]["waste_reason"], "Wiederholte Fragen, shouting")
        # a program reads codes, a pivot table words
        grouped = "read_group" if wanted else "formatted_read_group"  # its name on Odoo 19
        asked = [("id", "=", row_id)], *([["cost_usd:sum"]] if wanted else []), ["waste_reason"]
        (row,) = getattr(usage, grouped)(*asked)
        self.assertEqual(row["waste_reason"], "duplicate_query, shouting")
        words = usage.with_context(ai_waste_words=True)
        (row,) = getattr(words, grouped)(*asked)
        self.assertEqual(row["waste_reason"], "Wiederholte Fragen, shouting")
        self.assertEqual(
            usage.waste_text,
            "Wiederholte Fragen: 0,0004\xa0$\n"
            "Dieselbe Anfrage wurde 4 Minuten zuvor beantwortet.\n"
            "Heben Sie die Antwort auf und geben Sie sie erneut aus, oder lassen Sie das Modul "
            "„Verkauf“ nur einmal fragen.",
        )
        # a program reads what the ledger keeps
        (kept_finding,) = usage.analyze_waste()["findings"]
        self.assertEqual(kept_finding["target"], {"kind": "module", "name": "sale"})

    def test_the_waste_of_an_agent_calls_it_by_its_name(self):
        self.env["ai.agent"].create(
            {"name": "Support, nights", "code": "support_n", "company_id": self.env.company.id}
        )
        usages = self.env["ai.token.usage"]
        for code, name in (("support_n", "Support, nights"), ("gone_bot", "gone_bot")):
            finding = Finding(
                "duplicate_query",
                Sentence("duplicate.same", age_s=260),
                Sentence("duplicate.keep.agent", target=code),
                12,
                Decimal("0.0004"),
                target={"kind": "agent", "name": code},
            )
            report = Report((finding,), 100.0, finding.cost_wasted, ()).as_kept()
            row = {"company_id": self.env.company.id, "cost_usd": Decimal("0.0004")}
            waste = {"waste_detected": True, "waste_analyzed": True, "waste_report": report}
            (row_id,) = usages._insert([{**row, **waste, "waste_reason": "duplicate_query"}])
            self.assertIn(f"let the agent “{name}” ask once", usages.browse(row_id).waste_text)

    def test_a_list_of_calls_says_what_an_addon_is_called(self):
        sale = self.env["ir.module.module"].search([("name", "=", "sale")])
        sale.shortdesc = "Sales"
        sale.with_context(lang="de_DE").shortdesc = "Verkauf"
        row = {"company_id": self.env.company.id, "cost_usd": Decimal(1)}
        ids = self.env["ai.token.usage"]._insert(
            [{**row, "module": module} for module in ("sale", "no_addon_of_that_name", False)]
        )
        usages = self.env["ai.token.usage"].with_context(lang="de_DE")
        calls = usages.browse(ids)
        names = ["Verkauf", "no_addon_of_that_name", False]
        self.assertEqual(calls.mapped(lambda call: call.module_name), names)
        wanted = {} if release.version_info[0] > 18 else {"fields": []}
        groups = usages.web_read_group([("id", "in", ids)], groupby=["module"], **wanted)["groups"]
        self.assertEqual({group["module"] for group in groups}, set(names))
        # a program reads what it searches by
        found = usages._read_group([("id", "in", ids)], ["module"])
        self.assertIn(("sale",), found)
        arch = usages.get_view(view_type="list")["arch"]
        self.assertIn('name="module_name"', arch)

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
