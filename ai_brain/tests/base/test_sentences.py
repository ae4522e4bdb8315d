from datetime import date
from decimal import Decimal

from psycopg2.extras import Json

from odoo.tests import tagged

from ...engine.base.sentence import Sentence, kept
from ...models.base.wording import reader_of
from ..common import AiCase, answer
from ..waste.test_waste import BLOCK


@tagged("post_install", "-at_install")
class TestSentences(AiCase):
    """What the engine says is read in the reader's language, whoever made the call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("de_DE", "fr_FR", "es_ES"):
            cls.env["res.lang"]._activate_lang(code)
        cls.env["ai.service.provider"].search([]).active = False
        price = {"input_usd": 0.1, "output_usd": 0.4, "valid_from": "2020-01-01"}
        cls.mini = cls._new_provider(
            "Mini", price, quality_score=80, quality_source="trial", base_url=cls.vendor.url
        )
        price = {"input_usd": 3, "output_usd": 15, "valid_from": "2020-01-01"}
        cls.large = cls._new_provider(
            "Large", price, quality_score=92, base_url=cls.vendor.url, tier="premium"
        )
        cls.optimizer = cls.env["ai.cost.optimizer"]
        cls.anna = cls._new_user("anna", "ai_brain.group_ai_manager", "base.group_user")

    def _german(self, records):
        return records.with_user(self.anna).with_context(lang="de_DE")

    def _recommend(self, **more):
        return self.optimizer.recommend_provider("chat", 200_000, **more)

    def test_the_name_of_a_recommendation_is_worded_for_its_reader(self):
        self.mini.task_type = "other"
        other = self.env["ir.model.fields.selection"].search(
            [("field_id.model", "=", "ai.cost.optimizer"), ("value", "=", "other")]
        )
        other.with_context(lang="de_DE").name = "Sonstiges"  # as its translation is loaded
        result = self.optimizer.recommend_provider("other", 200_000, complexity=0.5)
        record = self.optimizer.browse(result["recommendation_id"])
        german = self._german(record)
        task = dict(german.fields_get(["task_type"])["task_type"]["selection"])["other"]
        self.assertEqual(record.name, "Other: Mini")
        self.assertNotEqual(task, "Other")
        self.assertEqual(german.name, f"{task}: Mini")
        self.assertEqual(german.display_name, f"{task}: Mini")
        for word in ("min", task[:6].lower()):
            self.assertIn(record, self._german(self.optimizer).search([("name", "ilike", word)]))
        others = self._german(self.optimizer).search([("name", "not ilike", "Mini")])
        self.assertNotIn(record, others)
        self.mini.name = "Small"
        self.assertEqual(german.name, f"{task}: Small")

    def test_what_stands_alone_on_a_form_begins_with_a_capital(self):
        for code in ("en_US", "de_DE", "fr_FR", "es_ES"):
            said = self.mini.with_context(lang=code).quality_basis
            self.assertTrue(said[0].isupper(), said)
            self.assertTrue(said.endswith("."), said)

    def test_one_day_of_data_is_one_day(self):
        budget = self.env["ai.cost.budget"]
        self.assertEqual(budget._few_days_text(1), "Only one day of data: a rough figure.")
        self.assertEqual(budget._few_days_text(2), "Only 2 days of data: a rough figure.")

    def test_a_german_reads_a_recommendation_in_german(self):
        result = self._recommend(complexity=0.5)
        self.assertTrue(result["reasoning"].startswith("Mini costs least for its quality"))
        record = self._german(self.optimizer.browse(result["recommendation_id"]))
        self.assertEqual(
            record.reasoning,
            "Mini kostet am wenigsten für seine Qualität: etwa 0,02\xa0$ für Qualität 78 von 100 "
            "(64 bis 88) bei einer anspruchsvollen Anfrage, gestützt auf die im Formular "
            "angegebene Zahl, da noch kein Aufruf bewertet wurde; gebraucht wird 75. Large würde "
            "etwa 0,61\xa0$ kosten, bei Qualität 91.",
        )
        (other,) = record.alternatives
        self.assertEqual(
            other["why_not"], "erfüllt den Bedarf auch, kostet aber 0,61\xa0$, das 30,1-Fache"
        )
        found = self._german(self.optimizer).search([("reasoning", "ilike", "wenigsten")])
        self.assertIn(record, found)
        french, spanish = (record.with_context(lang=code) for code in ("fr_FR", "es_ES"))
        self.assertIn("le moins cher", french.reasoning)
        self.assertIn("el que menos cuesta", spanish.reasoning)

    def test_who_asks_in_german_is_answered_in_german(self):
        result = self._german(self.optimizer).recommend_provider("chat", 100, "high", 0)
        self.assertEqual(
            result["reasoning"],
            "Kein Anbieter passt in das Budget von 0,00\xa0$: Der günstigste, Mini, würde etwa "
            "0,00017\xa0$ kosten.",
        )
        self.assertIn("liegt über dem Budget von 0,00\xa0$", result["alternatives"][0]["why_not"])

    def test_dates_and_numbers_are_the_readers(self):
        said = Sentence("ratings.many_since", rated=1412, since_day="2026-10-01")
        said = kept(Sentence("evidence.rated", ratings=said))
        read = {code: reader_of(self.env, code).text(said) for code in ("de_DE", "es_ES")}
        self.assertEqual(
            read,
            {
                "de_DE": "gestützt auf 1.412 bewertete Aufrufe seit dem 1. Oktober",
                "es_ES": "según 1.412 llamadas valoradas desde el 1 de octubre",
            },
        )
        french = reader_of(self.env, "fr_FR")
        self.assertEqual(french.day(date(2025, 10, 1), True), "1 octobre 2025")
        self.assertEqual(reader_of(self.env, "de_DE").duration(260), "4 Minuten")

    def test_a_language_that_is_not_installed_reads_english(self):
        self.assertEqual(reader_of(self.env, "pl_PL").text(["none.active", {}])[:8], "There is")

    def test_a_recommendation_of_another_addon_is_shown_as_it_is(self):
        self.assertEqual(
            self.optimizer._in_languages("It rained.").adapted, {"en_US": "It rained."}
        )
        self.assertIsNone(self.optimizer._in_languages(False))

    def _wasteful_call(self):
        self.vendor.script = [(200, answer("Lima.", 1200, 5))]
        return self.service.send_message(
            [
                {"role": "system", "content": f"Be brief.\n{BLOCK}"},
                {"role": "user", "content": "What is the capital of Peru?"},
            ],
            config=self.mini,
            environment={"module": "sale", "context_blocks": {"panel": BLOCK}},
        )

    def test_a_german_reads_a_finding_in_german(self):
        result = self._wasteful_call()
        (english,) = result["waste_report"]["findings"]
        self.assertIn("was sent, but neither the question", english["description"])
        (german,) = self._german(self._row(result)).analyze_waste()["findings"]
        tokens = f"{english['tokens_wasted']:,}".replace(",", ".")
        self.assertEqual(
            german["description"],
            f"Der Kontextblock „panel“ ({tokens} Token) wurde gesendet, aber weder Frage noch "
            "Antwort nutzen ihn.",
        )
        self.assertEqual(
            german["recommendation"], "Lassen Sie „panel“ bei Anfragen dieser Art weg."
        )
        texts = {"description", "recommendation"}
        self.assertEqual(
            {name: value for name, value in german.items() if name not in texts},
            {name: value for name, value in english.items() if name not in texts},
        )

    def test_the_ledger_keeps_no_prose(self):
        row = self._row(self._wasteful_call())
        self.env.cr.execute("SELECT waste_report::text FROM ai_token_usage WHERE id = %s", row.ids)
        stored = self.env.cr.fetchone()[0]
        self.assertNotIn("question", stored)
        self.assertIn("redundant.one", stored)

    def test_a_report_of_the_first_days_shows_its_texts(self):
        old = {
            "waste_detected": True,
            "waste_score": 40.0,
            "findings": [
                {
                    "type": "duplicate_query",
                    "description": "The same request was answered 4 minutes before.",
                    "tokens_wasted": 10,
                    "cost_wasted": 0.004,
                    "recommendation": "Keep the answer.",
                    "target": {"kind": "module", "name": "sale"},
                }
            ],
            "potential_savings_usd": 0.004,
            "not_assessed": ["wrong_model"],
        }
        (row_id,) = self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "cost_usd": Decimal("0.01"),
                    "waste_analyzed": True,
                    "waste_detected": True,
                    "waste_report": old,
                }
            ]
        )
        self.assertEqual(
            self._german(self.env["ai.token.usage"].browse(row_id)).analyze_waste(), old
        )

    def test_a_recommendation_of_the_first_days_shows_its_texts(self):
        result = self._recommend()
        record = self.optimizer.browse(result["recommendation_id"])
        old = [{"provider_id": 1, "provider_name": "Old", "why_not": "costs more"}]
        self.env.cr.execute(
            "UPDATE ai_cost_optimizer SET others = %s WHERE id = %s", (Json(old), record.id)
        )
        record.invalidate_recordset()
        self.assertEqual(self._german(record).alternatives, old)

    def test_an_analysis_is_read_in_german(self):
        self._wasteful_call()
        sale = self.env["ir.module.module"].search([("name", "=", "sale")])
        sale.shortdesc = "Sales"
        sale.with_context(lang="de_DE").shortdesc = "Verkauf"
        analytics = self.env["ai.token.analytics"].sudo()
        analytics._analyze_company(self.company)
        mine = analytics.search(
            [("company_id", "=", self.company.id), ("user_id", "=", self.env.uid)], limit=1
        )
        self.assertIn("Blocks of context were sent", mine.recommendations[0]["text"])
        german = mine.with_context(lang="de_DE")
        self.assertEqual(
            german.recommendations[0]["text"],
            "Es wurden Kontextblöcke gesendet, die Frage und Antwort nicht berühren. "
            "Alles davon: panel.",
        )
        self.assertIn("Modul Verkauf: ", german.top_cost_driver)
        self.assertIn("addon Sales: ", mine.top_cost_driver)
        self.assertEqual(german.cost_driver, german.top_cost_driver)
        self.assertEqual(mine.cost_driver, mine.top_cost_driver)

    def test_drivers_of_earlier_analyses_are_called_as_people_call_them(self):
        """They were kept with technical names, in English alone at first; they are told in the
        reader's language. What was kept stays."""
        sale = self.env["ir.module.module"].search([("name", "=", "sale")])
        sale.shortdesc = "Sales"
        sale.with_context(lang="de_DE").shortdesc = "Verkauf"
        agent = {"code": "lead_sorter", "name": "Sorts Leads", "company_id": self.company.id}
        self.env["ai.agent"].sudo().create(agent)
        # its name is another one's code
        self.env["ai.agent"].sudo().create({**agent, "code": "sorter", "name": "lead_helper"})
        self.env["ai.agent"].sudo().create({**agent, "code": "lead_helper", "name": "Helps"})
        kept = {
            "module sale: 57%": ("addon Sales: 57%", "Modul Verkauf: 57 %"),
            "module sale: 57 %": ("addon Sales: 57%", "Modul Verkauf: 57 %"),
            "agent lead_sorter: 40%": ("agent Sorts Leads: 40%", "Agent Sorts Leads: 40 %"),
            "agent LEAD_SORTER: 40%": ("agent Sorts Leads: 40%", "Agent Sorts Leads: 40 %"),
            "agent lead_helper: 40%": ("agent lead_helper: 40%", "Agent lead_helper: 40 %"),
            "agent nobody_s: 3%": ("agent nobody_s: 3%", "Agent nobody_s: 3 %"),
            "addon Sales: 100%": ("addon Sales: 100%", "Modul Sales: 100 %"),
            "agent sale: of old": ("agent sale: of old",) * 2,
            False: (False, False),
        }
        analytics = self.env["ai.token.analytics"].sudo()
        for at, text in enumerate(kept):
            values = {
                "company_id": self.company.id,
                "name": f"Of year {at}",
                "period_type": "year",
                "period_start": f"{2001 + at}-01-01",
                "period_end": f"{2001 + at}-12-31",
            }
            one = analytics.create({**values, "top_cost_driver": text})
            self.assertEqual((one.cost_driver, self._german(one).cost_driver), kept[text])
            self.assertEqual(one.top_cost_driver, text)
            self.assertEqual(self._german(one).top_cost_driver, text)
        one.top_cost_driver = "agent lead_sorter: 40%"
        one.with_context(lang="de_DE").top_cost_driver = "Modul sale: 12 %"
        self.assertEqual(self._german(one).cost_driver, "Modul Verkauf: 12 %")
        self.assertEqual(one.cost_driver, "agent Sorts Leads: 40%")
