"""Import parts of the addon without Odoo: as the package ``ai_brain``, minus its ``__init__``."""

import importlib
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bare_addon():
    """Put ``ai_brain`` into sys.modules as an empty package; its parts then import as usual."""
    if "ai_brain" not in sys.modules:
        package = types.ModuleType("ai_brain")
        package.__path__ = [str(ROOT / "ai_brain")]
        package.__file__ = str(ROOT / "ai_brain" / "__init__.py")
        sys.modules["ai_brain"] = package
    return sys.modules["ai_brain"]


def engine(name):
    """A module of the engine, by name."""
    bare_addon()
    return importlib.import_module(f"ai_brain.engine.{name}")
