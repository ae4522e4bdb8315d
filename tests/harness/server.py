"""A real odoo-bin in a process group of its own: started, stopped, killed, started again."""

import contextlib
import http.client
import os
import signal
import subprocess
import time

from .rpc import Rpc
from .settings import free_port


class OdooServer:
    """``with OdooServer(settings, database, folder, workers=2) as server: server.rpc()``."""

    def __init__(self, settings, database, folder, env=None, arguments=(), **options):
        self.settings = settings
        self.database = database
        self.port = free_port()
        self.log_path = folder / f"{database.name}.log"
        self.config = settings.write(
            folder / f"{database.name}.conf", database.name, self.port, **options
        )
        self.env = {**settings.environ, **(env or {})}
        self.arguments = arguments
        self.process = None

    def command(self, *arguments):
        """The command line of odoo-bin; a first argument without dashes is its subcommand."""
        subcommand = arguments[:1] if arguments and not arguments[0].startswith("-") else ()
        binary = [self.settings.python, str(self.settings.odoo_bin)]
        return [*binary, *subcommand, "-c", str(self.config), *arguments[len(subcommand) :]]

    def start(self):
        with self.log_path.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                self.command(*self.arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self.env,
            )
        self._wait_ready()
        return self

    def _wait_ready(self, limit=90):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"Odoo ended while starting:\n{self.log()[-4000:]}")
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request("GET", "/web/health?db_server_status=1")
                if connection.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
            finally:
                connection.close()
        raise RuntimeError(f"Odoo did not answer within {limit} s:\n{self.log()[-4000:]}")

    def run(self, *arguments, check=True, **kwargs):
        """Run odoo-bin to its end with this configuration; its output."""
        done = subprocess.run(
            self.command(*arguments),
            capture_output=True,
            text=True,
            env=self.env,
            timeout=300,
            check=False,
            **kwargs,
        )
        output = done.stdout + done.stderr
        if check and done.returncode:
            raise RuntimeError(f"odoo-bin {arguments} ended with {done.returncode}:\n{output}")
        return output

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self):
        """SIGKILL to master and workers: nothing of the process gets to say goodbye."""
        self._signal(signal.SIGKILL)
        self.process.wait(30)
        self.process = None

    def stop(self):
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait(30)
        self.process = None

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def rpc(self, login="admin", **kwargs):
        return Rpc(self.port, self.database.name, login, **kwargs)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()
