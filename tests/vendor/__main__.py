"""``python -m tests.vendor [--port N]``: serve until a signal ends it."""

import argparse
import threading

from .server import start

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=0)
server = start(parser.parse_args().port)
print(f"vendor on http://127.0.0.1:{server.server_port}", flush=True)
threading.Event().wait()
