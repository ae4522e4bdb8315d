"""schemathesis, in an environment of its own, asks a server what its document says."""

import re
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

HOOKS = Path(__file__).resolve().parents[1] / "clients"


class Found(NamedTuple):
    """``code``: 0, nothing was wrong; ``said``: what it printed; ``cases``: requests it made up."""

    code: int
    said: str
    cases: int


def ask(url, key, paths, examples, every, seed=18, limit=600):
    """Run schemathesis, with all of its checks, against the paths that match.

    :param str paths: a regular expression
    :param int examples: so many requests are drawn for each operation
    :param int every: of the bodies that its coverage phase lists by thousands, every so manieth
    :raise sam.ui.Failure: its environment cannot be made
    """
    from sam.environment import python_for

    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [
                str(python_for("contract").with_name("schemathesis")),
                *("run", url, "--header", f"Authorization: Bearer {key}"),
                *("--include-path-regex", paths, "--max-examples", str(examples)),
                *("--seed", str(seed), "--generation-database", "none"),
                # a text with U+0000 is refused, which no schema can say of every text
                *("--generation-allow-x00", "false"),
                *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
                *("--mode", "all", "--continue-on-failure", "--no-color"),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
            # nothing of this machine's settings: a proxy, a file of its own
            env={
                "PATH": "/usr/bin:/bin",
                "NO_PROXY": "*",
                "HOME": folder,
                "PYTHONPATH": str(HOOKS),
                "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
                "SAM_EVERY": str(every),
            },
        )
    lines = (process.stdout + process.stderr).splitlines()
    said = "\n".join(line[:800] for line in lines)  # a recording is long
    cases = re.search(r"(\d+) generated", said)
    return Found(process.returncode, said, int(cases[1]) if cases else 0)
