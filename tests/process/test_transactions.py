"""The caller's transaction comes and goes; what was paid stays, once."""

import pytest

from ..harness import RpcError
from ..vendor.faults import marker


@pytest.fixture
def provider(world):
    return world.providers["loop-o-small"]


@pytest.fixture
def books(world):
    """Check that since the start exactly ``calls`` were paid, and that all are in the ledger."""
    before = world.ledger()

    def check(calls):
        after = world.ledger()
        assert world.vendor_books() == (calls, after[1] - before[1])
        assert after[0] - before[0] == calls
        assert world.reservations() == (0, 0)

    return check


def test_caller_that_raises_keeps_its_row(world, provider, books):
    with pytest.raises(RpcError, match="failed after the call"):
        world.rpc()("ai.brain.probe", "send_then_raise", "raise", provider)
    books(1)
    assert (
        world.database.text("SELECT count(*) FROM ai_brain_probe WHERE name='rolled back'") == "0"
    )


def test_savepoint_that_is_undone_keeps_both_calls(world, provider, books):
    world.rpc()("ai.brain.probe", "send_in_savepoint", "savepoint", provider)
    books(2)


@pytest.mark.parametrize("times", [1, 2])
def test_retry_after_a_serialization_failure_pays_once(world, provider, books, times):
    rpc = world.rpc()
    name = f"conflict {times}"
    rpc("ai.brain.probe", "create", {"name": name})
    answer = rpc("ai.brain.probe", "send_then_conflict", [name], provider, times, name)
    assert answer["tries"] == times + 1
    books(1)
    counter = world.database.text(f"SELECT counter FROM ai_brain_probe WHERE name = '{name}'")
    assert counter == str(times + 1)


def test_two_equal_calls_stay_two_over_a_retry(world, provider, books):
    rpc = world.rpc()
    rpc("ai.brain.probe", "create", {"name": "twins"})
    answer = rpc(
        "ai.brain.probe", "send_then_conflict", ["twin", "twin", "other"], provider, 2, "twins"
    )
    assert answer["tries"] == 3
    assert len(set(answer["rows"])) == 3
    books(3)


def test_streamed_call_is_paid_once_over_a_retry(world, provider, books):
    rpc = world.rpc()
    rpc("ai.brain.probe", "create", {"name": "stream"})
    answer = rpc(
        "ai.brain.probe", "send_then_conflict", ["s", "s"], provider, 1, "stream", streamed=True
    )
    assert answer["tries"] == 2
    assert len(set(answer["rows"])) == 2
    books(2)


def test_uncertain_call_is_not_sent_again_by_a_retry(world, provider):
    rpc = world.rpc()
    rpc("ai.brain.probe", "create", {"name": "cut"})
    with pytest.raises(RpcError):
        rpc("ai.brain.probe", "send_then_conflict", [marker(fault="close")], provider, 1, "cut")
    assert len(world.vendor.log()) == 1


def test_equal_requests_are_separate_calls(world, provider, books):
    rpc = world.rpc()
    rows = {rpc.send("the same", provider)["token_usage_id"] for _time in range(3)}
    assert len(rows) == 3
    books(3)


def test_idempotency_key_pays_once_over_requests(world, provider, books):
    rpc = world.rpc()
    answers = [rpc.send("keyed", provider, idempotency_key="k-1") for _time in range(3)]
    assert len({answer["token_usage_id"] for answer in answers}) == 1
    assert len({answer["content"] for answer in answers}) == 1
    books(1)


def test_idempotency_key_of_another_request_is_refused(world, provider, books):
    rpc = world.rpc()
    rpc.send("first", provider, idempotency_key="k-2")
    with pytest.raises(RpcError, match="another request"):
        rpc.send("second", provider, idempotency_key="k-2")
    books(1)


def test_caller_that_holds_locks_is_not_waited_for_for_ever(world, provider):
    answer = world.rpc()("ai.brain.probe", "send_after_locking", "locks", provider)
    assert answer["seconds"] < 15
    assert "nothing was sent" in answer["refused"]
    billed = world.vendor_books()[0]
    rows = world.database.text(
        "SELECT count(*) FROM ai_token_usage WHERE prompt_text = 'locks' AND call_count = 1"
    )
    assert rows == str(billed)


def test_lost_answer_to_a_commit_makes_no_second_row(world, provider, books):
    answer = world.rpc().send("commit", provider, environment={"session_id": "lost commit"})
    assert answer["token_usage_id"]
    books(1)


def test_readonly_route_that_runs_again_pays_once(make_world, stage):
    """With a replica, Odoo gives a readonly route a readonly cursor, and then another one."""
    options = stage.settings.options
    replica = ("--db_replica_host", options["db_host"], "--db_replica_port", options["db_port"])
    with make_world(arguments=replica) as world:
        row = world.rpc()(
            "ai.brain.probe", "send_on_readonly_route", "readonly", world.providers["loop-o-small"]
        )
        assert row
        assert world.ledger() == world.vendor_books()
        assert world.ledger()[0] == 1
