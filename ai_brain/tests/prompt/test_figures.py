from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AiCase, answer

INVOICE = "Invoice INV/2026/00042 of 5 March 2026: 1,250.00 USD, due in 30 days."


@tagged("post_install", "-at_install", "every_series")
class TestFigures(AiCase):
    """Figures out of the air: told, counted on the row, summed by agent and model."""

    def _ask(self, said, context=INVOICE, **environment):
        self.vendor.script = [(200, answer(said))]
        messages = [
            {"role": "system", "content": f"Be brief. {context or ''}"},
            {"role": "user", "content": "When is it due, and how much is it?"},
        ]
        if context:
            environment["context_blocks"] = {"invoice": context}
        return self.service.send_message(
            messages, config=self.vendor_provider, environment=environment
        )

    def test_a_wrong_figure_is_told_and_counted(self):
        result = self._ask("INV/2026/00042 over $1,350.00 is due on April 4, 2026.")
        self.assertEqual(result["figures"], {"checked": 3, "unsupported": ["1,350.00"]})
        self.assertIn("1,350.00", " ".join(result["notices"]))
        row = self._row(result)
        self.assertEqual((row.figures_checked, row.figures_unsupported), (3, 1))

    def test_right_figures_are_counted_and_nothing_is_said(self):
        result = self._ask("INV/2026/00042 over $1,250 is due on April 4, 2026.")
        self.assertEqual(result["figures"], {"checked": 3, "unsupported": []})
        self.assertFalse([one for one in result["notices"] if "1,250" in one])
        self.assertEqual(self._row(result).figures_unsupported, 0)

    def test_without_context_nothing_is_said(self):
        result = self._ask("It is 1,350.00.", context=None)
        self.assertIsNone(result["figures"])
        self.assertEqual(self._row(result).figures_checked, 0)

    def test_what_a_tool_returned_is_context(self):
        self.vendor.script = [(200, answer("14 pieces, not 15."))]
        call = {"id": "1", "type": "function", "function": {"name": "stock", "arguments": "{}"}}
        result = self.service.send_message(
            [
                {"role": "user", "content": "How many are there?"},
                {"role": "assistant", "content": "", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "1", "content": "14"},
            ],
            config=self.vendor_provider,
        )
        self.assertEqual(result["figures"], {"checked": 2, "unsupported": ["15"]})

    def test_rates_by_agent_and_model_are_sums_of_the_rows(self):
        self._ask("$1,350.00, due April 4, 2026", agent_type="dunning")
        self._ask("$1,250.00, due April 4, 2026", agent_type="dunning")
        self._ask("$1,250.00", agent_type="reply")
        rates = self.env["ai.token.analytics"].get_figure_rates()
        self.assertEqual(
            rates["by_agent"]["dunning"],
            {"calls": 2, "figures_checked": 4, "figures_unsupported": 1, "rate": 0.25},
        )
        self.assertEqual(rates["by_agent"]["reply"]["rate"], 0)
        model = rates["by_model"][self.vendor_provider.model_name]
        self.assertEqual((model["figures_checked"], model["figures_unsupported"]), (5, 1))
        with self.assertRaises(UserError):
            self.env["ai.token.analytics"].get_figure_rates(0)

    def test_another_person_sees_rates_of_his_own_calls(self):
        self._ask("$1,350.00", agent_type="dunning")
        stranger = self._new_user("figures-stranger")
        rates = self.env["ai.token.analytics"].with_user(stranger).get_figure_rates()
        self.assertEqual(rates, {"by_agent": {}, "by_model": {}})
