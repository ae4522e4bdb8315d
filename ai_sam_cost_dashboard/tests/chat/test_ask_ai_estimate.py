from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.ai_brain.tests.common import AiCase


@tagged("post_install", "-at_install")
class TestAskAiEstimate(AiCase):
    """“What would this cost?” is of the call that the question would make."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.service.provider"].search([]).active = False
        cls.default = cls._new("Default", 5.0, sequence=1)
        cls.cheap = cls._new("Cheap", 0.1, quality_score=95, quality_source="test")
        cls.strong = cls._new("Strong", 9.0)
        cls.chat = cls.env["ai.conversation"]

    @classmethod
    def _new(cls, name, usd, **values):
        price = {"input_usd": usd, "output_usd": usd, "valid_from": "2020-01-01"}
        return cls._new_provider(name, price, **{"base_url": cls.vendor.url, **values})

    def _estimate(self, **options):
        return self.chat.estimate_question("How is the year going?", **options)

    def test_without_an_agent_it_is_the_router_s_choice_or_who_was_chosen(self):
        self.assertEqual(self._estimate()["provider"], "Cheap")
        found = self._estimate(provider_id=self.default.id)
        self.assertEqual((found["provider"], found["cheaper"]["provider"]), ("Default", "Cheap"))

    def test_the_agent_of_ask_ai_binds_it(self):
        before = self._estimate(provider_id=self.strong.id)
        agent = self.env["ai.agent"].create(
            {
                "name": "Ask AI",
                "code": "ask_ai",
                "provider_id": self.strong.id,
                "efficient_provider_id": self.default.id,
                "max_tokens": 50,
            }
        )
        found = self._estimate()
        self.assertEqual(found["provider"], "Default")
        self.assertFalse(found["cheaper"], "the third is nobody that it could go to")
        bound = self._estimate(provider_id=self.strong.id)
        self.assertEqual(bound["provider"], "Strong")
        self.assertLess(bound["worst"], before["worst"])
        agent.active = False
        self.assertEqual(self._estimate()["provider"], "Cheap")

    def test_a_sandbox_is_offered_only_where_there_is_nothing_else(self):
        sandbox = self._new("Sandbox", 0.0, api_format="sandbox", base_url=False)
        names = {one["name"] for one in self.chat.get_chat_data()["providers"]}
        self.assertEqual(names, {"Default", "Cheap", "Strong"})
        (self.default + self.cheap + self.strong).active = False
        (only,) = self.chat.get_chat_data()["providers"]
        self.assertEqual((only["id"], only["sandbox"]), (sandbox.id, True))

    def test_smart_asks_who_has_room(self):
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "Nothing for Cheap",
                "company_id": self.env.company.id,
                "provider_id": self.cheap.id,
                "budget_amount": 0.0000001,
                "block_at_threshold": 100,
            }
        )
        self.assertNotEqual(self._estimate()["provider"], "Cheap", "it has room for no question")
        budget.budget_amount = 1
        self.assertEqual(self._estimate()["provider"], "Cheap")
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": self.env.company.id,
                    "provider_id": self.cheap.id,
                    "task_type": "chat",
                    "local_date": self.env.company._ai_local_date(),
                    "cost_usd": Decimal(1),
                }
            ]
        )
        self.assertNotEqual(self._estimate()["provider"], "Cheap")
