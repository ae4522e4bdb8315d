"""./sam demo and ./sam shell: a database with both addons and demo data, served on loopback."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

from . import build, environment, odoo_source, pg_server, postgres
from .paths import ROOT, cache_dir, digest, tree_digest
from .server import Odoo, Process, free_port
from .ui import Failure, Interrupted, end_process, keep_stdout_clean, say, step

DATABASE = "sam_demo"
DEFAULT_PORT = 8069
BROKEN = (" CRITICAL ", "demo data failed to install")
# What the login page and the dashboard load; Odoo's own way makes those of its tests as well.
BUNDLES = {
    "css": ["web.assets_frontend", "web.assets_web", "web.assets_web_print"],
    "js": ["web.assets_frontend_minimal", "web.assets_frontend_lazy", "web.assets_web"],
}
LAZY_BUNDLES = ["web.chartjs_lib", "ai_sam_cost_dashboard.assets_dashboard"]
#: What the demo company is answered for nothing is really asked (ai_sam_cost_dashboard/demo).
CALLS = """
if "ai.cost.demo" in env:
    env["ai.cost.demo"]._make_calls()
    env.cr.commit()
"""
WARM_UP = f"""
for kind, names in {BUNDLES}.items():
    for name in names + {LAZY_BUNDLES}:
        getattr(env["ir.qweb"]._get_asset_bundle(name), kind)()
env.cr.commit()
"""


def serve(options) -> int:
    """`./sam demo`: make everything ready, serve until Ctrl-C, stop all of it."""
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        demo = Demo(options, stack)
        demo.prepare(reset=options.reset)
        if options.prepare:
            say(f"Ready: database {demo.database}. Serve it with ./sam demo")
            return 0
        port = free_port(options.port or DEFAULT_PORT)
        if options.port and port != options.port:
            raise Failure(f"Port {options.port} is taken. Choose another: ./sam demo --port {port}")
        config = demo.configure(port)
        log = demo.home / "server.log"
        process = Process(demo.odoo, config, log, port)
        stack.callback(process.stop)
        with step("starting Odoo"):
            process.wait_ready()
        say(f"\nReady after {time.monotonic() - started:.0f} s.")
        page = "/odoo/ai-costs" if "ai_sam_cost_dashboard" in demo.odoo.modules else "/odoo"
        say(f"  address   {process.url}{page}")
        say("  login     admin     password  admin")
        say(f"  log       {log}")
        say("Ctrl-C stops it.")
        try:
            code = process.process.wait()
        except Interrupted:
            say("\nStopping …")
            stack.close()
            say("Stopped.")
            return 0
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise Failure(f"Odoo ended by itself (exit code {code}):\n{tail}\n  Whole log: {log}")


def shell(options) -> int:
    """`./sam shell`: an Odoo shell on the demo database; a script may come from stdin.

    What the script changes is kept only if it calls `env.cr.commit()`, as in Odoo's own shell.
    """
    keep_stdout_clean()
    with contextlib.ExitStack() as stack:
        demo = Demo(options, stack)
        demo.prepare(reset=options.reset)
        config = demo.configure(free_port())
        command = demo.odoo.command(config)
        command.insert(2, "shell")
        command += ["--no-http", "--log-level", "warn"]
        if not sys.stdin.isatty():
            process = subprocess.Popen(command, env=demo.odoo.environment(), start_new_session=True)
        else:
            process = subprocess.Popen(command, env=demo.odoo.environment())
        stack.callback(end_process, process)
        return process.wait()


def pictures(options) -> int:
    """`./sam pictures`: the documentation's pictures anew (tools/pictures.py), of the demo."""
    with contextlib.ExitStack() as stack:
        demo = Demo(options, stack)
        demo.prepare()
        port = free_port()
        process = Process(demo.odoo, demo.configure(port), demo.home / "pictures.log", port)
        stack.callback(process.stop)
        with step("starting Odoo"):
            process.wait_ready()
        series, _tree = odoo_source.choose(options.series, options.odoo)
        camera = subprocess.Popen(
            [str(environment.python_for("dev", series)), str(ROOT / "tools" / "pictures.py")],
            cwd=ROOT,
            env=demo.odoo.environment(SAM_ADDRESS=process.url, SAM_DATABASE=demo.database),
            start_new_session=True,
        )
        stack.callback(end_process, camera)
        return camera.wait()


class Demo:
    """The demo's Odoo, PostgreSQL and database; `stack` ends what was started for it."""

    def __init__(self, options, stack):
        self.stack = stack
        self.home = cache_dir() / "demo"
        self.home.mkdir(parents=True, exist_ok=True)
        series, tree = odoo_source.choose(options.series, options.odoo)
        python = environment.python_for("server", series)
        server = pg_server.named_server(options.db_url, python)
        self.private = server is None
        if self.private:
            cluster = postgres.demo_cluster(python)
            stack.callback(cluster.stop)
            server = cluster.start()
        self.server = server
        # a database belongs to one series: each has its own
        suffix = "" if series == odoo_source.DEFAULT_SERIES else f"_{series.split('.')[0]}"
        self.database = server.database or DATABASE + suffix
        addons = build.edition(series, tree, python)
        self.odoo = Odoo(tree, python, server, self.home / "data", addons)
        if not self.odoo.modules:
            raise Failure("No addon in this checkout: ai_brain/__manifest__.py is missing.")
        place = digest(server.host, server.port, self.database)
        self.state_file = self.home / f"state-{place}.json"

    def configure(self, port) -> Path:
        """The configuration file for this demo on `port`; it goes away with the process."""
        path = self.home / f"odoo-{os.getpid()}.conf"
        self.stack.callback(path.unlink, missing_ok=True)
        return self.odoo.configure(path, self.database, port)

    def prepare(self, *, reset=False):
        """Create the database, or update it when the addons' files have changed since."""
        wanted = {
            "addons": tree_digest(self.odoo.addons / name for name in self.odoo.modules),
            "modules": self.odoo.modules,
            "odoo": str(self.odoo.tree),
        }
        known = {}
        if self.state_file.exists():
            known = json.loads(self.state_file.read_text())
        exists = self.server.exists(self.database)
        if reset or (exists and self.private and not known):
            # without a state file a private database is one whose installation was cut short
            self.server.drop(self.database)
            exists = False
        if exists and known == wanted:
            return
        self.state_file.unlink(missing_ok=True)
        installed = self._installed() if exists else []
        if not installed:
            self._check_foreign(exists)
        new = [name for name in self.odoo.modules if name not in installed]
        old = [name for name in self.odoo.modules if name in installed]
        arguments = []
        if new:
            arguments += ["-i", ",".join(new)]
        if old:
            arguments += ["-u", ",".join(old)]
        title = "updating the demo database" if old else "creating the demo database"
        self._odoo_run(title, *arguments)
        # what fails here is made up for: by a scheduled action, and at the first page
        with contextlib.suppress(Failure):
            self._shell("building assets and making the demo's calls", WARM_UP + CALLS)
        self.state_file.write_text(json.dumps(wanted))

    def _odoo_run(self, title, *arguments):
        config = self.configure(free_port())
        log = self.home / "install.log"
        arguments += ("--no-http", "--stop-after-init", "--max-cron-threads", "0")
        _code, lines = self.odoo.run(
            config, title, log, *arguments, fail="The demo database could not be made."
        )
        # Odoo leaves with 0 without a module, or without its demo data: only the log tells
        broken = any(mark in line for line in lines for mark in BROKEN)
        if broken or set(self.odoo.modules) - set(self._installed()):
            tail = "\n".join(line for line in lines if " INFO " not in line)[-3000:]
            raise Failure(f"The addons are not installed whole:\n{tail}\n  Whole log: {log}")

    def _shell(self, title, script):
        """Run a script in a shell on the database; what becomes of it is not looked at."""
        config = self.configure(free_port())
        command = self.odoo.command(config)
        command.insert(2, "shell")
        with step(title):
            subprocess.run(
                [*command, "--no-http", "--log-level", "error"],
                input=script,
                text=True,
                env=self.odoo.environment(),
                capture_output=True,
                timeout=300,
                start_new_session=True,
            )

    def _installed(self):
        names = ",".join(f"'{name}'" for name in self.odoo.modules)
        query = (
            "SELECT name FROM ir_module_module"
            f" WHERE name IN ({names}) AND state IN ('installed', 'to upgrade')"
        )
        try:
            return [name for (name,) in self.server.run(query, database=self.database)[0]]
        except Failure:
            return []  # not an Odoo database yet

    def _check_foreign(self, exists):
        """Refuse to fill a database of somebody else that only happens to have our name."""
        if not exists or self.server.database:
            return
        tables = self.server.run(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'",
            database=self.database,
        )[0][0][0]
        if int(tables):
            name = urllib.parse.quote(self.database)
            raise Failure(
                f"The database {self.database} on this server holds something else already.\n"
                f"  Name another: --db-url postgresql://…/NAME, or drop it: --reset ({name})"
            )
