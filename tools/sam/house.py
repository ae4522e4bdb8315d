"""House rules for the addons' Python, which no other judge knows.

The rooms of a floor (the folders of `ai_brain/engine` and of `ai_brain/models`) import each other
along one line, which is declared here and drawn in the README.
"""

import ast
import os
import re
import sys
from pathlib import Path

from .house_imports import Floor, May, check_circles, check_floors
from .house_methods import check as check_methods
from .house_tree import Complaint, read
from .paths import ROOT, own_addons

# a room may import the rooms before it, and what lies at the floor's root
LINES = {
    "ai_brain/engine": (
        "base",
        "ledger",
        "price",
        "prompt",
        "budget",
        "choice",
        "waste",
        "call",
        "tasks",
        "report",
        "reuse",
        "batch",
        "agent",
        "chat",
        "review",
        "tuning",
        "gateway",
        "savings",
    ),
    "ai_brain/models": (
        "base",
        "price",
        "ledger",
        "budget",
        "call",
        "tasks",
        "report",
        "choice",
        "waste",
        "chat",
        "agent",
        "prompt",
        "reuse",
        "batch",
        "review",
        "tuning",
        "gateway",
        "savings",
        "metrics",
    ),
}
MAY_IMPORT = {
    "ai_brain": May(("ai_brain",)),
    "ai_brain/engine": May(
        ("ai_brain/engine",), ("phonenumbers", "pytz", "stdnum", "tiktoken", "tinytag")
    ),
    "ai_brain/providers": May(("ai_brain/engine", "ai_brain/providers"), ("requests", "urllib3")),
    "ai_brain/models": May(
        ("ai_brain/engine", "ai_brain/providers", "ai_brain/models", "ai_brain/exceptions")
    ),
    "ai_sam_cost_dashboard": May(
        ("ai_sam_cost_dashboard", "ai_brain/engine", "ai_brain/exceptions")
    ),
    "ai_sam_cost_dashboard/tests": May(
        ("ai_sam_cost_dashboard", "ai_brain/engine", "ai_brain/exceptions", "ai_brain/tests")
    ),
}
# floors on which a room's docstring says what it is for and "It uses: base, price."
DOORS = ("ai_brain/models",)
DOOR_LINES = range(2, 7)
USES = re.compile(r"It uses:?\s+([^.]*)\.")
MOST_LINES = 500
# not ours, or made; tests may be long
PRUNED = ("build", "node_modules", "tests", "__pycache__")
DRAWN = re.compile(r"[`*]*\w+[`*]*(?:\s*→\s*[`*]*\w+[`*]*)+")


def complaints(root: Path = ROOT) -> list:
    """All breaches of the house rules, in the order of the files.

    :raises Failure: for a file that is no Python
    """
    modules = read(root, own_addons(root))
    found = check_methods(modules) + check_floors(modules, MAY_IMPORT, sys.stdlib_module_names)
    told = set()
    for path, line in LINES.items():
        floor = Floor(path, line, modules)
        breaches, pairs = floor.check()
        found += breaches
        told |= pairs
        found += _undrawn(root, floor)
        if path in DOORS:
            found += _doors(root, floor)
            found += _unsaid(root, floor, pairs)
    return sorted([*found, *check_circles(modules, told), *_long_files(root)])


def drawn(text) -> list:
    """(line number, rooms) of every line of rooms that a text draws.

    >>> drawn("Rooms:\\n| `price` → `ledger` → budget | each uses those before it |")
    [(2, ['price', 'ledger', 'budget'])]
    """
    return [
        (number, re.findall(r"\w+", match[0]))
        for number, row in enumerate(text.splitlines(), 1)
        for match in DRAWN.finditer(row)
    ]


def _undrawn(root, floor):
    """The README shows the rooms that are there, in the order of the line; later ones it may."""
    there = set(floor.standing())
    if len(there) < 2:
        return
    readme = root / "README.md"
    lines = drawn(readme.read_text(encoding="utf-8")) if readme.exists() else []
    for _number, rooms in lines:
        if rooms == [room for room in floor.line if room in rooms] and there <= set(rooms):
            return
    nearest = max(lines, key=lambda each: len(there & set(each[1])), default=(1, []))
    wanted = " → ".join(floor.standing())
    text = f"does not draw the rooms of {floor.path}. Write on one line: {wanted}"
    yield Complaint("README.md", nearest[0], text)


def _doors(root, floor):
    for room in sorted(floor.rooms):
        rows = [row for row in _door(root, floor, room).splitlines() if row.strip()]
        if len(rows) not in DOOR_LINES:
            text = f"open with a docstring of three lines, not {len(rows)}: what the room is for, "
            text += 'and "It uses: …", the rooms that it may use.'
            yield Complaint(f"{floor.path}/{room}/__init__.py", 1, text)


def _unsaid(root, floor, pairs):
    """A room that says which rooms it uses says all of them (save those against the line)."""
    told = set()
    for here, there, module, each in floor.crossing:
        if not here or here == there or (here, there) in told:
            continue
        said = USES.search(_door(root, floor, here))
        if not said or there in re.findall(r"\w+", said[1]) or (module.name, each.target) in pairs:
            continue
        told.add((here, there))
        text = f"imports {there}, which {floor.path}/{here}/__init__.py does not say that it uses."
        yield Complaint(module.path, each.line, f"{text} Say so, or do without.")


def _door(root, floor, room):
    file = root / floor.path / room / "__init__.py"
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return ast.get_docstring(tree) or ""


def _long_files(root):
    for folder, folders, files in os.walk(root):
        folders[:] = [each for each in folders if each not in PRUNED and each[0] != "."]
        for name in files:
            if not name.endswith(".py"):
                continue
            path = Path(folder) / name
            with path.open("rb") as handle:
                count = sum(1 for _row in handle)
            if count > MOST_LINES:
                text = f"has {count} lines, {MOST_LINES} at most: split it by concern."
                yield Complaint(path.relative_to(root).as_posix(), MOST_LINES, text)
