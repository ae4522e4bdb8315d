"""Makes the engine importable without Odoo: as the top-level package `engine`."""

import sys
from pathlib import Path

# at the end: `tests` must stay the folder at the root, not the addon's
sys.path.append(str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parent))
