"""What one call costs the database: counted, so that it does not grow unnoticed."""

import pytest

#: The read of the key comes on top: it goes past what could print it.
MOST = 11
#: What all switches of an agent may add to a call that none of them changes.
MOST_ADDED = 2
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


def test_an_agent_with_everything_on_adds_at_most_two(world, everything_on):
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
