from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AiCase

#: What a browser or a script may send where a record's id belongs.
NO_IDS = (True, 2**31, -1, 1.5, "1", [1], {"id": 1})
NO_DAYS = ("soon", "9999-12-31", "1900-01-01", True, 20260101, ["2026-01-01"], {"day": 1})


@tagged("post_install", "-at_install")
class TestOddArguments(AiCase):
    """What cannot be is refused with a sentence, before the database is asked."""

    def test_a_filter_takes_the_id_of_a_record(self):
        analytics = self.env["ai.token.analytics"]
        for value in NO_IDS:
            for name in ("user_id", "provider_id", "res_id"):
                with self.subTest(name=name, value=value):
                    self._fails(UserError, analytics.get_cost_breakdown, **{name: value})
                    self._fails(UserError, analytics.get_dashboard_data, **{name: value})
        for value in (True, [True], [2**31], "1", {"id": 1}):
            with self.subTest(company_ids=value):
                self._fails(UserError, analytics.get_cost_breakdown, company_ids=value)

    def test_a_day_lies_within_the_bounds(self):
        analytics = self.env["ai.token.analytics"]
        for day in NO_DAYS:
            with self.subTest(day=day):
                self._fails(UserError, analytics.get_cost_breakdown, date_from=day)
                self._fails(UserError, analytics.get_dashboard_data, "day", day)
                self._fails(UserError, analytics.get_daily_report, day)

    def test_a_call_and_an_advice_are_asked_for_by_id(self):
        analytics = self.env["ai.token.analytics"]
        for value in NO_IDS:
            with self.subTest(value=value):
                self._fails(UserError, analytics.analyze_waste, value)
                self._fails(UserError, analytics.apply_recommendation, value)
                self._fails(UserError, analytics.undo_recommendation, value)

    def test_accuracy_is_of_a_number_of_days(self):
        for days in (True, 0, -1, 3661, 10**9, "x", None, float("nan"), [30]):
            with self.subTest(days=days):
                self._fails(UserError, self.env["ai.cost.optimizer"].get_accuracy, days)
        self.assertEqual(self.env["ai.cost.optimizer"].get_accuracy(3660)["recommendations"], 0)

    def test_a_question_is_a_text_and_a_history_a_list(self):
        chat = self.env["ai.conversation"].create({"name": "Chat"})
        for text in (True, 1, ["Hi"], {"text": "Hi"}, "\0"):
            with self.subTest(text=text):
                self._fails(UserError, lambda text=text: next(chat.stream_answer(text)))
        for history in ("Hi", 1, {"role": "user"}, True):
            with self.subTest(history=history):
                self._fails(UserError, lambda old=history: next(chat.stream_answer("Hi", old)))
        self.assertFalse(chat.message_ids)
