#!/usr/bin/env python3
"""Pack the edition that upgrades are tried from, for those who have no git history.

    python3 tools/pack_old_edition.py

Takes both addons at the commit that tools/sam/old_edition.py names, without their tests and what is
borrowed from the current tree, and writes tests/upgrade/old_edition.tar.xz.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from sam import old_edition, ui

if __name__ == "__main__":
    try:
        old_edition.pack()
    except ui.Failure as failure:
        sys.exit(str(failure))
    print(f"{old_edition.PACKED}: {old_edition.PACKED.stat().st_size:,} bytes")
