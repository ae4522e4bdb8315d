from odoo.tests import tagged

from ...exceptions import BudgetExceededError
from ..common import answer
from .test_budget import BudgetCase


@tagged("post_install", "-at_install")
class TestBudgetWording(BudgetCase):
    """What a budget says is read in the reader's language, whoever set it up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in ("de_DE", "fr_FR", "es_ES"):
            cls.env["res.lang"]._activate_lang(code)
        cls.owner = cls._new_user("owner", "ai_brain.group_ai_manager", lang="fr_FR")
        cls.berta = cls._new_user("berta", "ai_brain.group_ai_user", lang="de_DE")

    def _said_to(self, code):
        service = self.service.with_user(self.berta).with_context(lang=code)
        return str(
            self._fails(
                BudgetExceededError,
                service.send_message,
                "What is due?",
                config=self.vendor_provider,
                max_tokens=100,
            )
        )

    def test_a_refusal_is_worded_for_who_called(self):
        self._budget(owner_id=self.owner.id, budget_amount=0.00001)
        self.assertIn("does not allow this call", self._said_to("en_US"))
        self.assertIn("erlaubt diesen Aufruf nicht", self._said_to("de_DE"))
        for code in ("fr_FR", "es_ES"):
            said = self._said_to(code)
            self.assertIn("Test budget", said)
            self.assertNotIn("allow", said)

    def test_a_request_that_is_too_dear_is_refused_in_the_callers_words(self):
        self._budget(owner_id=self.owner.id, budget_amount=0, per_request_limit=0.00001)
        self.assertIn("allows", self._said_to("en_US"))
        for code in ("de_DE", "fr_FR", "es_ES"):
            self.assertNotIn("Send less text", self._said_to(code))

    def test_an_alert_is_read_in_each_readers_language(self):
        budget = self._budget(
            owner_id=self.owner.id,
            budget_amount=0.0001,
            alert_thresholds=[50],
            block_at_threshold=0,
        )
        self.vendor.script[:] = [(200, answer(prompt_tokens=200))]
        self._send()
        self.budgets._cron_send_alerts()
        alert = self.env["ai.cost.alert"].search([("budget_id", "=", budget.id)])
        said = {
            code: alert.with_context(lang=code).message
            for code in ("en_US", "de_DE", "fr_FR", "es_ES")
        }
        self.assertEqual(len(set(said.values())), 4, said)
        self.assertIn("has reached 50%", said["en_US"])
        self.assertEqual(budget.activity_ids.summary, said["fr_FR"])

    def test_standing_and_outlook_are_the_readers(self):
        budget = self._budget(owner_id=self.owner.id)
        self._send()
        for method in ("_resets_sentence", "_few_days_text"):
            told = [
                getattr(budget.with_context(lang=code), method)(
                    None if method == "_resets_sentence" else 2
                )
                for code in ("en_US", "de_DE", "fr_FR", "es_ES")
            ]
            self.assertEqual(len(set(told)), 4, told)
