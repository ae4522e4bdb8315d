import logging

from odoo.tests import tagged

from ..common import AiCase, answer

SECRET = "the merger with Example Ltd"
FORGED = "Dear\n2026-01-01 00:00:00,000 1 INFO db odoo: forged"
OURS = "odoo.addons.ai_brain"


@tagged("post_install", "-at_install")
class TestLogLines(AiCase):
    """What a watcher of the log reads: one line each, and nothing of what was said."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        dear = {"input_usd": 100.0, "output_usd": 200.0, "valid_from": "2020-01-01"}
        url = {"base_url": cls.vendor.url}
        cls.provider.active = False
        cls.vendor_provider.active = False
        cls.dear = cls._new_provider(FORGED, dear, quality_score=85, **url)
        cls.cheap = cls._new_provider("Cheap", quality_score=84, **url)

    def _said(self, level, words, **options):
        with self.assertLogs(OURS, logging.INFO) as found:
            self.service.send_message(SECRET, config=self.dear, **options)
        for record in found.records:
            self.assertNotIn("merger", record.getMessage())
            self.assertNotIn("\n", record.getMessage())
        return [
            record.getMessage()
            for record in found.records
            if record.levelno == level and record.getMessage().startswith(words)
        ]

    def test_a_recommendation_and_a_switch_are_told_at_info(self):
        (said,) = self._said(logging.INFO, "AI recommendation:", mode="smart_router")
        self.assertIn("Cheap (asked for: Dear 2026-01-01", said)
        self.assertIn("quality as needed", said)
        (said,) = self._said(logging.INFO, "AI call switched:", mode="smart_router")
        self.assertRegex(said, r"^AI call switched: Cheap instead of Dear .* \(router\)$")

    def test_nothing_is_told_of_a_call_that_stays(self):
        self.cheap.write({"enable_cost_optimization": False, "enable_waste_detection": False})
        with self.assertNoLogs(OURS, logging.INFO):
            self.service.send_message(SECRET, config=self.cheap)

    def test_a_fallback_is_a_switch(self):
        self.dear.fallback_provider_id = self.cheap
        self.vendor.script[:] = [(400, {"error": {"message": "no"}}), (200, answer())]
        (said,) = self._said(logging.INFO, "AI call switched:")
        self.assertTrue(said.endswith("(fallback)"), said)

    def test_waste_is_told_as_a_warning(self):
        self.dear.enable_waste_detection = True
        (said,) = self._said(logging.WARNING, "AI waste:")
        self.assertRegex(said, r"^AI waste: \$0\.00\d+ of \$0\.00\d+ that call \d+ to Dear ")
        self.assertTrue(said.endswith(": wrong_model"), said)
