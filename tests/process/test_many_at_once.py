"""A hundred callers, few connections, a slow vendor: no call is paid and not recorded."""

import pytest

from ..harness import RpcError
from ..vendor.faults import marker
from .parallel import Background, outcomes


@pytest.mark.parametrize("db_maxconn", [10, 40, 130])
def test_100_calls_at_a_slow_vendor_with_few_connections(make_world, db_maxconn):
    with make_world(db_maxconn=db_maxconn) as world:
        provider = world.providers["loop-o-small"]
        world.rpc().send("warm", provider)
        before = world.ledger()
        world.vendor.reset()
        world.vendor.defaults(delay=1)
        rpc = world.rpc()
        results = outcomes(
            [
                lambda n=n: rpc.send(f"crowd {n} " + marker(id=f"n{n}"), provider)
                for n in range(100)
            ],
            at_once=100,
        )
        answered = [result for result in results if not isinstance(result, RpcError)]
        refused = [result for result in results if isinstance(result, RpcError)]
        calls, cost = world.ledger()
        paid, bill = world.vendor_books()
        assert paid == calls - before[0] == len(answered)
        assert bill == cost - before[1]
        assert world.reservations() == (0, 0)
        assert len({answer["token_usage_id"] for answer in answered}) == len(answered) > 0
        # Odoo itself has no connection for a request that it cannot begin (HTTP 500, in its log as
        # PoolError); what our code began to serve was told what to do.
        turned_away = [
            error
            for error in refused
            if error.text.startswith("HTTP 500")
            or (error.name == "psycopg2.pool.PoolError" and "ai_brain" not in error.debug)
        ]
        assert world.server.log().count("PoolError: ") >= len(turned_away)
        for error in refused:
            assert error in turned_away or "Try again" in error.text, error.debug
        if db_maxconn > 100:
            assert len(answered) == 100


def test_64_callers_of_one_gate_are_all_recorded(make_world):
    with make_world(db_maxconn=150) as world:
        provider = world.providers["loop-a-small"]
        rpc = world.rpc()
        calls = Background(
            [lambda n=n: rpc.send(f"gate {n} " + marker(hold="many"), provider) for n in range(64)]
        )
        standing = world.vendor.wait("many", 64, limit=20)
        in_flight = world.reservations()
        world.vendor.release("many")
        results = calls.results()
        assert in_flight[1] == standing > 0
        answered = [result for result in results if not isinstance(result, Exception)]
        assert world.ledger() == world.vendor_books()
        assert world.ledger()[0] == len(answered)
        for result in results:
            if isinstance(result, Exception):
                assert "Try again" in result.text


def test_prefork_workers_record_every_call(make_world):
    with make_world(workers=2) as world:
        rpc = world.rpc()
        models = ["loop-o-small", "loop-a-small", "loop-g-small"]
        results = outcomes(
            [lambda n=n: rpc.send(f"fork {n}", world.providers[models[n % 3]]) for n in range(60)],
            at_once=8,
        )
        assert not [result for result in results if isinstance(result, RpcError)]
        assert world.ledger() == world.vendor_books()
        assert world.ledger()[0] == 60


def test_same_idempotency_key_at_once_pays_once(make_world):
    with make_world() as world:
        provider = world.providers["loop-o-small"]
        rpc = world.rpc()
        results = outcomes(
            [lambda: rpc.send("one for all", provider, idempotency_key="k") for _n in range(16)],
            at_once=16,
        )
        answers = [result for result in results if not isinstance(result, RpcError)]
        assert len({answer["token_usage_id"] for answer in answers}) == 1
        assert world.vendor_books()[0] == 1
        for result in results:
            if isinstance(result, RpcError):
                assert "Ask again" in result.text
