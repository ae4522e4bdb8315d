import re
from datetime import timedelta
from urllib.parse import urlencode

from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged
from odoo.tools import file_open

from odoo.addons.ai_brain.tests.batch.common import BatchCase

from ..common import fill_demo
from . import (
    batch_pages,
    dashboard_pages,
    feature_pages,
    lines,
    record_pages,
    saving_pages,
    screen,
    told_pages,
    waiting_pages,
)
from .books import Walk
from .generated import make_company

#: Figures of a page that are looked at, at least.
LEAST = 10


class Walking:
    """Ten figures a page: what it shows is what SQL finds, and what a click, a file and a program
    get; rounded once, by one function."""

    def walk(self, company, manager):
        self.env["ai.cost.rollup"]._roll_up()
        w = Walk(self, company, manager)
        last_month = w.today.replace(day=1) - timedelta(days=1)
        for period in (
            {"period_type": "month", "date_from": str(last_month)},
            {"period_type": "quarter"},
            {"period_type": "month"},
        ):
            data = dashboard_pages.walk(w, period)
        self.data = data
        saving_pages.walk(w, data)
        record_pages.walk(w, data)
        feature_pages.walk(w)
        waiting_pages.walk(w)
        told_pages.walk(w)
        return w

    def check_all_walked(self, w, but):
        """Has each page that has a line been walked, and ten figures of it, at least, been read?

        :param but: {name of a page: figures that it has, where there are fewer}
        """
        least = {page: but.get(page, LEAST) for page in lines.pages()}
        few = {page: w.figures[page] for page in least if w.figures[page] < least[page]}
        self.assertFalse(few)
        self.assertFalse(set(w.figures) - lines.pages())
        self.assertFalse({*lines.TOTALS.values()} - w.names["cards"])


@tagged("post_install", "-at_install")
class TestWalk(Walking, HttpCase):
    def api(self, user, company, **query):
        """What a key of a user is told of a company's costs over HTTP."""
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", "True")
        key = self.env["ai.gateway.key"].create(
            {
                "name": "Walking",
                "user_id": user.id,
                "company_id": company.id,
                "may_call": False,
                "may_read_figures": True,
            }
        )
        secret = key._issue__key()
        response = self.url_open(
            f"/ai/v1/analytics/costs?{urlencode(query)}",
            headers={"Authorization": f"Bearer {secret}"},
        )
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def check_over_http(self, w, manager):
        """Does a program that logs in as the walker read what the walk has read?"""
        self.authenticate(manager.login, manager.login)
        context = {"allowed_company_ids": w.company.ids, "lang": "en_US"}
        for model, records in w.read.items():
            names = {name for fields in records.values() for name in fields}
            rows = self.make_jsonrpc_request(
                f"/web/dataset/call_kw/{model}/read",
                {
                    "model": model,
                    "method": "read",
                    "args": [[*records], sorted(names)],
                    "kwargs": {"context": context},
                },
            )
            found = {row["id"]: row for row in rows}
            for number, figures in records.items():
                told = {name: found[number][name] for name in figures}
                self.assertEqual(told, figures, f"{model} {number}")
        self.assertGreater(len(w.read), 8)

    def test_a_generated_company_in_euros_in_tokyo(self):
        made = make_company(self, self.env)
        self.env["ai.token.analytics"]._analyze_company(made.company)
        w = self.walk(made.company, made.manager)
        screen.walk(w, made.manager.login, self.data)
        self.check_over_http(w, made.manager)
        self.check_all_walked(w, {})
        self.assertTrue(w.own)
        self.assertGreater(w.sql("count(*)", days=w.days_of_all()), 100_000)


@tagged("post_install", "-at_install")
class TestLines(TransactionCase):
    """No page of ours is without a line in the walk, and no line without a page."""

    def ours(self, model):
        data = self.env["ir.model.data"].search(
            [("module", "in", ("ai_brain", "ai_sam_cost_dashboard")), ("model", "=", model)]
        )
        return data.filtered(lambda one: self.env[model].browse(one.res_id).exists())

    def test_menus_and_actions(self):
        kinds = ("ir.actions.act_window", "ir.actions.client", "ir.actions.server")
        found = {
            one.name: self.env[kind].browse(one.res_id) for kind in kinds for one in self.ours(kind)
        }
        crons = self.env["ir.cron"].with_context(active_test=False).search([])
        scheduled = {*crons.ir_actions_server_id}
        found = {name: action for name, action in found.items() if action not in scheduled}
        self.assertEqual(sorted(found), sorted(lines.ACTIONS))
        menus = self.env["ir.ui.menu"].browse(self.ours("ir.ui.menu").mapped("res_id"))
        opened = {menu.action for menu in menus if menu.action}
        self.assertGreater(len(opened), 20)
        self.assertFalse(opened - {*found.values()})

    def test_cards(self):
        views = self.env["ir.ui.view"].browse(self.ours("ir.ui.view").mapped("res_id"))
        cards = views.filtered(lambda view: view.type == "kanban" and not view.inherit_id)
        self.assertEqual(sorted({*cards.mapped("model")}), sorted(lines.CARDS))

    def test_parts_of_the_dashboard(self):
        data = self.env["ai.token.analytics"].get_dashboard_data()
        self.assertEqual(sorted(data), sorted(lines.PARTS))
        self.assertEqual(sorted(data["totals"]), sorted(lines.TOTALS))
        self.assertLessEqual({*data["breakdowns"]}, {*lines.TABS})
        with file_open("ai_sam_cost_dashboard/static/src/dashboard/dashboard.js") as page:
            shown = re.findall(r"(by_\w+): _t\(", page.read())
        self.assertEqual(sorted(shown), sorted(lines.TABS))


@tagged("post_install", "-at_install")
class TestWalkOfTheDemo(Walking, TransactionCase):
    """The same of what the demo made; its calls have cursors of their own, so no page is served."""

    def api(self, user, company, **query):
        """What a program is told, as the endpoint asks for it."""
        analytics = self.env["ai.token.analytics"].with_user(user)
        return analytics.with_context(allowed_company_ids=company.ids).get_cost_report(**query)

    def test_the_demo(self):
        fill_demo(self.env)
        self.env["ai.cost.demo"]._make_calls()
        company = self.env.ref("base.main_company")
        groups = "base.group_user,base.group_allow_export,ai_brain.group_ai_manager"
        inside = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        manager = new_test_user(self.env, "demo_walker", groups, email="d@example.com", **inside)
        self.check_all_walked(self.walk(company, manager), lines.IN_DEMO)


@tagged("post_install", "-at_install")
class TestWalkOfBatches(BatchCase):
    """What batches have cost: as they came back, in the days of a company in Tokyo."""

    def test_batches(self):
        company = self.env["res.company"].create({"name": "Waits KK", "ai_timezone": "Asia/Tokyo"})
        inside = {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        groups = "base.group_user,base.group_allow_export,ai_brain.group_ai_manager"
        manager = new_test_user(self.env, "batch_walker", groups, **inside)
        self.batched.company_id = company
        service = self.service.with_user(manager).with_context(allowed_company_ids=company.ids)
        for words in ("one two three", "four five six seven"):
            for word in words.split():
                service.submit(f"What is {word}?", config=self.batched.id)
            self._all()
        w = Walk(self, company, manager)
        batches = w.env["ai.batch"].search([("company_id", "=", company.id)])
        self.assertEqual(batches.mapped("settled_count"), [4, 3])
        batch_pages.walk(w, batches)
        self.assertGreaterEqual(w.figures["batches"], LEAST)
