from odoo.tests import Form, tagged

from odoo.addons.ai_brain.tests.tasks.common import TasksCase, by_time, heard, vectors, wav


@tagged("post_install", "-at_install", "every_series")
class TestTaskScreens(TasksCase):
    """A provider's form asks for what its task needs; the ledger shows what was heard."""

    def test_a_price_is_said_in_what_the_provider_bills(self):
        self.assertEqual(self.by_minute.price_text, "$0.006 a minute")
        self.assertEqual(self.by_minute.price_unit, "minute")
        values = {"unit": "hour", "unit_usd": 0.04, "least_seconds": 10}
        self.by_minute.price_ids.copy({**values, "valid_from": "2021-01-01"})
        self.by_minute.invalidate_recordset(["price_text", "price_unit"])
        self.assertEqual(self.by_minute.price_text, "$0.04 an hour, at least 10 seconds a request")
        self.assertEqual(self.by_minute.price_unit, "hour")
        self.assertEqual(self.by_token.price_text, "$2.50 in · $10.00 out")
        self.assertEqual(self.vectors.price_text, "$0.02 in")
        self.assertTrue(self.by_minute.is_priced)

    def test_the_form_asks_for_what_the_task_needs(self):
        asks = {
            "chat": {"context_window", "max_output_tokens", "default_max_tokens", "supports_tools"},
            "embedding": {"context_window", "vector_length"},
            "voice_to_text": set(),
        }
        every = set().union(*asks.values())
        for provider in (self.provider, self.vectors, self.by_minute):
            form = Form(provider)
            shown = {name for name in every if not form._get_modifier(name, "invisible")}
            self.assertEqual(shown, asks[provider.task_type], provider.task_type)

    def test_a_new_price_of_a_speech_provider_is_one_by_the_minute(self):
        bare = self._new_provider("Bare", False, task_type="voice_to_text")
        with Form(bare) as form, form.price_ids.new() as price:
            self.assertEqual(price.unit, "minute")
            price.unit_usd = 0.003
        self.assertEqual(bare.price_text, "$0.003 a minute")

    def test_the_least_that_is_billed_is_asked_for_where_time_is(self):
        bare = self._new_provider("Bare", False, task_type="voice_to_text")
        with Form(bare) as form, form.price_ids.new() as price:
            price.unit = "token"
            self.assertTrue(price._get_modifier("least_seconds", "invisible"))
            price.unit = "hour"
            price.unit_usd, price.least_seconds = 0.04, 10
        self.assertEqual(bare.price_text, "$0.04 an hour, at least 10 seconds a request")

    def test_the_ledger_is_grouped_by_task_and_shows_seconds(self):
        self.vendor.script = [(200, vectors([1])), (200, heard(usage=by_time(61)))]
        self._embed("One.")
        result = self._hear(wav(61))
        usages = self.env["ai.token.usage"]
        found = dict(
            usages._read_group(
                [("provider_id", "in", (self.vectors | self.by_minute).ids)],
                ["task_type"],
                ["audio_seconds:sum"],
            )
        )
        self.assertEqual(found, {"embedding": 0, "voice_to_text": 61})
        view = usages.get_views([(False, "search"), (False, "form")])
        self.assertIn("group_task", view["views"]["search"]["arch"])
        form = Form(self._row(result))
        self.assertFalse(form._get_modifier("audio_seconds", "invisible"))
        data = self.env["ai.token.analytics"].get_cost_breakdown("day")
        self.assertEqual(data["by_task"]["voice_to_text"]["cost_usd"], 0.0061)
        self.assertEqual(data["by_task"]["voice_to_text"]["calls"], 1)
