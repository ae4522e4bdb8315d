"""Runs the checks of a client's script: ``run.py SCRIPT``, the facts as JSON on standard input."""

import importlib
import json
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def main():
    """Print a line of JSON for each check."""
    script = importlib.import_module(sys.argv[1])
    facts = json.load(sys.stdin)
    for name, check in list(vars(script).items()):
        if not name.startswith("check_"):
            continue
        error, begun = None, time.monotonic()
        try:
            check(facts)
        except Exception:
            error = traceback.format_exc()[-3000:]
        seconds = round(time.monotonic() - begun, 2)
        print(json.dumps({"check": name, "error": error, "seconds": seconds}), flush=True)


main()
