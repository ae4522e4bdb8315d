"""What the tests of budgets share: a world with budgets, many clients, and an exact look at both
counters beside the ledger, by a query that is not the addon's own."""

import contextlib
import http.client
import random
import threading
import time
from decimal import Decimal

from ..harness import OdooServer, Rpc, RpcError
from ..vendor.faults import marker

REFUSED = "odoo.addons.ai_brain.exceptions.BudgetExceededError"
REAPER = "ai_brain.ir_cron_reap_reservations"
RECONCILE = "ai_brain.ir_cron_budget_reconcile"
MODEL = "loop-o-small"
RATE = Decimal("0.001")  # USD a token of the answer; the input is free, so the worst case is exact

BOOKS = """
    SELECT b.name || coalesce(' ' || nullif(p.subject, ''), ''), p.date_from::text,
           p.spent::text, p.reserved::text, p.limit_amount::text,
           (SELECT coalesce(sum(cost_usd), 0)::text FROM ai_token_usage u
             WHERE u.local_date BETWEEN p.date_from AND p.date_to
               AND (p.scope_agent = '' OR u.agent_type = p.scope_agent)
               AND (p.scope_user = 0 OR u.user_id = p.scope_user)
               AND (p.subject !~ '^user:' OR u.user_id::text = substr(p.subject, 6))
               AND (p.subject !~ '^record:'
                    OR concat(u.res_model, ',', u.res_id) = substr(p.subject, 8))
               AND (p.scope_provider = 0 OR u.provider_id = p.scope_provider)) AS ledger,
           (SELECT coalesce(sum(amount_usd), 0)::text FROM ai_cost_reservation r
             WHERE r.usage_id IS NULL AND r.local_date BETWEEN p.date_from AND p.date_to
               AND (p.scope_agent = '' OR r.row ->> 'agent_type' = p.scope_agent)
               AND (p.scope_user = 0 OR r.user_id = p.scope_user)
               AND (p.subject !~ '^user:' OR r.user_id::text = substr(p.subject, 6))
               AND (p.subject !~ '^record:'
                    OR concat(r.row ->> 'res_model', ',', r.row ->> 'res_id')
                       = substr(p.subject, 8))
               AND (p.scope_provider = 0 OR r.provider_id = p.scope_provider)) AS held
      FROM ai_cost_budget_period p JOIN ai_cost_budget b ON b.id = p.budget_id ORDER BY p.id
"""


class Treasury:
    """A world's budgets. ``load`` sends calls from many clients to one or two servers."""

    def __init__(self, world):
        self.world = world
        self.rpc = world.rpc()
        self.provider = world.providers[MODEL]
        price = self.rpc(
            "ai.provider.price", "search", [("provider_id", "=", self.provider)], limit=1
        )
        free = {
            f"{kind}_{key}": value
            for kind in ("input", "cache_read", "cache_write")
            for key, value in (("usd", 0), ("priced", True))
        }
        tokens = {"output_usd": float(RATE) * 10**6, "reasoning_priced": False}
        self.rpc("ai.provider.price", "write", price, {**free, **tokens})

    def budget(self, name, calls_of_10_tokens=None, **values):
        """Create a budget, of an agent of that name unless told otherwise."""
        if calls_of_10_tokens is not None:
            values["budget_amount"] = float(10 * RATE * calls_of_10_tokens)
        values.setdefault("agent_type", name)
        return self.rpc(
            "ai.cost.budget", "create", {"name": name, "count_untagged": False, **values}
        )

    def send(self, rpc, agent, tokens=10, most=None, record=(), **directives):
        """One call whose answer has ``tokens`` tokens and may have ``most``."""
        served = dict(zip(("res_model", "res_id"), record))
        return rpc.send(
            f"spend {random.random()} " + marker(output=tokens, **directives),
            self.provider,
            max_tokens=most or tokens,
            environment={"agent_type": agent, **served},
        )

    def load(self, work, clients=64, servers=None, logins=("admin",)):
        """Run ``work(rpc, n)`` in ``clients`` threads until it returns False; all outcomes."""
        sessions = [
            Rpc(server.port, self.world.database.name, login)
            for login in logins
            for server in servers or [self.world.server]
        ]
        outcomes, lock = [], threading.Lock()
        numbers = iter(range(10**9))

        def client(session):
            while True:
                with lock:
                    n = next(numbers)
                outcome = self._ask(work, session, n)
                if outcome is False:
                    return
                with lock:
                    outcomes.append(outcome)

        threads = [
            threading.Thread(target=client, args=(sessions[n % len(sessions)],), daemon=True)
            for n in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(240)
            assert not thread.is_alive(), "a client did not end"
        return outcomes

    def _ask(self, work, session, n):
        """One call's outcome. A prefork worker hangs up on who is connected and silent for 2 s,
        as a client on a busy machine may be: nothing was asked then, so it asks again. Whether
        the request was on its way then decides which of the two errors the client gets."""
        for _time in range(5):
            try:
                return work(session, n)
            except (http.client.RemoteDisconnected, ConnectionResetError) as error:
                outcome = error
            except Exception as error:
                return error
            finally:
                session.hang_up()
        return outcome

    def books(self):
        """Rows of BOOKS as dicts of Decimals by (budget's name, first day)."""
        names = ("spent", "reserved", "limit", "ledger", "held")
        return {
            (name, day): {k: v if v is None else Decimal(v) for k, v in zip(names, amounts)}
            for name, day, *amounts in self.world.database.rows(BOOKS)
        }

    def check(self, at_rest=True):
        """The counters are what ledger and reservations say; nothing is over its limit."""
        books = self.books()
        for key, row in books.items():
            assert row["spent"] == row["ledger"], (key, row)
            assert row["reserved"] == row["held"], (key, row)
            assert row["limit"] is None or row["spent"] + row["reserved"] <= row["limit"], (
                key,
                row,
            )
            assert not at_rest or row["reserved"] == 0, (key, row)
        return books

    def reap(self):
        """What the scheduler does once the calls of dead workers have expired."""
        self.world.database.rows(
            "UPDATE ai_cost_reservation SET expires_at = '2020-01-01' WHERE usage_id IS NULL"
        )
        self.world.rpc()("ai.brain.probe", "run_cron", REAPER)

    def reconciled(self):
        """Run the daily action; does it say that nothing differed?"""
        self.world.rpc()("ai.brain.probe", "run_cron", RECONCILE)
        lines = [line for line in self.world.server.log().splitlines() if "reconciled," in line]
        return lines[-1].rstrip().endswith(" 0 differed.")

    @contextlib.contextmanager
    def second_server(self, stage_settings, folder, **options):
        """Another server process of the same database."""
        server = OdooServer(stage_settings, self.world.database, folder, **options)
        server.log_path = folder / f"{self.world.database.name}.second.log"
        with server:
            yield server


def refusals(outcomes):
    return [o for o in outcomes if isinstance(o, RpcError) and o.name == REFUSED]


def answers(outcomes):
    return [o for o in outcomes if isinstance(o, dict)]


def wait_until(condition, limit=30):
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
