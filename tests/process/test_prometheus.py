"""Debian's real Prometheus watches two servers of one database while every kind of call is made:
each expression of the dashboard and of the alerts has its value, and counters are what SQL says."""

import base64
import subprocess
import urllib.request

import pytest

from ..harness import RpcError
from ..harness.prometheus import MONITORING, RATE_INTERVAL, Prometheus, panels, program
from ..vendor.faults import marker
from .budgets import Treasury
from .parallel import Background

#: Of this no value at all is right: metrics are there.
MAY_BE_ZERO = {"AiMetricsMissing"}
FALLS = {"Corrections"}


class Watched(Treasury):
    """A company whose agent answers in every way there is."""

    def __init__(self, world):
        super().__init__(world)
        rpc = self.rpc
        self.pattern = rpc(
            "ai.answer.pattern",
            "create",
            {"name": "Hello", "triggers_en": "hello there", "answers_en": "Hello!"},
        )
        self.agent = rpc(
            "ai.agent",
            "create",
            {
                "name": "Watched",
                "code": "watched",
                "reuse": "same_question",
                "reuse_scope": "company",
                "reuse_check_share": 0,
                "provider_id": self.provider,
                "pattern_ids": [(4, self.pattern)],
            },
        )
        self.budget("All", budget_amount=100.0, agent_type=False)
        ids = [self.provider]
        rpc(
            "ai.service.provider",
            "write",
            ids,
            {"batch_service": "yes", "timeout_s": 20, "enable_waste_detection": True},
        )
        prices = rpc("ai.provider.price", "search", [("provider_id", "in", ids)])
        rpc("ai.provider.price", "write", prices, {"batch_factor": 0.5})
        self.number = 0

    def ask(self, text, environment=None, **options):
        tags = {"agent_type": "watched", **(environment or {})}
        return self.rpc("ai.service", "send_message", text, environment=tags, **options)

    def every_kind(self):
        """One round of calls of every kind; their number."""
        self.number += 1
        n, database = self.number, self.world.database
        first = int(database.text("SELECT COALESCE(max(id), 0) FROM ai_token_usage"))
        paid = self.ask(f"What is number {n}? {marker(id=f'paid{n}', output=50)}")
        self.ask("hello there")
        self.ask(f"What is number {n}? {marker(id=f'paid{n}', output=50)}")
        self.ask(f"what is number {n} {marker(id=f'paid{n}', output=50)}")
        self.ask(f"What is number {n}? {marker(id=f'paid{n}', output=50)}", no_cache=True)
        together = f"What is shared {n}? {marker(id=f'shared{n}', delay=1)}"
        Background([lambda: self.ask(together) for _one in range(2)]).results()
        for fault in ("500", "400"):
            with pytest.raises(RpcError, match="did not answer"):
                self.ask(f"Fail {n} {marker(fault=fault)}", no_cache=True)
        said = base64.urlsafe_b64encode(b"It was 4711 euros on 12 May 2031.").decode().rstrip("=")
        context = {"context_blocks": {"note": "Nothing of money."}}
        self.ask(f"Nothing of money. How much? {marker(say=said)} {n}", context, no_cache=True)
        self.rpc("ai.brain.probe", "correct", paid["token_usage_id"], 0.0000001)
        self.rpc("ai.token.usage", "action_rate", [paid["token_usage_id"]], 80)
        self.rpc("ai.brain.probe", "submit_many", {str(self.provider): [f"May wait {n}"]})
        self.rpc("ai.brain.probe", "submit_many", {str(self.provider): [f"Waits on {n}"]})
        return first

    def batch(self):
        """Answer what waits, but for what is submitted after it."""
        for name in ("send", "poll", "call_back"):
            self.rpc("ai.brain.probe", "run_batches", name)


@pytest.fixture(scope="module")
def watched(stage, vendor_process, tmp_path_factory):
    with stage.world(vendor_process, db_maxconn=64) as world:
        desk = Watched(world)
        with desk.second_server(stage.settings, stage.folder, db_maxconn=64) as second:
            desk.second = second
            _id, desk.key = desk.rpc(
                "ai.brain.probe", "endpoint_key", "manager", may_call=False, may_read_metrics=True
            )
            folder = tmp_path_factory.mktemp("prometheus")
            with Prometheus(folder, world.server.port, desk.key) as desk.prometheus:
                yield desk


def scraped(port, key):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/ai/metrics", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def counters(text):
    return {
        line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
        for line in text.splitlines()
        if not line.startswith("#")
        and line.split("{")[0].split(" ")[0].endswith(("_total", "_count"))
    }


def test_promtool_finds_nothing_to_complain_of(watched):
    watched.every_kind()
    checks = (
        (["check", "metrics"], scraped(watched.world.server.port, watched.key)),
        (["check", "rules", str(MONITORING / "alerts.yml")], ""),
    )
    for arguments, text in checks:
        done = subprocess.run(
            [program("promtool"), *arguments], input=text, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "error" not in (done.stdout + done.stderr).lower()


def test_every_expression_has_its_value_while_every_kind_of_call_is_made(watched):
    one = watched.prometheus
    watched.every_kind()
    watched.batch()
    calls = int(watched.world.database.text("SELECT SUM(call_count) FROM ai_token_usage"))
    one.wait_for("sum(llm_requests_total)", calls)
    watched.every_kind()
    watched.batch()
    watched.rpc("ai.brain.probe", "submit_many", {str(watched.provider): ["Still waits"]})
    calls_now = int(watched.world.database.text("SELECT SUM(call_count) FROM ai_token_usage"))
    one.wait_for("sum(llm_requests_total)", calls_now)
    slow = Background([lambda: watched.ask(f"Slow {marker(delay=10)}", no_cache=True)])
    one.wait_for("sum(llm_calls_under_way)", 1)
    wrong = []
    for where, expression in (*panels(), *one.alerts()):
        value = one.value(expression)
        if where in FALLS:
            right = value is not None and value != 0
        else:
            right = where in MAY_BE_ZERO or (value is not None and value > 0)
        if not right:
            wrong.append(f"{where}: {expression} is {value}")
    slow.results()
    assert not wrong, "\n".join(wrong)
    grown = one.value(f"sum(increase(llm_requests_total[{RATE_INTERVAL}]))")
    assert 0.5 * (calls_now - calls) <= grown <= 3 * calls_now


def test_both_servers_say_what_sql_says_after_a_restart_and_a_correction(watched):
    database, key = watched.world.database, watched.key
    watched.rpc("ai.brain.probe", "run_cron", "ai_brain.ir_cron_rollup")
    watched.every_kind()
    before = counters(scraped(watched.world.server.port, key))
    assert before == counters(scraped(watched.second.port, key))
    sql = dict(
        database.rows(
            "SELECT model_name, SUM(call_count)::float FROM ai_token_usage"
            " WHERE correction_of_id IS NULL GROUP BY 1"
        )
    )
    said = {
        name.split('model="')[1].split('"')[0]: value
        for name, value in before.items()
        if name.startswith("llm_requests_total")
    }
    assert said == sql
    kinds = database.rows(
        "SELECT kind, SUM(call_count)::float FROM ai_token_usage WHERE agent_type = 'watched'"
        " AND correction_of_id IS NULL GROUP BY 1"
    )
    for kind, number in kinds:
        found = sum(
            value
            for name, value in before.items()
            if name.startswith("llm_calls_total")
            and f'kind="{kind}"' in name
            and 'agent="watched"' in name
        )
        assert found == number, kind
    assert {kind for kind, _number in kinds} >= {"api", "pattern", "cache", "dedup"}
    watched.second.stop()
    watched.second.start()
    after = counters(scraped(watched.second.port, key))
    assert after == before
    row = database.text("SELECT max(id) FROM ai_token_usage WHERE kind = 'api' AND cost_usd > 0")
    watched.rpc("ai.brain.probe", "correct", int(row), 0.0)
    corrected = counters(scraped(watched.second.port, key))
    assert all(corrected[name] >= value for name, value in after.items())
