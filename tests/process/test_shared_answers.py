"""The same question from many people at once, over two server processes: paid once."""

import json
import threading
import time
from collections import Counter

import pytest
import requests

from ..harness import Rpc
from ..vendor.faults import marker
from .budgets import Treasury, answers
from .parallel import Background
from .processes import wait_for
from .test_ask_ai_load import Browser as ChatBrowser
from .test_ask_ai_load import at_once

#: More than answers in the tests take on a busy machine.
TIMEOUT_S = 20


@pytest.fixture(scope="module")
def desk(stage, vendor_process):
    """Two threaded servers of one database, and an agent that keeps answers for the company."""
    with stage.world(vendor_process, db_maxconn=64) as world:
        desk = Desk(world)
        with desk.second_server(stage.settings, stage.folder, db_maxconn=64) as second:
            desk.servers = [world.server, second]
            yield desk


@pytest.fixture(autouse=True)
def empty_log(vendor_process):
    vendor_process.reset()


class Browser(ChatBrowser):
    def ask_in(self, chat, text):
        """The body of the answer to a question in a conversation."""
        data = {"conversation_id": chat, "text": text, "csrf_token": self.token}
        url = self.url + "/ai_costs/ask"
        return requests.post(url, headers=self.headers, data=data, timeout=90).text


class Desk(Treasury):
    def __init__(self, world):
        super().__init__(world)
        self.rpc("ai.service.provider", "write", self.provider, {"timeout_s": TIMEOUT_S})
        self.agent = self.rpc(
            "ai.agent",
            "create",
            {
                "name": "Desk",
                "code": "desk",
                "reuse": "same_question",
                "reuse_scope": "company",
                "reuse_check_share": 0,
                "provider_id": self.provider,
            },
        )

    def ask(self, rpc, text, agent="desk", **options):
        environment = {"agent_type": agent}
        return rpc("ai.service", "send_message", text, environment=environment, **options)

    def stream(self, rpc, text, agent="desk", **options):
        environment = {"agent_type": agent}
        return rpc("ai.brain.probe", "stream", text, False, environment=environment, **options)

    def kinds_since(self, row_id):
        rows = self.world.database.rows(
            f"SELECT kind, count(*), sum(cost_usd)::text FROM ai_token_usage WHERE id > {row_id}"
            " GROUP BY kind"
        )
        return {kind: (int(number), cost) for kind, number, cost in rows}

    def last_row(self):
        return int(self.world.database.text("SELECT coalesce(max(id), 0) FROM ai_token_usage"))

    def claims(self):
        return int(self.world.database.text("SELECT count(*) FROM ai_answer_claim"))


def test_reuse_sends_one_statement_to_look_up_and_none_where_it_is_off(desk):
    user = desk.world.rpc("user")

    def statements(text, agent="desk", **options):
        environment = {"agent_type": agent}
        return user(
            "ai.brain.probe",
            "statements_of_a_call",
            text,
            False,
            environment=environment,
            **options,
        )

    values = {"name": "Off", "code": "off", "provider_id": desk.provider}
    desk.rpc("ai.agent", "create", values)

    def asks(found):
        # the statement of a look-up is cut before its name
        return sum("ai_answer" in one or "CASE WHEN id IS NULL" in one for one in found)

    off = statements("Where is stock", agent="off")
    assert not asks(off), off
    missed = statements("Where is stock")
    # looked up and claimed at once; it is kept, and the claim given back, with the evidence
    assert asks(missed) == 1, missed
    assert len(missed) == len(off) + 1, (off, missed)
    assert desk.claims() == 0
    hit = statements("What is stock?", same=True)
    assert asks(hit) == 1, hit
    assert len(hit) <= 6, hit
    nothing = statements("Where is the stock", no_cache=True)
    assert len(nothing) == len(off), (off, nothing)


@pytest.mark.every_series
def test_200_identical_calls_from_32_clients_are_paid_once(desk):
    desk.rpc("ai.agent", "copy", desk.agent, {"code": "hall"})
    budget = desk.budget("one call", 1, agent_type="hall", period_type="daily")
    before = desk.last_row()
    text = "What is in the warehouse? " + marker(output=10, delay=1)
    number = iter(range(10**6))
    lock = threading.Lock()

    def work(rpc, n):
        if n >= 200:
            return False
        with lock:
            streamed = next(number) % 4 == 0
        return (desk.stream if streamed else desk.ask)(rpc, text, agent="hall", max_tokens=10)

    outcomes = desk.load(work, clients=32, servers=desk.servers, logins=("admin", "user", "other"))
    good = answers(outcomes)
    assert len(good) == 200, [o for o in outcomes if isinstance(o, Exception)][:3]
    assert len(desk.world.vendor.log()) == 1
    assert len({answer["content"] for answer in good}) == 1
    assert {answer["read"] for answer in good if "read" in answer} == {good[0]["content"]}
    kinds = desk.kinds_since(before)
    assert sum(number for number, _cost in kinds.values()) == 200
    assert kinds["api"][0] == 1
    assert kinds["dedup"][0] > 0
    assert Counter(answer["kind"] for answer in good) == {
        kind: number for kind, (number, _cost) in kinds.items()
    }
    assert all(float(cost) == 0 for kind, (_n, cost) in kinds.items() if kind != "api")
    desk.check()  # the budget of one call held one call
    assert desk.claims() == 0
    desk.rpc("ai.cost.budget", "unlink", budget)


def test_waiting_counts_among_nobody_s_calls_at_once(desk):
    desk.rpc("res.company", "write", [1], {"ai_person_calls": 1})
    try:
        rpc = desk.world.rpc("user")
        text = "What is on the roof? " + marker(hold="roof")
        calls = Background([lambda: desk.ask(rpc, text) for _n in range(6)])
        assert desk.world.vendor.wait("roof", 1) == 1
        time.sleep(1)
        assert desk.world.reservations()[0] == 1
        desk.world.vendor.release("roof")
        kinds = Counter(outcome["kind"] for outcome in calls.results())
        assert kinds == {"api": 1, "dedup": 5}
    finally:
        desk.rpc("res.company", "write", [1], {"ai_person_calls": 0})


def test_where_the_first_fails_or_is_cut_the_next_one_asks(desk):
    for name, directives in (
        ("failed", {"fault": "400", "times": 1}),
        ("cut", {"fault": "half", "times": 1}),
    ):
        desk.world.vendor.reset()
        text = f"What has {name}? " + marker(delay=0.5, **directives)
        calls = Background([lambda text=text: desk.ask(desk.rpc, text) for _n in range(6)])
        outcomes = calls.results()
        failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        kinds = Counter(o["kind"] for o in outcomes if isinstance(o, dict))
        assert len(failed) == 1, (name, outcomes)
        assert kinds["api"] == 1, (name, kinds)
        assert sum(kinds.values()) == 5, (name, kinds)
        assert len(desk.world.vendor.log()) == 2, name
        assert desk.claims() == 0


def test_where_a_budget_refuses_the_first_nobody_waits_for_him(desk):
    budget = desk.budget("nothing", 0, agent_type="desk", period_type="weekly", budget_amount=0)
    desk.rpc("ai.cost.budget", "write", budget, {"user_id": desk.rpc.user_id})
    started = time.monotonic()
    text = "What is on the table? " + marker(delay=0.2)
    other = desk.world.rpc("user")
    calls = Background([lambda: desk.ask(desk.rpc, text)] + [lambda: desk.ask(other, text)] * 3)
    outcomes = calls.results()
    desk.rpc("ai.cost.budget", "unlink", budget)
    kinds = Counter(o["kind"] if isinstance(o, dict) else "refused" for o in outcomes)
    assert kinds["api"] == 1, outcomes
    assert len(desk.world.vendor.log()) == 1
    assert time.monotonic() - started < TIMEOUT_S


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
def test_in_the_chat_who_waits_gives_his_connection_back(make_world, fails):
    """Thirty wait on a server with 24 connections: the first one answers all, or fails, and the
    next one goes on from there with a connection of his own."""
    with make_world(db_maxconn=24) as world:
        desk = Desk(world)
        rpc = desk.rpc
        rpc("res.company", "write", [1], {"ai_chats_at_once": 40, "ai_person_usd": 0})
        rpc("ai.agent", "write", desk.agent, {"code": "ask_ai"})
        fault = {"fault": "400", "times": 1} if fails else {}
        text = "What is in the attic? " + marker(hold="attic", **fault)
        person = Browser(world, "user")
        assert person.ask("Hello?")[0] == 200  # what the first call loads is loaded
        world.vendor.reset()
        chats = [person.rpc("ai.conversation", "start_chat", "Attic")["id"] for _n in range(30)]
        answers, threads = at_once(lambda: person.ask_in(chats.pop(), text), 30)
        assert world.vendor.wait("attic", 1) == 1
        for _number in range(5):
            assert rpc("res.users", "search_count", [])
        world.vendor.release("attic")
        for thread in threads:
            thread.join(60)
        assert all("data: " in body for body in answers), answers
        ends = [json.loads(body.rsplit("data: ", 1)[1])["answer"] for body in answers]
        kinds = Counter(end["kind"] if end["state"] == "done" else end["state"] for end in ends)
        # the first one may have gone on to another provider; that answer serves nobody else
        assert kinds["api"] + kinds["failed"] == 1 + fails, kinds
        assert kinds["dedup"] + kinds["cache"] == 29 - fails, kinds
        assert kinds["dedup"] > 20, kinds
        assert len(world.vendor.log()) <= 1 + 2 * fails
        assert desk.claims() == 0
        assert world.database.text("SELECT count(*) FROM ai_conversation_slot") == "0"


def test_in_the_chat_who_waits_leaves_his_place_to_other_questions(make_world):
    """A person with two places: one asks, six wait for his answer, another question is asked."""
    aside = "SELECT count(*) FROM ai_conversation_slot WHERE number >= 10000"
    with make_world(db_maxconn=24) as world:
        desk = Desk(world)
        desk.rpc("res.company", "write", [1], {"ai_chats_at_once": 2, "ai_person_usd": 0})
        desk.rpc("ai.agent", "write", desk.agent, {"code": "ask_ai"})
        text = "What is in the cellar? " + marker(hold="cellar")
        person = Browser(world, "user")
        chats = [person.rpc("ai.conversation", "start_chat", "Cellar")["id"] for _n in range(7)]
        begun = [at_once(lambda: person.ask_in(chats.pop(), text), 1)]
        assert world.vendor.wait("cellar", 1) == 1
        for waiting in range(1, 7):
            begun.append(at_once(lambda: person.ask_in(chats.pop(), text), 1))
            wait_for(lambda count=str(waiting): world.database.text(aside) == count, 20)
        assert person.ask("Is it open?")[0] == 200
        world.vendor.release("cellar")
        for _answers, (thread,) in begun:
            thread.join(60)
        ends = [json.loads(body.rsplit("data: ", 1)[1])["answer"] for (body,), _thread in begun]
        assert Counter(end["kind"] for end in ends) == {"api": 1, "dedup": 6}
        assert world.database.text("SELECT count(*) FROM ai_conversation_slot") == "0"


def test_a_leader_that_is_killed_hands_over(make_world, stage):
    """SIGKILL while it asks: the other process's calls wait for a lease's time and no longer."""
    with make_world(db_maxconn=64) as world:
        desk = Desk(world)
        with desk.second_server(stage.settings, stage.folder, db_maxconn=64) as second:
            second_rpc = Rpc(second.port, world.database.name, "admin")
            text = "What is in the cellar? " + marker(hold="cellar")
            first = Background([lambda: desk.ask(desk.rpc, text)])
            assert world.vendor.wait("cellar", 1) == 1
            waiting = Background([lambda: desk.ask(second_rpc, text) for _n in range(5)])
            time.sleep(2)
            assert world.vendor.wait("cellar", 1) == 1
            world.server.kill()
            killed = time.monotonic()
            assert world.vendor.wait("cellar", 2, TIMEOUT_S + 5) == 2
            waited = time.monotonic() - killed
            world.vendor.release("cellar")
            outcomes = waiting.results()
            first.results()
            assert waited < TIMEOUT_S + 5, waited
            kinds = Counter(outcome["kind"] for outcome in outcomes)
            assert kinds == {"api": 1, "dedup": 4}
            assert len(world.vendor.log()) == 2
            assert desk.claims() == 0
