from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...engine.reuse.asked import at_most
from ..common import answering
from .common import ReuseCase

ASKED = "What is the VAT rate in France?"
LIKE = "what's the VAT rate in France"


@tagged("post_install", "-at_install", "every_series")
class TestNotWhatIAsked(ReuseCase):
    """A reader says that a kept answer answers another question."""

    def _refuse(self, result, user=None):
        usage = self._row(result).with_user(user or self.user)
        return usage.action_not_what_i_asked()

    def test_the_pair_never_serves_again_and_each_keeps_its_own(self):
        with answering(self.env, "One", "Two") as asked:
            self._ask(ASKED)
            served = self._ask(LIKE)
            self.assertEqual(served["content"], "One")
            self._refuse(served)
            self.assertEqual(self._ask(LIKE, refresh=True)["content"], "Two")
            self.assertEqual(self._ask(ASKED)["content"], "One")
            self.assertEqual(self._ask(LIKE)["content"], "Two")
        self.assertEqual(len(asked), 2)
        # in neither direction, though one of the two is gone
        self.answers.search([("question", "=", ASKED)]).unlink()
        self.assertEqual(self._kinds({"text": ASKED}), ["api"])

    def test_an_answer_that_is_wrong_for_its_own_words_serves_nobody(self):
        self.agent.reuse_scope = "company"
        with answering(self.env, "One", "Two"):
            self._ask(ASKED)
            self._refuse(self._ask(ASKED))
            self.assertEqual(self._ask(ASKED, user=self.other)["content"], "Two")
            self.assertEqual(self._ask(LIKE)["content"], "Two")
        self.assertEqual(self.answers.search([("is_wrong", "=", True)]).wrong_count, 1)
        figures = self.agent.get_reuse_figures()[str(self.agent.id)]
        self.assertEqual((figures["kept"], figures["wrong"], figures["wrong_share"]), (2, 1, 0.5))

    def test_only_the_person_who_asked_says_so_and_only_of_a_kept_answer(self):
        with answering(self.env, "One"):
            paid, served = self._ask(ASKED), self._ask(ASKED)
        self._fails(UserError, self._refuse, paid)
        self._fails(AccessError, self._refuse, served, self.other)
        manager = self._new_user("reuse-manager", "base.group_user", "ai_brain.group_ai_manager")
        self._fails(AccessError, self._refuse, served, manager)
        self._refuse(served)
        self._refuse(served)  # twice is once
        self.assertEqual(self.env["ai.answer.judgement"].search_count([]), 1)

    def test_in_the_chat_it_is_asked_anew_without_the_wrong_turn(self):
        self.agent.code = "ask_ai"
        text = "What is a credit note good for?"
        chats = self.env["ai.conversation"].with_user(self.user)
        provider = self.vendor_provider.id
        with answering(self.env, "One", "Two") as asked:
            first = chats.create({"name": "1", "provider_id": provider})
            [*first.stream_answer(text)]
            chat = chats.create({"name": "2", "provider_id": provider})
            answer = [*chat.stream_answer(text)][-1]["answer"]
            self.assertEqual((answer["kind"], answer["content"]), ("cache", "One"))
            message = self.env["ai.conversation.message"].browse(answer["id"])
            self.assertEqual(message.with_user(self.user).not_what_i_asked(), text)
            again = [*chat.stream_answer(text, refresh=True)][-1]["answer"]
        self.assertEqual((again["kind"], again["content"]), ("api", "Two"))
        self.assertEqual(asked[-1].messages, [{"role": "user", "content": text}])
        self._fails(UserError, chat.message_ids[-1].with_user(self.user).not_what_i_asked)
        self._fails(AccessError, message.with_user(self.other).not_what_i_asked)


@tagged("post_install", "-at_install", "every_series")
class TestSample(ReuseCase):
    """Some calls are asked all the same, and a person compares."""

    def setUp(self):
        super().setUp()
        self.judgements = self.env["ai.answer.judgement"]
        self.agent.reuse_check_share = 100

    def _drawn(self, kept="One", new="Two"):
        self.answers.search([]).unlink()
        with answering(self.env, kept, new) as asked:
            self._ask(ASKED)
            self.assertEqual(self._ask(LIKE)["content"], new)
        self.assertEqual(len(asked), 2)
        return self.judgements.search([], limit=1)

    def test_a_call_that_is_drawn_is_asked_and_both_answers_wait_for_a_person(self):
        drawn = self._drawn()
        self.assertEqual(
            (drawn.asked, drawn.kept_question, drawn.kept_answer, drawn.new_answer, drawn.verdict),
            (LIKE, ASKED, "One", "Two", "pending"),
        )
        self.agent.reuse_check_share = 0
        self.assertEqual(self._kinds({"text": LIKE}), ["cache"])
        drawn.action_wrong()
        self.assertEqual(drawn.judge_id, self.env.user)
        self.assertEqual(self._kinds({"text": LIKE}, {"text": ASKED}), ["api", "cache"])
        drawn.action_right()
        self.answers.search([("question", "=", LIKE)]).unlink()
        self.assertEqual(self._kinds({"text": LIKE}), ["cache"])

    def test_right_revives_nothing_that_a_reader_found_wrong(self):
        with answering(self.env, "One", "Two"):
            self._ask(ASKED)
            self._ask(ASKED)
            drawn = self.judgements.search([("verdict", "=", "pending")], limit=1)
            self.agent.reuse_check_share = 0
            self.assertTrue(drawn.answer_key)
        answer = self.answers.browse(drawn.answer_key)
        said = drawn.copy({"source": "reader", "verdict": "wrong"})
        said._condemn()
        self.assertTrue(answer.is_wrong)
        drawn.action_right()
        self.assertTrue(answer.is_wrong)

    def test_two_equal_answers_need_no_person(self):
        self.assertEqual(self._drawn(new="One").verdict, "right")

    def test_the_error_and_its_bound_are_those_of_the_sample(self):
        figures = self.agent.get_reuse_figures()[str(self.agent.id)]
        self.assertEqual((figures["error"], figures["error_at_most"]), (None, 1.0))
        for _time in range(3):
            self._drawn(new="One")
        self._drawn().action_wrong()
        figures = self.agent.get_reuse_figures()[str(self.agent.id)]
        self.assertEqual((figures["judged"], figures["judged_wrong"]), (4, 1))
        self.assertEqual(figures["error"], 0.25)
        self.assertAlmostEqual(figures["error_at_most"], at_most(1, 4))
        self.assertEqual(figures["wrong"], 0)  # what readers say is another figure

    def test_managers_judge_and_nobody_else_reads_them(self):
        drawn = self._drawn()
        for user in (self.user, self.other):
            self._fails(AccessError, drawn.with_user(user).action_right)
        company = self.env["res.company"].create({"name": "B"})
        stranger = self._new_user(
            "judge-stranger",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self._fails(AccessError, drawn.with_user(stranger).action_right)


@tagged("post_install", "-at_install", "every_series")
class TestForgetting(ReuseCase):
    """Forgetting by agent, record and person, and bounds by age and number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "A"})
        cls.manager = cls._new_user("reuse-forgets", "base.group_user", "ai_brain.group_ai_manager")

    def setUp(self):
        super().setUp()
        about = {"res_model": "res.partner", "res_id": self.partner.id}
        depends = [("res.partner", self.partner.ids)]
        self._kinds(
            {"text": "What is one?"},
            {"text": "What is two?", "user": self.other},
            {"text": "What is three?", "environment": about},
            {"text": "What is four?", "depends": depends, "user": self.other},
        )

    def _left(self):
        return {one.question.split()[-1][:-1] for one in self.answers.search([])}

    def test_by_agent_record_and_person(self):
        answers = self.answers.with_user(self.manager)
        self.assertEqual(answers.forget(record=self.partner), 2)
        self.assertEqual(self._left(), {"one", "two"})
        self.assertEqual(answers.forget(user=self.other), 1)
        self.assertEqual(self._left(), {"one"})
        self.assertEqual(answers.forget(agent=self.agent), 1)
        self._fails(UserError, answers.forget)
        for odd in ({"record": "x"}, {"record": ["res.partner", "x"]}, {"agent": "x"}):
            self._fails(UserError, answers.forget, **odd)

    def test_everybody_forgets_his_own_and_no_more(self):
        self.assertEqual(self.answers.with_user(self.other).forget(agent=self.agent), 2)
        self.assertEqual(self._left(), {"one", "three"})
        theirs = self.answers.search([], limit=1).with_user(self.other)
        self._fails(AccessError, theirs.action_forget)
        self._fails(AccessError, self.agent.with_user(self.other).action_forget_answers)
        self._fails(AccessError, self.user.with_user(self.other).action_forget_ai_answers)
        self.user.with_user(self.manager).action_forget_ai_answers()
        self.assertFalse(self._left())

    def test_who_is_erased_or_archived_takes_them_along(self):
        self.partner.active = False
        self.assertEqual(self._left(), {"one", "two"})
        self.other.active = False
        self.assertEqual(self._left(), {"one"})
        self.user.unlink()
        self.assertFalse(self._left())

    def test_a_partner_that_is_deleted_too(self):
        self.partner.unlink()
        self.assertEqual(self._left(), {"one", "two"})

    def test_what_was_judged_loses_its_texts_and_stays_counted(self):
        self.agent.reuse_check_share = 100
        self._kinds({"text": "What is one?"})
        judged = self.env["ai.answer.judgement"].search([])
        self.assertTrue(judged.asked)
        self.answers.with_user(self.user).forget(agent=self.agent)
        self.assertFalse(judged.asked or judged.kept_answer or judged.new_answer)
        self.assertEqual(self.agent.get_reuse_figures()[str(self.agent.id)]["judged"], 1)

    def test_number_and_age_are_bounded_in_batches(self):
        self.company.ai_kept_answers = 3
        first = self.answers.search([], order="id")[:1]
        self.assertEqual(self._kinds({"text": "What is one?"}), ["cache"])
        first.flush_recordset()
        self.env.cr.execute(
            "UPDATE ai_answer SET created_at = created_at - interval '1 hour',"
            " hit_at = created_at + interval '1 hour' WHERE id = %s",
            (first.id,),
        )
        self.answers._cron_bound()
        self.assertEqual(self._left(), {"one", "three", "four"})  # the one that served is kept
        self.agent.reuse_ttl_h = 1
        self.env.cr.execute("UPDATE ai_answer SET created_at = created_at - interval '2 hours'")
        self.answers._cron_bound(batch=2)
        self.assertEqual(self.answers.search_count([]), 1)
        self.answers._cron_bound(batch=2)
        self.assertFalse(self.answers.search_count([]))

    def test_what_an_agent_does_not_keep_any_more_goes(self):
        self.agent.reuse = "off"
        self.agent.flush_recordset()
        self.answers._cron_bound()
        self.assertFalse(self.answers.search_count([]))

    def test_a_person_sees_his_own_and_a_manager_his_companys(self):
        seen = {
            user: self.answers.with_user(user).search_count([])
            for user in (self.user, self.other, self.manager)
        }
        self.assertEqual([*seen.values()], [2, 2, 4])
        self._fails(AccessError, self.answers.with_user(self.manager).create, {"question": "Q"})
        mine = self.answers.with_user(self.user).search([], limit=1)
        self._fails(AccessError, mine.write, {"answer": "Other"})
        company = self.env["res.company"].create({"name": "B"})
        self.manager.write({"company_id": company.id, "company_ids": [(6, 0, company.ids)]})
        self.assertFalse(self.answers.with_user(self.manager).search_count([]))


@tagged("post_install", "-at_install")
class TestPresets(ReuseCase):
    def test_thrifty_alone_reuses_and_only_for_the_person(self):
        for preset, reuse in (
            ("thrifty", "same_question"),
            ("balanced", "off"),
            ("careful", "off"),
        ):
            self.agent.preset = preset
            self.assertEqual((self.agent.reuse, self.agent.reuse_scope), (reuse, "user"))
            self.assertEqual(self.agent.preset, preset)
        fresh = self.env["ai.agent"].create({"name": "New", "code": "new"})
        self.assertEqual((fresh.reuse, fresh.reuse_scope, fresh.reuse_ttl_h), ("off", "user", 24))

    def test_a_hit_is_of_the_day_that_it_is_found_on(self):
        self._kinds({})
        self.assertEqual(self.answers.search([]).created_at.date(), fields.Date.today())
