from datetime import datetime, timedelta
from threading import Thread

from odoo import fields
from odoo.tests import tagged

from ...models.base.moved_clock import moved_clock
from ..common import AiCase, answering


@tagged("post_install", "-at_install", "every_series")
class TestMovedClock(AiCase):
    def test_a_call_is_of_the_moment_that_the_clock_shows(self):
        at = datetime(2026, 3, 6, 9, 30)
        with answering(self.env, "One"), moved_clock(self.env, at):
            row = self.service.send_message("What is one?")["token_usage_id"]
        row = self.env["ai.token.usage"].browse(row)
        self.assertLess(row.create_date - at, timedelta(minutes=1))
        self.assertGreaterEqual(row.create_date, at)
        self.assertEqual(row.local_date, at.date())

    def test_it_is_this_thread_s_alone_and_goes_right_again(self):
        real, seen = fields.Datetime.now, []
        at = datetime(2020, 1, 31, 12, 0)
        with moved_clock(self.env, at):
            self.assertEqual(fields.Date.today(), at.date())
            self.assertEqual(fields.Date.context_today(self.env.user), at.date())
            with moved_clock(self.env, at - timedelta(days=31)):
                self.assertEqual(fields.Date.to_string(fields.Date.today()), "2019-12-31")
            self.assertEqual(fields.Datetime.now().date(), at.date())
            thread = Thread(target=lambda: seen.append(fields.Datetime.now()))
            thread.start()
            thread.join()
        self.assertGreater(seen[0], at + timedelta(days=365))
        self.assertIs(fields.Datetime.now, real)

    def test_it_is_not_set_forward(self):
        later = fields.Datetime.add(fields.Datetime.now(), hours=1)
        with self.assertRaises(RuntimeError), moved_clock(self.env, later):
            self.fail("never entered")
