"""Odoo shells and other processes beside a test's server."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

WRITER = Path(__file__).with_name("ledger_writer.py")


class Processes:
    """Odoo shells and writers of one database; whatever still runs at the end is ended."""

    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.started = []

    def shell(self, script, start=None):
        """An Odoo shell that runs `script`; through the Python file `start`, if not odoo-bin."""
        command = self.world.server.command("shell", "--no-http")
        if start:
            command[1] = str(start)
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.world.server.env,
            start_new_session=True,
        )
        process.stdin.write(script)
        process.stdin.close()
        self.started.append(process)
        return process

    def writer(self, seed, stop):
        dsn = self.world.server.settings.dsn(self.world.database.name)
        process = subprocess.Popen(
            [sys.executable, str(WRITER), str(seed), str(stop)],
            env={**os.environ, "DSN": json.dumps(dsn)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    @staticmethod
    def result(process):
        """What a shell's script printed as JSON after the word RESULT, once it has ended."""
        output = process.stdout.read()
        process.wait(60)
        found = [line for line in output.splitlines() if "RESULT " in line]
        assert len(found) == 1, output[-3000:]
        return json.loads(found[0].partition("RESULT ")[2])

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait(30)
            if process.stdout:
                process.stdout.close()


def wait_for(condition, limit=60):
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
