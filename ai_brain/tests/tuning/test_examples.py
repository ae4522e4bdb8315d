import base64
import json
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...models.tuning import collect, export
from .common import TuningCase


@tagged("post_install", "-at_install")
class TestExamples(TuningCase):
    """Which calls a model can learn from, why the others do not do, and what of them leaves."""

    def test_each_call_counts_once_at_the_first_reason_that_fits(self):
        good = self._call("Good?", "Yes.")
        other = {"kind": "summary"}
        for columns in (
            {"state": "failed", "feedback_count": 0},
            {"task_type": "embedding"},
            {"kind": "cache"},
            other,
            {"feedback_count": 0, "quality_score": None},
            {"quality_score": 89.9},
            {"finish_reason": "length"},
            {"finish_reason": "tool_calls"},
            {"messages": None},
            {"answer_text": None},
            {"messages": {"messages": [{"role": "tool", "tool_call_id": "a", "content": "4"}]}},
            {"messages": {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}},
            {"messages": {"messages": [{"role": "assistant", "content": "Hello"}]}},
        ):
            self._call(**columns)
        self._call("Good?", "Yes, again.", quality_score=91.0)
        self._call("Good?", "Of another agent.", agent_key=None, agent_type="other")
        self._call("Good?", "Long ago.", create_date=fields.Datetime.now() - timedelta(days=400))
        job = self._job()
        job.action_collect()
        self.assertEqual(job.calls_found, 15)
        self.assertEqual(job.calls_fitting, 1)
        self.assertEqual(
            job.reasons,
            {
                "error": 1,
                "not_chat": 1,
                "reused": 1,
                "other": 1,
                "unrated": 1,
                "low": 1,
                "cut": 1,
                "tools": 2,
                "no_text": 2,
                "media": 1,
                "shape": 1,
                "twice": 1,
            },
        )
        self.assertEqual(job.example_ids.usage_key, good)
        self.assertEqual(job.state, "ready")
        self.assertIn("rated lower", job.reason_lines)

    def test_the_best_rated_are_taken_up_to_the_number(self):
        self._calls(5)
        best = self._call("The best?", "Yes.", quality_score=100.0)
        job = self._job(number=3, share=0)
        job.action_collect()
        self.assertEqual((job.calls_fitting, job.reasons["more"]), (3, 3))
        self.assertEqual(job.example_ids[0].usage_key, best)

    def test_a_rating_of_ninety_counts_by_default(self):
        self._call(quality_score=90.0)
        job = self._job()
        self.assertEqual((job.threshold, job.number), (90.0, 1000))
        job.action_collect()
        self.assertEqual(job.calls_fitting, 1)

    def test_the_masked_text_alone_is_kept_and_says_what_was_masked(self):
        self.env["res.partner"].create({"name": "Hidden Partner", "active": False})
        self._call(
            "Mr Ångström (a@example.com, +49 30 23125 001) and Hidden Partner owe 1,234.50 USD "
            "for S00042 since 14/03/2026.",
            "JÜRGEN ÅNGSTRÖM pays from DE89 3704 0044 0532 0130 00 or 4111 1111 1111 1111.",
        )
        job = self._job()
        job.action_collect()
        example = job.example_ids
        question, reply = (message["content"] for message in example.messages)
        self.assertEqual(
            question,
            "Mr [NAME_1] ([EMAIL_1], [PHONE_1]) and [NAME_2] owe 1,234.50 USD for S00042 since "
            "14/03/2026.",
        )
        self.assertEqual(reply, "[NAME_1] pays from [IBAN_1] or [CARD_1].")
        self.assertEqual(
            example.mask_summary,
            "mail addresses: 1, phone numbers: 1, bank accounts: 1, card numbers: 1, names: 3",
        )
        for mask in example.masks:
            text = example.messages[mask["message"]]["content"]
            self.assertEqual(text[mask["start"] : mask["end"]], mask["placeholder"])
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(e)::text FROM ai_tuning_example e")
        stored = " ".join(row[0] for row in self.env.cr.fetchall())
        for original in ("ngstr", "example.com", "23125", "3704", "4111", "Hidden"):
            self.assertNotIn(original, stored)
        self.assertIn("Question:\nMr [NAME_1]", example.preview)

    def test_a_person_strikes_an_example_out_until_it_is_sent(self):
        job = self._ready(12)
        one = job.example_ids[0]
        one.action_strike()
        self.assertEqual((job.training_count, job.struck_count), (11, 1))
        with self.assertRaises(UserError):
            one.write({"messages": []})
        job.action_send()
        with self.assertRaisesRegex(UserError, "until the training is sent"):
            one.action_strike()

    def test_the_split_is_the_same_every_time(self):
        self._calls(20)
        job = self._job(share=25)
        job.action_collect()
        first = job.example_ids.filtered(lambda one: one.part == "validation")
        keys = set(first.mapped("usage_key"))
        self.assertEqual((len(keys), job.training_count, job.validation_count), (5, 15, 5))
        job.action_collect()
        again = job.example_ids.filtered(lambda one: one.part == "validation")
        self.assertEqual(set(again.mapped("usage_key")), keys)

    def test_files_are_lines_of_chats_without_what_was_struck(self):
        self._calls(4)
        job = self._job(share=25)
        job.action_collect()
        job.example_ids.filtered(lambda one: one.part == "training")[0].action_strike()
        for part, count in (("training", 2), ("validation", 1)):
            action = getattr(job, f"action_export_{part}")()
            number = int(action["url"].split("/")[-1].partition("?")[0])
            attachment = self.env["ir.attachment"].browse(number)
            self.assertEqual((attachment.res_model, attachment.res_id), ("ai.tuning.job", job.id))
            lines = base64.b64decode(attachment.datas).splitlines()
            self.assertEqual(len(lines), count)
            for line in lines:
                roles = [message["role"] for message in json.loads(line)["messages"]]
                self.assertEqual(roles, ["user", "assistant"])

    def test_a_file_is_kept_once_and_goes_with_what_it_holds(self):
        job = self._ready()
        files = [("res_model", "=", "ai.tuning.job"), ("res_id", "=", job.id)]
        attachments = self.env["ir.attachment"]
        for forget in (job.example_ids[0].action_strike, job.action_collect):
            job.action_export_training()
            job.action_export_training()
            self.assertEqual(attachments.search_count(files), 1)
            forget()
            self.assertEqual(attachments.search_count(files), 0)

    def test_more_text_than_fits_is_refused(self):
        self._calls(2)
        job = self._job()
        with (
            patch.object(collect, "MOST_CHARACTERS", 10),
            self.assertRaisesRegex(UserError, "shorter time or fewer examples"),
        ):
            job.action_collect()
        job.action_collect()
        with (
            patch.object(export, "MAX_FILE_BYTES", 10),
            self.assertRaisesRegex(UserError, "Choose fewer examples"),
        ):
            job.action_export_training()

    def test_a_company_that_keeps_no_text_is_told_what_to_change(self):
        self._calls(2)
        job = self._job()
        self.company.ai_text_policy = "none"
        self.assertIn("keeps no text", job.text_hint)
        with self.assertRaisesRegex(UserError, "Kept Text of “Replies” to the full text"):
            job.action_collect()
        self.company.ai_text_policy = "excerpt"
        job.invalidate_recordset()
        self.assertIn("only excerpts", job.text_hint)
        self.agent.keep_text = "full"
        job.invalidate_recordset()
        self.assertFalse(job.text_hint)

    def test_other_calls_are_chosen_anew(self):
        job = self._ready()
        job.threshold = 99
        self.assertEqual((job.state, len(job.example_ids)), ("draft", 0))
        job.action_collect()
        self.assertEqual((job.state, job.reasons), ("draft", {"low": 12}))

    def test_what_cannot_be_is_refused(self):
        for vals in (
            {"threshold": 101},
            {"number": 0},
            {"number": 5001},
            {"share": 60},
            {"date_from": "2026-02-01", "date_to": "2026-01-01"},
            {"epochs": 51},
            {"batch_size": -1},
            {"learning_rate": 1000},
            {"suffix": "ä"},
        ):
            with self.assertRaises(ValidationError, msg=str(vals)), self.env.cr.savepoint():
                self._job(**vals)

    def test_texts_go_as_the_company_says(self):
        job = self._ready()
        job.action_export_training()
        self.company.ai_text_retention_days = 30
        jobs = self.env["ai.tuning.job"]
        jobs._gc_examples()
        self.assertEqual(len(job.example_ids), 12)
        self._sql(
            "UPDATE ai_tuning_job SET state = 'succeeded', ended_at = now() - interval '29 d'"
        )
        jobs._gc_examples()
        self.assertEqual(len(job.example_ids), 12)
        self._sql("UPDATE ai_tuning_job SET ended_at = now() - interval '31 days'")
        jobs._gc_examples()
        files = [("res_model", "=", "ai.tuning.job"), ("res_id", "=", job.id)]
        self.assertEqual(len(job.example_ids), 0)
        self.assertFalse(self.env["ir.attachment"].search(files))

    def test_texts_of_a_job_under_way_stay(self):
        job = self._ready()
        self._sql("UPDATE ai_tuning_job SET state = 'running', write_date = '2020-01-01'")
        self.company.ai_text_policy = "none"
        self.env["ai.tuning.job"]._gc_examples()
        self.assertEqual(len(job.example_ids), 12)
        self._sql("UPDATE ai_tuning_job SET state = 'failed', ended_at = now()")
        self.env["ai.tuning.job"]._gc_examples()
        self.assertEqual(len(job.example_ids), 0)


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestWhoMayTune(TuningCase):
    """Managers of the company, and nobody else."""

    def test_plain_and_portal_users_reach_nothing(self):
        job = self._ready()
        plain = self._new_user("plain_tunes")
        portal = self._new_user("portal_tunes", "base.group_portal")
        for user in (plain, portal):
            mine = job.with_user(user)
            for model in ("ai.tuning.job", "ai.tuning.example", "ai.tuning.event"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            for name in ("action_send", "action_collect", "action_cancel", "action_poll"):
                with self.assertRaises(AccessError, msg=name):
                    getattr(mine, name)()
            with self.assertRaises(AccessError):
                mine.action_export_training()
            with self.assertRaises(AccessError):
                job.example_ids.with_user(user).action_strike()

    def test_a_manager_of_another_company_sees_none(self):
        job = self._ready()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = self._new_user(
            "stranger_tunes",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        for model in ("ai.tuning.job", "ai.tuning.example", "ai.tuning.event"):
            self.assertFalse(self.env[model].with_user(stranger).search([]))
        for name in ("action_send", "action_collect", "action_view_usage"):
            with self.assertRaises(AccessError, msg=name):
                getattr(job.with_user(stranger), name)()
        with self.assertRaises(AccessError):
            self._job(user=stranger, company_id=self.company.id)

    def test_the_days_that_are_offered_are_the_company_s(self):
        self.company.ai_timezone = "Asia/Tokyo"
        with freeze_time("2026-03-01 20:00:00"):  # the second of March in Tokyo
            offered = self.env["ai.tuning.job"].default_get(["date_from", "date_to"])
        days = [fields.Date.to_date(offered[name]) for name in ("date_from", "date_to")]
        self.assertEqual(days, [date(2025, 12, 2), date(2026, 3, 2)])

    def test_examples_are_of_the_company_s_own_calls(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._call("Theirs?", "Theirs.", company_id=other.id)
        self._call("Ours?", "Ours.")
        job = self._job()
        job.action_collect()
        self.assertEqual(job.calls_found, 1)
        self.assertIn("Ours", job.example_ids.question)

    def test_nobody_enters_how_far_it_is(self):
        job = self._ready()
        for vals in ({"state": "succeeded"}, {"cost_usd": 0}, {"tuned_provider_id": self.base.id}):
            with self.assertRaises(AccessError, msg=str(vals)):
                job.write(vals)
            with self.assertRaises(AccessError, msg=str(vals)):
                self._job(**vals)
        told = {"default_state": "sent", "default_vendor_ref": "ftjob-9", "default_epochs": 3}
        other = self.env["ai.tuning.job"].with_user(self.manager).with_context(**told)
        other = other.create({"name": "Other", "agent_id": self.agent.id})
        self.assertEqual((other.state, other.vendor_ref, other.epochs), ("draft", False, 3))
        job.action_send()
        with self.assertRaisesRegex(UserError, "was sent"):
            job.epochs = 5
