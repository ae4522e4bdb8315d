"""`odoo-bin scaffold -t scaffold/provider my_addon DIR` gives an addon that installs."""

import configparser
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import odoo

ROOT = Path(__file__).resolve().parents[1]
ODOO = Path(os.environ["ODOO_HOME"]) / "odoo-bin"
DATABASE = f"sam_scaffold_{os.getpid()}"
CALL = """
import json
provider = env["ai.service.provider"].create({
    "name": "Mine", "api_format": "my_addon", "model_name": "small", "base_url": %(url)r,
    "price_ids": [(0, 0, {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"})],
})
env.cr.commit()
answer = env["ai.service"].send_message("Say something", provider)
row = env["ai.token.usage"].browse(answer["token_usage_id"])
print("ANSWER", json.dumps({
    "content": answer["content"], "usage": answer["usage"], "state": answer["state"],
    "cost": str(answer["cost_usd"]), "provider": answer["provider_name"],
}))
"""


class Vendor(BaseHTTPRequestHandler):
    """Speaks the format of the generated addon."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        usage = {"input_tokens": 1000, "output_tokens": 500}
        body = json.dumps({"model": "small", "text": "Heard", "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def odoo_bin(*arguments, script=None):
    """Run odoo-bin to its end and return its output."""
    done = subprocess.run(
        [sys.executable, str(ODOO), *map(str, arguments)],
        input=script or "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The folder that holds the generated addons."""
    folder = tmp_path_factory.mktemp("generated")
    odoo_bin("scaffold", "-t", ROOT / "scaffold" / "provider", "my_addon", folder)
    odoo_bin("scaffold", "-t", ROOT / "scaffold" / "step", "my_tone", folder)
    return folder


@pytest.fixture(scope="module")
def config(generated):
    """The session's configuration with the generated addon on its path."""
    parser = configparser.RawConfigParser()
    parser.read(os.environ["ODOO_RC"])
    parser["options"]["addons_path"] += f",{generated}"
    path = generated / "odoo.conf"
    with path.open("w") as handle:
        parser.write(handle)
    return path


@pytest.fixture(scope="module")
def installed(config):
    """The output of installing them, their own tests included, into a database of its own."""
    template = os.environ["SAM_TEMPLATE_DB"]
    connection = odoo.sql_db.db_connect("postgres")
    with connection.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(f'CREATE DATABASE "{DATABASE}" TEMPLATE "{template}"')
    yield odoo_bin(
        *("-c", config, "-d", DATABASE, "--db-filter", f"^{DATABASE}$", "-i", "my_addon,my_tone"),
        *("--test-tags", "/my_addon,/my_tone", "--stop-after-init", "--no-http"),
    )
    with connection.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')


@pytest.mark.parametrize("name", ["my_addon", "my_tone"])
def test_it_generates_a_whole_addon(generated, name):
    addon = generated / name
    assert (addon / "__manifest__.py").exists()
    for path in addon.rglob("*"):
        assert path.suffix != ".template"
        if path.is_file():
            assert "{{" not in path.read_text()


def test_it_installs_and_its_own_tests_pass(installed):
    assert "0 failed, 0 error(s) of 9 tests" in installed
    complaints = [row for row in installed.splitlines() if " WARNING " in row or " ERROR " in row]
    assert [row for row in complaints if "vobject" not in row] == []


def test_a_call_goes_through_it_and_is_priced(installed, config):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        output = odoo_bin(
            *("shell", "-c", config, "-d", DATABASE, "--no-http", "--log-level", "warn"),
            script=CALL % {"url": f"http://127.0.0.1:{server.server_port}"},
        )
    finally:
        server.shutdown()
        server.server_close()
    answer = json.loads(output.partition("ANSWER ")[2].splitlines()[0])
    assert answer["content"] == "Heard"
    assert answer["provider"] == "Mine"
    assert answer["usage"]["input_tokens"] == 1000
    # 1,000 tokens at $1 and 500 at $2 for a million each
    assert float(answer["cost"]) == pytest.approx(0.002, abs=1e-12)
