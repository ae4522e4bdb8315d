"""SIGKILL in the middle of 50 calls: nothing that reached us is lost, nothing is there twice."""

import re

import pytest

from ..vendor.faults import marker
from .parallel import Background, outcomes

CRON = "ai_brain.ir_cron_reap_reservations"


@pytest.mark.parametrize("workers", [0, 2], ids=["threaded", "prefork"])
def test_kill_in_the_middle_of_50_calls(make_world, workers):
    # A prefork worker serves one request at a time: as many stand at the vendor as there are.
    at_gate = 25 if workers == 0 else workers
    with make_world(workers=workers) as world:
        provider = world.providers["loop-a-small"]
        rpc = world.rpc()
        done = outcomes(
            [
                lambda n=n: rpc.send(f"before {n} " + marker(id=f"b{n}"), provider)
                for n in range(25)
            ],
            at_once=8,
        )
        flying = Background(
            [
                lambda n=n: rpc.send(f"flying {n} " + marker(id=f"f{n}", hold="kill"), provider)
                for n in range(25)
            ]
        )
        assert world.vendor.wait("kill", at_gate) == at_gate
        world.server.kill()
        world.vendor.release("kill")
        assert all(isinstance(result, Exception) for result in flying.results())

        assert world.ledger("state = 'done'")[0] == 25
        assert {row["token_usage_id"] for row in done} == {
            row for (row,) in world.database.rows("SELECT id FROM ai_token_usage")
        }
        number, sent = world.reservations()
        assert number >= sent == at_gate  # in flight, and shown as such

        world.server.start()
        rpc = world.rpc()
        shown = rpc("ai.cost.reservation", "search_count", [("sent", "=", True)])
        assert shown == at_gate
        assert world.ledger()[0] == 25  # not yet expired: not yet closed

        held = world.database.text("SELECT sum(amount_usd) FROM ai_cost_reservation WHERE sent")
        world.database.rows("UPDATE ai_cost_reservation SET expires_at = '2020-01-01'")
        for _time in range(2):  # safe to run twice
            rpc("ai.brain.probe", "run_cron", CRON)
        assert world.reservations() == (0, 0)
        calls, cost = world.ledger("state = 'uncertain'")
        assert calls == at_gate
        assert str(cost) == held
        billed = {row["id"]: row["bill"] for row in world.vendor.log()}
        assert len(billed) == 25 + at_gate
        assert cost >= world.vendor_books()[1] - world.ledger("state = 'done'")[1]
        assert (
            world.database.text(
                "SELECT count(*) FROM ai_token_usage WHERE state='done' AND prompt_text LIKE 'fly%'"
            )
            == "0"
        )


def test_slow_vendor_costs_no_worker_its_life(make_world):
    """Odoo kills a worker at its time limit; the call gives up before, and is settled."""
    with make_world(workers=2, limit_time_real=15) as world:
        provider = world.providers["loop-o-small"]  # its own timeout is 120 s
        texts = ["hanging " + marker(fault="hang"), "with what time is left?"]
        first, second = world.rpc()("ai.brain.probe", "send_each", texts, provider)
        world.vendor.release("hang")
        waited = re.search(r"did not answer within (\S+) s", first)
        assert float(waited[1]) <= 12
        assert "nothing was sent" in second
        assert len(world.vendor.log()) == 1
        calls, cost = world.ledger("state = 'uncertain'")
        assert calls == 1
        assert cost >= world.vendor_books()[1] > 0
        assert world.reservations() == (0, 0)
        assert "timeout after" not in world.server.log()  # what Odoo says of a worker it killed


def test_answer_that_comes_after_the_reaper_corrects_the_row(world):
    """A worker that was only slow: its call was closed at the worst case, then the answer came."""
    provider = world.providers["loop-o-small"]
    rpc = world.rpc()
    before = world.ledger()
    slow = Background([lambda: rpc.send("slow " + marker(hold="slow"), provider)])
    assert world.vendor.wait("slow", 1) == 1
    world.database.rows("UPDATE ai_cost_reservation SET expires_at = '2020-01-01'")
    rpc("ai.brain.probe", "run_cron", CRON)
    assert world.ledger("state = 'uncertain' AND prompt_text IS NULL")[0] == 1
    world.vendor.release("slow")
    (answer,) = slow.results()
    assert answer["content"]
    after = world.ledger()
    # One call, and exactly its cost.
    assert (after[0] - before[0], after[1] - before[1]) == world.vendor_books()
    assert world.ledger("correction_of_id IS NOT NULL AND call_count = 0")[1] < 0
    assert world.reservations() == (0, 0)


def test_postgresql_that_drops_connections_loses_no_paid_call(world):
    """Every connection is cut while calls wait at the vendor; each is settled all the same."""
    provider = world.providers["loop-g-small"]
    rpc = world.rpc()
    before = world.ledger()
    flying = Background(
        [lambda n=n: rpc.send(f"cut {n} " + marker(hold="cut"), provider) for n in range(10)]
    )
    assert world.vendor.wait("cut", 10) == 10
    world.database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid()"
    )
    world.vendor.release("cut")
    flying.results()
    after = world.ledger()
    assert (after[0] - before[0], after[1] - before[1]) == world.vendor_books()
    assert after[0] - before[0] == 10
