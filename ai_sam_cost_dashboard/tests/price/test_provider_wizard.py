from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from odoo.addons.ai_brain.engine.price import catalogue


@tagged("post_install", "-at_install", "every_series")
class TestProviderWizard(TransactionCase):
    def entry(self, text):
        found = self.env["ai.catalogue.entry"].name_search(text)
        return self.env["ai.catalogue.entry"].browse(found[0][0])

    def test_search_finds_every_word(self):
        names = [name for _id, name in self.env["ai.catalogue.entry"].name_search("openai 4o mini")]
        self.assertIn("OpenAI · gpt-4o-mini", names)
        self.assertFalse(self.env["ai.catalogue.entry"].name_search("no such model anywhere"))

    def test_searching_twice_makes_no_second_record(self):
        entries = self.env["ai.catalogue.entry"]
        entries.name_search("claude-sonnet-4-5")
        before = entries.search_count([])
        entries.name_search("claude-sonnet-4-5")
        self.assertEqual(entries.search_count([]), before)

    def test_the_provider_has_the_prices_of_the_catalogue(self):
        form = Form(self.env["ai.provider.wizard"])
        form.entry_id = self.entry("mistral mistral-small-latest")
        self.assertIn("Mistral", form.name)
        action = form.save().action_add()
        provider = self.env["ai.service.provider"].browse(action["res_id"])
        found = catalogue.lookup(provider.model_name, vendor="mistral")
        self.assertEqual(provider.base_url, found[0].entry.base_url)
        self.assertEqual(len(provider.price_ids), len(found))
        self.assertEqual(
            sorted(provider.price_ids.mapped("input_usd")),
            sorted(float(one.price.rates.input) for one in found),
        )
        self.assertFalse(provider.has_api_key)

    def test_nothing_chosen_is_said(self):
        with self.assertRaisesRegex(UserError, "Choose a model"):
            self.env["ai.provider.wizard"].create({}).action_add()

    def test_a_manager_cannot_add_a_provider(self):
        manager = new_test_user(
            self.env, "wizard_manager", "base.group_user,ai_brain.group_ai_manager"
        )
        with self.assertRaises(AccessError):
            self.env["ai.provider.wizard"].with_user(manager).create({})
