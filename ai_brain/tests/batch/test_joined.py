import re
from decimal import Decimal

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...engine.price.usage import TokenUsage
from ...exceptions import BudgetExceededError, InvalidCallError, OutcomeUnknownError
from ...models.call.call_scope import current_scope
from ...providers import ChatResponse
from ...providers.errors import InvalidRequest, ServerError
from ..common import AiCase, answering

MARK = re.compile(r"<question-(\d)-(\w+)>\n(.*?)\n</question-\1-\2>", re.DOTALL)
SYSTEM = {"role": "system", "content": "You name capitals. " * 20}


def questions_of(request):
    """Return the sign and the questions of a joined request, or (None, [its one question])."""
    text = request.messages[-1]["content"]
    found = MARK.findall(text)
    return (found[0][1], [one[2] for one in found]) if found else (None, [text])


def respond(request, skip=(), usage=None, returned=None):
    """Answer each question with itself in capitals."""
    sign, questions = questions_of(request)
    if sign is None:
        content = questions[0].upper()
    else:
        content = "\n".join(
            f"<answer-{n}-{sign}>{text.upper()}</answer-{n}-{sign}>"
            for n, text in enumerate(questions, 1)
            if n not in skip
        )
    return ChatResponse(
        content=content,
        usage=usage or TokenUsage(input=311 * len(questions), output=97 * len(questions)),
        model=request.model,
        finish_reason="stop",
        returned_cost_usd=returned,
    )


@tagged("post_install", "-at_install", "every_series")
class TestJoined(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Sorter", "code": "sorter", "joins_questions": True}
        )

    def setUp(self):
        super().setUp()
        current_scope(self.env.cr)._on_commit()

    def _items(self, *texts, **more):
        return [
            {
                "messages": [SYSTEM, {"role": "user", "content": text}],
                "config": self.vendor_provider,
                "environment": {"agent_type": "sorter", **more.get("environment", {})},
                **{name: value for name, value in more.items() if name != "environment"},
            }
            for text in texts
        ]

    def _send(self, items, *answers):
        with answering(self.env, *(answers or (respond,))) as asked:
            return self.service.send_messages(items), asked

    def _sums(self, results):
        ids = [result["token_usage_id"] for result in results]
        self.env.cr.execute(
            "SELECT count(DISTINCT id), sum(cost_usd)::text, sum(input_tokens)::int,"
            " sum(output_tokens)::int, array_agg(DISTINCT kind), array_agg(DISTINCT state)"
            " FROM ai_token_usage WHERE id = ANY(%s)",
            (ids,),
        )
        count, cost, *rest = self.env.cr.fetchone()
        return count, Decimal(cost), *rest

    def test_five_like_questions_are_one_call_and_five_rows_that_add_up(self):
        texts = ["spain", "italy", "france", "austria and its lands", "peru"]
        results, asked = self._send(self._items(*texts))
        self.assertEqual(len(asked), 1)
        self.assertEqual([one["content"] for one in results], [text.upper() for text in texts])
        bill = (Decimal(311 * 5) * 1 + Decimal(97 * 5) * 2) / 10**6
        self.assertEqual(self._sums(results), (5, bill, 311 * 5, 97 * 5, ["batch"], ["done"]))
        self.assertFalse(self.env["ai.cost.reservation"].search([]))
        rows = self.env["ai.token.usage"].browse([one["token_usage_id"] for one in results])
        self.assertGreater(rows[3].output_tokens, rows[4].output_tokens)
        self.assertEqual(rows.mapped("agent_key"), [self.agent.id] * 5)
        self.assertIn("Asked together with 4 like questions, in one call.", results[0]["notices"])

    def test_a_stream_of_30_like_questions_takes_a_fifth_of_the_calls(self):
        results, asked = self._send(self._items(*(f"country {n}" for n in range(30))))
        self.assertEqual([one["content"] for one in results], [f"COUNTRY {n}" for n in range(30)])
        self.assertEqual(len(asked), 6)
        self.assertEqual(self._sums(results)[0], 30)
        self.agent.joins_questions = False
        current_scope(self.env.cr)._on_commit()
        _results, asked = self._send(self._items(*(f"country {n}" for n in range(30))))
        self.assertEqual(len(asked), 30)

    def test_the_vendors_own_figure_is_shared_to_the_last_digit(self):
        def reply(request):
            return respond(request, returned=Decimal("0.0001234567891"))

        results, _asked = self._send(self._items("one", "two", "three"), reply)
        self.assertEqual(self._sums(results)[1], Decimal("0.0001234567891"))

    def test_what_cannot_be_read_is_asked_singly_and_both_are_paid(self):
        before = self.env["ai.token.usage"].search_count([])
        results, asked = self._send(
            self._items("one", "two", "three"), lambda r: respond(r, skip=(3,)), respond
        )
        self.assertEqual([one["content"] for one in results], ["ONE", "TWO", "THREE"])
        self.assertEqual([len(questions_of(one)[1]) for one in asked], [3, 1])
        rows = self.env["ai.token.usage"].search([], order="id", limit=4, offset=before)
        self.assertEqual(rows.mapped("kind").count("batch"), 3)
        lost = rows.filtered(lambda row: not row.baseline_cost_usd)
        self.assertEqual((len(lost), lost.baseline_cost_usd, lost.state), (1, 0.0, "done"))
        bill = (Decimal(311 * 4) + Decimal(97 * 4) * 2) / 10**6
        self.env.cr.execute(
            "SELECT sum(cost_usd)::text FROM ai_token_usage WHERE id = ANY(%s)", (rows.ids,)
        )
        self.assertEqual(Decimal(self.env.cr.fetchone()[0]), bill)

    def test_prose_instead_of_marks_answers_nobody(self):
        results, asked = self._send(self._items("one", "two"), "Gladly: ONE and TWO.", respond)
        self.assertEqual([one["content"] for one in results], ["ONE", "TWO"])
        self.assertEqual(len(asked), 3)

    def test_a_refused_joined_call_costs_nothing_and_is_sent_singly(self):
        def refuse(request):
            error = InvalidRequest("max_tokens is too large")
            error.billing = "none"
            return error

        results, asked = self._send(self._items("one", "two"), refuse, respond)
        self.assertEqual([one["content"] for one in results], ["ONE", "TWO"])
        self.assertEqual((len(asked), self._sums(results)[4]), (3, ["api"]))

    @mute_logger("odoo.addons.ai_brain.models.budget.ai_hold_overrun")
    def test_a_joined_call_of_unknown_outcome_counts_every_share_at_its_most(self):
        def lost(request):
            error = ServerError("gone")
            error.billing = "unknown"
            return error

        results, asked = self._send(self._items("one", "two"), lost)
        self.assertEqual([type(one) for one in results], [OutcomeUnknownError] * 2)
        self.assertEqual(len(asked), 1)
        rows = self.env["ai.token.usage"].browse([one.token_usage_id for one in results])
        self.assertEqual(rows.mapped("state"), ["uncertain"] * 2)
        self.assertFalse(self.env["ai.cost.reservation"].search([]))

    def test_only_what_is_alike_is_joined(self):
        user = self._new_user("joined_other")
        shapes = {
            "no agent": self._items("a", "b", environment={"agent_type": ""}),
            "tools": self._items(
                "a", "b", tools=[{"type": "function", "function": {"name": "due"}}]
            ),
            "long": self._items("a" * 2001, "b" * 2001),
            "a limit of its own": self._items("a", "b", max_budget_usd=1),
            "unlike": [*self._items("a"), *self._items("b", temperature=1)],
            "other kinds of record": [
                *self._items("a", environment={"res_model": "res.partner", "res_id": 1}),
                *self._items("b", environment={"res_model": "res.users", "res_id": 2}),
            ],
        }
        for name, items in shapes.items():
            with self.subTest(name):
                results, asked = self._send(items)
                self.assertEqual(len(asked), 2)
                self.assertFalse([one for one in results if isinstance(one, Exception)])
        partner = self.env["res.partner"].create({"name": "Hidden", "company_id": False})
        rule = {
            "name": "Hide one",
            "model_id": self.env["ir.model"]._get_id("res.partner"),
            "domain_force": f"[('id', '!=', {partner.id})]",
        }
        self.env["ir.rule"].create(rule)
        seen = {"res_model": "res.partner", "res_id": user.partner_id.id}
        items = [
            *self._items("a", "b", environment=seen),
            *self._items("c", environment={**seen, "res_id": partner.id}),
        ]
        for one in items:
            one["config"] = self.vendor_provider.id
        with answering(self.env, respond) as asked:
            self.service.with_user(user).send_messages(items)
        self.assertEqual([len(questions_of(one)[1]) for one in asked], [2, 1])

    def test_a_budget_that_has_room_for_one_at_a_time_lets_all_pass(self):
        [worst] = {
            self._reserve(item["messages"], environment=item["environment"])[1].held_usd
            for item in self._items("one")
        }
        self.env.cr.execute("DELETE FROM ai_cost_reservation")
        self.env["ai.cost.budget"].create(
            {
                "name": "Narrow",
                "company_id": self.company.id,
                "period_type": "daily",
                "budget_amount": float(worst) * 1.9,
                "agent_type": "sorter",
                "currency_id": self.env.ref("base.USD").id,
            }
        )
        results, asked = self._send(self._items("one", "two"))
        self.assertEqual([one["content"] for one in results], ["ONE", "TWO"])
        self.assertEqual(len(asked), 2)

    def test_the_joined_call_never_holds_less_than_it_can_cost(self):
        items = self._items("one", "two", "three")
        for one in items:
            one["messages"] = one["messages"][1:]
        self.env["ai.cost.budget"].create(
            {
                "name": "Nothing",
                "company_id": self.company.id,
                "period_type": "daily",
                "budget_amount": 0.0001,
                "agent_type": "sorter",
                "currency_id": self.env.ref("base.USD").id,
            }
        )
        results, asked = self._send(items)
        self.assertEqual([type(one) for one in results], [BudgetExceededError] * 3)
        self.assertFalse(asked)

    # -- send_messages ---------------------------------------------------------------------------

    def test_errors_stand_in_the_list_where_their_call_stood(self):
        self.agent.joins_questions = False
        items = self._items("one", "two", "three")
        items[1]["temperature"] = 9
        results, asked = self._send(items)
        self.assertEqual(results[0]["content"], "ONE")
        self.assertIsInstance(results[1], InvalidCallError)
        self.assertEqual(results[2]["content"], "THREE")
        self.assertEqual(len(asked), 2)

    def test_no_list_and_too_long_a_list_are_refused(self):
        for bad in ("Hello", [1], {"messages": "Hello"}, [{"messages": "x"}] * 501):
            self._fails(InvalidCallError, self.service.send_messages, bad)
        self.assertEqual(self.service.send_messages([]), [])

    def test_a_request_that_runs_again_pays_nothing_again(self):
        first, _asked = self._send(self._items("one", "two"))
        current_scope(self.env.cr)._on_rollback()
        again, asked = self._send(self._items("one", "two"))
        self.assertEqual((again, len(asked)), (first, 0))

    # -- what was submitted ----------------------------------------------------------------------

    def test_like_questions_that_were_submitted_go_five_at_a_time(self):
        requests = self.env["ai.batch.request"]
        for item in self._items(*(f"town {n}" for n in range(12))):
            requests |= self.service.submit(**item)
        self.assertEqual(set(requests.mapped("route")), {"single"})
        with answering(self.env, respond) as asked:
            self.env["ai.batch"]._cron_send()
        self.assertEqual([len(questions_of(one)[1]) for one in asked], [5, 5, 2])
        self.assertEqual(set(requests.mapped("state")), {"done"})
        self.assertEqual(
            [one.answer["content"] for one in requests], [f"TOWN {n}" for n in range(12)]
        )
        rows = self.env["ai.token.usage"].browse(requests.mapped("token_usage_id"))
        self.assertEqual((len(rows), set(rows.mapped("kind"))), (12, {"batch"}))

    def test_what_was_submitted_goes_singly_where_the_agent_joins_nothing(self):
        self.agent.joins_questions = False
        for item in self._items("one", "two"):
            self.service.submit(**item)
        with answering(self.env, respond) as asked:
            self.env["ai.batch"]._cron_send()
        self.assertEqual([len(questions_of(one)[1]) for one in asked], [1, 1])
