"""A what-if beside real processes: a scheduler that dies in the middle of a day, two at once."""

import os
import signal
from decimal import Decimal

from .processes import wait_for

ROWS = """
INSERT INTO ai_token_usage (company_id, user_id, local_date, create_date, kind, state, call_count,
                            cost_usd, cost_company, currency_rate, agent_type)
SELECT 1, 2, day, day, 'api', 'done', 1, (1 + n) * 0.000000000123, 0, 1, 'agent_' || n % 3
  FROM (SELECT n, date '2026-01-01' + n % 31 AS day FROM generate_series(0, 619) AS n) AS made
RETURNING id
"""
ASK = """
import json
one = env(user=env.ref("base.user_admin"))["ai.what.if"].create(
    {"name": "January", "date_from": "2026-01-01", "date_to": "2026-01-31"})
one.action_run()
env.cr.commit()
print("RESULT " + json.dumps(one.id))
"""
#: Stops after a slice was added up, before its transaction is committed.
STUCK = """
import pathlib, time
kind = type(env["ai.what.if"])
inner, done = kind._add_lines, []
def stuck(self, sums):
    inner(self, sums)
    done.append(self.next_day)
    time.sleep(0.3)
    if len(done) == 9:
        pathlib.Path({flag!r}).write_text(str(self.next_day))
        time.sleep(300)
kind._add_lines = stuck
env["ai.what.if"]._cron_run()
"""
#: Slices that take their time, so that two schedulers meet.
RUN = """
import json, time
import psycopg2
kind = type(env["ai.what.if"])
inner, days = kind._add_lines, []
def slow(self, sums):
    inner(self, sums)
    days.append(str(self.next_day))
    time.sleep({pause})
kind._add_lines = slow
for _time in range(50):
    try:
        env["ai.what.if"]._cron_run()
        env.cr.commit()
        break
    except psycopg2.errors.SerializationFailure:  # rolled back as the scheduler would do it
        env.cr.rollback()
print("RESULT " + json.dumps(days))
"""


def test_a_scheduler_dies_and_two_go_on_and_each_day_is_counted_once(world, processes):
    written = world.database.rows(ROWS)
    assert len(written) == 620
    what_if = processes.result(processes.shell(ASK))

    def column(name, table="ai_what_if", key="id"):
        return world.database.text(f"SELECT {name}::text FROM {table} WHERE {key} = %s", what_if)

    flag = processes.folder / "stuck"
    stuck = processes.shell(STUCK.format(flag=str(flag)))
    wait_for(flag.exists)
    wait_for(lambda: flag.read_text())
    # what it committed is whole days, and another one leaves it alone
    committed = column("next_day")
    assert "2026-01-01" < committed <= flag.read_text()
    assert processes.result(processes.shell(RUN.format(pause=0))) == []
    os.killpg(stuck.pid, signal.SIGKILL)
    stuck.wait(30)
    assert (column("next_day"), column("state")) == (committed, "running")

    pair = [processes.shell(RUN.format(pause=0.1)) for _time in range(2)]
    days = [day for process in pair for day in processes.result(process)]
    wait_for(lambda: column("state") == "done")
    assert len(days) == len(set(days))
    assert min(days) == committed
    assert max(days) == "2026-01-31"
    truth = world.database.text(
        "SELECT SUM(cost_usd)::text FROM ai_token_usage"
        " WHERE company_id = 1 AND local_date BETWEEN '2026-01-01' AND '2026-01-31'"
    )
    for name in ("now_usd", "then_usd"):
        assert Decimal(column(name)) == Decimal(truth)
        for dimension in ("day", "agent", "model"):
            lines = f"dimension = '{dimension}' AND what_if_id"
            assert Decimal(column(f"SUM({name})", "ai_what_if_line", lines)) == Decimal(truth)
    assert column("calls") == "620"
