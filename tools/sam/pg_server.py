"""Where PostgreSQL answers: a server that was named, or one that sam started."""

import dataclasses
import json
import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from . import environment
from .ui import Failure

ROLE = "odoo"  # Odoo refuses to work as the role postgres


@dataclasses.dataclass
class Server:
    """Where PostgreSQL answers. `host` may be the directory of a socket."""

    host: str
    port: int
    user: str
    password: str = dataclasses.field(default="", repr=False)
    database: str = ""  # only when the URL named one
    sslmode: str = ""
    python: Path = None

    def run(self, *statements, database="postgres"):
        """Run statements in `database`, each on its own; return the rows of each.

        :raises Failure: with PostgreSQL's own message
        """
        dsn = {"host": self.host, "port": self.port, "user": self.user, "dbname": database}
        if self.password:
            dsn["password"] = self.password
        if self.sslmode:
            dsn["sslmode"] = self.sslmode
        script = Path(__file__).with_name("sql.py")
        data = json.dumps({"dsn": dsn, "statements": statements})
        return json.loads(environment.run_script(self.python, script, data))

    def exists(self, database) -> bool:
        """Whether there is such a database."""
        return bool(self.run(f"SELECT 1 FROM pg_database WHERE datname = '{database}'")[0])

    def drop(self, *databases):
        """Drop databases, cutting whoever is still connected."""
        self.run(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in databases))

    def clone(self, template, database):
        """Make `database` a copy of `template`, to which nobody may be connected."""
        self.run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def connections(self) -> int:
        """How many connections one Odoo process may open here."""
        most = int(self.run("SHOW max_connections")[0][0][0])
        return max(16, min(250, most - 30))


def named_server(url, python):
    """The server of --db-url, else of $SAM_DB_URL, else of libpq's $PGHOST; None without any."""
    url = url or os.environ.get("SAM_DB_URL")
    if url:
        server = _from_url(url)
    elif os.environ.get("PGHOST"):
        server = Server(
            os.environ["PGHOST"],
            int(os.environ.get("PGPORT") or 5432),
            os.environ.get("PGUSER") or ROLE,
            os.environ.get("PGPASSWORD", ""),
        )
    else:
        return None
    server.python = python
    if server.user == "postgres":
        raise Failure(
            "Odoo refuses to work as the PostgreSQL role postgres. Make another:\n"
            f"  createuser -U postgres --createdb {ROLE}"
        )
    try:
        ((can_create,),) = server.run(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )[0]
    except Failure as failure:
        raise Failure(f"PostgreSQL at {server.host}:{server.port}: {failure}") from failure
    if not can_create:
        raise Failure(
            f"The PostgreSQL role {server.user} may not create databases. Let it:\n"
            f'  psql -U postgres -c "ALTER ROLE {server.user} CREATEDB"'
        )
    return server


def _from_url(url) -> Server:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("postgres", "postgresql"):
        raise Failure(
            "A database URL looks like postgresql://role:password@host:5432/database "
            "(the database may be left out)."
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return Server(
        host=unquote(parts.hostname or "") or options.get("host", "127.0.0.1"),
        port=port or int(options.get("port", 5432)),
        user=unquote(parts.username or "") or ROLE,
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")),
        sslmode=options.get("sslmode", ""),
    )
