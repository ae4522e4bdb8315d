from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...engine.review import drawing
from ..common import AiCase, answering


@tagged("post_install", "-at_install", "every_series")
class TestReview(AiCase):
    """Answers that are drawn or doubted wait for a person, whose word is a rating."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.answer.review"].search([]).unlink()  # an owner's, in an upgraded database
        cls.env["ai.answer.judgement"].search([]).unlink()
        cls.user = cls._new_user("review-user")
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        cls.manager = cls._new_user("review-manager", *manager)
        cls.second = cls._new_user("review-second", *manager)
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Desk",
                "code": "desk",
                "review_share": 100,
                "provider_id": cls.vendor_provider.id,
            }
        )
        cls.reviews = cls.env["ai.answer.review"]

    def setUp(self):
        super().setUp()
        self.env["ai.cost.rollup"]._roll_up()

    def _ask(self, *texts, agent="desk", user=None):
        """Ask, and let what was asked come to review; return the rows of the ledger."""
        service = self.service.with_user(user or self.user)
        with answering(self.env, lambda request: f"Answer to {request.messages[-1]['content']}"):
            found = [
                service.send_message(text, environment={"agent_type": agent}) for text in texts
            ]
        self.env["ai.cost.rollup"]._roll_up()
        self.reviews.invalidate_model()
        return self.env["ai.token.usage"].browse([one["token_usage_id"] for one in found])

    def _next(self, user=None, **arguments):
        return self.reviews.with_user(user or self.manager).get_review(**arguments)

    def _judge(self, item, verdict, user=None):
        reviews = self.reviews.with_user(user or self.manager)
        return reviews.judge(item["kind"], item["id"], verdict)

    def _of(self, usage):
        return self.reviews.search([("token_usage_id", "=", usage.id)])

    # ------------------------------------------------------------------

    def test_a_drawn_answer_waits_with_what_was_asked_and_the_next_comes_by_itself(self):
        first, second = self._ask("What is VAT?", "What is tax?")
        found = self._next()
        item = found["item"]
        self.assertEqual(found["waiting"], 2)
        self.assertEqual(
            (item["question"], item["answer"], item["agent"], item["user"], item["reason"]),
            ("What is VAT?", "Answer to What is VAT?", "Desk", self.user.name, "sample"),
        )
        found = self._judge(item, "wrong")
        self.assertEqual(found["item"]["token_usage_id"], second.id)
        self.assertEqual((first.quality_score, first.feedback_count), (0.0, 1))
        self._judge(found["item"], "right")
        self.assertEqual((second.quality_score, second.feedback_count), (100.0, 1))
        self.assertIsNone(self._next()["item"])

    def test_what_is_drawn_is_drawn_by_a_keyed_hash_and_none_where_the_share_is_0(self):
        self.agent.review_share = 30
        usages = self._ask(*(f"Question {n}" for n in range(30)))
        key = self.reviews._secret(self.env.cr)
        expected = {usage.id for usage in usages if drawing.is_drawn(key, "sample", usage.id, 0.3)}
        drawn = self.reviews.search([("token_usage_id", "in", usages.ids)])
        self.assertEqual(set(drawn.mapped("token_usage_id")), expected)
        two = {one.token_usage_id for one in drawn if one.people == 2}
        self.assertEqual(two, {row for row in expected if drawing.people_for(key, row) == 2})
        self.agent.review_share = 0
        self.assertFalse(self._of(self._ask("Once more")))
        self.assertFalse(self._of(self._ask("Of nobody", agent="stranger")))

    def test_the_rollup_made_anew_brings_nothing_twice(self):
        usage = self._ask("What is VAT?")
        self._judge(self._next()["item"], "right")
        last = self.env.cr
        self.reviews._fold(last, usage.id - 1, usage.id)
        self.assertEqual(len(self._of(usage)), 1)
        self.assertEqual(len(self._of(usage).verdict_ids), 1)

    def test_an_agent_has_so_many_a_day_and_doubts_have_room_of_their_own(self):
        self.patch(drawing, "MOST_DRAWN", 3)
        self.patch(drawing, "MOST_DOUBTED", 2)
        usages = self._ask(*(f"Question {n}" for n in range(3)))
        usages += self._ask("Question 3", "Question 4", "Question 5", "Question 6")
        self.assertEqual(self.reviews.search_count([]), 3)
        for usage in usages[3:]:
            usage.with_user(self.user).action_rate("down")
        self.assertEqual(self.reviews.search_count([("reason", "=", "rating")]), 2)

    def test_a_low_rating_waits_first_and_one_that_is_put_right_does_not(self):
        self._ask("Drawn")
        self.agent.review_share = 0
        usage = self._ask("Doubted")
        usage.with_user(self.user).action_rate("down")
        item = self._next()["item"]
        self.assertEqual((item["question"], item["reason"]), ("Doubted", "rating"))
        self.assertEqual(item["ratings"], [{"score": 0.0, "source": "reader"}])
        usage.with_user(self.user).action_rate("up")
        self.assertFalse(self._of(usage))
        self.assertEqual(self._next()["item"]["question"], "Drawn")

    def test_doubts_without_a_text_hide_no_older_answer_that_was_drawn(self):
        drawn = self._of(self._ask("Drawn"))
        facts = {"company_id": drawn.company_id.id, "local_date": drawn.local_date}
        gone = [
            {**facts, "token_usage_id": 2**30 + n, "reason": "rating", "people": 1,
             "state": "waiting", "created_at": drawn.created_at}
            for n in range(20)
        ]  # fmt: skip
        self.assertLess(drawn.id, min(self.reviews.create(gone).ids))
        self.assertEqual(self._next()["item"]["question"], "Drawn")

    def test_figures_out_of_the_air_wait(self):
        self.agent.review_share = 0
        with answering(self.env, "The total is 4711 EUR."):
            result = self.service.with_user(self.user).send_message(
                "What is the total?",
                environment={
                    "agent_type": "desk",
                    "context_blocks": {"order": "The order has one line of 12 EUR."},
                },
            )
        self.env["ai.cost.rollup"]._roll_up()
        review = self.reviews.search([("token_usage_id", "=", result["token_usage_id"])])
        self.assertEqual(review.reason, "figures")

    def test_a_reviewers_word_moves_the_providers_quality_and_undo_takes_it_back(self):
        def sums():
            self.env.flush_all()
            self.env.cr.execute(
                "SELECT COALESCE(sum(rated), 0), COALESCE(sum(rating_sum), 0),"
                " COALESCE(sum(rating_squares), 0) FROM ai_provider_stats WHERE provider_id = %s",
                (self.vendor_provider.id,),
            )
            return self.env.cr.fetchone()

        usage = self._ask("What is VAT?")
        before = sums()
        item = self._next()["item"]
        self._judge(item, "right")
        self.assertEqual(sums(), (before[0] + 1, before[1] + 100, before[2] + 10_000))
        self._judge(item, "wrong")  # changed his mind: one rating still
        self.assertEqual(sums(), (before[0] + 1, before[1], before[2]))
        again = self.reviews.with_user(self.manager).undo("answer", item["id"])
        self.assertEqual(again["item"]["id"], item["id"])
        self.assertEqual(sums(), before)
        self.assertEqual((usage.quality_score, usage.feedback_count), (0.0, 0))
        self.assertEqual(self._next()["item"]["id"], item["id"])
        benchmark = self.env["ai.provider.benchmark"].search([("token_usage_id", "=", usage.id)])
        self.assertEqual(benchmark.mapped("is_rated"), [False] * len(benchmark))

    def test_two_judge_without_seeing_each_others_word(self):
        usage = self._ask("What is VAT?")
        review = self._of(usage)
        review.people = 2
        item = self._next()["item"]
        self._judge(item, "right")
        self.assertEqual(review.state, "second")
        self.assertEqual((self._next()["item"], self._next()["second"]), (None, 1))
        other = self._next(self.second)["item"]
        self.assertEqual(other, item)  # no rating of the first reviewer among what is shown
        self._judge(other, "wrong", self.second)
        self.assertEqual((review.state, review.verdict), ("done", "split"))
        self.assertEqual((usage.quality_score, usage.feedback_count), (50.0, 2))
        figures = self.reviews.with_user(self.manager).get_review_figures()
        self.assertEqual(figures["agreement"]["pairs"], 1)
        self.assertEqual(figures["agreement"]["raw"], 0.0)

    def test_statistics_by_agent_and_model_count_drawn_and_doubted_apart(self):
        self._ask(*(f"Question {n}" for n in range(4)))
        self.reviews.search([]).people = 1
        for verdict in ("right", "right", "right", "wrong"):
            self._judge(self._next()["item"], verdict)
        self.agent.review_share = 0
        for usage in self._ask("Doubted", "Doubted too"):
            usage.with_user(self.user).action_rate("down")
        self.reviews.search([("state", "=", "waiting")]).people = 1
        self._judge(self._next()["item"], "wrong")
        self._judge(self._next()["item"], "right")
        figures = self.reviews.with_user(self.manager).get_review_figures(30)
        (agent,) = figures["agents"]
        (model,) = figures["models"]
        self.assertEqual((agent["id"], agent["name"]), (self.agent.id, "Desk"))
        self.assertEqual(model["name"], self.vendor_provider.model_name)
        for one in (agent, model):
            self.assertEqual((one["drawn"], one["right"], one["wrong"]), (4, 3, 1))
            self.assertEqual((one["doubted"], one["confirmed"]), (2, 1))
            self.assertEqual(one["share"], 0.75)
            self.assertAlmostEqual(one["low"], 0.3006, 3)
            self.assertAlmostEqual(one["high"], 0.9544, 3)
        for days in (0, "30", True, 4000):
            self._fails(UserError, self.reviews.with_user(self.manager).get_review_figures, days)

    def test_only_managers_of_the_company_review(self):
        self._ask("What is VAT?")
        item = self._next()["item"]
        portal = self._new_user("review-portal", "base.group_portal")
        company = self.env["res.company"].create({"name": "B"})
        stranger = self._new_user(
            "review-stranger",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for user in (portal, self.user):
            reviews = self.reviews.with_user(user)
            self._fails(AccessError, reviews.get_review)
            self._fails(AccessError, reviews.judge, "answer", item["id"], "right")
            self._fails(AccessError, reviews.undo, "answer", item["id"])
            self._fails(AccessError, reviews.get_review_figures)
            self._fails(AccessError, reviews.search, [])
        theirs = self.reviews.with_user(stranger)
        self.assertEqual(theirs.get_review(), {"item": None, "waiting": 0, "second": 0})
        self._fails(AccessError, theirs.judge, "answer", item["id"], "right")
        self.assertFalse(theirs.get_review_figures()["agents"])
        self._fails(AccessError, self.reviews.with_user(self.manager).create, {})

    def test_what_a_rule_hides_from_a_reviewer_is_neither_shown_nor_counted_nor_judged(self):
        (hidden,) = self._ask("Hidden", user=self.second)
        (shown,) = self._ask("Shown")
        for review in self._of(hidden) + self._of(shown):
            review.people = 1
        drawn = {"company_id": self.company.id, "agent_id": self.agent.id, "source": "sample",
                 "asked": "What?", "kept_question": "What?", "kept_answer": "That.",
                 "new_answer": "This.", "created_at": fields.Datetime.now()}  # fmt: skip
        pairs = self.env["ai.answer.judgement"].create(
            [{**drawn, "token_usage_id": usage.id} for usage in (hidden, shown)]
        )
        self.assertEqual(self._next()["waiting"], 4)
        self.env["ir.rule"].create(
            {
                "name": "Of one person",
                "model_id": self.env.ref("ai_brain.model_ai_token_usage").id,
                "domain_force": f"[('user_id', '=', {self.user.id})]",
            }
        )
        found = self._next()
        self.assertEqual(found["waiting"], 2)
        self.assertEqual(found["item"]["token_usage_id"], shown.id)
        kept = self._next(passed=[["answer", found["item"]["id"]]])["item"]
        self.assertEqual((kept["kind"], kept["id"]), ("kept", pairs[1].id))
        reviews = self.reviews.with_user(self.manager)
        for kind, number in (("answer", self._of(hidden).id), ("kept", pairs[0].id)):
            self._fails(AccessError, reviews.judge, kind, number, "right")
            self._fails(AccessError, reviews.undo, kind, number)
        self.assertFalse(self._of(hidden).verdict_ids)
        self.assertEqual(pairs[0].verdict, "pending")
        self._of(hidden)._give("wrong")  # by who may
        self._judge(found["item"], "right")
        (agent,) = reviews.get_review_figures()["agents"]
        self.assertEqual((agent["drawn"], agent["right"], agent["wrong"]), (1, 1, 0))

    def test_what_cannot_be_is_refused_in_words(self):
        self._ask("What is VAT?")
        item = self._next()["item"]
        reviews = self.reviews.with_user(self.manager)
        for arguments in (
            ("answer", item["id"], "perhaps"),
            ("answer", item["id"], None),
            ("answer", "1", "right"),
            ("answer", True, "right"),
            ("answer", 2**40, "right"),
            (["answer"], item["id"], "right"),
            ("nothing", item["id"], "right"),
        ):
            self._fails(UserError, reviews.judge, *arguments)
        for passed in (None, "x", [1], [["answer"]], [["x", 1]], [[[], 1]], [["answer", "1"]]):
            self.assertEqual(reviews.get_review(passed)["item"]["id"], item["id"])
        self.assertIsNone(reviews.get_review([["answer", item["id"]]])["item"])
        for share in (-1, 101):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.agent.review_share = share

    def test_nobody_claims_to_be_a_reviewer_through_the_hook_for_addons(self):
        usage = self._ask("What is VAT?")
        usages = self.env["ai.token.usage"].with_user(self.user)
        self._fails(UserError, usages.record_outcome, usage.id, 100, f"review:{self.manager.id}")

    def test_where_no_text_is_kept_nothing_waits(self):
        self.company.ai_text_policy = "none"
        usage = self._ask("What is VAT?")
        usage.with_user(self.user).action_rate("down")
        self.assertFalse(self._of(usage))

    def test_what_waits_goes_with_the_text_and_what_was_judged_stays_counted(self):
        judged, waiting = self._ask("Judged", "Waiting")
        self._judge(self._next()["item"], "right")
        self._of(judged).write({"people": 1, "state": "done"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_token_usage SET answer_text = NULL, prompt_text = NULL WHERE id = ANY(%s)",
            ([judged.id, waiting.id],),
        )
        self.env.invalidate_all()
        self.assertIsNone(self._next()["item"])
        self.reviews._gc_reviews()
        self.assertEqual(self.reviews.search([]).token_usage_id, judged.id)
        figures = self.reviews.with_user(self.manager).get_review_figures()
        self.assertEqual(figures["agents"][0]["right"], 1)

    def test_a_person_who_is_forgotten_takes_them_along(self):
        judged, _waiting = self._ask("Judged", "Waiting")
        other = self._ask("Of another", user=self.second)
        self._of(judged).people = 1
        self._judge(self._next()["item"], "right")
        self.user.with_user(self.manager).action_forget_ai_answers()
        left = self.reviews.search([], order="id")
        self.assertEqual(left.mapped("token_usage_id"), [judged.id, other.id])
        self.assertFalse(left[0].user_id)
        self.second.active = False
        self.assertEqual(self.reviews.search([]).token_usage_id, judged.id)

    def test_old_counts_go(self):
        usage = self._ask("Judged")
        self._judge(self._next()["item"], "right")
        self._of(usage).write(
            {"state": "done", "local_date": fields.Date.subtract(fields.Date.today(), days=1200)}
        )
        self.reviews._gc_reviews()
        self.assertFalse(self._of(usage))


@tagged("post_install", "-at_install", "every_series")
class TestKeptInReview(AiCase):
    """The sample of kept answers is judged in the same place."""

    def test_a_pair_waits_is_judged_and_taken_back(self):
        self.env["ai.answer.review"].search([]).unlink()
        self.env["ai.answer.judgement"].search([]).unlink()
        manager = self._new_user("kept-manager", "base.group_user", "ai_brain.group_ai_manager")
        agent = self.env["ai.agent"].create({"name": "Desk", "code": "desk"})
        drawn = self.env["ai.answer.judgement"].create(
            {
                "company_id": self.company.id,
                "agent_id": agent.id,
                "user_id": manager.id,
                "source": "sample",
                "asked": "What is VAT here?",
                "kept_question": "What is VAT?",
                "kept_answer": "A tax.",
                "new_answer": "20 %.",
                "created_at": fields.Datetime.now(),
            }
        )
        reviews = self.env["ai.answer.review"].with_user(manager)
        item = reviews.get_review()["item"]
        self.assertEqual((item["kind"], item["id"]), ("kept", drawn.id))
        self.assertEqual((item["kept_question"], item["kept_answer"]), ("What is VAT?", "A tax."))
        self.assertIsNone(reviews.judge("kept", drawn.id, "wrong")["item"])
        self.assertEqual((drawn.verdict, drawn.judge_id), ("wrong", manager))
        again = reviews.undo("kept", drawn.id)
        self.assertEqual((again["item"]["id"], again["waiting"]), (drawn.id, 1))
        self.assertEqual((drawn.verdict, drawn.judge_id.id), ("pending", False))
        self.assertIsNone(reviews.get_review([["kept", drawn.id]])["item"])
