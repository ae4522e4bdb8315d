"""A ledger made by the 18.0 edition, carried by dump and restore under the 19.0 edition.

Odoo's own tables are converted by Odoo's upgrade service, which no test can call. What is ours can
be tried: the rows of our tables, dumped from a database of 18.0, are restored into one that was
prepared to 19.0, and `-u` of the 19.0 edition runs over them.
"""

import shutil
import subprocess
from pathlib import Path

from . import environment, odoo_source, workbench
from .odoo_log import complaints
from .paths import ROOT
from .server import Odoo, free_port
from .ui import Failure, step


def run(bench, chosen, options, outcome, logs):
    """Carry the rows over, upgrade, compare: three checks."""
    quiet = ("--no-http", "--stop-after-init", "--max-cron-threads", "0")
    modules = ",".join(bench.odoo.modules)
    old_tree = odoo_source.locate(odoo_source.DEFAULT_SERIES)
    python = environment.python_for("server")
    old = Odoo(old_tree, python, bench.server, bench.folder / "data-old", ROOT)
    source = bench.name("carried_from")
    config = old.configure(bench.folder / "carried_from.conf", source, free_port())
    title = f"installing on Odoo {old.series} with demo data"
    log = logs / "carry-from.log"
    old.run(config, title, log, "-i", modules, *quiet, fail="The old edition did not install.")
    before = bench.contents(source)
    target = bench.database("carried_to", template=workbench.BASE_DEMO)
    config = bench.configure(target, demo=False)
    title = f"installing on Odoo {bench.odoo.series}"
    bench.odoo.run(
        config, title, logs / "carry-to.log", "-i", modules, *quiet, fail="It did not install."
    )
    tables = [table for table in before if table != "ir_module_module"]
    missing = [table for table in tables if table not in bench.contents(target)]
    if missing:
        outcome.fail(f"The {bench.odoo.series} edition has no {', '.join(missing)}")
        return
    outcome.passed += 1
    with step("carrying the rows over"):
        carry(bench, source, target, tables)
    code, lines = bench.odoo.run(
        config, "upgrading over the old rows", logs / "carry-u.log", "-u", modules, *quiet
    )
    found = complaints(lines)
    if code or found:
        outcome.fail("\n".join(f"{r.level} {r.logger}: {r.text}" for r in found[:20]))
    else:
        outcome.passed += 1
    after = bench.contents(target)
    changed = [table for table in tables if before[table] != after[table]]
    if changed:
        outcome.fail(
            "Not the same after the upgrade: "
            + ", ".join(f"{table} {before[table]} -> {after[table]}" for table in changed)
        )
    else:
        outcome.passed += 1
    bench.server.drop(source, target)


def carry(bench, source, target, tables):
    """Copy the rows of `tables` from one database to the other with PostgreSQL's own dump.

    :raises Failure: when pg_dump or psql is missing or fails
    """
    server = bench.server
    login = ["-h", server.host, "-p", str(server.port), "-U", server.user]
    named = [word for table in tables for word in ("-t", f"public.{table}")]
    dump = [*login, "--data-only", "--disable-triggers", *named, source]
    text = _run(bench, "pg_dump", dump)
    # a newer pg_dump writes settings that an older server does not know
    text = text.replace(b"SET transaction_timeout = 0;\n", b"")
    # DELETE: a TRUNCATE would cascade to the companies, who name their default agent
    wipe = "SET session_replication_role = replica;\n"
    wipe += "".join(f"DELETE FROM {table};\n" for table in tables)
    restore = [*login, "-q", "-v", "ON_ERROR_STOP=1", "-d", target]
    _run(bench, "psql", restore, wipe.encode() + text)


def _run(bench, name, arguments, data=b""):
    """Run one of PostgreSQL's programs, a private cluster's own if it has it; its output."""
    own = bench.cluster and shutil.which(name, path=bench.cluster.bin)
    program = own or shutil.which(name)
    if not program:
        raise Failure(f"{name} is needed to carry rows over: apt install postgresql-client")
    path = ":".join([str(Path(program).parent), "/usr/bin", "/bin"])
    done = subprocess.run(
        [program, *arguments],
        input=data,
        capture_output=True,
        env={"PATH": path, "LC_ALL": "C.UTF-8", "PGPASSWORD": bench.server.password},
    )
    if done.returncode:
        raise Failure(done.stderr.decode(errors="replace"))
    return done.stdout
