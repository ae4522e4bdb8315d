"""A process that writes ledger rows in transactions that overlap, commit out of order, roll back.

Started by test_rollup_processes: `ledger_writer.py SEED STOP_FILE`, the connection as JSON in DSN.
Ends when the stop file is there; prints the number of rows that it committed.
"""

import json
import os
import random
import sys
import time
from pathlib import Path

import psycopg2

INSERT = """
    INSERT INTO ai_token_usage (company_id, user_id, local_date, model_name, module, agent_type,
        context_model, task_type, kind, state, call_count, input_tokens, cost_usd, saved_usd,
        cost_company, res_model, res_id)
    VALUES (1, %(user)s, date '2026-03-25' + %(day)s, %(model)s, %(module)s, %(agent)s, 'crm.lead',
        'chat', %(kind)s, 'done', 1, %(tokens)s, %(cost)s, %(saved)s, %(cost)s, 'res.partner',
        %(record)s)
    RETURNING id
"""
NOTE = """
    UPDATE ai_token_usage SET waste_detected = TRUE, could_have_saved_usd = %s,
           quality_score = %s, feedback_count = COALESCE(feedback_count, 0) + 1 WHERE id = %s
"""


def main(seed, stop):
    draw = random.Random(seed)
    dsn = json.loads(os.environ["DSN"])
    connections = [psycopg2.connect(**dsn) for _ in range(5)]
    with connections[0].cursor() as cursor:
        cursor.execute("SELECT id FROM res_users WHERE active ORDER BY id")
        users = [user for (user,) in cursor.fetchall()]
    connections[0].rollback()
    written, open_rows, settled = 0, {}, []
    while not stop.exists():
        connection = draw.choice(connections)
        with connection.cursor() as cursor:
            if draw.random() < 0.6:
                cursor.execute(INSERT, _row(draw, users))
                open_rows.setdefault(connection, []).append(cursor.fetchone()[0])
            elif settled and draw.random() < 0.5:
                values = f"{draw.random():.7f}", draw.randrange(100), draw.choice(settled)
                cursor.execute("SET LOCAL lock_timeout = '1s'")
                cursor.execute(NOTE, values)
                connection.commit()  # a waste or rating note does not stay open
                settled += open_rows.get(connection, ())
                written += len(open_rows.pop(connection, ()))
            elif draw.random() < 0.1:
                connection.rollback()
                open_rows.pop(connection, None)
            else:
                connection.commit()
                settled += open_rows.get(connection, ())
                written += len(open_rows.pop(connection, ()))
        time.sleep(draw.random() * 0.01)
    for connection in connections:
        connection.commit()
        written += len(open_rows.pop(connection, ()))
    print(written)


def _row(draw, users):
    return {
        "user": draw.choice(users),
        "day": draw.randrange(12),
        "model": f"model-{draw.randrange(3)}",
        "module": draw.choice(("crm", "sale", None)),
        "agent": draw.choice(("support_bot", None)),
        "kind": draw.choice(("api", "cache")),
        "tokens": draw.randrange(9000),
        "cost": f"{draw.randrange(10**9)}e-{draw.choice((6, 9, 13))}",
        "saved": f"{draw.randrange(10**4)}e-9",
        "record": draw.randrange(1, 40),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
