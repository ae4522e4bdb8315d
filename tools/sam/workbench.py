"""What tests and benchmarks work on: a throw-away PostgreSQL with databases to copy."""

import os
import shutil
import subprocess
from pathlib import Path

from . import build, old_edition, postgres
from .odoo_source import DEFAULT_SERIES, series_of
from .paths import ROOT, cache_dir, digest, locked
from .server import Odoo, dependencies, free_port
from .ui import Failure, say

BASE = "sam_base"  # Odoo with what our addons depend on, and nothing of ours
BASE_DEMO = "sam_base_demo"  # the same with demo data: without it ours would not load either
INSTALLED = "sam_installed"  # the same with our addons, without demo data
FILLED = "sam_filled"  # BASE_DEMO with the edition before ours, and what an owner did in it
UPGRADED = "sam_upgraded"  # the same after an upgrade to ours
OWNER = ROOT / "tests" / "upgrade" / "owner.py"
QUIET = ("--no-http", "--stop-after-init", "--max-cron-threads", "0")


class Workbench:
    """Databases for one run, all gone at its end.

    On a private cluster the databases of Odoo's own addons come from a copy that is kept in the
    cache; on a server that was named they are made anew, in names that carry our process id.

    :param named: a `pg_server.Server`, or None for a private cluster
    :param durable: fsync on, for benchmarks
    """

    def __init__(self, tree: Path, python: Path, named, *, durable=False, addons: Path = ROOT):
        self.tree = tree
        self.python = python
        self.server = named
        self.durable = durable
        self.addons = addons
        self.folder = cache_dir() / "work" / f"run-{os.getpid()}"
        self.cluster = None
        self._prefix = f"sam_test_{os.getpid()}_" if named else ""
        self._templates = {}
        self.upgrade_lines = []

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._remove_abandoned_folders()
        try:
            if self.server is None:
                self._open_cluster()
            self.odoo = Odoo(self.tree, self.python, self.server, self.folder / "data", self.addons)
            if not self.odoo.modules:
                raise Failure("No addon in this checkout: ai_brain/__manifest__.py is missing.")
            for name in (BASE, BASE_DEMO):
                if name not in self._templates:
                    self._templates[name] = self._install(
                        name, dependencies(self.addons), demo=name == BASE_DEMO
                    )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc):
        if self.cluster:
            self.cluster.remove()
            for lock in self.cluster.folder.parent.glob(f"{self.cluster.folder.name}.*.lock"):
                lock.unlink(missing_ok=True)
        elif self.server and self._prefix:
            names = self.server.run(
                f"SELECT datname FROM pg_database WHERE starts_with(datname, '{self._prefix}')"
            )[0]
            self.server.drop(*(name for (name,) in names))
        shutil.rmtree(self.folder, ignore_errors=True)

    def name(self, name) -> str:
        """The name of a database of this run."""
        return self._prefix + name

    def database(self, name, template=None) -> str:
        """A database of this name, copied from `template` (default: Odoo without our addons)."""
        database = self.name(name)
        template = self._templates.get(template or BASE, template)
        self.server.clone(template, database)
        self._copy_filestore(template, database)
        return database

    def configure(self, database, path=None, **more) -> Path:
        """A configuration file for `database` on a free port."""
        path = path or self.folder / f"{database}.conf"
        return self.odoo.configure(path, database, free_port(), **more)

    def installed_template(self, logs) -> str:
        """A closed database with all our addons and no demo data, to be copied."""
        if INSTALLED not in self._templates:
            database = self.database(INSTALLED)
            self._install(INSTALLED, self.odoo.modules, logs=logs)
            self._templates[INSTALLED] = database
        return self._templates[INSTALLED]

    def filled_template(self, logs) -> str:
        """A closed database that the edition before ours filled, to be copied.

        With demo data, in English and German, and with what tests/upgrade/owner.py did in it.
        """
        if FILLED not in self._templates:
            database = self.database(FILLED, template=BASE_DEMO)
            old = self._old_odoo()
            config = old.configure(self.folder / f"{database}.conf", database, free_port())
            old.run(
                config,
                "installing the edition before this one",
                logs / "old-install.log",
                *("-i", ",".join(old.modules), "--load-language", "de_DE", *QUIET),
                fail="The edition before this one does not install.",
                timeout_s=900,
            )
            old.run_shell(
                config,
                "using it",
                logs / "old-use.log",
                OWNER,
                fail="What an owner does with the edition before this one fails.",
                timeout_s=300,
            )
            self._templates[FILLED] = database
        return self._templates[FILLED]

    def upgraded_template(self, logs) -> str:
        """A closed database that the edition before ours filled, upgraded to ours, to be copied.

        What it was before stays as :meth:`filled_template`; ``upgrade_lines`` is the upgrade's log.
        """
        if UPGRADED not in self._templates:
            filled = self.filled_template(logs)
            database = self.database(UPGRADED, template=filled)
            _code, self.upgrade_lines = self.odoo.run(
                self.configure(database),
                "upgrading from the edition before this one",
                logs / f"{UPGRADED}.log",
                *("-u", ",".join(self.odoo.modules), *QUIET),
                fail="The upgrade failed.",
                timeout_s=900,
            )
            self._templates[UPGRADED] = database
        return self._templates[UPGRADED]

    def _old_odoo(self) -> Odoo:
        """Odoo with the addons of the edition before ours."""
        folder = old_edition.lay(self.folder / "old-edition")
        if self.odoo.series != DEFAULT_SERIES:
            source, folder = folder, self.folder / f"old-edition-{self.odoo.series}"
            build.make(self.odoo.series, self.tree, self.python, folder, source=source)
        return Odoo(self.tree, self.python, self.server, self.folder / "data", folder)

    def contents(self, database) -> dict:
        """Row counts of our tables, and a digest of the ledger; `{}` when nothing is installed."""
        names = ",".join(f"'{name}'" for name in self.odoo.modules)
        tables = self.server.run(
            "SELECT DISTINCT replace(m.model, '.', '_') FROM ir_model m"
            " JOIN ir_model_data d ON d.model = 'ir.model' AND d.res_id = m.id"
            " JOIN pg_class c ON c.relname = replace(m.model, '.', '_') AND c.relkind = 'r'"
            f" WHERE d.module IN ({names}) AND m.model LIKE 'ai.%' AND NOT m.transient",
            database=database,
        )[0]
        counted = {}
        for (table,) in tables:
            columns = "count(*)"
            if table == "ai_token_usage":
                # as JSON, for the order of columns may differ between two series
                columns += ", md5(string_agg(to_jsonb(t)::text, E'\\n' ORDER BY id))"
            query = f"SELECT {columns} FROM {table} t"
            counted[table] = self.server.run(query, database=database)[0][0]
        installed = self.server.run(
            "SELECT name, demo FROM ir_module_module"
            f" WHERE name IN ({names}) AND state = 'installed'"
            " ORDER BY name",
            database=database,
        )[0]
        counted["ir_module_module"] = installed
        return counted

    def _install(self, name, modules, logs=None, *, demo=False) -> str:
        database = self._prefix + name
        config = self.configure(database, demo=demo)
        self.odoo.run(
            config,
            f"installing {', '.join(modules)}" + (" with demo data" if demo else ""),
            (logs or cache_dir() / "logs" / "test") / f"install-{name}.log",
            *("-i", ",".join(modules), *QUIET),
            fail="The installation failed.",
            timeout_s=900,
        )
        return database

    def _copy_filestore(self, template, database):
        source = self.folder / "data" / "filestore" / template
        if source.is_dir():
            target = source.with_name(database)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)

    def _open_cluster(self):
        """Start a throw-away cluster, filled from the copy in the cache when that fits."""
        home = postgres.private_home()
        kind = "bench" if self.durable else "test"
        postgres.remove_abandoned(home, f"{kind}-*")
        buffers_mb = postgres.advised_buffers_mb() if self.durable else 256
        self.cluster = postgres.throwaway_cluster(
            self.python, kind, durable=self.durable, buffers_mb=buffers_mb
        )
        kept = home / f"base-{series_of(self.tree)}-{self._base_key()}"
        with locked(home / "base.lock"):
            if not (kept / "complete").exists():
                self._keep_base(home, kept)
        self.cluster.folder.mkdir(parents=True)
        copied = subprocess.run(["cp", "-a", "--reflink=auto", kept / "data", self.cluster.folder])
        if copied.returncode:
            raise Failure(f"The kept database could not be copied from {kept}.")
        if (kept / "filestore").is_dir():
            shutil.copytree(kept / "filestore", self.folder / "data" / "filestore")
        self.server = self.cluster.start()
        self._templates = {BASE: BASE, BASE_DEMO: BASE_DEMO}

    def _base_key(self):
        release = (self.tree / "odoo" / "release.py").read_bytes()
        head = self.tree / ".git" / "HEAD"
        commit = head.read_bytes() if head.exists() else b""
        place = [self.tree, release, commit, self.python, self.cluster.bin]
        return digest(*place, *dependencies(self.addons))

    def _keep_base(self, home, kept):
        """Install what our addons depend on, once, and keep the stopped cluster."""
        for old in home.glob(f"{kept.name.rpartition('-')[0]}-*"):
            shutil.rmtree(old, ignore_errors=True)
        say("  The databases of Odoo's own addons are made once and kept.")
        making = postgres.Cluster(
            kept, self.cluster.bin, self.python, durable=False, connections=100
        )
        try:
            server = making.start()
            odoo = Odoo(self.tree, self.python, server, self.folder / "data", self.addons)
            self.server, self.odoo = server, odoo
            self._install(BASE, dependencies(self.addons))
            self._install(BASE_DEMO, dependencies(self.addons), demo=True)
            making.stop()
            filestore = self.folder / "data" / "filestore"
            if filestore.is_dir():
                shutil.move(filestore, kept / "filestore")
            (kept / "complete").touch()
        except BaseException:
            making.remove()
            raise
        finally:
            self.server = None

    def _remove_abandoned_folders(self):
        for folder in self.folder.parent.glob("run-*"):
            pid = folder.name.rpartition("-")[2]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                shutil.rmtree(folder, ignore_errors=True)
