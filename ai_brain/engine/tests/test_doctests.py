"""The examples in the engine's docstrings are true."""

import doctest
import importlib
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1]


def modules(package):
    """Names of a package's modules, in its rooms too; of an `__init__` only if it has examples."""
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        if "tests" in parts:
            continue
        if parts[-1] == "__init__":
            if ">>>" not in path.read_text(encoding="utf-8"):
                continue
            parts = parts[:-1]
        yield ".".join(parts)


@pytest.mark.parametrize("name", list(modules(ENGINE)))
def test_examples(name):
    result = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.IGNORE_EXCEPTION_DETAIL
    )
    assert result.failed == 0


def test_modules_of_rooms_are_found_and_tests_are_not(tmp_path):
    files = {
        "engine/__init__.py": "",
        "engine/lazy.py": "",
        "engine/price/__init__.py": '""">>> 1\n1\n"""\n',
        "engine/price/rates.py": "",
        "engine/tests/price/test_rates.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(modules(tmp_path / "engine")) == [
        "engine.lazy",
        "engine.price",
        "engine.price.rates",
    ]
