from lxml import etree

from odoo import fields
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import format_datetime

MODELS = (
    "ai.token.usage",
    "ai.provider.price",
    "ai.service.provider",
    "ai.cost.reservation",
    "ai.cost.budget",
    "ai.provider.benchmark",
    "ai.cost.optimizer",
    "ai.token.analytics",
    "ai.experiment",
    "ai.answer.pattern",
    "ai.answer",
    "ai.prompt",
    "ai.gateway.key",
    "ai.batch.request",
    "ai.batch",
    "ai.tuning.job",
    "ai.what.if",
)

#: Of review there is a page of its own; proven savings are cards of agents.
CARDS = {
    *("ai.answer.pattern", "ai.answer", "ai.agent", "ai.prompt", "ai.batch", "ai.tuning.job"),
    *("ai.gateway.key", "ai.what.if"),
}


@tagged("post_install", "-at_install", "every_series")
class TestViews(TransactionCase):
    def our_actions(self):
        data = self.env["ir.model.data"].search(
            [
                ("module", "=", "ai_sam_cost_dashboard"),
                ("model", "in", ("ir.actions.act_window", "ir.actions.client")),
            ]
        )
        return [self.env[line.model].browse(line.res_id) for line in data]

    def test_every_menu_action_has_an_address_and_help(self):
        menus = self.env["ir.ui.menu"].search([("action", "!=", False)])
        ours = [
            menu
            for menu in menus
            if (menu._get_external_ids()[menu.id] or [""])[0].startswith("ai_sam_cost_dashboard.")
        ]
        self.assertGreaterEqual(len(ours), 12)
        for menu in ours:
            self.assertTrue(menu.action.path, menu.name)
            if menu.action._name == "ir.actions.act_window" and menu.action.view_mode != "form":
                self.assertIn("o_view_nocontent", menu.action.help or "", menu.name)

    def test_the_main_menu_has_at_most_seven_entries(self):
        root = self.env.ref("ai_sam_cost_dashboard.menu_root")
        self.assertLessEqual(len(root.child_id), 7, root.child_id.mapped("name"))

    def test_every_view_of_every_action_loads_for_a_manager(self):
        manager = new_test_user(
            self.env, "views_manager", "base.group_user,ai_brain.group_ai_manager"
        )
        for action in self.our_actions():
            if action._name != "ir.actions.act_window" or action.target == "new":
                continue
            if action.res_model == "res.config.settings":
                continue
            model = self.env[action.res_model].with_user(manager)
            modes = [(False, mode) for mode in action.view_mode.split(",")] + [(False, "search")]
            views = model.get_views(modes)["views"]
            self.assertEqual(len(views), len(modes), action.name)

    def test_there_are_cards_of_what_saves_and_of_what_is_kept(self):
        carded = {
            action.res_model
            for action in self.our_actions()
            if action._name == "ir.actions.act_window" and "kanban" in action.view_mode.split(",")
        }
        self.assertLessEqual(CARDS, carded)
        for name in CARDS:
            arch = etree.fromstring(self.env[name].get_view(view_type="kanban")["arch"])
            self.assertGreater(len({*arch.xpath("//field/@name")}), 2, name)
        self.assertTrue(self.env.ref("ai_sam_cost_dashboard.action_ai_review").path)

    def test_amounts_in_usd_have_the_exact_widget_in_lists(self):
        for name in MODELS:
            arch = self.env[name].get_view(view_type="list")["arch"]
            for field in ("cost_usd", "amount_usd", "input_usd", "total_cost_usd"):
                if f'name="{field}"' in arch:
                    tag = arch[arch.index(f'name="{field}"') :].split("/>")[0]
                    self.assertIn('widget="usd"', tag, f"{name}.{field}")

    def test_an_analysis_says_as_of_when_it_is_and_whether_it_is_over(self):
        company = self.env.company
        first = company._ai_local_date().replace(day=1)
        last = fields.Date.end_of(first, "month")
        months = [(first, last)]
        months.append((fields.Date.subtract(first, months=1), fields.Date.subtract(first, days=1)))
        now, before = self.env["ai.token.analytics"].create(
            [
                {
                    "name": "A month",
                    "company_id": company.id,
                    "period_type": "month",
                    "period_start": days[0],
                    "period_end": days[1],
                    "analyzed_at": "2026-03-04 05:06:07",
                }
                for days in months
            ]
        )
        for one in (now, before):
            moment = format_datetime(self.env, one.analyzed_at, tz=self.env.user.tz or "UTC")
            self.assertIn("2026", moment)
            self.assertTrue(one.standing_text.startswith(f"As of {moment}"), one.standing_text)
            self.assertEqual("the period is not over" in one.standing_text, one == now)
        for view in ("list", "kanban"):
            arch = self.env["ai.token.analytics"].get_view(view_type=view)["arch"]
            self.assertIn("standing_text", arch, view)

    def test_the_list_of_recommendations_is_called_a_log(self):
        menu = self.env.ref("ai_sam_cost_dashboard.menu_recommendations")
        self.assertEqual(menu.name, "Recommendation Log")
        self.assertEqual(menu.action.res_model, "ai.cost.optimizer")

    def test_the_usage_form_shows_no_key_and_cannot_be_edited(self):
        view = self.env["ai.token.usage"].get_view(view_type="form")
        self.assertIn('create="0"', view["arch"])
        self.assertNotIn("api_key", view["arch"])

    def test_the_credentials_are_for_the_administrator_alone(self):
        manager = new_test_user(self.env, "no_keys", "base.group_user,ai_brain.group_ai_manager")
        provider = self.env["ai.service.provider"]
        self.assertNotIn("api_key", provider.with_user(manager).get_view(view_type="form")["arch"])
        system = new_test_user(self.env, "with_keys", "base.group_user,base.group_system")
        self.assertIn("api_key", provider.with_user(system).get_view(view_type="form")["arch"])

    def test_an_amount_entered_in_a_price_is_a_price(self):
        provider = self.env["ai.service.provider"].create(
            {"name": "Entered", "model_name": "entered", "api_format": "sandbox"}
        )
        form = Form(self.env["ai.provider.price"].with_context(default_provider_id=provider.id))
        form.input_usd = 1.5
        form.cache_read_priced = True
        form.cache_read_usd = 0.15
        price = form.save()
        self.assertTrue(price.cache_read_priced)
        self.assertFalse(price.cache_write_priced)
        self.assertEqual(provider.price_text, "$1.50 in · $0.00 out")


@tagged("post_install", "-at_install", "every_series")
class TestSettings(TransactionCase):
    def test_settings_are_kept_on_the_company(self):
        settings = self.env["res.config.settings"].create(
            {
                "ai_text_policy": "none",
                "ai_quality_low": 55,
                "ai_user_daily_usd": 0.0004,
                "ai_weekly_digest": False,
            }
        )
        settings.execute()
        company = self.env.company
        self.assertEqual(company.ai_text_policy, "none")
        self.assertEqual(company.ai_quality_low, 55)
        self.assertEqual(company.ai_user_daily_usd, 0.0004)
        self.assertFalse(company.ai_weekly_digest)
