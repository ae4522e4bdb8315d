"""Odoo itself: its configuration file, installing addons, and serving."""

import ast
import configparser
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from .odoo_source import series_of
from .paths import ROOT, own_addons
from .ui import Failure, end_process, watched

LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


def free_port(preferred=None) -> int:
    """`preferred` if nobody listens there, else any free port of the loopback interface."""
    for port in [preferred, 0] if preferred else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Failure("No free port on 127.0.0.1.")


def dependencies(root: Path = ROOT) -> list[str]:
    """The addons of Odoo that ours depend on directly."""
    own = own_addons(root)
    needed = set()
    for name in own:
        manifest = ast.literal_eval((root / name / "__manifest__.py").read_text(encoding="utf-8"))
        needed.update(manifest.get("depends", []))
    return sorted(needed - set(own) | {"base", "web"})


class Odoo:
    """One Odoo tree with one PostgreSQL server and one data directory.

    :param addons: the folder that holds our addons: the repository, or a built edition
    """

    def __init__(self, tree: Path, python: Path, server, data_dir: Path, addons: Path = ROOT):
        self.tree = tree
        self.series = series_of(tree)
        self.python = python
        self.server = server
        self.data_dir = data_dir
        self.addons = addons

    @property
    def modules(self) -> list[str]:
        """Our addons that exist."""
        return own_addons(self.addons)

    def configure(self, path: Path, database, port, *, demo=True, **more) -> Path:
        """Write an Odoo configuration file, readable by its owner alone.

        :param demo: whether addons that are installed bring their demo data
        """
        folders = [self.tree / "addons", (self.tree / "odoo" / "addons").resolve(), self.addons]
        options = {
            "addons_path": ",".join(str(f) for f in folders if f.is_dir()),
            "data_dir": self.data_dir,
            "db_host": self.server.host,
            "db_port": self.server.port,
            "db_user": self.server.user,
            "db_sslmode": self.server.sslmode or "prefer",
            "db_maxconn": self.server.connections(),
            "db_name": database,
            "dbfilter": f"^{re.escape(database)}$",
            "list_db": False,
            "http_interface": "127.0.0.1",
            "http_port": port,
            "workers": 0,
            "max_cron_threads": 1,
            # a laptop has no mail server, and a demo must not write to anybody
            "smtp_server": "127.0.0.1",
            "smtp_port": 9,
        }
        if self.server.password:
            options["db_password"] = self.server.password
        # up to 18.0 demo data had to be declined, from 19.0 on it has to be asked for
        if self.series == "18.0":
            options["without_demo"] = False if demo else "all"
        else:
            options["with_demo"] = demo
        parser = configparser.RawConfigParser()
        parser["options"] = {key: str(value) for key, value in {**options, **more}.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.chmod(0o600)
        with path.open("w", encoding="utf-8") as handle:
            parser.write(handle)
        return path

    def environment(self, **more):
        """The environment of an Odoo process; nothing of the caller's may point it elsewhere."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("PG") and key not in ("ODOO_RC", "OPENERP_SERVER")
        }
        path = os.pathsep.join([str(self.tree), str(ROOT / "tools")])
        return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **more}

    def command(self, config: Path, *arguments) -> list[str]:
        """The command line of odoo-bin with this configuration."""
        return [str(p) for p in (self.python, self.tree / "odoo-bin", "-c", config, *arguments)]

    def run(self, config, title, log, *arguments, fail=None, timeout_s=1800, script=None, **env):
        """Run odoo-bin to its end; return (exit code, lines of its log). See `ui.watched`."""
        command = self.command(config, *arguments)
        if script:
            command[1] = str(script)
        return watched(
            command,
            title,
            log=log,
            detail=progress,
            timeout_s=timeout_s,
            fail=fail,
            env=self.environment(**env),
        )

    def run_shell(self, config, title, log, script: Path, **more):
        """Run a script in Odoo's shell; like :meth:`run`. What it changes it commits itself."""
        command = self.command(config, "--no-http", "--max-cron-threads", "0")
        command.insert(2, "shell")
        with script.open("rb") as source:
            env = self.environment()
            return watched(command, title, log=log, env=env, stdin=source, **more)


def progress(line):
    """What a line of Odoo's log tells a person who waits."""
    match = LOADING.search(line)
    if match:
        return f"module {match[2]} of {match[3]}: {match[1]}"
    match = re.search(r"odoo\.addons\.(\S+): Starting (\S+) \.\.\.", line)
    return f"{match[2]}" if match else None


class Process:
    """An Odoo server in the background."""

    def __init__(self, odoo: Odoo, config: Path, log: Path, port: int, *arguments):
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        self.url = f"http://127.0.0.1:{port}"
        with log.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                odoo.command(config, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=odoo.environment(),
            )

    def wait_ready(self, timeout_s=120):
        """Return when it answers HTTP.

        :raises Failure: when it ends, or does not answer in time, with the end of its log
        """
        deadline = time.monotonic() + timeout_s
        # loopback never goes through a proxy
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                with opener.open(f"{self.url}/web/login", timeout=30) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise Failure(f"Odoo does not answer at {self.url}:\n{tail}\n  Whole log: {self.log}")

    def stop(self):
        """Stop it: first politely, then for good."""
        end_process(self.process)
