"""An agent that goes away while its calls are under way: they end as they began."""

import pytest

from ..harness import RpcError
from ..vendor.faults import marker
from .parallel import Background


@pytest.fixture
def agent(world):
    provider = world.providers["loop-o-small"]
    values = {"name": "Desk", "code": "desk", "provider_id": provider, "max_tokens": 50}
    return world.rpc()("ai.agent", "create", {**values, "apology": "Please ask again."})


def _while_under_way(world, gate, act, **faults):
    """Send four calls of the agent, ``act`` while they wait; what each of them got."""
    user, provider = world.rpc("user"), world.providers["loop-o-small"]
    user.send("warm", provider, environment={"agent_type": "desk"})

    def ask(number):
        text = f"{gate} {number} " + marker(hold=gate, **faults)
        return user.send(text, provider, environment={"agent_type": "desk"})

    asked = Background([lambda n=n: ask(n) for n in range(4)])
    assert world.vendor.wait(gate, 4) == 4
    act()
    world.vendor.release(gate)
    return asked.results()


def _followed(world, answers):
    rows = world.rpc()(
        "ai.token.usage",
        "read",
        [answer["token_usage_id"] for answer in answers],
        ["agent_key", "agent_id", "agent_type", "choice_reason", "kind"],
    )
    return [(row["agent_key"], bool(row["agent_id"]), row["choice_reason"]) for row in rows]


@pytest.mark.parametrize("method", ["unlink", "archive"])
def test_its_calls_end_as_they_began(world, agent, method):
    admin = world.rpc()

    def go():
        if method == "unlink":
            admin("ai.agent", "unlink", [agent])
        else:
            admin("ai.agent", "write", [agent], {"active": False})

    answers = _while_under_way(world, f"agent_{method}", go)
    assert _followed(world, answers) == [(agent, method == "archive", "agent")] * 4
    assert world.reservations() == (0, 0)
    later = world.rpc("user").send(
        "afterwards", world.providers["loop-o-small"], environment={"agent_type": "desk"}
    )
    ((key, _named, reason),) = _followed(world, [later])
    assert (bool(key), reason) == (False, "configured")


def test_a_deleted_one_apologises_no_more_and_the_vendor_s_error_is_told(world, agent):
    admin = world.rpc()
    results = _while_under_way(
        world, "agent_gone", lambda: admin("ai.agent", "unlink", [agent]), fault="502"
    )
    assert all(isinstance(error, RpcError) for error in results), results
    assert all("502" in error.text for error in results), results[0].text
    assert world.reservations() == (0, 0)
