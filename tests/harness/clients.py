"""The vendors' own clients, in an environment and a process of their own.

A script of ``tests/clients`` holds functions ``check_…``; it is run once against a server and says
of each whether it held.
"""

import ast
import functools
import json
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "clients"


@functools.cache
def python():
    """The interpreter that has the clients; ``./sam`` makes its environment once.

    :raise sam.ui.Failure: it cannot be made
    """
    from sam.environment import python_for

    return str(python_for("clients"))


def checks(script):
    """The names of a script's checks, in their order."""
    tree = ast.parse((FOLDER / f"{script}.py").read_text(encoding="utf-8"))
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
    ]


def run(script, limit=120, **facts):
    """Run a script with these facts (JSON); ``{check: None or what went wrong}``, and all that it
    printed if it did not come that far."""
    process = subprocess.run(
        [python(), str(FOLDER / "run.py"), script],
        input=json.dumps(facts),
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
        # nothing of this machine's settings: a proxy, a key of somebody's
        env={"PATH": "/usr/bin:/bin", "NO_PROXY": "*", "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    rows = [line for line in process.stdout.splitlines() if line.startswith('{"check"')]
    found = {row["check"]: row["error"] for row in map(json.loads, rows)}
    if process.returncode:
        raise RuntimeError(f"{script} ended with {process.returncode}:\n{process.stderr[-4000:]}")
    return found
