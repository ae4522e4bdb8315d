#!/usr/bin/env python3
"""What a hard budget costs, and how much a hot one carries.

Timed in turn, in one run:

- one caller: reserve + mark as sent + settle, against two bare `UPDATE …; COMMIT` pairs on a
  connection of their own; with one budget that applies, and with ten
- 64 callers in 4 processes: pairs of reserve and settle on one hot budget, on 64 separate ones,
  and two bare `UPDATE …; COMMIT` on one hot row
- 64 callers, whole calls to a loopback vendor that takes 200 ms: one hot budget against 64

Limits (issue 4): one caller 3 times the bare pairs; ten budgets 3 times one; hot at least 300
pairs a second and more than half of the bare row's; whole calls at least 60 % of separate ones
and (issue 10) 250 a second.
The state of fsync is printed: the figures mean little without it. Afterwards the counters are
compared with the ledger.
"""

import argparse
import functools
import multiprocessing
import os
import threading
import time

import _bench

PROCESSES, THREADS = 4, 16
AGENT = "bench"
MODEL = "loop-o-small"


class Worker:
    """One server process: its registry, and the things that are timed in it."""

    def __init__(self, index):
        self.index = index
        self.registry, self.database = _bench.open_registry()
        self.local = threading.local()
        self.provider_id = None

    # -- preparing -------------------------------------------------------------------------------

    def prepare(self, url):
        """A provider at the loopback vendor; returns its id."""
        with self.registry.cursor() as cr:
            cr.execute("DROP TABLE IF EXISTS bench_hot")
            cr.execute("CREATE TABLE bench_hot (id int PRIMARY KEY, spent numeric)")
            cr.execute("INSERT INTO bench_hot SELECT n, 0 FROM generate_series(0, 255) n")
        with _bench.environment(self.registry) as env:
            price = {"input_usd": 1, "output_usd": 2, "valid_from": "2020-01-01"}
            provider = env["ai.service.provider"].create(
                {
                    "name": "Budget benchmark",
                    "base_url": url,
                    "api_key": "test-key",
                    "model_name": MODEL,
                    "enable_cost_optimization": False,
                    "enable_waste_detection": False,
                    "price_ids": [(0, 0, price)],
                }
            )
            return provider.id

    def budgets(self, kind):
        """Have these budgets and no others: none, one, ten, or one for each caller."""
        with _bench.environment(self.registry) as env:
            model = env["ai.cost.budget"]
            # Archived ones would go on counting, and so be moved by every call.
            model.with_context(active_test=False).search([]).unlink()
            common = {"budget_amount": 1e6, "count_untagged": False}
            if kind == "one":
                model.create({**common, "name": "Hot", "agent_type": AGENT})
            elif kind == "ten":
                for n in range(10):
                    model.create(
                        {
                            **common,
                            "name": f"Ten {n}",
                            "agent_type": AGENT,
                            "user_id": env.uid if n & 1 else False,
                            "task_type": "chat" if n & 2 else False,
                            "period_type": ("monthly", "weekly", "daily")[n >> 2],
                        }
                    )
            elif kind == "each":
                for n in range(PROCESSES * THREADS):
                    model.create({**common, "name": f"Own {n}", "agent_type": f"{AGENT} {n}"})
        return True

    def use(self, provider_id):
        self.provider_id = provider_id
        return True

    # -- what is timed ---------------------------------------------------------------------------

    def caller(self, thread, own):
        """Return a function that makes one pair of reserve and settle."""
        from odoo import SUPERUSER_ID, api

        from odoo.addons.ai_brain.engine.price.usage import TokenUsage
        from odoo.addons.ai_brain.models.call.call import Attempt
        from odoo.addons.ai_brain.providers import ChatResponse

        cr = self.registry.cursor()
        service = api.Environment(cr, SUPERUSER_ID, {})["ai.service"]
        place = self.index * THREADS + thread
        tags = {"agent_type": f"{AGENT} {place}" if own else AGENT}
        call = service._check("What is due?", self.provider_id, tags, {"max_tokens": 100})
        answer = ChatResponse(
            content="Ten.", usage=TokenUsage(10, 10), model=MODEL, finish_reason="stop"
        )

        def pair():
            attempt = Attempt(call.target)
            service._reserve(call, attempt)
            attempt.sent, attempt.response = True, answer
            service._judge(call, attempt)
            row = service._ledger_row(call, attempt)
            with call.apart.env() as own:  # the evidence for recommendations is not the budget's
                own["ai.service"]._write_settlement(call, attempt, row)

        pair()
        return pair

    def bare(self, thread, own):
        """Return a function that makes two bare updates of one row, each committed."""
        import psycopg2

        from odoo.sql_db import connection_info_for

        connection = psycopg2.connect(**connection_info_for(self.database)[1])
        cursor = connection.cursor()
        row = 1 + self.index * THREADS + thread if own else 0

        def pair():
            for amount in ("0.0123", "-0.0045"):
                cursor.execute(
                    "UPDATE bench_hot SET spent = spent + %s::numeric WHERE id = %s", (amount, row)
                )
                connection.commit()

        pair()
        return pair

    def whole(self, thread, own):
        """Return a function that makes one call to the vendor in a transaction of its own."""
        place = self.index * THREADS + thread
        tags = {"agent_type": f"{AGENT} {place}" if own else AGENT}

        def send():
            with _bench.environment(self.registry) as env:
                env["ai.service"].send_message(
                    "What is due?", config=self.provider_id, environment=tags, max_tokens=100
                )

        send()
        return send

    def one(self, what, times):
        """Milliseconds of runs by one caller."""
        function = getattr(self, what)(0, False)
        for _ in range(10):
            function()
        return _bench.clock(function, times)

    def many(self, what, own, start, seconds):
        """How often this process's threads ran it from ``start`` on within ``seconds``."""
        counts, errors = [0] * THREADS, []

        def work(thread):
            try:
                function = getattr(self, what)(thread, own)
                while time.time() < start:
                    time.sleep(0.01)
                while time.time() < start + seconds:
                    function()
                    counts[thread] += 1
            except Exception as error:
                errors.append(repr(error))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise SystemExit(f"a caller failed: {errors[0]}")
        return sum(counts)

    def reconcile(self):
        with _bench.environment(self.registry) as env:
            found = env["ai.cost.budget.period"]._reconcile(fix=False)
        return found["checked"], len(found["differing"])

    def facts(self):
        _bench.print_facts(self.registry)
        return True


def serve(pipe, index):
    worker = Worker(index)
    pipe.send("ready")
    while True:
        order = pipe.recv()
        if order is None:
            return
        name, arguments = order
        try:
            pipe.send(getattr(worker, name)(*arguments))
        except BaseException as error:
            pipe.send(error)
            return


class Team:
    """The worker processes, told what to do over pipes."""

    def __init__(self):
        self.pipes, self.processes = [], []
        for index in range(PROCESSES):
            ours, theirs = multiprocessing.Pipe()
            process = multiprocessing.Process(target=serve, args=(theirs, index), daemon=True)
            process.start()
            self.pipes.append(ours)
            self.processes.append(process)
        for pipe in self.pipes:
            pipe.recv()

    def _answer(self, pipe):
        answer = pipe.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def first(self, name, *arguments):
        self.pipes[0].send((name, arguments))
        return self._answer(self.pipes[0])

    def all(self, name, *arguments):
        for pipe in self.pipes:
            pipe.send((name, arguments))
        return [self._answer(pipe) for pipe in self.pipes]

    def rate(self, what, own, seconds):
        """Runs a second of all callers together."""
        return sum(self.all("many", what, own, time.time() + 3, seconds)) / seconds

    def close(self):
        for pipe in self.pipes:
            pipe.send(None)
        for process in self.processes:
            process.join(10)


def at_least(limits, what, value, floor, unit=""):
    """A limit from below."""
    print(f"{'PASS' if value >= floor else 'FAIL'}  {what}: {value:.2f}{unit} (at least {floor:g})")
    if value < floor:
        limits.broken.append(what)


def one_caller(team, times, rounds, limits):
    samples = {"bare": [], "one": [], "ten": []}
    for _ in range(rounds):
        for name, found in samples.items():
            if name == "bare":
                found += team.first("one", "bare", times)
            else:
                team.first("budgets", name)
                found += team.first("one", "caller", times)
    print(f"\none caller, {len(samples['bare'])} samples each, ms")
    titles = {"bare": "two bare UPDATE; COMMIT", "one": "one budget", "ten": "ten budgets"}
    for name, found in samples.items():
        print(f"  {titles[name]:26} p50 {_bench.p50(found):7.2f}  p95 {_bench.p95(found):7.2f}")
    p50 = {name: _bench.p50(found) for name, found in samples.items()}
    limits.check("reserve and settle, of two bare commits", p50["one"] / p50["bare"], 3)
    limits.check("ten budgets, of one", p50["ten"] / p50["one"], 3)


def hot_row(team, seconds, rounds, limits):
    rates = {"bare": [], "hot": [], "separate": []}
    for _ in range(rounds):
        rates["bare"].append(team.rate("bare", False, seconds))
        team.first("budgets", "one")
        rates["hot"].append(team.rate("caller", False, seconds))
        team.first("budgets", "each")
        rates["separate"].append(team.rate("caller", True, seconds))
    mean = {name: sum(found) / len(found) for name, found in rates.items()}
    print(f"\n{PROCESSES * THREADS} callers in {PROCESSES} processes, pairs a second")
    print(f"  two bare UPDATE; COMMIT of one row {mean['bare']:8.0f}")
    print(f"  reserve and settle, one budget     {mean['hot']:8.0f}")
    print(f"  reserve and settle, own budgets    {mean['separate']:8.0f}")
    at_least(limits, "pairs a second on a hot budget", mean["hot"], 300)
    at_least(limits, "of the bare hot row", mean["hot"] / mean["bare"], 0.5)


def whole_calls(team, seconds, rounds, limits):
    rates = {"hot": [], "separate": []}
    for _ in range(rounds):
        team.first("budgets", "one")
        rates["hot"].append(team.rate("whole", False, seconds))
        team.first("budgets", "each")
        rates["separate"].append(team.rate("whole", True, seconds))
    mean = {name: sum(found) / len(found) for name, found in rates.items()}
    print(f"\n{PROCESSES * THREADS} callers, whole calls a second with a vendor of 200 ms")
    print(f"  one budget  {mean['hot']:8.1f}\n  own budgets {mean['separate']:8.1f}")
    at_least(limits, "one hot budget, of separate ones", mean["hot"] / mean["separate"], 0.6)
    at_least(limits, "whole calls a second", max(mean.values()), 250)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=150, help="runs of one caller a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of everything, in turn")
    parser.add_argument("--seconds", type=float, default=5, help="length of a load")
    options = parser.parse_args()
    from tests.vendor import Vendor

    os.environ["NO_PROXY"] = "127.0.0.1"
    limits = _bench.Limits()
    team = Team()
    vendor = Vendor.spawn()
    try:
        team.first("facts")
        vendor.defaults(delay=0.2, output=10)
        team.all("use", team.first("prepare", vendor.base_url("openai")))
        for part in (
            functools.partial(one_caller, team, options.times, options.rounds),
            functools.partial(hot_row, team, options.seconds, options.rounds),
            functools.partial(whole_calls, team, options.seconds, options.rounds),
        ):
            part(limits)
        checked, differing = team.first("reconcile")
        print(f"\n{checked} periods reconciled with the ledger")
        limits.check("counters that differ", differing, 0)
    finally:
        team.close()
        vendor.close()
    return limits.finish()


if __name__ == "__main__":
    raise SystemExit(main())
