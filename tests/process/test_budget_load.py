"""Budgets under load: 64 clients, several worker processes, not a cent over.

SAM_BUDGET_RUNS says how often the first is run (default 2; the full proof is 10).
"""

import datetime
import os
import random
import threading
from decimal import Decimal

import pytest

from ..harness import Rpc, RpcError
from .budgets import RATE, REFUSED, Treasury, answers, refusals

RUNS = int(os.environ.get("SAM_BUDGET_RUNS", "2"))
COST = 10 * RATE


@pytest.fixture(scope="module")
def treasury(stage, vendor_process):
    """A world with prefork workers and, beside them, a threaded server."""
    with stage.world(vendor_process, workers=3, db_maxconn=48) as world:
        treasury = Treasury(world)
        with treasury.second_server(stage.settings, stage.folder, db_maxconn=64) as second:
            treasury.servers = [world.server, second]
            yield treasury


@pytest.fixture(autouse=True)
def empty_log(vendor_process):
    vendor_process.reset()


def so_many(treasury, agent, number, **options):
    """``number`` calls of 10 tokens from 64 clients over both servers."""

    def work(rpc, n):
        return n < number and treasury.send(rpc, agent, **options)

    return treasury.load(work, servers=treasury.servers)


@pytest.mark.every_series
@pytest.mark.parametrize("run", range(RUNS))
def test_a_budget_of_100_calls_lets_exactly_100_of_500_pass(treasury, run):
    agent = f"exact{run}"
    treasury.budget(agent, 100)
    outcomes = so_many(treasury, agent, 500)
    assert (len(answers(outcomes)), len(refusals(outcomes))) == (100, 400), [
        o for o in outcomes if isinstance(o, Exception) and o not in refusals(outcomes)
    ][:3]
    for error in refusals(outcomes)[:5]:
        for part in (agent, "$1.00", "$0.01", "(UTC)", "Ask "):
            assert part in error.text
    assert len(treasury.world.vendor.log()) == 100
    books = treasury.check()
    (row,) = (row for (name, _day), row in books.items() if name == agent)
    assert row["spent"] == row["limit"] == 100 * COST
    assert treasury.reconciled()


@pytest.mark.every_series
def test_two_overlapping_budgets_hold_both_without_a_deadlock(treasury):
    agent = "both"
    treasury.budget("both wide", 100, agent_type=agent, period_type="monthly")
    treasury.budget("both day", 100, agent_type=agent, period_type="daily")
    other = "half"
    treasury.budget(other, 40, agent_type=other)
    treasury.budget("half user", 50, agent_type=other, user_id=treasury.rpc.user_id)

    def work(rpc, n):
        return n < 500 and treasury.send(rpc, agent if n % 5 else other)

    outcomes = treasury.load(work, servers=treasury.servers)
    assert len(answers(outcomes)) == 140
    assert len(refusals(outcomes)) == 360
    assert len(treasury.world.vendor.log()) == 140
    books = treasury.check()
    spent = {name: row["spent"] for (name, _day), row in books.items()}
    assert spent["both wide"] == spent["both day"] == 100 * COST
    assert spent["half"] == spent["half user"] == 40 * COST
    for server in treasury.servers:
        assert "deadlock" not in server.log()
    assert treasury.reconciled()


@pytest.mark.every_series
@pytest.mark.parametrize("each", ["user", "record"])
def test_100_callers_of_3_people_use_up_each_one_s_amount_and_no_cent_more(treasury, each):
    """Nobody's part is there at first: a hundred callers in several processes make it at once."""
    agent, logins = f"three {each}", ("admin", "user", f"third-{each}")
    third = {"name": "Third", "login": logins[2], "password": logins[2]}
    treasury.rpc("res.users", "create", third)
    world = treasury.world
    people = [Rpc(world.server.port, world.database.name, login) for login in logins]
    before = treasury.send(people[0], agent, record=("res.partner", 1))
    assert before["remaining_usd"] is None
    budget = treasury.budget(agent, 40, each=each, agent_type=agent, period_type="daily")
    # as if nobody had synced it
    world.database.rows(f"DELETE FROM ai_cost_budget_period WHERE budget_id = {budget}")
    number = {person.user_id: n + 1 for n, person in enumerate(people)}

    def work(rpc, n):
        record = ("res.partner", number[rpc.user_id])
        return n < 360 and treasury.send(rpc, agent, record=record)

    outcomes = treasury.load(work, clients=100, servers=treasury.servers, logins=logins)
    passed, refused = answers(outcomes), refusals(outcomes)
    others = [o for o in outcomes if isinstance(o, Exception) and o not in refused]
    assert (len(passed), len(refused)) == (119, 241), others[:3]
    assert min(answer["remaining_usd"] for answer in passed) == 0
    books = treasury.check()
    parts = {name: row for (name, _day), row in books.items() if name.startswith(f"{agent} ")}
    keys = [
        f"user:{p.user_id}" if each == "user" else f"record:res.partner,{number[p.user_id]}"
        for p in people
    ]
    assert sorted(parts) == sorted(f"{agent} {key}" for key in keys)
    assert all(row["spent"] == row["limit"] == 40 * COST for row in parts.values())
    for error in refused[:5]:
        for part in (f"{agent}: ", "$0.40", "(UTC)", "Ask "):
            assert part in error.text
    for server in treasury.servers:
        assert "deadlock" not in server.log()
    assert treasury.reconciled()
    treasury.rpc("ai.cost.budget", "unlink", budget)


def test_calls_of_random_cost_use_the_budget_up_and_never_more(treasury):
    agent, dearest = "random", 60
    treasury.budget(agent, 100)
    dice = random.Random(20261123)

    def work(rpc, n):
        if n >= 260:
            return False
        most = dice.randint(5, dearest)
        return treasury.send(rpc, agent, tokens=dice.randint(1, most), most=most)

    outcomes = treasury.load(work, servers=treasury.servers)
    assert refusals(outcomes)
    assert len(refusals(outcomes)) + len(answers(outcomes)) == 260
    books = treasury.check()
    (row,) = (row for (name, _day), row in books.items() if name == agent)
    assert row["limit"] - row["spent"] < dearest * RATE, "a call that would have fitted was refused"
    assert treasury.reconciled()


def test_calls_that_wait_for_what_others_hold_are_not_refused(treasury):
    """Each call holds ten times what it costs: the budget fits them all, one after the other."""
    agent = "patient"
    treasury.rpc("res.company", "write", [1], {"ai_budget_wait_s": 20})
    treasury.budget(agent, budget_amount=float(60 * COST))

    def work(rpc, n):
        return n < 30 and treasury.send(rpc, agent, tokens=10, most=100)

    outcomes = treasury.load(work, clients=30, servers=treasury.servers)
    assert len(answers(outcomes)) == 30, [o for o in outcomes if isinstance(o, Exception)][:2]
    treasury.check()


def test_a_budget_changed_under_load_stays_right(treasury):
    agent = "changing"
    budget = treasury.budget(agent, 1000)
    rpc = treasury.rpc
    steps = [
        {"budget_amount": 3.0},
        {"block_at_threshold": 50},
        {"active": False},
        {"active": True, "block_at_threshold": 100},
        {"user_id": rpc.user_id},
        {"period_type": "daily"},
        {"user_id": False, "budget_amount": 9.0},
        {"alert_thresholds": [22.5]},
    ]
    changed, one_by_one = set(), threading.Lock()

    def change(n):
        """Take the next step, each in its turn; a client that asks again after a worker hung up
        takes the one that it had not ended, and none twice."""
        with one_by_one:
            if n not in changed:
                rpc("ai.cost.budget", "write", budget, steps[0])
                del steps[0]
                changed.add(n)
            rpc.hang_up()

    def work(session, n):
        if n >= 240:
            return False
        if n % 30 == 15:
            change(n)
        return treasury.send(session, agent)

    outcomes = treasury.load(work, clients=24, servers=treasury.servers)
    assert len(answers(outcomes)) + len(refusals(outcomes)) == 240, [
        o for o in outcomes if isinstance(o, Exception) and o not in refusals(outcomes)
    ][:3]
    treasury.send(treasury.rpc, agent)
    (now,) = rpc("ai.cost.budget", "read", budget, ["active", "user_id", "budget_amount"])
    assert (steps, now) == (
        [],
        {"id": budget, "active": True, "user_id": False, "budget_amount": 9},
    )
    books = treasury.check()
    row = books[agent, str(datetime.date.today())]
    assert row["spent"] == COST * (len(answers(outcomes)) + 1)
    treasury.rpc("ai.cost.budget", "write", budget, {"budget_amount": 0.01})
    outcomes = so_many(treasury, agent, 20)
    assert len(refusals(outcomes)) == 20, "lowered below what is spent"
    assert treasury.reconciled()
    treasury.rpc("ai.cost.budget", "unlink", budget)


def test_there_is_no_way_round_a_budget(treasury):
    rpc, provider = treasury.rpc, treasury.provider
    other = treasury.world.providers["loop-a-small"]
    everything = treasury.budget("everything", agent_type=False, module="sale", budget_amount=0)
    rpc("ai.cost.budget", "write", everything, {"count_untagged": True})
    tagged = {"environment": {"module": "sale"}}
    otherwise = ("ai.brain.probe", "send_otherwise")
    ways = {
        "another mode": lambda: rpc.send("way", provider, mode="passthrough", **tagged),
        "the router": lambda: rpc.send("way", provider, mode="smart_router", **tagged),
        "another provider": lambda: rpc.send("way", other, **tagged),
        "a missing tag": lambda: rpc.send("way", provider),
        "another spelling": lambda: rpc.send("way", provider, environment={"module": "SALE"}),
        "sudo": lambda: rpc(*otherwise, "sudo", "way", provider, **tagged),
        "a cron": lambda: rpc(*otherwise, "cron", "way", provider, **tagged),
        "a context": lambda: rpc(*otherwise, "company context", "way", provider, **tagged),
        "max_tokens left out": lambda: rpc.send("way", provider, max_tokens=None, **tagged),
        "an employee": lambda: treasury.world.rpc("user").send("way", provider, **tagged),
    }
    try:
        for name, way in ways.items():
            with pytest.raises(RpcError) as refusal:
                way()
            assert refusal.value.name == REFUSED, (name, refusal.value.text)
        for number in (-1, 0):
            with pytest.raises(RpcError, match="max_tokens"):
                rpc.send("way", provider, max_tokens=number, **tagged)
        assert treasury.world.vendor.log() == []
    finally:
        rpc("ai.cost.budget", "unlink", everything)
    treasury.check()


def test_around_midnight_each_day_has_its_own_budget(stage, vendor, tmp_path):
    shift = tmp_path / "shift"
    now = datetime.datetime.now(datetime.timezone.utc)
    to_midnight = 86400 - (now.hour * 3600 + now.minute * 60 + now.second)
    with stage.world(vendor, env={"AI_BRAIN_PROBE_SHIFT": str(shift)}, db_maxconn=100) as world:
        treasury = Treasury(world)
        treasury.rpc("res.company", "write", [1], {"ai_timezone": "UTC"})
        treasury.budget("night", 60, period_type="daily")
        treasury.send(treasury.rpc, "night")
        turned = []

        def work(rpc, n):
            if n == 100:
                # in half a second the day ends, with calls of 0.4 s in flight
                moment = datetime.datetime.now(datetime.timezone.utc)
                rest = 86400 - (moment.hour * 3600 + moment.minute * 60 + moment.second)
                shift.write_text(str(rest - 1))
                turned.append(rest)
            return n < 400 and treasury.send(rpc, "night", delay=0.4)

        outcomes = treasury.load(work, clients=32)
        books = treasury.check()
        days = {day: row for (name, day), row in books.items() if name == "night"}
        assert turned, to_midnight
        assert len(days) == 2
        assert [row["spent"] for row in days.values()] == [60 * COST, 60 * COST]
        assert len(answers(outcomes)) == 119
        assert sum((row["ledger"] for row in days.values()), Decimal(0)) == 120 * COST
        assert treasury.reconciled()
