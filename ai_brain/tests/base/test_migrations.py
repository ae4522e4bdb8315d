import importlib.util
import logging
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from psycopg2.extras import Json

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import AiCase

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


@tagged("post_install", "-at_install", "every_series")
class TestMigrations(AiCase):
    """What an edition finds in a database that the one before it filled."""

    def _migrate(self, name, when="pre", to="1.1.0"):
        """Run a script twice, as an interrupted upgrade may; return what it says in the log."""
        path = FOLDER / to / f"{when}-{name}.py"
        spec = importlib.util.spec_from_file_location(f"{when}_{name}", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        self.env.flush_all()
        if not hasattr(script, "_logger"):
            script.migrate(self.env.cr, "18.0.1.0.0")
            return []
        with self.assertLogs(script._logger, logging.INFO) as said:
            script.migrate(self.env.cr, "18.0.1.0.0")
        with self.assertNoLogs(script._logger, logging.INFO):
            script.migrate(self.env.cr, "18.0.1.0.0")
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        return said.output

    def _second_price(self, *, used=False, **figures):
        """A price that another transaction entered for the same day, as 1.0.0 let it.

        :param used: bill a call at it first
        """
        price = self.provider.price_ids
        other = price.copy({"valid_from": "2021-01-01", **figures})
        result = self.service.send_message("Hello", config=self.provider) if used else {}
        self.env.flush_all()
        self.env.cr.execute("DROP INDEX IF EXISTS ai_provider_price_unique")
        query = "UPDATE ai_provider_price SET valid_from = %s WHERE id = %s"
        self.env.cr.execute(query, (price.valid_from, other.id))
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        return price, other, result

    def test_the_mail_of_an_alert_takes_its_sentences_from_the_alert(self):
        """In each language; what an owner has added stays."""
        template = self.env.ref("ai_brain.mail_template_budget_alert")
        body = """<div>
            <p t-out="ctx.get('ai_message') or object.name">The budget has reached 80%%.</p>
            <p>%s</p>
            <ul>
                <li>%s <t t-out="object._money(round(object.forecast_monthly, 2))">$120</t></li>
                <li>%s <t t-out="ctx.get('ai_resets') or ''">on the first</t>.</li>
            </ul>
        </div>"""
        words = {
            "en_US": ("Ask Joe.", "Expected by the end of the month:", "It begins anew"),
            "fr_FR": ("Voyez Joe.", "Prévu à la fin du mois :", "Il recommence"),
        }
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = %s WHERE id = %s",
            (Json({lang: body % texts for lang, texts in words.items()}), template.id),
        )
        self._migrate("budget_alert_mail", when="post")
        self.env.cr.execute("SELECT body_html FROM mail_template WHERE id = %s", template.ids)
        bodies = self.env.cr.fetchone()[0]
        self._migrate("budget_alert_mail", when="post")
        self.env.cr.execute("SELECT body_html FROM mail_template WHERE id = %s", template.ids)
        self.assertEqual(self.env.cr.fetchone()[0], bodies, "run twice")
        for lang, (own, forecast, resets) in words.items():
            self.assertIn(own, bodies[lang])
            self.assertNotIn(forecast, bodies[lang])
            self.assertNotIn(resets, bodies[lang])
            self.assertIn("""<li t-out="ctx.get('ai_forecast') or ''"></li>""", bodies[lang])
            self.assertIn("""<li t-out="ctx.get('ai_resets') or ''"></li>""", bodies[lang])

    def test_a_column_of_the_first_days_gets_its_new_name(self):
        cr = self.env.cr
        cr.execute(
            "ALTER TABLE ai_token_analytics RENAME kept_recommendations TO recommendations;"
            "ALTER TABLE ai_cost_optimizer RENAME others TO alternatives;"
        )
        self._migrate("rename_columns")
        self._migrate("rename_columns")
        cr.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE (table_name, column_name) IN (('ai_token_analytics', 'recommendations'),"
            " ('ai_token_analytics', 'kept_recommendations'), ('ai_cost_optimizer', 'others'),"
            " ('ai_cost_optimizer', 'alternatives')) ORDER BY 1"
        )
        self.assertEqual(cr.fetchall(), [("kept_recommendations",), ("others",)])

    def test_recommendations_of_the_first_edition_keep_their_providers_names(self):
        cr = self.env.cr
        result = self.env["ai.cost.optimizer"].recommend_provider("chat", 1000)
        record = self.env["ai.cost.optimizer"].browse(result["recommendation_id"])
        self.env.flush_all()
        cr.execute(
            "ALTER TABLE ai_cost_optimizer ADD COLUMN IF NOT EXISTS name varchar;"
            "UPDATE ai_cost_optimizer SET provider_name = NULL, recommended_provider_id = NULL,"
            " name = 'Chat: Gone' WHERE id = %s",
            (record.id,),
        )
        self._migrate("recommendation_names", "post")
        self._migrate("recommendation_names", "post")
        record.invalidate_recordset()
        self.assertEqual((record.provider_name, record.name), ("Gone", "Chat: Gone"))

    def test_kept_analyses_get_the_amounts_that_the_ledger_has_in_the_companys_currency(self):
        euro = self.env.ref("base.EUR")
        company = self.env["res.company"].create({"name": "Kept", "currency_id": euro.id})
        today = company._ai_local_date()
        row = {"company_id": company.id, "local_date": today, "currency_id": euro.id,
               "saved_usd": Decimal(2)}  # fmt: skip
        costs = ((Decimal(3), Decimal("0.5")), (Decimal(1), Decimal("0.7")))
        self.env["ai.token.usage"].sudo()._insert(
            [{**row, "cost_usd": cost, "currency_rate": rate} for cost, rate in costs]
        )
        days = {"period_start": today, "period_end": today, "company_id": company.id}
        kept = self.env["ai.token.analytics"].create(
            [
                {**days, "name": "Whole", "period_type": "day", "total_cost_usd": 4.0},
                {**days, "name": "Of the morning", "period_type": "custom", "total_cost_usd": 3.0},
            ]
        )
        self._migrate("analyses_in_company_currency", "post", "1.3.0")
        kept.invalidate_recordset()
        whole, open_one = kept
        self.assertEqual((whole.currency_id, whole.could_have_saved_company), (euro, 0))
        self.assertAlmostEqual(whole.cost_company, 3 * 0.5 + 1 * 0.7)
        self.assertAlmostEqual(whole.saved_company, 2 * 0.5 + 2 * 0.7)
        self.assertFalse(open_one.currency_id, "the ledger has gone on since")

    def test_types_of_messages_that_nobody_changed_get_the_new_examples(self):
        ours, theirs = (
            self.env.ref(f"ai_brain.message_type_business_{code}") for code in ("thanks", "how_to")
        )
        shipped = ours.examples_en
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE ai_message_type
               SET examples_en = 'Ahoy', write_date = create_date
                   + CASE WHEN id = %s THEN interval '1 day' ELSE interval '0' END
             WHERE id IN %s
            """,
            (theirs.id, (ours.id, theirs.id)),
        )
        self.env.invalidate_all()
        self._migrate("wider_message_types", "post", "1.5.0")
        self.env.invalidate_all()
        self.assertEqual(ours.examples_en, shipped)
        self.assertEqual(theirs.examples_en, "Ahoy")
        self.assertEqual(ours.write_date, ours.create_date)

    def test_sums_of_a_provider_begin_with_its_first_call(self):
        stats = self.env["ai.provider.stats"]
        self.env["ai.provider.benchmark"].log_benchmark(
            self.provider.id, "chat", timestamp=datetime(2025, 12, 1)
        )
        self.env.cr.execute(
            "UPDATE ai_provider_stats SET since = '2026-05-05' WHERE provider_id = %s",
            (self.provider.id,),
        )
        self._migrate("evidence_since", "post", "1.5.0")
        evidence, _ratings = stats._evidence(self.company.id, "chat")[self.provider.id]
        self.assertEqual(evidence.since, date(2025, 12, 1))

    def test_of_two_prices_for_a_day_the_one_in_effect_stays(self):
        price, other, _result = self._second_price(input_usd=9)
        (said,) = self._migrate("one_price_a_day")
        self.assertIn(f"Price {other.id} of “Sandbox” (token, from 2020-01-01) is archived", said)
        # the one with the lowest id: 1.0.0 took that
        self.assertEqual(self.provider._price_at(), price)
        self.assertEqual(self.provider.price_ids, price)
        self.assertFalse(other.active)
        self.assertEqual((other.valid_from, other.input_usd), (date(2020, 1, 1), 9))

    def test_what_was_billed_at_an_archived_price_stays(self):
        price, other, result = self._second_price(used=True, input_usd=9)
        row = self._row(result)
        cost = self._exact(row, "cost_usd")
        (said,) = self._migrate("one_price_a_day")
        self.assertIn("1 calls were billed at the archived one", said)
        self.assertEqual(row.price_id, other)
        self.assertEqual(self._exact(row, "cost_usd"), cost)
        self._fails(UserError, other.write, {"input_usd": 1})
        again = self.service.send_message("Hello", config=self.provider)
        self.assertEqual(self._row(again).price_id, price)
        self.assertLess(again["cost_usd"], result["cost_usd"])

    def test_an_archived_price_does_not_come_back_beside_the_other(self):
        _price, other, _result = self._second_price()
        self._migrate("one_price_a_day")
        self.env["ai.provider.price"].init()
        with self.assertRaisesRegex(ValidationError, "already has a price from 2020-01-01"):
            other.active = True

    def test_of_two_running_experiments_the_newest_goes_on(self):
        experiments = self.env["ai.experiment"]
        for number in (1, 2):
            other = self._new_provider(f"Other {number}", base_url=self.vendor.url)
            arms = {"provider_a_id": self.vendor_provider.id, "provider_b_id": other.id}
            experiments += experiments.create({"name": f"Trial {number}", **arms})
        self.env.flush_all()
        self.env.cr.execute("DROP INDEX IF EXISTS ai_experiment_one_running")
        query = "UPDATE ai_experiment SET state = 'running' WHERE id = ANY(%s)"
        self.env.cr.execute(query, (experiments.ids,))
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        before = experiments._running(self.company.id, "chat")
        (said,) = self._migrate("one_running_experiment")
        older, newer = experiments
        self.assertIn(f"Experiment {older.id} “Trial 1” is ended: experiment {newer.id}", said)
        self.assertEqual(experiments.mapped("state"), ["done", "running"])
        self.assertTrue(older.date_end)
        self.assertFalse(newer.date_end)
        self.assertEqual(before["id"], newer.id)
        self.assertEqual(experiments._running(self.company.id, "chat"), before)


@tagged("post_install", "-at_install")
class TestUniqueIndexes(AiCase):
    """What the searches of a transaction cannot see, its indexes do."""

    def _blind(self, model):
        """Searches find nothing, as those of two transactions at once."""
        self.patch(type(self.env[model]), "search_count", lambda *args, **kwargs: 0)

    def test_a_second_price_is_refused_in_words(self):
        self._blind("ai.provider.price")
        prices = self.env["ai.provider.price"]
        values = {"provider_id": self.provider.id, "valid_from": "2020-01-01"}
        with mute_logger("odoo.sql_db"):
            error = self._fails(ValidationError, prices.create, values)
            other = prices.create({**values, "valid_from": "2020-01-02"})
            moved = self._fails(ValidationError, other.write, {"valid_from": "2020-01-01"})
        words = "Sandbox already has a price from 2020-01-01. Change that one"
        self.assertIn(words, str(error))
        self.assertIn(words, str(moved))
        # the transaction goes on
        self.assertEqual(other.valid_from, date(2020, 1, 2))
        self.assertEqual(len(self.provider.price_ids), 2)
        other.unit = "image"
        other.valid_from = "2020-01-01"

    def test_two_prices_in_one_go_are_refused_too(self):
        values = {"provider_id": self.provider.id, "valid_from": "2021-01-01"}
        with self.assertRaisesRegex(ValidationError, "already has a price from 2021-01-01"):
            self.env["ai.provider.price"].create([values, values])

    def test_a_second_running_experiment_is_refused_in_words(self):
        other = self._new_provider("Other", base_url=self.vendor.url)
        arms = {"provider_a_id": self.vendor_provider.id, "provider_b_id": other.id}
        experiment = self.env["ai.experiment"].create({"name": "Trial", **arms})
        second = experiment.copy()
        self._blind("ai.experiment")
        experiment.action_start()
        with mute_logger("odoo.sql_db"):
            error = self._fails(UserError, second.action_start)
        self.assertIn("Another experiment of this task is running. End it first.", str(error))
        self.assertEqual(second.state, "draft")
        experiment.action_stop()
        second.action_start()
        self.assertEqual(second.state, "running")
