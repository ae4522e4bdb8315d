"""What one person may hold at once holds over all processes."""

import threading
from decimal import Decimal

from ..harness import RpcError
from .budgets import RATE, Treasury
from .processes import wait_for

BOUND = "odoo.addons.ai_brain.exceptions.TooManyCallsError"
CALLS, MOST = 24, 100


def test_calls_in_two_processes_do_not_pass_a_person_s_bound_together(stage, vendor, tmp_path):
    with stage.world(vendor, db_maxconn=64) as world:
        treasury = Treasury(world)
        held = MOST * RATE
        treasury.rpc("res.company", "write", [1], {"ai_person_usd": float(held) * 2.5})
        with treasury.second_server(stage.settings, tmp_path, db_maxconn=64) as second:
            sessions = [server.rpc("user") for server in (world.server, second)]
            answered, refused = [], []

            def ask(n):
                try:
                    answered.append(treasury.send(sessions[n % 2], "held", most=MOST, hold="gate"))
                except RpcError as error:
                    refused.append(error)

            threads = [threading.Thread(target=ask, args=(n,)) for n in range(CALLS)]
            for thread in threads:
                thread.start()
            wait_for(lambda: len(refused) == CALLS - 2)
            ((under_way, sum_held),) = world.database.rows(
                "SELECT count(*), sum(amount_usd)::text FROM ai_cost_reservation"
            )
            vendor.release("gate")
            for thread in threads:
                thread.join(60)
    assert (under_way, Decimal(sum_held)) == (2, 2 * held)
    assert {error.name for error in refused} == {BOUND}, refused[0]
    assert len(answered) == 2
    assert len(vendor.log()) == 2
