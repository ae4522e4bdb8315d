"""A vendor that bills fifty times the estimate: it overspends a budget once and not again."""

from decimal import Decimal

from .budgets import RATE, Treasury, answers, refusals

ESTIMATE = 10 * RATE
BILL = 50 * ESTIMATE
LIMIT, CALLS, CLIENTS = 40 * BILL, 500, 64


def test_a_vendor_that_bills_fifty_times_the_estimate(stage, vendor, tmp_path):
    with stage.world(vendor, workers=3, db_maxconn=48) as world:
        treasury = Treasury(world)
        rpc = treasury.rpc
        with treasury.second_server(stage.settings, tmp_path, db_maxconn=80) as second:
            servers = [world.server, second]
            first, over, refused = _run(treasury, servers, "first")
            assert Decimal(0) <= over <= CLIENTS * BILL, "more than the calls under way"
            assert first + refused == CALLS
            factor = rpc("ai.service.provider", "read", [treasury.provider], ["hold_factor"])
            assert factor[0]["hold_factor"] == 50
            for name in ("second", "third"):
                answered, over, refused = _run(treasury, servers, name)
                assert (answered, over, refused) == (40, 0, CALLS - 40), name
            rpc("ai.service.provider", "action_forget_overruns", [treasury.provider])
            factor = rpc("ai.service.provider", "read", [treasury.provider], ["hold_factor"])
            assert factor[0]["hold_factor"] == 1
            held = world.database.text("SELECT count(*) FROM ai_cost_reservation")
        assert (held, treasury.reconciled()) == ("0", True)


def _run(treasury, servers, agent):
    """(calls answered, spent above the limit, calls refused) of 500 calls by 64 clients."""
    treasury.budget(agent, budget_amount=float(LIMIT))

    def work(rpc, n):
        return n < CALLS and treasury.send(rpc, agent, cost=BILL, delay=0.2)

    outcomes = treasury.load(work, CLIENTS, servers)
    odd = [o for o in outcomes if isinstance(o, Exception) and o not in refusals(outcomes)]
    assert not odd, odd[:3]
    row = next(row for (name, _day), row in treasury.books().items() if name == agent)
    assert row["spent"] == row["ledger"] == len(answers(outcomes)) * BILL
    assert row["reserved"] == row["held"] == 0
    return len(answers(outcomes)), row["spent"] - row["limit"], len(refusals(outcomes))
