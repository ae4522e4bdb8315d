"""The rollup beside real processes: late commits, two rollups at once, SIGKILL in the middle."""

import os
import signal
import time
from datetime import date
from decimal import Decimal

import psycopg2

from .processes import wait_for

CRON = "ai_brain.ir_cron_rollup"
YEAR = {"date_from": "2026-01-01", "date_to": "2026-12-31"}
INSERT = (
    "INSERT INTO ai_token_usage (company_id, user_id, local_date, kind, state, call_count,"
    " cost_usd, cost_company, module) VALUES (1, 2, '2026-03-29', 'api', 'done', 1, %s, 0, %s)"
    " RETURNING id"
)

ROLL_UP = """
import time
while True:
    env["ai.cost.rollup"]._roll_up(batch=40)
    time.sleep(0.02)
"""
#: Stops between the sums and the watermark of one transaction, and says so in a file.
STUCK = """
import pathlib, time
from odoo.addons.ai_brain.models.report import rollup_fold
save = rollup_fold.save_mark
def stuck(cr, mark):
    cr.execute("SELECT count(*) FROM ai_cost_rollup")
    pathlib.Path({flag!r}).write_text(str(cr.fetchone()[0]))
    time.sleep(300)
rollup_fold.save_mark = stuck
env["ai.cost.rollup"]._roll_up(batch=40)
"""
#: In one snapshot each: the reader's sums and the ledger's own, for every dimension.
COMPARE = """
import json
from datetime import date
from decimal import Decimal
from odoo.addons.ai_brain.models.report import rollup_schema as schema
from odoo.addons.ai_brain.models.report.rollup_read import Bucket, RollupReader
from odoo.addons.ai_brain.models.report.rollup_records import top_records
names = ["row_count", "calls", "cost_usd", "saved_usd", "waste_usd", "waste_calls", "rating_sum"]
truth_sql = '''
    SELECT {{column}}, count(*)::text, SUM(call_count)::text, SUM(cost_usd)::text,
           SUM(saved_usd)::text, COALESCE(SUM(could_have_saved_usd), 0)::text,
           count(*) FILTER (WHERE waste_detected)::text,
           COALESCE(SUM(quality_score::numeric * feedback_count), 0)::text
      FROM ai_token_usage WHERE {{where}} GROUP BY 1'''
year = Bucket("year", date(2026, 1, 1), date(2026, 12, 31))
people = env["res.users"].search([("login", "in", ["manager", "user"])])
wrong, tails, rows = [], 0, 0
for _time in range({times}):
    env.cr.rollback()
    for person in people:
        own = env(user=person, context={{"allowed_company_ids": [1]}})
        where = "company_id = 1" + (
            "" if person.login == "manager" else f" AND user_id = {{person.id}}")
        reader = RollupReader(own)
        tails += reader._mark()[1]
        for dimension, column in schema.DIMENSIONS.items():
            found = {{}}
            for s in reader.sums([dimension], [year], names):
                line = found.setdefault(s.key, [Decimal(0)] * len(names))
                found[s.key] = [a + s.values[n] for a, n in zip(line, names)]
            column = {{"total": "''", "user": "COALESCE(user_id, 0)",
                      "provider": "COALESCE(provider_id, 0)"}}.get(
                dimension, f"COALESCE({{column}}, '')")
            env.cr.execute(truth_sql.format(column=column, where=where))
            truth = {{r[0]: [Decimal(t) for t in r[1:]] for r in env.cr.fetchall()}}
            found = {{k: v for k, v in found.items() if v[0]}}
            rows = max(rows, sum(v[0] for v in truth.values()))
            if found != truth:
                wrong.append([person.login, dimension, str(found), str(truth)])
        env.cr.execute(
            "SELECT res_id, SUM(cost_usd)::text FROM ai_token_usage WHERE res_id > 0 AND " + where
            + " GROUP BY 1 ORDER BY SUM(cost_usd) DESC, 1 LIMIT 10")
        truth = [(i, Decimal(t)) for i, t in env.cr.fetchall()]
        found = [(r.res_id, r.cost_usd) for r in top_records(reader, *year[1:], year.last)]
        if found != truth:
            wrong.append([person.login, "records", str(found), str(truth)])
print("RESULT " + json.dumps({{"wrong": wrong[:3], "count": len(wrong), "tails": tails,
                               "rows": int(rows)}}))
"""


def compare(processes, times):
    return processes.result(processes.shell(COMPARE.format(times=times)))


def watermark(world):
    return int(world.database.text("SELECT watermark FROM ai_cost_rollup_mark"))


def test_sums_are_the_ledgers_while_four_processes_write_and_rollups_die(world, processes):
    stop, flag = processes.folder / "stop", processes.folder / "stuck"
    writers = [processes.writer(seed, stop) for seed in range(4)]
    wait_for(lambda: int(world.database.text("SELECT count(*) FROM ai_token_usage")) > 100)

    stuck = processes.shell(STUCK.format(flag=str(flag)))
    wait_for(flag.exists)
    wait_for(lambda: flag.read_text())
    before = watermark(world)
    assert int(flag.read_text()) > int(world.database.text("SELECT count(*) FROM ai_cost_rollup"))
    os.killpg(stuck.pid, signal.SIGKILL)
    stuck.wait(30)
    assert watermark(world) == before

    rollers = [processes.shell(ROLL_UP) for _ in range(2)]
    found = compare(processes, times=25)
    assert found["count"] == 0, found["wrong"]
    assert found["tails"] > 0
    assert found["rows"] > 300
    assert watermark(world) > before
    for roller in rollers:
        assert roller.poll() is None, roller.stdout.read()
        os.killpg(roller.pid, signal.SIGKILL)
        roller.wait(30)

    stop.touch()
    for writer in writers:
        assert writer.wait(30) == 0, writer.stdout.read()
    for _time in range(2):  # safe to run twice
        world.rpc()("ai.brain.probe", "run_cron", CRON)
    assert watermark(world) >= int(world.database.text("SELECT max(id) FROM ai_token_usage"))
    assert compare(processes, times=1)["count"] == 0
    for dimension in ("total", "model", "module", "kind", "user"):
        rolled_up = world.database.text(
            "SELECT trim_scale(SUM(cost_usd)) FROM ai_cost_rollup"
            f" WHERE user_key = -1 AND dimension = '{dimension}'"
        )
        ledger = world.database.text("SELECT trim_scale(SUM(cost_usd)) FROM ai_token_usage")
        assert rolled_up == ledger, dimension
    assert world.database.text("SELECT count(*) FROM ai_cost_rollup_image") == "0"


def test_a_row_that_commits_late_is_waited_for_and_nothing_waits_for_the_rollup(world):
    def total():
        found = world.rpc()("ai.token.analytics", "get_cost_breakdown", "custom", **YEAR)
        return Decimal(found["total_cost_exact"])

    def roll_up():
        started = time.monotonic()
        world.rpc()("ai.brain.probe", "run_cron", CRON)
        assert time.monotonic() - started < 30

    roll_up()
    start = total()
    dsn = world.server.settings.dsn(world.database.name)
    late, prompt = psycopg2.connect(**dsn), psycopg2.connect(**dsn)
    try:
        late_cursor, prompt_cursor = late.cursor(), prompt.cursor()
        prompt_cursor.execute("SET lock_timeout = '1s'")
        late_cursor.execute(INSERT, ("0.000000000001", "late"))
        late_id = late_cursor.fetchone()[0]
        prompt_cursor.execute(INSERT, ("0.5", "prompt"))
        assert prompt_cursor.fetchone()[0] > late_id
        prompt.commit()
        roll_up()
        assert watermark(world) < late_id
        assert total() == start + Decimal("0.5")
        prompt_cursor.execute(INSERT, ("0.25", "prompt"))  # a call beside all this does not wait
        prompt.commit()
        late.commit()
        assert total() == start + Decimal("0.750000000001")
        roll_up()
        assert watermark(world) > late_id
        assert total() == start + Decimal("0.750000000001")
    finally:
        late.close()
        prompt.close()


def test_a_transaction_that_never_commits_leaves_no_trace(world):
    dsn = world.server.settings.dsn(world.database.name)
    connection = psycopg2.connect(**dsn)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, ("7", "rolled back"))
        gone = cursor.fetchone()[0]
    connection.rollback()
    connection.close()
    world.rpc()("ai.brain.probe", "run_cron", CRON)
    assert watermark(world) >= gone
    today = date.today().isoformat()
    found = world.rpc()(
        "ai.token.analytics",
        "get_dashboard_data",
        "custom",
        date_from="2026-01-01",
        date_to=max(today, "2026-12-31"),
    )
    assert "rolled back" not in [row["key"] for row in found["breakdowns"]["by_module"]]
