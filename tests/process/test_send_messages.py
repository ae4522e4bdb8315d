"""Many calls by one request: at once, in order, each with its own outcome and its own cent."""

import pytest

from ..vendor.faults import marker
from .parallel import Background

IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
FAULT_AT = {3: "400", 7: "close"}


@pytest.fixture(scope="module")
def sender(shared_world):
    world = shared_world
    rpc = world.rpc()
    values = {"name": "Sorter", "code": "sorter", "joins_questions": True}
    rpc("ai.agent", "create", values)
    return world


def items(world, count, model="loop-o-small", agent=None):
    environment = {"environment": {"agent_type": agent}} if agent else {}
    return [
        {
            "messages": [
                {"role": "system", "content": "Sort the mail. " * 40},
                {"role": "user", "content": f"mail {n} of {model} "},
            ],
            "config": world.providers[model],
            "max_tokens": 80,
            **environment,
        }
        for n in range(count)
    ]


@pytest.mark.usefixtures("vendor")
def test_five_are_under_way_at_a_time_without_a_connection_each(sender):
    world, before = sender, sender.ledger()
    calls = items(world, 12)
    for call in calls:
        call["messages"][1]["content"] += marker(hold="many")
    task = Background([lambda: world.rpc()("ai.service", "send_messages", calls)])
    assert world.vendor.wait("many", 5) == 5
    assert world.reservations() == (5, 5)
    # the request that waits for them has its own
    assert int(world.database.text(IN_TRANSACTION)) <= 1
    world.vendor.release("many")
    [answers] = task.results()
    assert [one["content"] for one in answers]
    after = world.ledger()
    assert (after[0] - before[0], after[1] - before[1]) == world.vendor_books()
    assert world.reservations() == (0, 0)


@pytest.mark.every_series
@pytest.mark.usefixtures("vendor")
def test_answers_and_errors_come_in_the_order_of_their_calls(sender):
    world, before = sender, sender.ledger()
    calls = items(world, 20)
    for n, fault in FAULT_AT.items():
        calls[n]["messages"][1]["content"] += marker(fault=fault)
    calls[11]["temperature"] = 7
    answers = world.rpc("user")("ai.service", "send_messages", calls)
    for n, answer in enumerate(answers):
        if n in (3, 7, 11):
            assert isinstance(answer, str), answer
        else:
            assert answer["kind"] == "api"
    assert "may have been billed" in answers[7]
    ids = [one["token_usage_id"] for one in answers if not isinstance(one, str)]
    assert len(set(ids)) == 17
    after = world.ledger()
    # 17 answers, one refused for nothing, one of unknown outcome
    assert after[0] - before[0] == 19
    assert world.reservations() == (0, 0)


@pytest.mark.every_series
@pytest.mark.usefixtures("vendor")
@pytest.mark.parametrize("model", ["loop-o-small", "loop-a-small", "loop-g-small"])
def test_40_like_questions_take_a_fifth_of_the_calls_and_the_bill_is_the_ledger(sender, model):
    world, before = sender, sender.ledger()
    answers = world.rpc("user")(
        "ai.service", "send_messages", items(world, 40, model=model, agent="sorter")
    )
    assert {answer["kind"] for answer in answers} == {"batch"}
    assert len({answer["token_usage_id"] for answer in answers}) == 40
    after = world.ledger()
    calls, bill = world.vendor_books()
    assert (calls, after[0] - before[0]) == (8, 40)
    assert after[1] - before[1] == bill
    assert world.reservations() == (0, 0)
