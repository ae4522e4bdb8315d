"""What one call costs the database: counted, so that it does not grow unnoticed."""

#: The read of the key comes on top: it goes past what could print it.
MOST = 11


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
