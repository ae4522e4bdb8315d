"""The README's and docs/' commands, settings and addresses are used as they stand there (but for
``INSTEAD``), and give what the page says."""

import ast
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import requests

from tests.harness.prometheus import MONITORING, program
from tests.harness.settings import free_port
from tests.pages import PAGES, ROOT, named_requests
from tests.vendor.faults import marker

from .docs_given import ASKED, block, filled
from .endpoint import Caller
from .processes import wait_for
from .test_task_bill import recording

#: Nothing of this machine's settings, a proxy above all.
PLAIN = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "no_proxy": "*"}


def typed(command, folder, more=None, **options):
    """Run a command in a shell, as a person types it; what it printed."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**PLAIN, **(more or {})},
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_command_explains_itself(tmp_path):
    block("README.md", "./sam COMMAND --help")
    for command in ("demo", "test", "shell", "pictures", "lint", "bench", "build"):
        line = f"{sys.executable} {ROOT / 'sam'} {command} --help"
        assert f"./sam {command}" in typed(line, tmp_path)


def test_the_packages_are_those_that_odoo_asks_for():
    _pip, _install, *named = block("README.md", "pip install requests").split()
    asked = set()
    for manifest in ROOT.glob("ai_*/__manifest__.py"):
        found = ast.literal_eval(manifest.read_text(encoding="utf-8"))
        asked |= {*found.get("external_dependencies", {}).get("python", [])}
    assert {*named} == asked


def test_curl_gets_the_costs(world, tmp_path):
    """The page says what the answer has, that its lines add up, and what a wrong filter is told."""
    caller = Caller(world, "manager", may_read_figures=True)
    asked = {"model": "loop-o-small", "messages": [{"role": "user", "content": "Hello"}]}
    for agent in ("support_reply", "another"):
        headers = {"Authorization": f"Bearer {caller.key}", "x-sam-agent": agent}
        address = f"http://127.0.0.1:{caller.port}/ai/v1/chat/completions"
        assert requests.post(address, headers=headers, json=asked, timeout=60).status_code == 200
    command = block("endpoint.md", "curl", odoo=world.server.port)
    answer = json.loads(typed(command, tmp_path, {"KEY": caller.key}))
    named = {"total_cost_usd", "total_requests", "by_agent", "by_key", "by_lead", "cache_stats"}
    assert named <= set(answer)
    assert answer["total_requests"] == 1
    for lines in (answer["by_agent"], answer["by_key"]):
        assert sum(line["total_requests"] for line in lines) == 1
        assert sum(line["total_cost_usd"] for line in lines) == answer["total_cost_usd"] > 0
    wrong = re.sub(r"start_date=[\d-]+", "start_date=2026-02-30", command)
    told = json.loads(typed(wrong, tmp_path, {"KEY": caller.key}))
    assert told["error"]["param"] == "start_date"


def test_every_address_answers(world):
    """Each that a page names is there, by the method that it names."""
    caller = Caller(world, "manager", may_read_figures=True, may_read_metrics=True)
    named = {one for page in PAGES for one in named_requests(page)}
    assert {path for _method, path in named} == set(ASKED)
    for method, path in named:
        body = ASKED[path]
        assert (method == "POST") == bool(body), path
        given = {"json": body}
        if path.endswith("transcriptions"):
            given = {"data": body, "files": {"file": ("a.wav", recording(1))}}
        answer = requests.request(
            method,
            f"http://127.0.0.1:{caller.port}{path}",
            headers={"Authorization": f"Bearer {caller.key}"},
            timeout=60,
            **(given if body else {}),
        )
        assert answer.status_code == 200, f"{path}: {answer.text}"


def test_nginx_passes_streams_on_as_they_come(world, tmp_path):
    caller, port = Caller(world), free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    location = block("endpoint.md", "location /ai/v1/", odoo=world.server.port)
    (tmp_path / "nginx.conf").write_text(
        f"daemon off; pid {tmp_path}/pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; {folders}\n"
        f"server {{ listen 127.0.0.1:{port};\n{location}}}}}\n",
        encoding="utf-8",
    )
    command = [program("nginx", "nginx"), "-p", tmp_path, "-c", tmp_path / "nginx.conf"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as nginx:
        try:
            caller.port = port
            wait_for(lambda: _answers(caller))
            text = "Bit by bit. " + marker(output=30, drip=0.1)
            stream = caller.ask(text, stream=True)
            begun = [time.monotonic() for line in stream.iter_lines() if b'"content":"' in line]
        finally:
            nginx.terminate()
    assert len(begun) > 4
    assert begun[-1] - begun[0] > 0.3, "they came one after another"


def _answers(caller):
    try:
        return caller.ask("Hello").status_code == 200
    except requests.ConnectionError:
        return False


def test_prometheus_watches_by_the_commands(world, tmp_path):
    """The key comes from the keyboard into a file of one's own, and Prometheus reads it."""
    key = Caller(world, "manager", may_call=False, may_read_metrics=True).key
    shutil.copytree(MONITORING, tmp_path / "monitoring")
    typed(block("monitoring.md", "read -rs KEY"), tmp_path, input=f"{key}\n")
    kept = tmp_path / "monitoring" / "metrics.key"
    assert kept.read_text(encoding="utf-8") == key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    ports = {"odoo": world.server.port, "own": free_port()}
    settings = tmp_path / "monitoring" / "prometheus.yml"
    settings.write_text(filled(settings.read_text(encoding="utf-8"), **ports), encoding="utf-8")
    path = f"{Path(program('prometheus')).parent}:{PLAIN['PATH']}"
    typed("promtool check config monitoring/prometheus.yml", tmp_path, {"PATH": path})
    command = "exec " + block("monitoring.md", "prometheus --config.file", **ports)
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**PLAIN, "PATH": path},
        stderr=subprocess.DEVNULL,
    ) as running:
        try:
            wait_for(lambda: _value(ports["own"], "up") == 1)
            assert _value(ports["own"], "llm_calls_under_way") == 0
        finally:
            running.terminate()
    assert (tmp_path / "build" / "monitoring" / "prometheus").is_dir()


def _value(port, expression):
    """The first value of an expression; None without one, or while nothing answers."""
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        return None
    return float(found[0]["value"][1]) if found else None
