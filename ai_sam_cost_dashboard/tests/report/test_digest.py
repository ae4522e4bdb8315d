from datetime import timedelta
from decimal import Decimal

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import html2plaintext

from odoo.addons.ai_brain.engine.savings.holdout import HELD_OUT, TREATED

from ..common import PAYLOAD

ARMS = {"out": HELD_OUT, "in": TREATED}


class DigestCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Mailed", "email": "ai@example.com"})
        cls.env["res.company"].search([("id", "!=", cls.company.id)]).ai_weekly_digest = False
        in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.manager = new_test_user(
            cls.env, "digest_manager", "base.group_user,ai_brain.group_ai_manager", **in_company
        )
        cls.user = new_test_user(cls.env, "digest_user", "base.group_user", **in_company)
        cls.digest = cls.env["ai.cost.digest"]
        cls.first, cls.last = cls.digest._week(cls.company)

    def spend(self, cost, day, **more):
        values = {
            "company_id": self.company.id,
            "user_id": self.user.id,
            "local_date": day,
            "task_type": "chat",
            "cost_usd": Decimal(cost),
        }
        self.env["ai.token.usage"].sudo()._insert([{**values, **more}])

    def mails(self):
        return self.env["mail.mail"].search(
            [("recipient_ids", "in", (self.manager | self.user).partner_id.ids)]
        )


@tagged("post_install", "-at_install", "every_series")
class TestDigest(DigestCase):
    def test_managers_get_last_weeks_figures_once(self):
        self.spend("0.0004", self.last)
        self.spend("0.0008", self.first - timedelta(days=1))
        self.digest._cron_send()
        self.digest._cron_send()
        mail = self.mails()
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
        self.assertIn("$0.0004", mail.body_html)
        self.assertIn("-50%", mail.body_html)
        self.assertIn("Mailed", mail.subject)

    def test_it_says_why_the_cost_changed(self):
        before = self.first - timedelta(days=1)
        for day, calls, cost in ((before, 1, "0.5"), (self.last, 3, "0.25")):
            for _call in range(calls):
                self.spend(cost, day)
        self.digest._cron_send()
        text = " ".join(html2plaintext(self.mails().body_html).replace("*", "").split())
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        bridge = analytics.get_cost_bridge(
            "custom", date_from=self.first, date_to=self.last, company_ids=self.company.ids
        )
        told = {step["label"]: step["usd"] for step in bridge["steps"] if step["usd"]}
        self.assertAlmostEqual(sum(told.values()), 0.25)
        self.assertGreater(len(told), 1)
        self.assertIn("Why it changed", text)
        for label, usd in told.items():
            amount = self.env["res.currency"]._ai_usd_text(usd)
            self.assertIn(f"{label} {'+' if usd > 0 else ''}{amount}", text)
        same = self.env["ai.cost.digest"]._steps(
            {
                "period_type": "custom",
                "date_from": str(before - timedelta(days=30)),
                "date_to": str(before - timedelta(days=24)),
                "company_ids": self.company.ids,
            }
        )
        self.assertEqual(same, [])

    def test_in_another_currency_the_steps_are_those_of_the_amounts_that_are_printed(self):
        euro = self.env.ref("base.EUR")
        self.company.currency_id = euro
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "in", (euro | self.env.ref("base.USD")).ids)]).unlink()
        before = self.first - timedelta(days=1)
        # a dollar was half a euro, and is four fifths of one
        for day, worth in ((before - timedelta(days=300), "0.5"), (self.first, "0.8")):
            rates.create(
                {
                    "name": day,
                    "currency_id": euro.id,
                    "rate": float(worth),
                    "company_id": self.company.id,
                }
            )
        for day, worth in ((before, "0.5"), (self.last, "0.8")):
            frozen = {"currency_id": euro.id, "currency_rate": Decimal(worth)}
            self.spend("1", day, **frozen)
        self.digest._cron_send()
        text = " ".join(html2plaintext(self.mails().body_html).replace("*", "").split())
        week = {"period_type": "custom", "date_from": self.first, "date_to": self.last}
        bridge = (
            self.env["ai.token.analytics"]
            .with_user(self.manager)
            .get_cost_bridge(**week, company_ids=self.company.ids)
        )
        self.assertEqual((bridge["change"]["usd"], bridge["currency_id"]), (0, euro.id))
        told = [step for step in bridge["steps"] if step["company"]]
        self.assertEqual([step["code"] for step in told], ["exchange"])
        self.assertAlmostEqual(told[0]["company"], 0.3)
        self.assertIn("Why it changed", text)
        amount = " ".join(euro._ai_text(told[0]["company"]).split())
        self.assertIn(f"{told[0]['label']} +{amount}", text)

    def test_what_cost_nothing_is_told_by_kind(self):
        self.spend("0.5", self.last)
        self.digest._cron_send()
        self.assertNotIn("Answered without a vendor", self.mails().body_html)
        self.mails().unlink()
        self.company.ai_digest_week = False
        for kind, saved in (("cache", "0.5"), ("pattern", "0.02"), ("dedup", "0.25")):
            for day in (self.first, self.last, self.first - timedelta(days=1)):
                more = {"saved_usd": Decimal(saved), "baseline_cost_usd": Decimal(saved)}
                self.spend("0", day, kind=kind, **more)
        self.digest._cron_send()
        text = " ".join(html2plaintext(self.mails().body_html).replace("*", "").split())
        for told in ("Cache 2 $1.00", "Pattern 2 $0.04", "Shared answer 2 $0.50"):
            self.assertIn(told, text)

    def agents(self):
        return self.env["ai.agent"].create(
            [
                {"name": name, "code": f"mailed_{name.lower()}", "company_id": self.company.id}
                for name in ("Sales", "Support")
            ]
        )

    def hold_out(self, agent, worth, day):
        """Spend 25 held-out and 100 other sessions of an agent; the others cost ``worth`` times
        as much."""
        for arm, sessions, times in (("out", 25, 1), ("in", 100, worth)):
            for number in range(sessions):
                cost = (10 + number % 5) * times
                self.spend(
                    cost,
                    day,
                    agent_key=agent.id,
                    agent_type=agent.code,
                    holdout_arm=ARMS[arm],
                    holdout_unit=number + 1000 * (arm == "in"),
                    holdout_percent=20,
                    holdout_expected_usd=10.0,
                )

    def told(self):
        """Send the mail again; return it as plain text, without its marks."""
        self.mails().unlink()
        self.company.ai_digest_week = False
        self.digest._cron_send()
        return " ".join(html2plaintext(self.mails().body_html).replace("*", "").split())

    def test_a_proven_loss_is_told_with_its_interval_and_what_to_do(self):
        agents = self.agents()
        self.spend("1", self.last)
        self.assertNotIn("Costs more than it saves", self.told())
        self.hold_out(agents[0], 3, self.last)
        text = self.told()
        week = {"date_from": str(self.first), "date_to": str(self.last)}
        proof = self.env["ai.token.analytics"].with_user(self.manager)
        proof = proof.get_dashboard_data("custom", company_ids=self.company.ids, **week)["proof"]
        self.assertEqual(proof["state"], "loss")
        self.assertLess(proof["low"], proof["high"])
        self.assertLess(proof["high"], 0)
        amount = self.env["res.currency"]._ai_usd_text(-proof["usd"])
        self.assertIn(
            f"Costs more than it saves, proven {amount} It costs more than it saves: 200.0% more, "
            f"between {-proof['high']:.1f}% and {-proof['low']:.1f}%. What to do: set “Sales” to "
            "“Careful”",
            text,
        )
        self.assertNotIn("Saved, proven", text)

    def test_a_loss_that_was_proven_before_the_week_is_told_and_a_saving_is_none(self):
        agents = self.agents()
        self.spend("1", self.last)
        earlier = self.first - timedelta(days=20)
        self.hold_out(agents[0], 3, earlier)
        text = self.told()
        self.assertIn("Costs more than it saves, proven Proven since", text)
        self.assertIn("it costs more than it saves, 200.0% more, between", text)
        self.hold_out(agents[1], Decimal("0.01"), self.last)
        text = self.told()
        self.assertIn("Saved, proven", text)
        self.assertNotIn("Costs more than it saves", text)

    def test_a_quiet_company_gets_no_mail(self):
        self.digest._cron_send()
        self.assertFalse(self.mails())

    def test_a_company_that_does_not_want_it_gets_none(self):
        self.company.ai_weekly_digest = False
        self.spend("1", self.last)
        self.digest._cron_send()
        self.assertFalse(self.mails())

    def test_names_with_markup_are_text(self):
        self.spend("1", self.last, module=PAYLOAD)
        self.digest._cron_send()
        self.assertNotIn("<img src=x", self.mails().body_html)
        self.assertIn("&lt;img src=x", self.mails().body_html)

    def test_a_week_runs_from_monday_to_sunday_and_is_over(self):
        self.assertEqual(self.first.weekday(), 0)
        self.assertEqual((self.last - self.first).days, 6)
        self.assertLess(self.last, self.company._ai_local_date())


@tagged("post_install", "-at_install", "every_series")
class TestDailyMail(DigestCase):
    """The day before by kind of answer, for who chose it."""

    def setUp(self):
        super().setUp()
        self.yesterday = self.company._ai_local_date() - timedelta(days=1)
        self.company.ai_weekly_digest = False

    def test_it_is_off_until_a_manager_chooses_it(self):
        self.spend("1", self.yesterday)
        self.digest._cron_send_daily()
        self.assertFalse(self.mails())
        self.user.ai_daily_report = True  # no manager
        self.digest._cron_send_daily()
        self.assertFalse(self.mails())

    def test_a_manager_chooses_it_himself(self):
        self.manager.with_user(self.manager).write({"ai_daily_report": True})
        self.assertTrue(self.manager.ai_daily_report)

    def test_the_day_is_told_by_kind_of_answer_once(self):
        self.manager.ai_daily_report = True
        self.spend("0.0004", self.yesterday)
        self.spend("0.25", self.yesterday, kind="batch")
        self.spend("0", self.yesterday, kind="cache", saved_usd=Decimal("0.5"))
        self.spend("0", self.yesterday, state="failed", error_code="ServerError")
        self.spend("7", self.company._ai_local_date())
        for _time in range(2):
            self.digest._cron_send_daily()
        mail = self.mails()
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
        self.assertIn("Mailed", mail.subject)
        text = " ".join(html2plaintext(mail.body_html).replace("*", "").split())
        for told in (
            "Batch 1 $0.25 $0.00",
            "Vendor 2 $0.0004 $0.00",
            "Cache 1 $0.00 $0.50",
            "Succeeded 75.0%",
            "From cache 25.0%",
        ):
            self.assertIn(told, text)
        self.assertNotIn("$7", text)

    def test_a_quiet_day_is_not_mailed(self):
        self.manager.ai_daily_report = True
        self.digest._cron_send_daily()
        self.assertFalse(self.mails())

    def test_each_manager_reads_it_in_his_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.manager.write({"ai_daily_report": True, "lang": "de_DE"})
        self.spend("0.25", self.yesterday)
        self.digest._cron_send_daily()
        self.assertTrue(self.mails().subject.startswith("KI-Kosten von Mailed am "))
