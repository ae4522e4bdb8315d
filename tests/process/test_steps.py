"""A step of another addon in a call, and the caller's cursor between sent and settled."""

import json

import pytest

from ..vendor.faults import marker
from .parallel import Background

#: Prints the order of steps and what came of a call, as JSON; reversed, step classes are built the
#: other way round, as if their files had been imported so.
SCRIPT = """
import json
facts = env["ai.brain.probe"].send_facts("What is due?", %d, mood="calm")
kept = ("order", "mood", "row", "provider_id", "kind", "state", "notices", "waste_extended")
found = {name: facts[name] for name in kept}
built = [name for name in env.registry if name.startswith("ai.step.")]
found.update(keys=sorted(facts), built=built, cost=str(facts["cost_usd"]))
print("RESULT " + json.dumps(found))
"""
#: odoo-bin, whose step classes are built in the reverse order of their import.
REVERSED = """
import odoo.cli
from odoo.models import MetaModel
from odoo.modules import loading, module

load = module.load_openerp_module


def load_reversed(name):
    load(name)
    classes = MetaModel.module_to_models[name]
    places = [n for n, c in enumerate(classes) if c._name and "ai.step" in (c._inherit or [])]
    for n, turned in zip(places, [classes[n] for n in reversed(places)]):
        classes[n] = turned


loading.load_openerp_module = module.load_openerp_module = load_reversed
odoo.cli.main()
"""


@pytest.fixture
def paid(world):
    """Ids of a provider that recommends and looks for waste, and of one for its fallback."""
    admin = world.rpc()
    first, second = world.providers["loop-o-small"], world.providers["loop-o-think"]
    values = {"enable_cost_optimization": True, "enable_waste_detection": True}
    admin("ai.service.provider", "write", [first, second], values)
    return first, second


def facts(world, provider, **options):
    return world.rpc("user")("ai.brain.probe", "send_facts", "What is due?", provider, **options)


def test_a_step_brings_an_option_a_column_and_a_key(world, paid):
    calm = facts(world, paid[0], mood="calm")
    assert (calm["mood"], calm["row"][0]) == ("calm", "calm")
    assert calm["waste_extended"] is True
    assert "mood" in facts(world, paid[0], mood="cross")["error"]
    assert facts(world, paid[0])["row"][0] is None


def test_a_step_s_column_is_reserved_so_that_the_reaper_writes_it_too(world, paid):
    text = "slow " + marker(hold="step")
    send = world.rpc("user")
    slow = Background(
        [lambda: send("ai.brain.probe", "send_facts", text, paid[0], mood="calm")],
    )
    assert world.vendor.wait("step", 1) == 1
    try:
        reserved = world.database.rows("SELECT \"row\"->>'probe_mood' FROM ai_cost_reservation")
        assert [mood for (mood,) in reserved] == ["calm"]
        world.database.rows("UPDATE ai_cost_reservation SET expires_at = '2020-01-01'")
        world.rpc()("ai.brain.probe", "run_cron", "ai_brain.ir_cron_reap_reservations")
        reaped = world.database.rows(
            "SELECT probe_mood FROM ai_token_usage WHERE state = 'uncertain'"
            " ORDER BY id DESC LIMIT 1"
        )
        assert [mood for (mood,) in reaped] == ["calm"]
    finally:
        world.vendor.release("step")
    (told,) = slow.results()
    assert (told["state"], told["row"][0]) == ("done", "calm")


def test_steps_come_in_the_order_of_their_ranks(world, paid):
    order = facts(world, paid[0])["order"]
    assert order["_choose"] == [
        "ai.step.holdout",
        "ai.step.trial",
        "ai.step.agent",
        "ai.step.message_type",
        "ai.step.complexity",
        "ai.step.experiment",
        "ai.step.recommendation",
        "ai.step.probe",
    ]
    assert order["_open"] == [
        "ai.step.holdout",
        "ai.step.trial",
        "ai.step.agent",
        "ai.step.probe_limit",
        "ai.step.message_type",
        "ai.step.tier",
        "ai.step.prompt",
        "ai.step.could_wait",
        "ai.step.recommendation",
        "ai.step.waste",
    ]
    assert order["_evidence"] == [
        "ai.step.evidence",
        "ai.step.kept_answer",
        "ai.step.recommendation",
    ]


@pytest.mark.parametrize("mood", ["fail", "late"])
def test_a_step_that_raises_leaves_nothing_behind(world, paid, mood):
    told = facts(world, paid[0], mood=mood)
    assert told["state"] == "done"
    assert told["written"] == []
    assert "never said" not in told["notices"]
    assert told["own"] >= 1


def test_a_step_that_refuses_is_heard_and_nothing_is_sent(world, paid):
    before = len(world.vendor.log())
    told = facts(world, paid[0], environment={"session_id": "refuse me"})
    assert "refused by a step" in told["error"]
    assert len(world.vendor.log()) == before


def test_what_a_step_adds_is_counted_before_it_is_held(world, paid):
    plain, long = facts(world, paid[0]), facts(world, paid[0], mood="long")
    assert long["row"][2] > plain["row"][2] + 400


def test_nothing_of_a_step_is_reachable_by_rpc(world):
    for method in ("_open", "_choose", "_run", "_of_phase"):
        with pytest.raises(Exception, match=r"[Pp]rivate|not allowed|AccessError"):
            world.rpc()("ai.step.probe", method, [])


@pytest.mark.parametrize("how", [{}, {"streamed": True}, {"forgotten": True}])
def test_the_caller_s_cursor_may_be_closed_while_the_vendor_is_asked(world, paid, how):
    user = world.rpc("user")
    before = world.ledger()
    result = user("ai.brain.probe", "send_with_closed_cursor", "What is due?", paid[0], **how)
    assert result["state"] == "done"
    assert result["recommendation"]["recommendation_id"]
    assert result["waste_report"] is not None
    assert world.ledger()[0] == before[0] + 1
    assert world.reservations() == (0, 0)


def test_a_fallback_is_asked_with_the_cursor_closed(world, paid):
    admin = world.rpc()
    broken = admin(
        "ai.service.provider",
        "create",
        {
            "name": "broken",
            "model_name": "loop-o-small",
            "base_url": "http://127.0.0.1:9/v1",
            "api_key": "test-key",
            "fallback_provider_id": paid[0],
            "price_ids": [(0, 0, {"input_usd": 1, "output_usd": 1, "valid_from": "2020-01-01"})],
        },
    )
    result = world.rpc("user")("ai.brain.probe", "send_with_closed_cursor", "What is due?", broken)
    assert (result["provider_id"], result["state"]) == (paid[0], "done")
    assert "broken" in result["notices"][-1]
    assert world.reservations() == (0, 0)


def test_the_order_of_imports_makes_no_difference(world, paid, processes, tmp_path):
    plain = processes.result(processes.shell(SCRIPT % paid[0]))
    start = tmp_path / "reversed.py"
    tree = str(world.server.settings.odoo_bin.parent)
    start.write_text(f"import sys\nsys.path.insert(0, {tree!r})\n{REVERSED}")
    turned = processes.result(processes.shell(SCRIPT % paid[0], start))
    built, turned_round = plain.pop("built"), turned.pop("built")
    assert built != turned_round
    assert sorted(built) == sorted(turned_round)
    assert json.dumps(turned, sort_keys=True) == json.dumps(plain, sort_keys=True)
