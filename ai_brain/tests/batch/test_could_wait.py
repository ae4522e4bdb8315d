from decimal import Decimal

from odoo.tests import tagged

from ..common import AiCase, answer, answering

PRICE = {
    "input_usd": 1.0,
    "output_usd": 2.0,
    "valid_from": "2020-01-01",
    "batch_factor": 0.5,
    "batch_priced": True,
}


@tagged("post_install", "-at_install", "every_series")
class TestCouldWait(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor_provider.batch_service = "yes"
        cls.vendor_provider.price_ids.write(PRICE)
        cls.cron = cls.env["ir.cron"].create(
            {
                "name": "Sort the mail",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "state": "code",
                "code": "",
            }
        )

    def _call(self, cron=None, stream=False, **options):
        self.vendor.script = [(200, answer("Sorted.", 20_000, 5_000))]
        cron = self.cron if cron is None else cron
        service = self.service.with_context(cron_id=cron.id)
        if stream:
            with answering(self.env, "Sorted. " * 100):
                *_pieces, last = service.stream_message("Sort it.", config=self.vendor_provider)
            return last["result"]
        return service.send_message(
            options.pop("text", "Sort this."), self.vendor_provider, **options
        )

    def _found(self, result):
        findings = result["waste_report"]["findings"]
        return [one for one in findings if one["type"] == "could_wait"]

    def test_a_scheduled_action_that_paid_in_full_is_named_with_the_money(self):
        result = self._call()
        [found] = self._found(result)
        self.assertEqual(
            found["target"], {"kind": "cron", "id": self.cron.id, "name": "Sort the mail"}
        )
        self.assertAlmostEqual(found["cost_wasted"], result["cost_usd"] / 2)
        self.assertIn("“Sort the mail”", found["description"])
        self.assertIn("submit()", found["recommendation"])
        self.assertIn("could_wait", self._row(result).waste_reason)

    def test_what_somebody_waits_for_is_no_waste(self):
        shapes = {
            "streamed": lambda: self._call(stream=True),
            "in a hurry": lambda: self._call(max_latency_ms=5000),
            "in a conversation": lambda: self._call(environment={"session_id": "chat-1"}),
            "no scheduled action": lambda: self._call(cron=self.env["ir.cron"]),
            "one of ours": lambda: self._call(cron=self.env.ref("ai_brain.ir_cron_batch_send")),
        }
        for n, (name, call) in enumerate(shapes.items()):
            with self.subTest(name):
                self.assertFalse(self._found(call()), n)

    def test_without_a_batch_price_or_service_there_is_nothing_to_save(self):
        self.vendor_provider.price_ids.batch_priced = False
        self.assertFalse(self._found(self._call(text="One.")))
        self.vendor_provider = self._new_provider("Priced", PRICE, base_url=self.vendor.url)
        self.assertFalse(self._found(self._call(text="Two.")))
        self.vendor_provider.batch_service = "yes"
        self.assertTrue(self._found(self._call(text="Three.")))

    def test_an_agent_that_lets_nothing_wait_is_left_alone(self):
        agent = self.env["ai.agent"].create({"name": "Now", "code": "now", "may_wait": False})
        told = {"environment": {"agent_type": "now"}}
        self.assertFalse(self._found(self._call(text="One.", **told)))
        agent.may_wait = True
        self.assertTrue(self._found(self._call(text="Two.", **told)))

    def test_the_dashboard_says_what_it_costs_a_month_and_shows_the_lines(self):
        paid = sum(
            (Decimal(repr(self._call(text=f"Mail {n}.")["cost_usd"])) for n in range(3)), Decimal(0)
        )
        manager = self._new_user("waiting_manager", "base.group_user", "ai_brain.group_ai_manager")
        analytics = self.env["ai.token.analytics"].with_user(manager)
        data = analytics.get_dashboard_data()
        [advice] = [one for one in data["recommendations"] if one.get("cron_id") == self.cron.id]
        self.assertAlmostEqual(advice["saving_usd"], float(paid / 2))
        self.assertEqual(advice["saving_period"], "month")
        self.assertIn("“Sort the mail” paid the full price for 3 answers", advice["text"])
        self.assertIn('self.env["ai.service"].submit(', advice["code"])
        self.assertFalse(advice["can_apply"])
        [line] = [one for one in data["waste"] if one["type"] == "could_wait"]
        self.assertAlmostEqual(line["cost_usd"], float(paid / 2))
        self.assertEqual(line["label"], "Haste that nobody had")
        self.assertIn("All of it: Sort the mail.", line["description"])
        user = self._new_user("waiting_user", "base.group_user")
        analytics = self.env["ai.token.analytics"].with_user(user)
        found = analytics.get_dashboard_data()["recommendations"]
        self.assertFalse([one for one in found if one.get("cron_id")])
