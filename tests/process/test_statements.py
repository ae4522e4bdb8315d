"""What one call costs the database: counted, so that it does not grow unnoticed."""

import pytest

#: The read of the key comes on top: it goes past what could print it. Two take and release a
#: savepoint, which were not counted as long as taking it also undid whoever counts.
MOST = 10
#: What all switches of an agent may add to a call that none of them changes: what its providers
#: did is read with the claim on its question.
MOST_ADDED = 0
#: No type of message is recognised in it.
PLAIN = "The delivery note of the second pallet is on the desk"


def test_a_call_sends_few_statements_and_waits_for_the_disk_twice(world):
    admin, provider = world.rpc(), world.providers["loop-o-small"]
    admin(
        "ai.service.provider",
        "write",
        [provider],
        {"enable_cost_optimization": True, "enable_waste_detection": True},
    )
    found = world.rpc("user")("ai.brain.probe", "statements_of_a_call", "How is stock", provider)
    listing = "\n".join(found)
    assert len(found) <= MOST, listing
    assert sum("pg_logical_emit_message" in one for one in found) == 2, listing


@pytest.fixture
def everything_on(world):
    """An agent with every switch on, none of which has anything to change on a plain call."""
    admin, provider = world.rpc(), world.providers["loop-o-small"]
    types = admin("ai.message.type", "search", [("is_none", "=", False)])
    values = {
        "name": "Everything On",
        "code": "everything_on",
        "provider_id": provider,
        "efficient_provider_id": provider,
        "message_type_ids": [(6, 0, types)],
        "mode": "smart_router",
        "quality_required": "low",
        "max_tokens": 1000,
        "sets_temperature": True,
        "temperature": 0.5,
        "max_latency_ms": 600_000,
        "first_strong_messages": 1,
        "keep_text": "full",
        "apology": "Please ask again later.",
        "reuse": "same_question",
        "pattern_ids": [(6, 0, admin("ai.answer.pattern", "search", []))],
        "keep_messages": 20,
        "tool_policy": "needed",
        "vendor_cache": True,
    }
    agent = admin("ai.agent", "create", values)
    yield agent
    admin("ai.agent", "write", [agent], {"active": False})


def test_an_agent_with_everything_on_adds_none(world, everything_on):
    user, provider = world.rpc("user"), world.providers["loop-o-small"]

    def statements(agent_type):
        tags = {"environment": {"agent_type": agent_type}}
        return user("ai.brain.probe", "statements_of_a_call", PLAIN, provider, **tags)

    plain, steered = statements("no_such_agent"), statements("everything_on")
    listing = "\n".join(["without:", *plain, "with:", *steered])
    assert len(steered) <= len(plain) + MOST_ADDED, listing
    assert sum("pg_logical_emit_message" in one for one in steered) == 2, listing
    (usage,) = world.rpc()(
        "ai.token.usage",
        "search_read",
        [("agent_type", "=", "everything_on")],
        ["choice_reason", "message_type", "provider_id"],
        limit=1,
    )
    assert usage["choice_reason"] == "router"
    assert (usage["message_type"], usage["provider_id"][0]) == (False, provider)


def test_holding_out_adds_no_statement(world, everything_on):
    admin, user = world.rpc(), world.rpc("user")
    provider = world.providers["loop-o-small"]

    def statements(session):
        tags = {"environment": {"agent_type": "everything_on", "session_id": session}}
        text = f"{PLAIN} of {session}"  # nobody has asked it before
        return user("ai.brain.probe", "statements_of_a_call", text, provider, **tags)

    statements("what is cached is read")
    # the least of several: who looks on is told every few seconds, by whichever call it is
    without = min((statements(f"without {n}") for n in range(3)), key=len)
    admin("ai.agent", "write", [everything_on], {"holdout_share": 50})
    statements("what was written is read")
    found = {}
    for n in range(16):
        session = f"talk {n}"
        sent = statements(session)
        row = admin(
            "ai.token.usage",
            "search_read",
            [("session_id", "=", session)],
            ["holdout_arm", "choice_reason"],
            limit=1,
        )[0]
        assert (row["choice_reason"] == "holdout") == (row["holdout_arm"] == "held_out")
        before = found.get(row["holdout_arm"], sent)
        found[row["holdout_arm"]] = min(before, sent, key=len)
    assert set(found) == {"treated", "held_out"}  # 16 heads in a row are 1 in 33,000
    for arm, sent in found.items():
        listing = "\n".join(["without:", *without, f"{arm}:", *sent])
        assert len(sent) <= len(without), listing
