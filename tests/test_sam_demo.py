"""./sam demo and ./sam shell, as a person uses them, on the server of this test run."""

import configparser
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

import odoo

SAM = Path(__file__).resolve().parents[1] / "sam"
DATABASE = f"sam_demo_test_{os.getpid()}"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def sam(*arguments, **popen):
    """Start ./sam as a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(SAM), *arguments, *options()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def options():
    """Where this test run's PostgreSQL and Odoo are."""
    parser = configparser.RawConfigParser()
    parser.read(os.environ["ODOO_RC"])
    found = parser["options"]
    quote = urllib.parse.quote
    password = found.get("db_password")
    role = quote(found["db_user"]) + (f":{quote(password)}" if password else "")
    host = quote(found["db_host"], safe="")
    url = f"postgresql://{role}@{host}:{found['db_port']}/{DATABASE}"
    return ["--db-url", url, "--odoo", os.environ["ODOO_HOME"]]


def wait_for_address(process):
    """Read the demo's output until it says that it is ready; return its address."""
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line.strip().startswith("address"):
            return line.split()[1]
    pytest.fail("".join(seen) + process.stderr.read())
    return None


@pytest.fixture(scope="module", autouse=True)
def database():
    """A copy of the installed template, so that nothing has to be installed here."""
    connection = odoo.sql_db.db_connect("postgres")
    with connection.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{os.environ["SAM_TEMPLATE_DB"]}"')
    process = sam("demo", "--prepare")
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, output + errors
    yield
    with connection.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_a_login_and_stops_cleanly(stop):
    process = sam("demo")
    try:
        address = wait_for_address(process)
        port = urllib.parse.urlsplit(address).port
        body = {"params": {"db": DATABASE, "login": "admin", "password": "admin"}}
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/web/session/authenticate",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with OPENER.open(request, timeout=60) as answer:
            session = json.load(answer)
        assert session["result"]["username"] == "admin"
        process.send_signal(stop)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, output + errors
    assert "Stopped." in output
    with pytest.raises(urllib.error.URLError):
        OPENER.open(f"http://127.0.0.1:{port}/web/login", timeout=5)


def test_a_second_start_takes_under_15_seconds():
    started = time.monotonic()
    process = sam("demo")
    try:
        wait_for_address(process)
        elapsed = time.monotonic() - started
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert elapsed < 15


def test_the_shell_runs_a_script_and_prints_only_its_output():
    process = sam("shell", stdin=subprocess.PIPE)
    output, errors = process.communicate("print(env.user.login, 6 * 7)", timeout=120)
    assert process.returncode == 0, errors
    assert output == "__system__ 42\n"


def test_a_script_that_fails_makes_the_shell_fail():
    process = sam("shell", stdin=subprocess.PIPE)
    _output, errors = process.communicate("raise ValueError('on purpose')", timeout=120)
    assert process.returncode != 0
    assert "on purpose" in errors


def test_a_taken_port_is_named_with_another():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = sam("demo", "--port", str(port))
        output, _errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"Port {port} is taken" in output
