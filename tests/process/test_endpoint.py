"""The endpoint over processes: bills, limits, keys and those who are killed."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from decimal import Decimal

import pytest
import requests

from ..harness import Database, OdooServer
from ..vendor.faults import marker
from .budgets import Treasury
from .endpoint import Caller, places
from .parallel import Background, outcomes
from .processes import wait_for
from .test_bill import disagreeing, plan

CRON = "ai_brain.ir_cron_reap_reservations"
#: Streams until it is killed; says so when the first piece is there.
READER = """
import json, sys, urllib.request
url, key, body = sys.argv[1:]
headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
answer = urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers), timeout=60)
if not any(b"content" in line for line in answer):
    sys.exit("no piece came")
print("reading", flush=True)
while answer.readline():
    pass
"""


@pytest.mark.every_series
def test_300_calls_of_both_formats_agree_with_the_vendor_s_bill(world):
    caller = Caller(world)
    providers = [*world.providers.values()]
    world.rpc()("ai.service.provider", "write", providers, {"timeout_s": 8})
    calls = plan()
    for _model, _streamed, _directives, _state, options in calls:
        options.pop("max_latency_ms", None)

    def call(number, model, streamed, directives, options):
        path = ("chat/completions", "messages")[number % 2]
        if options.get("tools") and path == "messages":
            function = options["tools"][0]["function"]
            tool = {"name": function["name"], "input_schema": function["parameters"]}
            options = {**options, "tools": [tool]}
        text = f"Call {number} of the plan. {marker(id=f'c{number}', **directives)}"
        return caller.told(text, model, path, stream=streamed, **options)

    results = outcomes(
        [
            lambda number=number, row=row: call(number, row[0], row[1], row[2], row[4])
            for number, row in enumerate(calls)
        ],
        at_once=12,
    )
    world.vendor.release("hang")
    wrong, bills = disagreeing(world, calls, results)
    assert not wrong, "\n".join(map(str, wrong))
    assert len(bills) == 300
    ours = f"gateway_key = {caller.key_id}"
    assert world.ledger(ours) == world.ledger("prompt_text LIKE 'Call % of the plan%'")
    assert world.ledger(f"{ours} AND module = 'gateway'")[0] == 300
    # what failed was refused, and what was answered was not
    for (_model, _streamed, _directives, state, _options), told in zip(calls, results):
        if state in ("done", "failed"):
            assert (told[0] == 200) == (state == "done"), told
    assert places(world) == 0
    assert world.reservations() == (0, 0)


@pytest.mark.usefixtures("world")
def test_a_client_that_is_killed_amid_its_stream_pays_for_what_it_got(world):
    caller = Caller(world, at_once=5)
    before = world.ledger("state = 'uncertain'")
    wait_for(lambda: places(world) == 0)
    for path, model in (("chat/completions", "loop-o-small"), ("messages", "loop-a-small")):
        text = f"Killed {path}. " + marker(output=80, drip=0.1)
        body = {"model": model, "stream": True, "max_tokens": 200}
        body["messages"] = [{"role": "user", "content": text}]
        url = f"http://127.0.0.1:{caller.port}/ai/v1/{path}"
        command = [sys.executable, "-c", READER, url, caller.key, json.dumps(body)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout.readline() == "reading\n"
            assert places(world) == 1
            reader.kill()
        wait_for(lambda: world.reservations() == (0, 0) and places(world) == 0, 30)
    calls, cost = world.ledger("state = 'uncertain'")
    assert calls - before[0] == 2
    assert cost - before[1] >= world.vendor_books()[1] > 0
    rows = world.database.rows(
        "SELECT error_code, tokens_estimated, output_tokens > 0, answer_text > '', gateway_key"
        " FROM ai_token_usage WHERE prompt_text LIKE 'Killed %'"
    )
    assert rows == [("ReaderLeft", True, True, True, caller.key_id)] * 2
    # and it is no error of the provider
    errors = world.database.text(
        "SELECT count(*) FROM ai_provider_benchmark b WHERE error_occurred AND b.token_usage_id IN"
        " (SELECT id FROM ai_token_usage WHERE prompt_text LIKE 'Killed %')"
    )
    assert errors == "0"
    assert "Traceback" not in world.server.log()


@pytest.mark.usefixtures("world")
def test_a_stream_begins_when_the_vendor_s_does(world):
    caller = Caller(world)
    response = caller.ask("Bit by bit. " + marker(output=30, drip=0.1), stream=True)
    lines = response.iter_lines()
    assert any(b'"content":"' in line for line in lines)
    assert world.reservations()[0] == 1, "the vendor has not ended"
    *_rest, last, done = [line for line in lines if line.startswith(b"data: ")]
    assert done == b"data: [DONE]"
    told = json.loads(last[6:])["x_sam"]
    assert (told["provider"], told["kind"]) == (_name(world, "loop-o-small"), "api")
    assert Decimal(str(told["cost_usd"])) == world.vendor_books()[1]


@pytest.mark.usefixtures("world")
def test_a_vendor_that_is_silent_for_long_is_bridged_by_signs_of_life(world):
    caller, begun = Caller(world), []
    # longer than the silence that is bridged; another test has made it short
    world.rpc()("ai.service.provider", "write", [*world.providers.values()], {"timeout_s": 120})
    for path in ("chat/completions", "messages"):
        text = f"Late {path}. " + marker(output=20, hold="late")
        thread = threading.Thread(
            target=lambda path=path, text=text: begun.append(
                caller.ask(text, path=path, stream=True)
            )
        )
        thread.start()
    assert world.vendor.wait("late", 2) == 2
    assert not begun, "no status before anything is known"
    wait_for(lambda: len(begun) == 2, 30)
    lines = [response.iter_lines() for response in begun]
    firsts = {next(one) for one in lines}
    assert firsts == {b": heartbeat"}
    world.vendor.release("late")
    assert [response.status_code for response in begun] == [200, 200]
    assert all(any(b"x_sam" in line for line in one) for one in lines)
    assert world.reservations() == (0, 0)


def _name(world, model):
    return world.database.text(
        "SELECT name FROM ai_service_provider WHERE model_name = %s ORDER BY sequence, id LIMIT 1",
        model,
    )


def test_the_gevent_port_of_a_prefork_server_carries_many_at_once(make_world):
    with make_world(workers=1) as world:
        caller = Caller(world, "manager")
        config = world.server.config.read_text(encoding="utf-8")
        caller.port = int(config.split("gevent_port = ")[1].split()[0])
        wait_for(lambda: _answers(caller), 60)
        text = "Many. " + marker(hold="many", output=20)
        asked = Background(
            [lambda n=n: caller.told(f"{n} {text}", stream=n % 2 == 0) for n in range(24)]
        )
        assert world.vendor.wait("many", 24) == 24
        assert caller.told("One more meanwhile") == (200, None)
        world.vendor.release("many")
        assert asked.results() == [(200, None)] * 24
        assert world.ledger(f"gateway_key = {caller.key_id} AND state = 'done'")[0] == 25


def _answers(caller):
    try:
        return requests.get(f"http://127.0.0.1:{caller.port}/web/health", timeout=10).ok
    except requests.RequestException:
        return False


def test_a_server_that_is_killed_loses_no_call(make_world):
    with make_world() as world:
        caller = Caller(world, at_once=10)
        text = "Under way. " + marker(hold="gate", output=20)
        flying = Background(
            [
                lambda n=n: caller.told(
                    f"{n} {text}",
                    path=("chat/completions", "messages")[n % 3 == 0],
                    stream=n % 2 == 0,
                )
                for n in range(6)
            ]
        )
        assert world.vendor.wait("gate", 6) == 6
        assert places(world) == 6
        world.server.kill()
        world.vendor.release("gate")
        assert all(isinstance(one, requests.RequestException) for one in flying.results())
        world.server.start()
        caller.port = world.server.port
        world.database.rows("UPDATE ai_cost_reservation SET expires_at = '2020-01-01'")
        world.database.rows("UPDATE ai_gateway_slot SET expires_at = '2020-01-01'")
        world.rpc()("ai.brain.probe", "run_cron", CRON)
        ours = f"gateway_key = {caller.key_id}"
        calls, cost = world.ledger(f"{ours} AND state = 'uncertain'")
        assert calls == 6
        assert cost >= world.vendor_books()[1] > 0
        assert caller.told("Again?") == (200, None)
        assert world.ledger(ours)[0] == 7


def test_limits_and_revoked_keys_hold_over_two_processes(stage, vendor, tmp_path):
    with stage.world(vendor, db_maxconn=64) as world:
        treasury = Treasury(world)
        with treasury.second_server(stage.settings, tmp_path, db_maxconn=64) as second:
            _a_minute(world, second)
            _at_once(world, second)
            _a_budget(world, second)
            _revoked(world, second)


def _asked(callers, number, text, **more):
    """(status, code) of so many questions at once, spread over callers."""
    return outcomes(
        [lambda n=n: callers[n % len(callers)].told(f"{n} {text}", **more) for n in range(number)],
        at_once=16,
    )


def _a_minute(world, second):
    caller = Caller(world, per_minute=20)
    callers = [caller, caller.at(second)]
    if time.gmtime().tm_sec > 40:
        wait_for(lambda: time.gmtime().tm_sec < 20)
    told = _asked(callers, 48, "a minute", max_tokens=20)
    assert Counter(told) == {(200, None): 20, (429, "requests_per_minute"): 28}


def _at_once(world, second):
    caller = Caller(world, at_once=5)
    callers = [caller, caller.at(second)]
    told, text = [], "at once " + marker(hold="full")
    threads = [
        threading.Thread(
            target=lambda n=n: told.append(callers[n % 2].told(f"{n} {text}", stream=n % 3 == 0))
        )
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    assert world.vendor.wait("full", 5) == 5
    wait_for(lambda: len(told) == 11)
    world.vendor.release("full")
    for thread in threads:
        thread.join(60)
    assert told.count((429, "calls_at_once")) == 11
    assert told.count((200, None)) == 5
    assert places(world) == 0


def _a_budget(world, second):
    """A key's budget is never passed, whatever runs at once."""
    caller = Caller(world)
    callers = [caller, caller.at(second)]
    assert caller.told("first", max_tokens=20)[0] == 200
    one = world.ledger(f"gateway_key = {caller.key_id}")[1]
    limit = one * 10
    key = world.rpc()
    key("ai.gateway.key", "write", [caller.key_id], {"total_usd": float(limit)})
    told = _asked(callers, 40, "the budget", max_tokens=20)
    assert {status for status, _code in told} <= {200, 402}, told
    spent = world.ledger(f"gateway_key = {caller.key_id}")[1]
    assert one < spent <= limit
    assert told.count((402, "budget_exceeded")) >= 20
    response = caller.ask("and now", max_tokens=2000)
    error = response.json()["error"]
    assert response.status_code == 402
    assert error["type"] == "insufficient_quota"
    assert Decimal(str(error["spent_usd"])) == spent
    assert error["resets_at"] is None
    assert world.reservations() == (0, 0)


def _revoked(world, second):
    caller = Caller(world)
    there = caller.at(second)
    assert [caller.told("hello"), there.told("hello there")] == [(200, None)] * 2
    world.rpc()("ai.gateway.key", "action_revoke", [caller.key_id])
    assert [caller.told("hello"), there.told("hello")] == [(401, "invalid_api_key")] * 2
    world.rpc()("ir.config_parameter", "set_param", "ai_brain.endpoint", "False")
    wait_for(lambda: there.ask("hello").status_code == 404, 10)
    assert caller.ask("hello").status_code == 404
    world.rpc()("ir.config_parameter", "set_param", "ai_brain.endpoint", "True")


def test_calls_that_wait_hold_no_connection(make_world):
    with make_world(db_maxconn=24) as world:
        world.rpc()("res.company", "write", [1], {"ai_person_usd": 0})
        caller = Caller(world, "manager")
        text = "Slow. " + marker(hold="slow")
        told, threads = [], []
        # some at a time: Odoo itself answers 500 where more begin than it has connections
        for n in range(60):
            thread = threading.Thread(
                target=lambda n=n: told.append(caller.told(f"{n} {text}", stream=n % 2 == 0))
            )
            thread.start()
            threads.append(thread)
            if n % 6 == 5:
                assert world.vendor.wait("slow", n + 1) == n + 1
        for _number in range(5):
            url = f"http://127.0.0.1:{world.server.port}/web/health"
            assert requests.get(url, timeout=10).status_code == 200
            assert world.rpc()("res.users", "search_count", [])
        assert world.reservations()[0] == 60
        world.vendor.release("slow")
        for thread in threads:
            thread.join(60)
        assert told == [(200, None)] * 60


def test_a_key_is_in_no_log_and_a_neutralised_copy_answers_none(stage, vendor, tmp_path):
    with stage.world(vendor, log_level="debug_sql", log_handler=":DEBUG") as world:
        caller = Caller(world)
        secret = caller.key[10:]
        assert caller.told("Hello. " + marker(id="logged")) == (200, None)
        for fault in ("401", "500", "close"):
            caller.told(marker(fault=fault, retry_after=0))
        caller.ask("Hello", model="nobody")
        assert caller.ask("x", messages="Hello").status_code == 400
        log = world.server.log()
        assert "ai_gateway_key" in log
        found = [line for line in log.splitlines() if secret in line]
        assert not [line for line in found if "endpoint_key" not in line], found[0][:300]
        world.server.stop()
        copy = world.database.copy("endpoint_neutral")
        try:
            server = OdooServer(stage.settings, Database(stage.settings, copy.name), tmp_path)
            server.run("neutralize")
            with server:
                assert caller.at(server).ask("Hello").status_code == 404
                settings = server.rpc()
                settings("ir.config_parameter", "set_param", "ai_brain.endpoint", "True")
                assert caller.at(server).ask("Hello").status_code == 404
                assert [row["id"] for row in vendor.log() if row["id"]] == ["logged"]
        finally:
            copy.drop()
