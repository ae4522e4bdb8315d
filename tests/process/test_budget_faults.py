"""Budgets when things break: killed servers, a restarted PostgreSQL, a vendor that fails."""

import os
import random
import subprocess
import sys
from decimal import Decimal

from tools.sam import postgres

from ..harness import Database, OdooServer
from ..vendor.faults import marker
from .budgets import MODEL, RATE, Treasury, answers, refusals, wait_until
from .parallel import Background

COST = 10 * RATE


def test_servers_killed_in_the_middle(make_world):
    with make_world(workers=3, db_maxconn=48) as world:
        treasury = Treasury(world)
        treasury.budget("killed", 100)
        for _time in range(3):
            rpc = world.rpc()
            calls = Background(
                [
                    lambda rpc=rpc, n=n: treasury.send(rpc, "killed", delay=n % 3 / 10)
                    for n in range(30)
                ]
            )
            wait_until(lambda: world.reservations()[1] > 1)
            world.server.kill()
            calls.results()
            row = treasury.check(at_rest=False)
            world.server.start()
        treasury.reap()
        outcomes = treasury.load(lambda rpc, n: n < 150 and treasury.send(rpc, "killed"))
        assert refusals(outcomes)
        books = treasury.check()
        (row,) = books.values()
        assert row["limit"] - row["spent"] < COST
        assert world.reservations() == (0, 0)
        assert world.ledger()[1] == row["spent"]
        assert Decimal(len(world.vendor.log())) * COST <= row["spent"]
        assert world.ledger("state = 'uncertain'")[0] > 0
        assert treasury.reconciled()


def test_a_vendor_that_times_out_fails_or_breaks_off(make_world):
    with make_world(db_maxconn=100) as world:
        treasury = Treasury(world)
        world.rpc()("ai.service.provider", "write", [treasury.provider], {"timeout_s": 1})
        treasury.budget("faulty", 400)
        faults = ("500", "429", "close", "half", "badjson", "nousage", "hang", None)

        def work(rpc, n):
            if n >= 80:
                return False
            fault = faults[n % len(faults)]
            options = {"fault": fault} if fault else {}
            if fault in ("half", "close") and n % 2:
                return rpc(
                    "ai.brain.probe", "stream",
                    f"cut {random.random()} " + marker(output=10, **options),
                    treasury.provider, max_tokens=10, environment={"agent_type": "faulty"},
                )  # fmt: skip
            return treasury.send(rpc, "faulty", **options)

        outcomes = treasury.load(work, clients=32)
        assert len(outcomes) == 80
        assert not refusals(outcomes)
        (row,) = treasury.check().values()
        bill = sum(10 for r in world.vendor.log() if Decimal(r["bill"])) * RATE
        assert row["spent"] >= bill > 0
        states = dict(
            world.database.rows("SELECT state, count(*) FROM ai_token_usage GROUP BY state")
        )
        assert states["done"] >= 10
        assert states["uncertain"] >= 40
        assert states["failed"] >= 10
        assert treasury.reconciled()


def test_the_budget_is_spent_on_the_fallback_where_the_first_provider_fails(make_world):
    with make_world() as world:
        treasury = Treasury(world)
        first = world.providers["loop-a-small"]
        rpc = world.rpc()
        rpc("ai.service.provider", "write", [first], {"fallback_provider_id": treasury.provider})
        treasury.budget("first", budget_amount=1, agent_type=False, provider_id=first)
        treasury.budget("second", budget_amount=1, agent_type=False, provider_id=treasury.provider)
        world.vendor.defaults(output=10)
        text = "fall back " + marker(output=10, fault="403", times=1)
        rpc.send(text, first, max_tokens=10)
        books = treasury.check()
        spent = {name: row["spent"] for (name, _day), row in books.items()}
        assert spent == {"first": 0, "second": COST}


def test_postgresql_restarted_and_crashed_in_the_middle(stage, vendor, tmp_path):
    cluster = postgres.throwaway_cluster(sys.executable, "budget-restart", durable=True)
    address = cluster.start()
    try:
        settings = _moved(stage, address, cluster)
        database = Database(settings, stage.database.name)
        server = OdooServer(settings, database, tmp_path, db_maxconn=60)
        world = _World(server, database, vendor)
        with server:
            treasury = Treasury(world)
            treasury.budget("restart", 150)
            treasury.send(world.rpc(), "restart")
            for mode in ("fast", "immediate"):
                rpc = world.rpc()
                calls = Background(
                    [
                        lambda rpc=rpc, n=n: treasury.send(rpc, "restart", delay=n % 4 / 4)
                        for n in range(40)
                    ]
                )
                assert wait_until(lambda: len(vendor.log()) > 10)
                done = cluster._control("restart", "-m", mode, "-w", "-t", "60", "-l", cluster.log)
                assert done.returncode == 0, done.stderr
                calls.results()  # the callers' own transactions died with the server
                treasury.check(at_rest=False)
            treasury.reap()
            (row,) = treasury.check().values()
            assert world.ledger()[1] == row["spent"]
            assert Decimal(len(vendor.log())) * COST <= row["spent"]
            outcomes = treasury.load(lambda rpc, n: n < 150 and treasury.send(rpc, "restart"), 16)
            assert refusals(outcomes)
            assert len(answers(outcomes)) + len(refusals(outcomes)) == 150
            (row,) = treasury.check().values()
            assert row["limit"] - row["spent"] < COST
            assert treasury.reconciled()
    finally:
        cluster.remove()


def _moved(stage, address, cluster):
    """Copy the stage's database into another cluster; settings that point there."""
    settings = type(stage.settings)()
    settings.options.update(db_host=address.host, db_port=str(address.port), db_user=address.user)
    settings.options.pop("db_password", None)
    here, there = stage.settings.dsn(stage.database.name), settings.dsn(stage.database.name)
    address.run(f'CREATE DATABASE "{stage.database.name}" TEMPLATE template0')
    dump = subprocess.Popen(
        [cluster.bin / "pg_dump", "-Fp", "--no-owner", *_arguments(here)],
        stdout=subprocess.PIPE,
        env=_environment(here),
    )
    psql = [cluster.bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"]
    load = subprocess.run(
        [*psql, *_arguments(there)],
        stdin=dump.stdout,
        capture_output=True,
        env=_environment(there),
        check=False,
    )
    assert dump.wait() == 0
    assert load.returncode == 0, load.stderr
    return settings


def _arguments(dsn):
    names = {"host": "-h", "port": "-p", "user": "-U", "dbname": "-d"}
    return [part for key, flag in names.items() if dsn.get(key) for part in (flag, dsn[key])]


def _environment(dsn):
    return {**os.environ, **({"PGPASSWORD": dsn["password"]} if dsn.get("password") else {})}


class _World:
    """The parts of a World that budgets need, for a server that was made by hand."""

    def __init__(self, server, database, vendor):
        self.server, self.database, self.vendor = server, database, vendor
        self._rpc = None
        self.providers = dict(
            database.rows(
                "SELECT model_name, id FROM ai_service_provider WHERE model_name = %s", MODEL
            )
        )

    def rpc(self):
        self._rpc = self._rpc or self.server.rpc()
        return self._rpc

    def ledger(self):
        ((calls, cost),) = self.database.rows(
            "SELECT sum(call_count), sum(cost_usd)::text FROM ai_token_usage"
        )
        return calls, Decimal(cost)
