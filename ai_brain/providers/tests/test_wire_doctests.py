"""The examples in the docstrings are true."""

import doctest
import importlib
from pathlib import Path

import pytest

ADDON = Path(__file__).resolve().parents[2]


def modules_with_examples():
    for path in sorted((ADDON / "providers").rglob("*.py")):
        parts = path.relative_to(ADDON.parent).with_suffix("").parts
        if "tests" not in parts and ">>>" in path.read_text(encoding="utf-8"):
            yield ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_doctests(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert not found.failed
