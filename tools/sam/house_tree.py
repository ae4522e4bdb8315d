"""The Python of the addons as the house rules see it: modules, and what each imports."""

import ast
from pathlib import Path
from typing import NamedTuple

from .paths import OWN_ADDONS
from .ui import Failure


class Complaint(NamedTuple):
    """One breach of a rule: where, and what to do."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Module(NamedTuple):
    """One file; its name is dotted and begins with the addon's: `ai_brain.engine.price.rates`."""

    name: str
    path: str  # from the root of the repository
    tree: ast.Module

    @property
    def package(self):
        """Whether the file is a folder's `__init__.py`."""
        return self.path.endswith("/__init__.py")

    @property
    def test(self):
        """Whether the file lies in a folder of tests."""
        return "tests" in self.path.split("/")


class Import(NamedTuple):
    """What is imported, by its dotted name, and in which line of the module."""

    target: str
    line: int


def read(root: Path, addons) -> dict:
    """All modules of the addons by name.

    :raises Failure: for a file that is no Python
    """
    modules = {}
    for addon in addons:
        for file in sorted((root / addon).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            parts = list(file.relative_to(root).with_suffix("").parts)
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            try:
                tree = ast.parse(file.read_text(encoding="utf-8"))
            except SyntaxError as error:
                raise Failure(f"{path}:{error.lineno}: no Python: {error.msg}") from error
            modules[name] = Module(name, path, tree)
    return modules


def inside(name, part) -> bool:
    """Whether a dotted name is `part` or lies in it.

    >>> inside("a.b.c", "a.b"), inside("a.b", "a.b"), inside("a.bc", "a.b")
    (True, True, False)
    """
    return name == part or name.startswith(part + ".")


def imports(module: Module, modules: dict) -> list:
    """What a module imports anywhere in it: an import in a function is one, only later.

    A name that is a module counts as that module, any other as the module that it comes from.
    """
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found += [Import(_own(alias.name), node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = _source(module, node)
            for alias in node.names:
                target = f"{source}.{alias.name}"
                found.append(Import(target if target in modules else source, node.lineno))
    return sorted(set(found), key=lambda each: (each.line, each.target))


def _source(module, node):
    if not node.level:
        return _own(node.module)
    package = module.name.split(".") if module.package else module.name.split(".")[:-1]
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, *filter(None, [node.module])])


def _own(name):
    # odoo.addons.ai_brain.engine is ai_brain.engine, as it is from within
    short = name.removeprefix("odoo.addons.")
    return short if short.split(".")[0] in OWN_ADDONS else name
