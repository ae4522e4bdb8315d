"""Where Odoo, PostgreSQL and the template database are, from the environment."""

import configparser
import os
import re
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# another Odoo series gets an edition of its own of these, as of the addons under test
TEST_ADDONS = Path(os.environ.get("SAM_TEST_ADDONS") or ROOT / "tests" / "addons")


class Settings:
    """Reads ODOO_RC, ODOO_HOME and SAM_TEMPLATE_DB; says which one is missing."""

    def __init__(self, environ=os.environ):
        missing = [
            name for name in ("ODOO_RC", "ODOO_HOME", "SAM_TEMPLATE_DB") if not environ.get(name)
        ]
        if missing:
            raise RuntimeError(
                f"{', '.join(missing)} not set: run `./sam test process`, or see tests/harness."
            )
        parser = configparser.RawConfigParser()
        parser.read(environ["ODOO_RC"])
        self.options = dict(parser["options"])
        self.odoo_bin = Path(environ["ODOO_HOME"]) / "odoo-bin"
        self.template = environ["SAM_TEMPLATE_DB"]
        self.python = sys.executable
        self.environ = {
            key: value
            for key, value in environ.items()
            if not key.startswith("PG") and key not in ("ODOO_RC", "OPENERP_SERVER", "PYTHONPATH")
        }

    @property
    def data_dir(self):
        return Path(self.options["data_dir"])

    def dsn(self, database):
        """Keyword arguments of psycopg2.connect."""
        dsn = {"dbname": database}
        for ours, theirs in (
            ("host", "db_host"),
            ("port", "db_port"),
            ("user", "db_user"),
            ("password", "db_password"),
        ):
            value = self.options.get(theirs)
            if value and value not in ("False", "false"):
                dsn[ours] = value
        return dsn

    def write(self, path, database, port, **options):
        """A configuration file for a server of this database; later options win."""
        addons = [self.options["addons_path"], str(TEST_ADDONS)]
        if not any((Path(part) / "ai_brain").is_dir() for part in addons[0].split(",")):
            addons.insert(1, str(ROOT))
        values = {
            **self.options,
            "addons_path": ",".join(addons),
            "db_name": database,
            "dbfilter": f"^{re.escape(database)}$",
            "list_db": "False",
            "http_interface": "127.0.0.1",
            "http_port": port,
            "gevent_port": free_port(),
            "workers": 0,
            "max_cron_threads": 0,
            "db_maxconn": 64,
            **options,
        }
        parser = configparser.RawConfigParser()
        parser["options"] = {key: str(value) for key, value in values.items()}
        path.touch(mode=0o600)
        with path.open("w", encoding="utf-8") as handle:
            parser.write(handle)
        return path


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
