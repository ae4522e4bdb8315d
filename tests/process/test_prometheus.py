"""Debian's real Prometheus watches two servers of one database while every kind of call is made:
each expression of the dashboard and of the alerts has its value, and counters are what SQL says."""

import base64
import configparser
import json
import math
import re
import subprocess
import time
import urllib.request
from collections import Counter

import pytest

from ..harness import RpcError
from ..harness.prometheus import MONITORING, Prometheus, panels, program
from ..vendor.faults import marker
from .budgets import Treasury
from .panels_by_sql import Expected, differences
from .parallel import Background

#: Of this no value at all is right: metrics are there.
MAY_BE_ZERO = {"AiMetricsMissing"}

DAY = "x1500"  # minutes: a little more than a day


def _latency(slow):
    """Histogram of ten answers a minute, of which ``slow`` take between 15 and 30 seconds."""
    name = "llm_request_latency_seconds_bucket"
    return {
        f'{name}{{model="m",le="8.0"}}': f"0+{10 - slow}{DAY}",
        f'{name}{{model="m",le="15.0"}}': f"0+{10 - slow}{DAY}",
        f'{name}{{model="m",le="30.0"}}': f"0+10{DAY}",
        f'{name}{{model="m",le="+Inf"}}': f"0+10{DAY}",
    }


def _series(series, *values):
    return [{series: f"{value}{DAY}"} for value in values]


_COST = 'llm_cost_dollars_total{agent="a",kind="api"}'
_BUDGET = 'llm_budget_utilization_ratio{user_id="7",budget_type="daily"}'
_ERRORS = 'llm_errors_total{model="m",error="ServerError"}'
_LEFT = 'llm_errors_total{model="m",error="ReaderLeft"}'
_ASKED = {'llm_requests_total{model="m"}': f"0+10{DAY}"}
_HITS = 'semantic_cache_hits_total{similarity_range="exact"}'
#: Series that leave an alert silent, series that make it fire, and the labels that it then has.
ALERTS = {
    "AiMetricsMissing": ({"llm_calls_under_way": f"0{DAY}"}, {}, {}),
    "AiSpendHigh": (
        {_COST: f"0+0.034{DAY}"},
        {_COST: f"0+0.001{DAY}", _COST.replace('"a"', '"new"'): "_x1480 60+0x20"},
        {},
    ),
    "AiBudgetNearlyUsed": (
        *_series(_BUDGET, "0.9+0", "0.91+0"),
        {"user_id": "7", "budget_type": "daily"},
    ),
    "AiErrorsHigh": (
        {**_ASKED, _ERRORS: f"0+0.9{DAY}", _LEFT: f"0+5{DAY}"},
        {**_ASKED, _ERRORS: f"0+1.1{DAY}"},
        {},
    ),
    "AiAnswersSlow": (_latency(0), _latency(1), {}),
    "AiCacheHitRateLow": (
        {_HITS: f"0+3{DAY}", "semantic_cache_misses_total": f"0+10{DAY}"},
        {_HITS: f"0+2{DAY}", "semantic_cache_misses_total": f"0+10{DAY}"},
        {},
    ),
    "AiFiguresOutOfTheAir": (*_series("llm_hallucination_detected_total", "0+0.3", "0+0.4"), {}),
    "AiBatchesStuck": (*_series("llm_batch_oldest_seconds", "172800+0", "172801+0"), {}),
}


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

    def budget_use(self):
        """``{(type of period, user id or ''): share}`` as the budgets' forms show it."""
        names = ["percentage_used", "period_type", "user_id"]
        found = {}
        for one in self.rpc("ai.cost.budget", "search_read", [], names):
            key = one["period_type"], str(one["user_id"][0]) if one["user_id"] else ""
            found[key] = max(found.get(key, 0), one["percentage_used"] / 100)
        return found

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
    """Each returns what the rows of the ledger say, rates as Prometheus extrapolates them."""
    one, database = watched.prometheus, watched.world.database
    calls_so_far = "SELECT SUM(call_count) FROM ai_token_usage"
    watched.every_kind()  # whatever is counted has its series now
    watched.batch()
    after = int(database.text("SELECT max(id) FROM ai_token_usage"))
    one.wait_for("sum(llm_requests_total)", int(database.text(calls_so_far)))
    start = one.next_scrape()
    one.next_scrape()  # the first of the window, and nothing has happened yet
    watched.every_kind()
    watched.batch()
    watched.rpc("ai.brain.probe", "submit_many", {str(watched.provider): ["Still waits"]})
    one.wait_for("sum(llm_requests_total)", int(database.text(calls_so_far)))
    slow = Background([lambda: watched.ask(f"Slow {marker(hold='slow')}", no_cache=True)])
    one.wait_for("sum(llm_calls_under_way)", 1)
    now = math.ceil(time.time())
    window = int(now - start)
    whole = one.extrapolation(window, now)
    expected = Expected(database, after, window, whole, watched.budget_use())
    asked = [*panels(window), *one.alerts(window)]
    wrong, number = [], Counter()
    for where, expression, labels in asked:
        found = one.query(expression, now)
        right = expected.of(where)[number[where]]
        number[where] += 1
        said = {tuple(names.get(name, "") for name in labels): value for names, value in found}
        wrong += [f"{where}: {said}" for said in differences(right, said)]
        values = [value for value in said.values() if not math.isnan(value)]
        if where not in MAY_BE_ZERO and not any(value for value in values):
            wrong.append(f"{where}: {expression} is {said}")
    watched.world.vendor.release("slow")
    slow.results()
    assert not wrong, "\n".join(wrong)
    assert len(asked) > 30
    for where, _expression, _labels in asked:
        assert number[where] == len(expected.of(where)), f"{where} has more expected values"


def test_a_scrape_takes_no_lock_and_waits_for_none(watched):
    """While another transaction holds all our tables against everybody but readers."""
    database, port = watched.world.database, watched.world.server.port
    before = scraped(port, watched.key)
    tables = database.rows(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename ~ '^ai_' AND tablename !~ '^ai_gateway_'"  # a key's last use is noted
    )
    names = {name for (name,) in tables}
    assert {"ai_token_usage", "ai_metric_sum", "ai_cost_rollup", "ai_cost_budget_period"} <= names
    with database.connection() as connection, connection.cursor() as cursor:
        connection.autocommit = False
        cursor.execute(f"LOCK TABLE {', '.join(sorted(names))} IN EXCLUSIVE MODE")
        during = scraped(port, watched.key)
        connection.rollback()
    assert during.count("\n") == before.count("\n")


def test_the_page_names_every_metric_and_no_other(watched):
    text = scraped(watched.world.server.port, watched.key)
    counters_of = re.findall(r"^# TYPE (\w+) \w+$", text, re.MULTILINE)
    page = (MONITORING.parent / "docs" / "monitoring.md").read_text(encoding="utf-8")
    table = "\n".join(line for line in page.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`((?:llm|semantic)_\w+)(?:{[\w,]*})?`", table))
    assert named == set(counters_of)


def test_grafana_s_settings_name_what_is_there():
    """Debian has no Grafana: what its settings lead to is there, and is what it looks for."""
    settings = configparser.RawConfigParser()
    settings.read(MONITORING / "grafana.ini")
    root = f"$__env{{PWD}}/{MONITORING.name}/"
    home = settings["dashboards"]["default_home_dashboard_path"]
    assert home == f"{root}grafana.json"
    folder = MONITORING / settings["paths"]["provisioning"].removeprefix(root)
    source = (folder / "datasources" / "prometheus.yml").read_text(encoding="utf-8")
    assert "type: prometheus" in source
    assert "isDefault: true" in source
    scraped_each = re.search(r"scrape_interval: (\w+)", _text("prometheus.yml"))[1]
    assert f"timeInterval: {scraped_each}" in source
    boards = (folder / "dashboards" / "ai_costs.yml").read_text(encoding="utf-8")
    assert f"path: $PWD/{MONITORING.name}\n" in boards
    found = [one.relative_to(MONITORING) for one in MONITORING.rglob("*.json")]
    assert [str(one) for one in found] == ["grafana.json"], "each would be a dashboard"
    board = json.loads(_text("grafana.json"))
    (variable,) = board["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    assert all(one["datasource"]["uid"] == "${datasource}" for one in board["panels"])
    page = (MONITORING.parent / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert "grafana server --config monitoring/grafana.ini" in page


def _text(name):
    return (MONITORING / name).read_text(encoding="utf-8")


def test_what_is_missing_is_told(watched):
    """The one alert whose right value is none has one where the key is no longer good."""
    one = watched.prometheus
    (query,) = [rule["query"] for rule in one.rules() if rule["name"] == "AiMetricsMissing"]
    assert one.value(query) is None
    one.use_key("no-such-key")
    try:
        one.wait_for(query, 1)
    finally:
        one.use_key(watched.key)
    one.wait_for(query, None)


def test_each_alert_fires_where_it_should_and_is_silent_else(watched):
    """Prometheus' own test of rules, on series that are made up: above and below each limit."""
    rules = {rule["name"]: rule for rule in watched.prometheus.rules()}
    assert set(rules) == set(ALERTS)
    tests = []
    for name, (silent, loud, labels) in ALERTS.items():
        said = {
            part: text.replace("{{ $labels.budget_type }}", labels.get("budget_type", ""))
            for part, text in rules[name]["annotations"].items()
        }
        told = {"exp_labels": {**rules[name]["labels"], **labels}, "exp_annotations": said}
        for series, alerts in ((silent, []), (loud, [told])):
            check = {"alertname": name, "eval_time": "25h", "exp_alerts": alerts}
            tests.append(
                {
                    "interval": "1m",
                    "input_series": [
                        {"series": one, "values": values} for one, values in series.items()
                    ],
                    "alert_rule_test": [check],
                }
            )
    folder = watched.prometheus.folder
    asked = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": tests}
    (folder / "asked.yml").write_text(json.dumps(asked), encoding="utf-8")
    done = subprocess.run(
        [program("promtool"), "test", "rules", "asked.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
