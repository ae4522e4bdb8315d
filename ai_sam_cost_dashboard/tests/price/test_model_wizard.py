from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_brain.tests.common import ScriptedVendor, new_provider


@tagged("post_install", "-at_install", "every_series")
class TestModelWizard(TransactionCase):
    """The model of a provider is chosen among those that its vendor names."""

    def setUp(self):
        super().setUp()
        self.vendor = ScriptedVendor(["large-9", "small-9", "large-9", "gpt-4o-mini"])
        self.addCleanup(self.vendor.close)
        self.provider = new_provider(self.env, "Loopback", base_url=self.vendor.url)
        self.provider.api_key = "test-key"

    def wizard(self, provider=None):
        action = (provider or self.provider).action_choose_model()
        self.assertEqual(action["target"], "new")
        return self.env[action["res_model"]].browse(action["res_id"])

    def choose(self, wizard, name):
        with Form(wizard) as form:
            form.choice_id = wizard.choice_ids.filtered(lambda choice: choice.name == name)
        wizard.action_choose()

    def test_each_model_of_the_vendor_can_be_chosen_once(self):
        wizard = self.wizard()
        names = ["gpt-4o-mini", "large-9", "small-9"]
        self.assertEqual(wizard.choice_ids.mapped("name"), names)
        self.assertIn("offers: 3", wizard.offer)
        headers, _body = self.vendor.requests[-1]
        self.assertEqual(headers["Authorization"], "Bearer test-key")
        self.choose(wizard, "small-9")
        self.assertEqual(self.provider.model_name, "small-9")

    def test_prices_that_are_there_stay_and_are_warned_of(self):
        wizard, prices = self.wizard(), self.provider.price_ids
        self.assertFalse(wizard.warning)
        self.choose(wizard, "large-9")
        self.provider.model_name = "test-model"
        self.assertIn("test-model", wizard.warning)
        self.assertEqual(self.provider.price_ids, prices)

    def test_a_provider_without_prices_gets_those_of_the_catalogue(self):
        # the vendor is asked on loopback, the catalogue by the address that the person entered
        wizard = self.wizard()
        self.provider.price_ids.unlink()
        self.provider.base_url = False
        self.choose(wizard, "gpt-4o-mini")
        self.assertEqual(self.provider.price_ids.input_usd, 0.15)
        self.assertIn("$0.15 in", wizard.price_text)

    def test_a_model_that_writes_nothing_has_no_price_for_writing(self):
        self.vendor.models = ["text-embedding-3-small"]
        wizard = self.wizard()
        self.provider.base_url = False
        self.choose(wizard, "text-embedding-3-small")
        self.assertIn("$0.02 in · — out", wizard.price_text)

    def test_only_choices_of_the_same_question_are_offered(self):
        first, second = self.wizard(), self.wizard()
        self.assertFalse(first.choice_ids & second.choice_ids)
        domain = Form(first)._view["fields"]["choice_id"]["domain"]
        self.assertEqual(domain, "[('wizard_id', '=', id)]")

    def test_a_vendor_that_names_none_or_does_not_answer_is_said(self):
        self.vendor.models = []
        with self.assertRaisesRegex(UserError, "names no models"):
            self.wizard()
        self.provider.base_url = "http://127.0.0.1:9"
        with (
            self.assertRaisesRegex(UserError, "does not answer"),
            mute_logger("odoo.addons.ai_brain.providers.http"),
        ):
            self.wizard()
        with self.assertRaisesRegex(UserError, "Choose a model"):
            self.env["ai.model.wizard"].create({"provider_id": self.provider.id}).action_choose()

    def test_a_manager_may_choose_and_a_user_may_not(self):
        manager = new_test_user(self.env, "chooser", "base.group_user,ai_brain.group_ai_manager")
        self.choose(self.wizard(self.provider.with_user(manager)).with_user(manager), "small-9")
        self.assertEqual(self.provider.model_name, "small-9")
        user = new_test_user(self.env, "looker", "base.group_user")
        with self.assertRaises(AccessError):
            self.wizard(self.provider.with_user(user))

    def test_the_sandbox_offers_itself(self):
        sandbox = new_provider(self.env, "Sandbox", api_format="sandbox")
        self.assertEqual(self.wizard(sandbox).choice_ids.name, "sandbox")
