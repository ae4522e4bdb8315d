from odoo.tests import Form, tagged

from odoo.addons.ai_brain.tests.tuning.common import TuningCase


@tagged("post_install", "-at_install", "every_series")
class TestTuningScreens(TuningCase):
    """Fine-tuning from the view of the manager who does it."""

    def test_a_manager_chooses_finds_and_looks_at_what_leaves(self):
        self._calls(3)
        self._call("Hello, I am Jürgen Ångström.", "Good.", quality_score=99.0)
        self._call("Rated low?", "Yes.", quality_score=10.0)
        form = Form(self.env["ai.tuning.job"].with_user(self.manager))
        form.name = "Small"
        form.agent_id = self.agent
        form.provider_id = self.base
        form.share = 0
        job = form.save()
        job.action_collect()
        with Form(job) as form:
            self.assertEqual((form.state, form.calls_found, form.calls_fitting), ("ready", 5, 4))
            self.assertIn("rated lower", form.reason_lines)
            self.assertEqual(form.price_source, "The vendor's page")
            self.assertGreater(form.worst_usd, 0)
        example = job.example_ids[0]
        shown = Form(example)
        self.assertEqual(shown.mask_summary, "names: 1")
        self.assertIn("I am [NAME_1].", shown.preview)

    def test_the_menu_is_the_managers(self):
        menu = self.env.ref("ai_sam_cost_dashboard.menu_tuning")
        plain = self._new_user("plain_menu")
        self.assertIn(menu.id, menu.with_user(self.manager)._visible_menu_ids())
        self.assertNotIn(menu.id, menu.with_user(plain)._visible_menu_ids())

    def test_the_price_of_training_is_entered_on_the_price(self):
        price = self.base.price_ids.with_user(self.manager)
        with Form(price) as form:
            form.training_usd = 4.0
        self.assertEqual((price.training_usd, price.training_priced), (4.0, True))

    def test_a_training_is_among_the_calls_with_its_kind(self):
        job = self._ready()
        job.action_send()
        self._run()
        self._run()
        action = job.action_view_usage()
        row = self.env[action["res_model"]].search(action["domain"])
        form = Form(row.with_user(self.manager))
        self.assertEqual(form.kind, "tuning")
