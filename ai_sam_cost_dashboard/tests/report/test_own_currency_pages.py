import json
from datetime import timedelta
from decimal import Decimal

from lxml import etree

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ...tools.own_columns import VIEWS
from .own_currency import BEFORE, FROZEN, TODAY, OwnCurrencyCase

#: Amounts that views show in USD alone, and why that is right.
VENDORS = "a vendor's price, as his list has it"
BESIDE = "is entered in USD; what it is in the company's currency is told beside it"
IN_USD = {
    "ai.provider.price": VENDORS,
    "ai.provider.price.tier": VENDORS,
    "ai.what.if.price": VENDORS,
    ("ai.tuning.job", "training_usd"): VENDORS,
    ("res.config.settings", "ai_ceiling_usd"): VENDORS,
    ("ai.provider.wizard", "budget_usd"): BESIDE,
    "res.config.settings": BESIDE,
}


@tagged("post_install", "-at_install", "every_series")
class TestOwnCurrencyPages(OwnCurrencyCase):
    """Every page of a company in EUR: its currency first, as the ledger counted, times in
    seconds."""

    def setUp(self):
        super().setUp()
        self.quote()
        self.env.invalidate_all()

    def counted(self, **more):
        """A call of today at the rate of 40 days ago: what is counted is told from what is
        converted."""
        return self.spend(currency_id=self.euro.id, currency_rate=Decimal(str(FROZEN)), **more)

    def opened(self, model, view_type):
        """Return ``{name: options}`` of the fields of a view that a person sees."""
        arch = etree.fromstring(self.env[model].get_view(view_type=view_type)["arch"])
        return {
            field.get("name"): json.loads(field.get("options") or "{}")
            if (field.get("options") or "{}").startswith('{"')
            else {}
            for field in arch.iter("field")
            if "1" not in (field.get("invisible"), field.get("column_invisible"))
        }

    def test_no_view_shows_an_amount_in_usd_alone(self):
        """Goes through all views of both addons; each that is in USD alone has its reason."""
        ours = self.env["ir.model.data"].sudo().search(
            [("model", "=", "ir.ui.view"),
             ("module", "in", ("ai_brain", "ai_sam_cost_dashboard"))]
        )  # fmt: skip
        views = self.env["ir.ui.view"].sudo().browse(ours.mapped("res_id"))
        views = views.filtered(lambda view: view.type in VIEWS and not view.inherit_id)
        views |= self.env.ref("base.res_config_settings_view_form").sudo()
        self.assertGreater(len(views), 80)
        found = 0
        for view in views:
            model = self.env[view.model].sudo()
            arch = etree.fromstring(model.get_view(view.id, view.type)["arch"])
            for name, of in self.in_usd_alone(model, arch):
                found += 1
                reason = IN_USD.get((of, name)) or IN_USD.get(of)
                self.assertTrue(reason, f"{view.xml_id}: {name} of {of} is in USD alone")
        self.assertGreater(found, 20)  # the reasons are needed

    def in_usd_alone(self, model, arch):
        for field in arch.iter("field"):
            above = [one for one in field.iterancestors() if one.tag in (*VIEWS, "field")]
            of = model
            for one in reversed([one for one in above if one.tag == "field"]):
                of = self.env[of._fields[one.get("name")].comodel_name].sudo()
            name, options = field.get("name"), field.get("options") or ""
            # a record with a currency of its own has its signs beside its amounts
            signed = (
                "signs" in options or field.getparent().find("field[@name='signs']") is not None
            )
            is_usd = name.endswith("_usd") or (field.get("widget") == "usd" and not signed)
            hidden = "1" in (field.get("invisible"), field.get("column_invisible"))
            kinds = [one.tag for one in above if one.tag in VIEWS]
            if not is_usd or hidden or not kinds:
                continue
            own = getattr(of, "_own_columns", lambda _kind: {})(kinds[0]).get(name)
            if own is None or not arch.findall(f".//field[@name='{own}']"):
                yield name, of._name

    def test_cards_have_one_amount_and_usd_on_hover(self):
        for model, own, usd in (
            ("ai.answer.pattern", "recent_saved_listed", "recent_saved_usd"),
            ("ai.answer", "saved_listed", "saved_usd"),
            ("ai.gateway.key", "spent_listed", "spent_usd"),
            ("ai.batch.request", "cost_listed", "cost_usd"),
            ("ai.batch", "cost_listed", "cost_usd"),
            ("ai.tuning.job", "cost_listed", "cost_usd"),
            ("ai.cost.reservation", "amount_listed", "amount_usd"),
            ("ai.agent", "recent_cost_listed", "recent_cost_usd"),
            ("ai.service.provider", "recent_cost_listed", "recent_cost_usd"),
        ):
            with self.subTest(model=model):
                card = self.opened(model, "kanban")
                self.assertNotIn(usd, card)
                self.assertEqual(card[own], {"signs": ["", "\u00a0€", 2], "usd": usd})

    def test_buttons_of_forms_have_one_amount(self):
        for model, own, usd in (
            ("ai.answer.pattern", "recent_saved_listed", "recent_saved_usd"),
            ("ai.answer", "saved_listed", "saved_usd"),
            ("ai.gateway.key", "spent_listed", "spent_usd"),
            ("ai.agent", "recent_cost_listed", "recent_cost_usd"),
            ("ai.service.provider", "recent_cost_listed", "recent_cost_usd"),
        ):
            with self.subTest(model=model):
                form = self.opened(model, "form")
                self.assertNotIn(usd, form)
                self.assertEqual(form[own]["usd"], usd)
        # a list in a form of another model, whose amount that model knows nothing of
        self.assertIn("recent_saved_listed", self.opened("ai.agent", "form"))

    def test_patterns(self):
        pattern = self.env["ai.answer.pattern"].create(
            {"name": "Hi", "triggers_en": "hi", "answers_en": "Hello.",
             "company_id": self.company.id}
        )  # fmt: skip
        for rate in (FROZEN, TODAY):
            self.spend(kind="pattern", pattern_key=pattern.id, saved_usd=Decimal(4),
                       currency_id=self.euro.id, currency_rate=Decimal(str(rate)))  # fmt: skip
        self.assertEqual((pattern.recent_hits, pattern.recent_saved_usd), (2, 8.0))
        self.assertAlmostEqual(pattern.recent_saved_listed, 4 * FROZEN + 4 * TODAY)
        # as the list says that its button opens
        calls = self.env["ai.token.usage"].search(pattern.action_view_answers()["domain"])
        self.assertAlmostEqual(pattern.recent_saved_listed, sum(calls.mapped("saved_company")))

    def test_kept_answers(self):
        agent = self.env["ai.agent"].create({"name": "Shop", "code": "shop"})
        values = {
            "company_id": self.company.id, "agent_id": agent.id, "question": "When?",
            "answer": "Now.", "created_at": "2026-01-01", "scope_hash": 1, "scope_rest": 2,
            "text_hash": 4, "saved_usd": 6.0,
        }  # fmt: skip
        served, never = self.env["ai.answer"].sudo().create(
            [{**values, "key_hash": 3}, {**values, "key_hash": 4}]
        )  # fmt: skip
        for rate, saved in ((FROZEN, 1), (TODAY, 5)):
            self.spend(kind="cache", answer_key=served.id, saved_usd=Decimal(saved),
                       currency_id=self.euro.id, currency_rate=Decimal(str(rate)))  # fmt: skip
        answers = self.env["ai.answer"].search([("company_id", "=", self.company.id)])
        self.assertEqual(answers, (never | served).sudo(False))
        self.assertAlmostEqual(answers[1].saved_listed, FROZEN + 5 * TODAY)
        self.assertAlmostEqual(answers[0].saved_listed, 6 * TODAY)  # of which no row is known
        ((total,),) = answers._read_group([("id", "in", answers.ids)], [], ["saved_listed:sum"])
        self.assertAlmostEqual(float(total), sum(answers.mapped("saved_listed")))
        calls = self.env["ai.token.usage"].search([("answer_key", "=", served.id)])
        self.assertAlmostEqual(sum(calls.mapped("saved_company")), answers[1].saved_listed)

    def test_batches_and_their_requests(self):
        batch = self.env["ai.batch"].sudo().create(
            {"name": "b1", "company_id": self.company.id, "provider_id": self.provider.id,
             "held_usd": 9.0, "cost_usd": 3.0, "saved_usd": 3.0}
        )  # fmt: skip
        common = {
            "company_id": self.company.id, "provider_id": self.provider.id,
            "user_id": self.boss.id, "send_at": "2026-01-01", "batch_id": batch.id,
        }  # fmt: skip
        requests = self.env["ai.batch.request"].sudo()
        for rate, cost in ((FROZEN, 1), (TODAY, 2)):
            row = self.spend(
                kind="batch", cost_usd=Decimal(cost), saved_usd=Decimal(cost),
                currency_id=self.euro.id, currency_rate=Decimal(str(rate)),
            )  # fmt: skip
            requests |= requests.create({**common, "token_usage_id": row.id, "cost_usd": cost})
        waiting = requests.create({**common, "batch_id": False, "worst_usd": 2.0})
        batch, requests, waiting = (one.sudo(False) for one in (batch, requests, waiting))
        self.assertAlmostEqual(batch.cost_listed, FROZEN + 2 * TODAY)
        self.assertAlmostEqual(batch.saved_listed, FROZEN + 2 * TODAY)
        self.assertAlmostEqual(sum(requests.mapped("cost_listed")), batch.cost_listed)
        self.assertAlmostEqual(waiting.worst_listed, 2 * TODAY)
        for records in (batch, requests):
            ((total,),) = records._read_group(
                [("id", "in", records.ids)], [], ["cost_listed:sum"]
            )  # fmt: skip
            self.assertAlmostEqual(float(total), batch.cost_listed)
        heads = self.shown("ai.batch", "list", "cost_listed", "cost_usd")
        self.assertEqual(heads, [("cost_listed", "Cost (EUR)"), ("cost_usd", "Cost (USD)")])

    def test_trainings(self):
        row = self.counted(kind="training", cost_usd=Decimal(5))
        agent = self.env["ai.agent"].create({"name": "Shop", "code": "shop"})
        jobs = self.env["ai.tuning.job"].sudo()
        paid, going = jobs.create([{"agent_id": agent.id, "company_id": self.company.id}] * 2)
        paid.write({"usage_key": row.id, "cost_usd": 5.0, "held_usd": 6.0,
                    "tuned_provider_id": self.other.id})  # fmt: skip
        going.held_usd = 6.0
        self.counted(provider_id=self.other.id, saved_usd=Decimal(2))
        self.assertAlmostEqual(paid.cost_listed, 5 * FROZEN)
        self.assertAlmostEqual(paid.held_listed, 6 * FROZEN)
        self.assertAlmostEqual(going.held_listed, 6 * TODAY)
        self.assertAlmostEqual(paid.saved_listed, 2 * FROZEN)
        ((total,),) = jobs._read_group([("id", "in", (paid | going).ids)], [], ["held_listed:sum"])
        self.assertAlmostEqual(float(total), 6 * FROZEN + 6 * TODAY)

    def test_calls_in_progress(self):
        holds = self.env["ai.cost.reservation"].sudo()
        row = {"currency_id": self.euro.id, "currency_rate": str(BEFORE)}
        common = {"company_id": self.company.id, "user_id": self.boss.id, "amount_usd": 2.0,
                  "expires_at": "2030-01-01", "local_date": self.today}  # fmt: skip
        held, other = holds.create([{**common, "row": row}, {**common, "row": {}}])
        self.assertAlmostEqual(held.amount_listed, 2 * BEFORE)
        self.assertAlmostEqual(other.amount_listed, 2 * TODAY)
        ((total,),) = holds._read_group([("id", "in", (held | other).ids)], [],
                                        ["amount_listed:sum"])  # fmt: skip
        self.assertAlmostEqual(float(total), 2 * BEFORE + 2 * TODAY)

    def test_providers_and_agents(self):
        agent = self.env["ai.agent"].create({"name": "Shop", "code": "shop"})
        of_agent = {"agent_key": agent.id, "agent_type": "shop", "saved_usd": Decimal(3)}
        self.counted(cost_usd=Decimal(2), **of_agent, choice_reason="router")
        self.counted(cost_usd=Decimal(0), **of_agent, kind="pattern")
        self.counted(cost_usd=Decimal(0), **of_agent, kind="cache")
        self.counted(cost_usd=Decimal(1), **of_agent, tools_dropped=2,
                     tools_saved_usd=Decimal(4), thread_saved_tokens=7,
                     thread_saved_usd=Decimal(5))  # fmt: skip
        self.assertAlmostEqual(self.provider.recent_cost_listed, 3 * FROZEN)
        self.assertAlmostEqual(agent.recent_cost_listed, 3 * FROZEN)
        for effect, amount in (
            ("routing_effect", 3), ("pattern_effect", 3), ("reuse_effect", 3),
            ("tools_effect", 4), ("thread_effect", 5),
        ):  # fmt: skip
            self.assertIn(self.euro._ai_text(amount * FROZEN), agent[effect], effect)
            self.assertNotIn("$", agent[effect], effect)
        price = self.env["ai.provider.price"].sudo().create(
            {"provider_id": self.other.id, "input_usd": 1.0, "cache_read_usd": 0.5,
             "cache_read_priced": True, "valid_from": "2021-01-01"}
        )  # fmt: skip
        cached = {"provider_id": self.other.id, "price_id": price.id}
        self.counted(cache_read_tokens=2_000_000, agent_type="shop", **cached)
        self.assertIn(self.euro._ai_text(FROZEN), self.other.cache_effect)

    def test_a_variant_and_its_trial(self):
        prompt = self.env["ai.prompt"].create({"name": "P", "code": "p", "text": "Be kind."})
        variant = self.env["ai.prompt.variant"].create(
            {"name": "V", "prompt_id": prompt.id, "text": "Kind.", "share": 10}
        )
        self.counted(cost_usd=Decimal(3), prompt_key=prompt.id, prompt_variant_key=variant.id,
                     prompt_version_key=prompt.version_id.id)  # fmt: skip
        variant.invalidate_recordset()
        self.assertEqual(variant.cost, 3.0)
        self.assertAlmostEqual(variant.cost_listed, 3 * TODAY)
        trial = self.env["ai.prompt.trial"].create({"variant_id": variant.id})
        line = self.env["ai.prompt.trial.line"].create(
            {"trial_id": trial.id, "usage_id": self.call.id, "new_cost_usd": 1.0, "state": "done"}
        )
        self.assertAlmostEqual(line.old_cost_listed, 2 * FROZEN)
        self.assertAlmostEqual(line.new_cost_listed, TODAY)
        self.assertAlmostEqual(trial.cost_listed, TODAY)

    def test_frequent_messages(self):
        self.company.sudo().ai_text_policy = "full"
        for _time in range(5):
            self.counted(prompt_text="opening hours?", cost_usd=Decimal(1))
        action = self.env["ai.pattern.finder"].action_open()
        (line,) = self.env["ai.pattern.finder"].browse(action["res_id"]).line_ids
        self.assertEqual(line.cost_usd, 5.0)
        self.assertAlmostEqual(line.cost_listed, 5 * FROZEN)

    def test_the_chat(self):
        conversations = self.env["ai.conversation"]
        told = conversations.start_chat("Hello")
        row = self.counted(cost_usd=Decimal(2), saved_usd=Decimal(1))
        self.env["ai.conversation.message"].sudo().create(
            {"conversation_id": told["id"], "role": "assistant", "token_usage_id": row.id,
             "cost_usd": 2.0, "saved_usd": 1.0}
        )  # fmt: skip
        data = conversations.get_chat_data()
        self.assertEqual(data["currency"]["name"], "EUR")
        self.assertAlmostEqual(data["conversations"][0]["cost_company"], 2 * FROZEN)
        (message,) = conversations.browse(told["id"]).get_thread()["messages"]
        self.assertAlmostEqual(message["cost_company"], 2 * FROZEN)
        self.assertAlmostEqual(message["saved_company"], FROZEN)

    def test_settings_and_offers_tell_the_companys_currency_beside(self):
        settings = self.env["res.config.settings"].sudo().new({"company_id": self.company.id})
        settings.ai_alert_daily_usd = 10
        self.assertEqual(settings.ai_alert_daily_own, f"about {self.euro._ai_text(8)} today")
        wizard = self.env["ai.provider.wizard"].new({"budget_usd": 50})
        self.assertEqual(wizard.budget_own, f"about {self.euro._ai_text(40)} today")
        budget = self.env["ai.cost.budget"].create(
            {"name": "Each", "each": "user", "period_type": "daily", "budget_amount": 8}
        )
        self.assertEqual(budget.currency_id, self.euro)
        action = self.env["ai.budget.offer"].action_open()
        lines = self.env["ai.budget.offer"].browse(action["res_id"]).line_ids
        line = lines.filtered("budget_id")
        self.assertAlmostEqual(line.amount_usd, 10)  # not 8 USD
        self.assertAlmostEqual(line.amount_listed, 8)
        form = self.opened("ai.budget.offer", "form")
        names = [name for name in form if name.startswith("amount_")]
        self.assertEqual(names, ["amount_listed", "amount_usd"])
        arch = etree.fromstring(self.env["ai.budget.offer"].get_view(view_type="form")["arch"])
        (entered,) = arch.findall(".//field[@name='amount_usd']")
        self.assertEqual((entered.get("string"), entered.get("optional")), ("USD", None))
        (own,) = arch.findall(".//field[@name='amount_listed']")
        self.assertEqual(own.get("readonly"), "1")  # what is typed there would be lost

    def test_a_key_keeps_its_currency_while_one_limit_takes_the_place_of_another(self):
        key = self.env["ai.gateway.key"].sudo().create({"name": "Program", "day_usd": 10})
        self.assertEqual(key.currency_id.name, "USD")
        key.write({"day_amount": 0, "month_amount": 100})
        self.assertEqual((key.currency_id.name, key.month_usd, key.day_usd), ("USD", 100, 0))

    def test_alerts(self):
        self.company.sudo().ai_alert_daily_usd = 1
        self.spend(cost_usd=Decimal(5))
        tell = self.env["ai.token.analytics"].sudo().with_company(self.company)
        tell.with_context(allowed_company_ids=self.company.ids)._tell_crossed(self.company)
        alert = self.env["ai.cost.alert"].sudo().search(
            [("company_id", "=", self.company.id), ("key", "=", "daily_spend_high")])  # fmt: skip
        self.assertIn(self.euro._ai_text(5 * TODAY), alert.message)
        self.assertIn(self.euro._ai_text(TODAY), alert.message)
        words = self.env["ai.cost.budget"].sudo()._unusual_spend
        for back in range(1, 60):
            self.spend(cost_usd=Decimal(1), local_date=self.today - timedelta(days=back))
        self.spend(cost_usd=Decimal(90))
        said = [text(self.env["ai.cost.budget"]) for _key, text in words(self.company, self.today)]
        self.assertTrue(said)
        for one in said:
            self.assertIn("€", one)
            self.assertNotIn("$", one)

    # ------------------------------------------------------------------
    # What is entered
    # ------------------------------------------------------------------

    def test_limits_of_a_key_are_in_the_currency_of_a_budget(self):
        with Form(self.env["ai.gateway.key"]) as form:
            form.name = "Script"
            self.assertEqual(form.currency_id, self.euro)
            form.day_amount = 80
        key = form.record
        self.assertEqual((key.budget_ids.currency_id, key.budget_ids.budget_amount),
                         (self.euro, 80))  # fmt: skip
        self.assertAlmostEqual(key.day_usd, 100)
        with Form(key) as form:
            form.currency_id = self.usd
            form.month_amount = 500
        budgets = key.budget_ids.sorted("budget_amount")
        self.assertEqual(budgets.mapped("budget_amount"), [80, 500])  # as on a budget's form
        self.assertEqual(budgets.currency_id, self.usd)
        self.assertEqual((key.day_usd, key.month_usd), (80, 500))
        budgets[0].currency_id = self.euro
        key.invalidate_recordset()
        self.assertAlmostEqual(key.day_usd, 100)
        key.total_usd = 7  # as programs set it
        self.assertEqual(key.budget_ids.filtered(lambda b: b.period_type == "total").currency_id,
                         self.usd)  # fmt: skip
        self.assertEqual(key.currency_ids, self.usd | self.euro)
        self.counted(cost_usd=Decimal(2), gateway_key=key.id)
        self.spend(cost_usd=Decimal(1), gateway_key=key.id)
        key.invalidate_recordset()
        self.assertEqual(key.spent_usd, 3.0)
        self.assertAlmostEqual(key.spent_listed, 2 * FROZEN + TODAY)

    def test_times_are_entered_in_seconds(self):
        agent = self.env["ai.agent"].create({"name": "Shop", "code": "shop"})
        for record, seconds, ms in (
            (agent, "max_latency_s", "max_latency_ms"),
            (self.provider, "typical_latency_s", "typical_latency_ms"),
        ):
            with self.subTest(record=record):
                self.assertNotIn(ms, self.opened(record._name, "form"))
                with Form(record) as form:
                    form[seconds] = 2.5
                self.assertEqual(record[ms], 2500)
                record[ms] = 7_379  # as programs set it
                self.assertEqual(record[seconds], 7.379)
                record[seconds] = 0.0001
                self.assertEqual(record[ms], 1)  # 0 would be any time
                for wrong in (-1, 3601, 1e300, float("inf"), float("nan")):
                    with self.assertRaises(ValidationError):
                        record[seconds] = wrong
                    record.invalidate_recordset()

    def test_changes_are_told_in_seconds(self):
        agent = self.env["ai.agent"].create({"name": "Shop", "code": "shop"})
        agent.max_latency_s = 2.5
        agent.max_latency_ms = 900
        changes = self.env["ai.audit.log"].sudo().search(
            [("res_model", "=", "ai.agent"), ("res_id", "=", agent.id), ("action", "=", "write")]
        )  # fmt: skip
        told = [(one.field_label, one.old_text, one.new_text) for one in changes.sorted("id")]
        self.assertEqual(
            told, [("Longest Wait (s)", "0.00 s", "2.5 s"), ("Longest Wait (s)", "2.5 s", "0.90 s")]
        )
        self.assertIn("max_latency_s", agent._track_get_fields())
        self.assertNotIn("max_latency_ms", agent._track_get_fields())
        self.assertIn("typical_latency_s", self.provider._track_get_fields())

    def test_no_view_shows_milliseconds(self):
        views = self.env["ir.ui.view"].sudo().search([("model", "=like", "ai.%")])
        for view in views.filtered(lambda one: one.type in VIEWS and not one.inherit_id):
            arch = etree.fromstring(
                self.env[view.model].sudo().get_view(view.id, view.type)["arch"]
            )
            for field in arch.iter("field"):
                if field.get("name").endswith("_ms"):
                    self.assertEqual(field.get("invisible"), "1", (view.xml_id, field.attrib))

    def test_a_company_in_yen_has_no_decimals_and_usd_on_hover(self):
        yen = self.env.ref("base.JPY").sudo()
        yen.active = True
        self.env["res.currency.rate"].sudo().search([("currency_id", "=", yen.id)]).unlink()
        company = self.env["res.company"].sudo().create({"name": "Yen KK", "currency_id": yen.id})
        self.env["res.currency.rate"].sudo().create(
            {"name": "2020-01-01", "currency_id": yen.id, "rate": 150, "company_id": company.id}
        )
        self.boss.sudo().company_ids += company
        env = self.env(context={"allowed_company_ids": company.ids})
        arch = etree.fromstring(env["ai.gateway.key"].get_view(view_type="kanban")["arch"])
        (spent,) = arch.findall(".//field[@name='spent_listed']")
        self.assertEqual(json.loads(spent.get("options")), {"signs": ["¥\u00a0", "", 0],
                                                            "usd": "spent_usd"})  # fmt: skip
        key = env["ai.gateway.key"].create({"name": "Script"})
        self.assertEqual(key.currency_id.name, "JPY")
        key.day_amount = 3000
        self.assertEqual((key.budget_ids.currency_id.name, key.day_usd), ("JPY", 20.0))
