"""The examples in the docstrings."""

import doctest

import pytest


@pytest.mark.parametrize(
    "name", ["address", "allowed", "base", "http", "key", "openai", "sse", "uncounted"]
)
def test_doctests(name):
    import importlib

    found = doctest.testmod(importlib.import_module(f"ai_brain.providers.{name}"))
    assert found.attempted
    assert not found.failed
