"""The stage of the process tests: a template with the probe addon, users and loopback providers.

Made once a session; each :class:`World` is a copy of it with a server of its own.
"""

import re
from decimal import Decimal

from tests.vendor import PRICES, TASKS

from .database import Database
from .server import OdooServer

KEY = "test-key-314159"
WARNED = re.compile(r"^.* py\.warnings: .*/ai_(?:brain|sam_cost_dashboard)/.*$", re.M)


class Stage:
    """Prepares the template; ``world()`` gives copies of it."""

    def __init__(self, settings, vendor, folder):
        self.settings = settings
        self.vendor = vendor
        self.folder = folder
        template = Database(settings, settings.template)
        self.database = template.copy(f"{settings.template}_stage")
        self.made = 0

    def prepare(self):
        server = OdooServer(self.settings, self.database, self.folder)
        server.run("-i", "ai_brain_probe", "--stop-after-init", "--no-http")
        with server:
            sold = {**PRICES, **TASKS}
            server.rpc()("ai.brain.probe", "prepare", self.vendor.url, KEY, sold)
        return self

    def world(self, vendor, **options):
        self.made += 1
        database = self.database.copy(f"{self.settings.template}_w{self.made}")
        return World(self, database, vendor, options)

    def close(self):
        self.database.drop()


class World:
    """One database, one server, one vendor.

    ``providers`` maps the vendor's model names to the ids of their provider records.
    """

    def __init__(self, stage, database, vendor, options):
        self.database = database
        self.vendor = vendor
        self._sessions = {}
        self.server = OdooServer(stage.settings, database, stage.folder, **options)
        self.providers = dict(
            database.rows(
                "SELECT model_name, id FROM ai_service_provider WHERE model_name LIKE %s", "loop-%"
            )
        )

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *exc):
        self.server.stop()
        self.database.drop()
        # what Odoo calls deprecated is heard once a process, wherever that is
        warned = WARNED.findall(self.server.log())
        assert not warned, warned

    def rpc(self, login="admin"):
        """A session of that user at the running server; logging in is slow, so it is kept."""
        key = (login, self.server.process.pid)
        if key not in self._sessions:
            self._sessions[key] = self.server.rpc(login)
        return self._sessions[key]

    # -- the books -------------------------------------------------------------------------------

    def ledger(self, where="true"):
        """(number of calls, exact sum of their cost) of the ledger rows of a condition."""
        ((calls, cost),) = self.database.rows(
            "SELECT coalesce(sum(call_count), 0), coalesce(sum(cost_usd), 0)::text"
            f" FROM ai_token_usage WHERE {where}"
        )
        return calls, Decimal(cost)

    def reservations(self):
        """Calls in flight: (number, number of those that were sent)."""
        ((number, sent),) = self.database.rows(
            "SELECT count(*), count(*) FILTER (WHERE sent) FROM ai_cost_reservation"
            " WHERE usage_id IS NULL"
        )
        return number, sent

    def vendor_books(self):
        """(billed calls, exact bill) of the vendor."""
        rows = [row for row in self.vendor.log() if Decimal(row["bill"])]
        return len(rows), sum((Decimal(row["bill"]) for row in rows), Decimal(0))
