"""Every scheduled action, run by two processes at the same time: all is done, and done once."""

import json
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from ..vendor.faults import marker
from .budgets import MODEL, Treasury
from .parallel import Background
from .processes import wait_for

LISTED = "gpt-4o-mini"

#: Each action several times over, in step with the other process. A conflict between the two is
#: rolled back as the scheduler would do it; anything else is an error.
RUN = """
import json, pathlib, time
import psycopg2
names = env["ir.model.data"].search([("model", "=", "ir.cron"), ("module", "=", "ai_brain")])
crons = env["ir.cron"].with_context(active_test=False).browse(names.mapped("res_id")).sorted("id")
pathlib.Path({ready!r}).touch()
while not pathlib.Path({go!r}).exists():
    time.sleep(0.01)
ran, conflicts, errors = [], 0, []
for _time in range(3):
    for cron in crons:
        try:
            cron.ir_actions_server_id.with_context(lastcall=None).run()
            env.cr.commit()
            ran.append(cron.cron_name)
        except psycopg2.errors.SerializationFailure:
            env.cr.rollback()
            conflicts += 1
        except Exception as error:
            env.cr.rollback()
            errors.append(f"{{cron.cron_name}}: {{error!r}}")
print("RESULT " + json.dumps({{"ran": ran, "conflicts": conflicts, "errors": errors}}))
"""


class PriceList:
    """A list of prices at an address on loopback, in which the price of LISTED has changed."""

    def __enter__(self):
        model = {"vendor": "openai", "model": LISTED, "kind": "chat"}
        price = {"from": None, "input": "0.1", "output": "0.5"}
        vendor = {"name": "OpenAI", "api_format": "openai", "base_url": ""}
        body = json.dumps(
            {
                "date": str(date.today()),
                "sources": ["a test"],
                "vendors": {"openai": vendor},
                "models": [{**model, "prices": [price]}],
            }
        ).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}/list.json"

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()


def leave_work(world, treasury):
    """What each action has to do: returns the number of calls that a dead server left behind."""
    rpc = world.rpc()
    treasury.budget("spender", 30, alert_thresholds=[50, 80], block_at_threshold=0)
    for _call in range(26):
        treasury.send(rpc, "spender")
    listed = {"name": "Listed", "api_format": "openai", "model_name": LISTED}
    price = {"valid_from": "2020-01-01", "input_usd": 0.15, "output_usd": 0.6}
    source = {"source": "catalogue of 2020-01-01: a test"}
    rpc("ai.service.provider", "create", {**listed, "price_ids": [(0, 0, {**price, **source})]})
    old = date.today() - timedelta(days=400)
    world.database.rows(
        "INSERT INTO ai_token_usage (company_id, user_id, local_date, create_date, kind, state,"
        " call_count, cost_usd, cost_company, prompt_text)"
        " SELECT 1, 2, %s, %s, 'api', 'done', 1, 0.001, 0.001, 'an old prompt'"
        "   FROM generate_series(1, 50)",
        old,
        old,
    )
    flying = Background(
        [
            lambda n=n: world.rpc().send(f"left {n} " + marker(hold="left"), world.providers[MODEL])
            for n in range(8)
        ]
    )
    left = world.vendor.wait("left", 8)
    world.server.kill()
    world.vendor.release("left")
    flying.results()
    world.database.rows("UPDATE ai_cost_reservation SET expires_at = '2020-01-01'")
    return left


def test_two_processes_run_every_action_at_once(make_world, processes):
    with PriceList() as url, make_world() as world:
        processes.world = world
        treasury = Treasury(world)
        world.rpc()("ir.config_parameter", "set_param", "ai_brain.price_list_url", url)
        left = leave_work(world, treasury)
        spent = world.ledger()[1]
        rows = int(world.database.text("SELECT count(*) FROM ai_token_usage"))

        ready = [processes.folder / f"ready{n}" for n in range(2)]
        go = processes.folder / "go"
        shells = [processes.shell(RUN.format(ready=str(r), go=str(go))) for r in ready]
        wait_for(lambda: all(path.exists() for path in ready))
        go.touch()
        results = [processes.result(shell) for shell in shells]

        assert [result["errors"] for result in results] == [[], []]
        # Odoo runs an action that lost a conflict again; here three runs of two are enough.
        actions = {name for result in results for name in result["ran"]}
        count = world.database.text(
            "SELECT count(*) FROM ir_model_data WHERE model = 'ir.cron' AND module = 'ai_brain'"
        )
        assert len(actions) == int(count) >= 9

        text = world.database.text
        # the reaper: each call that was left is closed once, at its worst case
        assert world.reservations() == (0, 0)
        assert world.ledger("state = 'uncertain'")[0] == left > 0
        assert int(text("SELECT count(*) FROM ai_token_usage")) == rows + left
        assert world.ledger()[1] > spent
        # the budget's counters are the ledger's; each threshold was told once
        treasury.check()
        told = "SELECT count(*) FROM ai_cost_alert WHERE kind = 'threshold'"
        assert text(told) == "2"
        # retention: texts go, rows stay
        assert text("SELECT count(*) FROM ai_token_usage WHERE prompt_text LIKE 'an old %'") == "0"
        # sums: the rollup holds every row once
        assert text(
            "SELECT sum(row_count) FROM ai_cost_rollup WHERE user_key = -1 AND dimension = 'total'"
        ) == text("SELECT count(*) FROM ai_token_usage")
        assert text(
            "SELECT sum(cost_usd) FROM ai_cost_rollup WHERE user_key = -1 AND dimension = 'total'"
        ) == text("SELECT sum(cost_usd) FROM ai_token_usage")
        # analyses: one of the company's year, written last
        year = "SELECT count(*) FROM ai_token_analytics WHERE period_type = 'year'"
        assert text(f"{year} AND user_id IS NULL") == "1"
        # prices: the change of today was taken once
        changed = (
            "SELECT count(*) FROM ai_provider_price p JOIN ai_service_provider s"
            " ON s.id = p.provider_id WHERE s.model_name = %s AND p.input_usd = 0.1"
        )
        assert world.database.rows(changed, LISTED) == [(1,)]
