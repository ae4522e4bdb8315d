"""Calls that may wait, over the three formats, with every fault and with SIGKILL at any moment:
what the vendor billed is what the ledger says, and each callback ran once."""

import os
import random
import signal
import time
from decimal import Decimal

import pytest

from ..harness import RpcError
from ..vendor.faults import marker
from .parallel import Background
from .processes import wait_for

MODELS = ("loop-o-small", "loop-a-small", "loop-g-small")
#: Of each hundred requests so many misbehave.
FAULTS = ("400", "429", "503", "529", "nousage", "wrongtypes")


class Batches:
    """A world whose providers have batches at half price, and their books."""

    def __init__(self, world):
        self.world = world
        rpc = world.rpc()
        ids = [world.providers[model] for model in MODELS]
        rpc("ai.service.provider", "write", ids, {"batch_service": "yes"})
        prices = rpc("ai.provider.price", "search", [("provider_id", "in", ids)])
        rpc("ai.provider.price", "write", prices, {"batch_factor": 0.5})

    def submit(self, count, faults=()):
        """Submit ``count`` requests, every tenth with one of ``faults``; return their ids."""
        texts = {}
        for number in range(count):
            model = MODELS[number % len(MODELS)]
            directives = {"id": f"r{number}", "output": 5 + number % 7, "cached": number % 3}
            if faults and number % 10 == 9:
                directives["fault"] = faults[number // 10 % len(faults)]
            text = f"question {number} of {count} {marker(**directives)}"
            texts.setdefault(str(self.world.providers[model]), []).append(text)
        return self.world.rpc()("ai.brain.probe", "submit_many", texts)

    def run(self, *names, at_once=2):
        """Run scheduled actions in ``at_once`` processes at the same time."""
        for name in names:
            running = Background(
                [
                    lambda name=name: self.world.rpc()("ai.brain.probe", "run_batches", name)
                    for _time in range(at_once)
                ]
            )
            for result in running.results():
                assert result is True, result

    def forget_the_dead(self):
        """As if the time had passed after which whoever works on a batch counts as dead."""
        for table in ("ai_batch", "ai_batch_request"):
            self.world.database.rows(f"UPDATE {table} SET lease_until = '2020-01-01'")
        self.world.database.rows(
            "UPDATE ai_batch SET next_at = '2020-01-01', sent_at = sent_at - interval '1 hour'"
        )

    def run_until_done(self, rounds=12):
        for _round in range(rounds):
            self.run("send", "poll", "call_back")
            if not self.open():
                return
        raise AssertionError(f"{self.open()} requests are still open")

    def open(self):
        return int(
            self.world.database.text(
                "SELECT count(*) FROM ai_batch_request"
                " WHERE state IN ('waiting', 'sent') OR callback_state = 'pending'"
            )
        )

    def check(self, ids, least_batches=3):
        """The books agree to the last digit, and everybody was told once."""
        text, world = self.world.database.text, self.world
        rows = world.vendor.log(path="batch")
        told = sum((Decimal(row["bill"]) for row in rows if row["told"]), Decimal(0))
        untold = sum((Decimal(row["bill"]) for row in rows if not row["told"]), Decimal(0))
        done = world.ledger("kind = 'batch' AND state = 'done'")
        assert done == (sum(1 for row in rows if row["told"]), told)
        assert told > 0
        calls, uncertain = world.ledger("kind = 'batch' AND state = 'uncertain'")
        assert calls == sum(1 for row in rows if Decimal(row["bill"]) and not row["told"])
        assert uncertain >= untold
        assert world.reservations() == (0, 0)
        assert text("SELECT count(*) FROM ai_token_usage WHERE kind = 'batch'") == str(len(ids))
        assert text(
            "SELECT count(DISTINCT id) FROM ai_token_usage WHERE kind = 'batch'"
            " AND id IN (SELECT token_usage_id FROM ai_batch_request)"
        ) == str(len(ids))
        # saved: as much again as the answers cost, whose usage is known
        saved = text("SELECT sum(saved_usd) FROM ai_token_usage WHERE state = 'done'")
        assert Decimal(saved) == told
        called = dict(
            world.database.rows(
                "SELECT split_part(name, ' ', 2)::int, count(*) FROM ai_brain_probe"
                " WHERE name ~ ' [0-9]+$' GROUP BY 1"
            )
        )
        assert called == dict.fromkeys(ids, 1)
        assert text("SELECT count(*) FROM ai_batch_request WHERE callback_state = 'done'") == str(
            len(ids)
        )
        assert int(text("SELECT count(*) FROM ai_batch WHERE state = 'done'")) >= least_batches
        differing = world.database.rows(
            "SELECT id FROM ai_cost_budget_period WHERE reserved != 0"
            " OR spent != (SELECT sum(cost_usd) FROM ai_token_usage)"
        )
        assert differing == []


@pytest.fixture
def batches(make_world):
    with make_world(workers=3) as world:
        world.rpc()(
            "ai.cost.budget",
            "create",
            {
                "name": "All",
                "company_id": 1,
                "currency_id": world.rpc()("res.currency", "search", [("name", "=", "USD")])[0],
                "budget_amount": 1000,
                "period_type": "total",
                "alert_thresholds": [],
            },
        )
        yield Batches(world)


def test_a_thousand_requests_with_every_fault_and_two_schedulers(batches):
    vendor = batches.world.vendor
    ids = batches.submit(900, FAULTS)
    vendor.defaults(batch_post="close")  # taken, and no answer: nothing tells that it was
    batches.run("send")
    assert batches.world.database.rows("SELECT DISTINCT state FROM ai_batch") == [("sending",)]
    batches.run("send")  # nothing is sent before what was lost is found
    number = batches.world.database.text("SELECT count(*) FROM ai_batch")
    vendor.defaults(batch_order="reverse", batch_twice=1, batch_stray=1, batch_cut="half")
    batches.run("poll")
    assert (
        batches.world.database.text("SELECT count(*) FROM ai_batch WHERE vendor_ref > ''") == number
    )
    batches.run("poll", "call_back")
    some = batches.world.ledger("kind = 'batch'")[0]
    assert 0 < some < 900
    vendor.defaults(batch_order="reverse", batch_twice=1, batch_stray=1, batch_cut="clean")
    batches.run("poll", "call_back")
    vendor.defaults()
    batches.run("poll")
    # what the vendor was too busy for is asked again, and expires but for a few
    vendor.defaults(batch_end="expire", batch_part=4)
    ids += batches.submit(100)
    batches.run("send", "poll")
    vendor.defaults(batch_post=503)
    batches.run("send")
    vendor.defaults()
    batches.forget_the_dead()  # long enough for what a 503 leaves open to count as not arrived
    batches.run_until_done()
    batches.check(ids)


def test_sigkill_at_ten_random_moments(batches):
    world, chance = batches.world, random.Random(16)
    ids = batches.submit(240, ("400", "nousage"))
    for kill in range(10):
        if kill in (3, 6):
            ids += batches.submit(60)
        try:
            running = Background(
                [
                    lambda: world.rpc()(
                        "ai.brain.probe", "run_batches", "send", "poll", "poll", "call_back"
                    )
                ]
            )
            time.sleep(chance.uniform(0.02, 0.5))
        finally:
            if kill == 5:
                world.server.kill()
            else:
                kill_workers(world)
        running.results()
        time.sleep(0.2)  # what had left has arrived
        if kill == 5:
            world.server.start()
        batches.forget_the_dead()
    wait_for(lambda: world.rpc()("ai.brain.probe", "search_count", []) > 0)
    batches.run_until_done()
    batches.check(ids)


def kill_workers(world):
    """SIGKILL every worker of a prefork server; the server starts new ones."""
    parent = world.server.process.pid
    with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
        children = file.read().split()
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    world.rpc().hang_up()

    def answers():
        try:
            return world.rpc()("ai.brain.probe", "search_count", []) >= 0
        except (RpcError, OSError):
            return False

    wait_for(answers)
