from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, TransactionCase, new_test_user, tagged

from odoo.addons.ai_brain.engine.price import catalogue

KEY = "no-key-of-anybody"


@contextmanager
def vendor(env, answers=True):
    """Answer the connection test without a vendor; yields what was tested, as (id, key)."""
    tested = []

    def test(provider):
        # by its number: the record's own cursor is that of a request, closed by and by
        tested.append((provider.id, provider._endpoint().read__key()))
        if not answers:
            raise provider._no_answer("401")
        return {"params": {"message": "It answers, and takes the key."}}

    with patch.object(type(env["ai.service.provider"]), "action_test_connection", test):
        yield tested


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

    def _filled(self, key=KEY):
        form = Form(self.env["ai.provider.wizard"])
        form.entry_id = self.entry("mistral mistral-small-latest")
        form.api_key = key
        return form.save()

    def test_model_key_test_and_budget_in_one_dialog(self):
        self.env["ai.cost.budget"].search([]).active = False
        wizard = self._filled()
        self.assertFalse(wizard.provider_id.active, "it answers nobody before it was tested")
        with vendor(self.env) as tested:
            action = wizard.action_test()
        self.assertEqual((action["res_model"], action["res_id"]), (wizard._name, wizard.id))
        provider = wizard.provider_id
        self.assertEqual(tested, [(provider.id, KEY)])
        self.assertTrue(provider.active and provider.has_api_key and provider.price_ids)
        self.assertEqual((wizard.step, wizard.has_budget), ("budget", False))
        self.assertEqual(wizard.result, "It answers, and takes the key.")
        self.assertEqual(wizard.budget_usd, self.env.company.ai_user_monthly_usd)
        wizard.budget_usd = 40
        self.assertEqual(wizard.action_set_budget()["res_id"], provider.id)
        budget = self.env["ai.cost.budget"].search([("budget_amount", "=", 40)])
        self.assertEqual((budget.each, budget.period_type), ("user", "monthly"))
        self.assertTrue(self._filled().has_budget)

    def test_a_vendor_that_does_not_answer_is_said_in_the_dialog(self):
        wizard = self._filled()
        with vendor(self.env, answers=False):
            wizard.action_test()
        self.assertEqual((wizard.step, wizard.provider_id.active), ("model", False))
        self.assertIn("does not answer", wizard.result)
        wizard.api_key = f"{KEY}-2"
        with vendor(self.env) as tested:
            wizard.action_test()
        self.assertEqual([key for _provider, key in tested], [f"{KEY}-2"])
        self.assertTrue(wizard.provider_id.active)

    def test_the_key_is_kept_nowhere_else_and_goes_to_no_other_vendor(self):
        wizard = self._filled()
        wizard.flush_recordset()
        self.assertFalse(wizard.api_key)
        self.env.cr.execute("SELECT * FROM ai_provider_wizard WHERE id = %s", [wizard.id])
        self.assertNotIn(KEY, str(self.env.cr.fetchall()))
        first = wizard.provider_id
        wizard.entry_id = self.entry("cerebras")
        self.assertFalse(first.exists())
        with vendor(self.env) as tested:
            wizard.action_test()
        self.assertFalse(tested[0][1])
        left = self._filled()
        draft = left.provider_id
        left.unlink()
        self.assertFalse(draft.exists(), "what was never switched on goes with the dialog")

    def test_a_vendor_with_an_address_for_each_customer_is_asked_nowhere_else(self):
        """Azure's key is not OpenAI's, whose address is the usual one of the format."""
        azure = self.entry("azure openai gpt-4o-mini")
        form = Form(self.env["ai.provider.wizard"])
        self.assertFalse(form.needs_address)
        form.entry_id = azure
        form.api_key = KEY
        self.assertTrue(form.needs_address)
        with self.assertRaisesRegex(AssertionError, "own_address is a required field"):
            form.save()
        with self.assertRaisesRegex(UserError, "Azure OpenAI has an address for each customer"):
            self.env["ai.provider.wizard"].create({"entry_id": azure.id, "api_key": KEY})
        mine = "https://mine.openai.azure.com/openai/v1"
        form.own_address = f" {mine} "
        wizard = form.save()
        first = wizard.provider_id
        self.assertEqual((first.base_url, first.has_api_key), (mine, True))
        wizard.own_address = mine.replace("mine", "other")
        self.assertFalse(first.exists(), "another address is not told the key of this one")
        with vendor(self.env) as tested:
            wizard.action_test()
        self.assertEqual(tested, [(wizard.provider_id.id, "")])
        self.assertEqual(wizard.provider_id.base_url, "https://other.openai.azure.com/openai/v1")
        self.assertTrue(wizard.provider_id.price_ids)

    def test_what_was_added_stays_though_it_was_archived(self):
        tested, untested = self._filled(), self._filled()
        with vendor(self.env):
            tested.action_test()
        untested.action_add()
        mine = tested.provider_id + untested.provider_id
        mine.active = False
        (tested + untested).unlink()
        self.assertEqual(mine.exists(), mine)

    def test_a_test_without_a_key_warns(self):
        wizard = self._filled(key=False)
        told = {"params": {"type": "warning", "message": "No key is stored."}}
        providers = type(self.env["ai.service.provider"])
        with patch.object(providers, "action_test_connection", lambda _provider: told):
            wizard.action_test()
        self.assertEqual((wizard.step, wizard.is_doubtful), ("budget", True))
        self.assertEqual(wizard.result, "No key is stored.")

    def test_nothing_chosen_is_said(self):
        with self.assertRaisesRegex(UserError, "Choose a model"):
            self.env["ai.provider.wizard"].create({}).action_add()

    def test_a_manager_cannot_add_a_provider(self):
        manager = new_test_user(
            self.env, "wizard_manager", "base.group_user,ai_brain.group_ai_manager"
        )
        with self.assertRaises(AccessError):
            self.env["ai.provider.wizard"].with_user(manager).create({})


@tagged("post_install", "-at_install")
class TestProviderTour(HttpCase):
    def test_a_provider_is_added_and_tested_and_a_budget_set_in_four_clicks(self):
        self.env["ai.cost.budget"].search([]).active = False
        with vendor(self.env) as tested:
            self.start_tour("/odoo/ai-providers", "ai_provider_in_one_dialog", login="admin")
        (provider_id, key) = tested[0]
        provider = self.env["ai.service.provider"].browse(provider_id)
        self.assertEqual((provider.active, key), (True, KEY))
        budget = self.env["ai.cost.budget"].search([("each", "=", "user")])
        self.assertEqual(budget.budget_amount, self.env.company.ai_user_monthly_usd)

    def test_a_person_gets_a_budget_of_100_dollars_in_five_clicks(self):
        person = new_test_user(self.env, "budget_person", name="Person of the tour")
        self.start_tour("/odoo/ai-budgets", "ai_budget_for_a_person", login="admin")
        budget = self.env["ai.cost.budget"].search([("user_id", "=", person.id)])
        self.assertEqual((budget.budget_amount, budget.period_type), (100, "monthly"))
