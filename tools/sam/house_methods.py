"""House rule: within an addon no method of a model is defined twice.

Two slices of one model that override each other run in the order in which they happen to be
imported: rename a file, and another one wins. `super()` is for other addons.
"""

import ast
from collections import defaultdict
from typing import NamedTuple

from .house_tree import Complaint

# Hooks of the ORM in which every slice has its own to do, whichever comes first. No others:
# `copy_data`, `default_get`, `fields_get` and `_auto_init` answer with one result that a second
# slice would change, so their order matters, and one place can hold them.
SHARED = ("init", "create", "write", "copy", "unlink")


class Definition(NamedTuple):
    """One `def` of a method of a model."""

    path: str
    line: int
    calls_super: bool

    @property
    def place(self):
        """Where it stands, as it is written in a complaint."""
        return f"{self.path}:{self.line}"


def check(modules) -> list:
    """Complaints about methods that more than one class of an addon gives a model."""
    found, definitions = [], defaultdict(list)
    for module in modules.values():
        if module.test:
            continue
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ClassDef):
                continue
            try:
                model = _model(node, module.tree)
            except ValueError as error:
                found.append(Complaint(module.path, node.lineno, str(error)))
                continue
            for name, method in _methods(node) if model else ():
                definitions[module.name.split(".")[0], model, name].append(
                    Definition(module.path, method.lineno, _calls_super(method))
                )
    for (_addon, model, name), places in definitions.items():
        if len(places) > 1:
            found += _twice(model, name, sorted(places))
    return found


def _twice(model, name, places):
    for each in places[name not in SHARED :]:
        others = ", ".join(place.place for place in places if place is not each)
        if name not in SHARED:
            text = f"{name} of {model} is defined at {others} too: make one method of them."
        elif not each.calls_super:
            text = f"{name} of {model} is defined at {others} too: call super() in each."
        else:
            continue
        yield Complaint(each.path, each.line, text)


def _model(node, tree):
    """The model to which a class belongs, or None.

    :raises ValueError: when it is not written so that it can be read here
    """
    assigned = _assigned(node.body)
    for attribute in ("_name", "_inherit"):
        if attribute in assigned:
            value = assigned[attribute]
            if isinstance(value, ast.Name):
                value = _assigned(tree.body).get(value.id)
            try:
                names = ast.literal_eval(value)
            except ValueError:
                names = ()
            names = [names] if isinstance(names, str) else names
            if not names or not all(isinstance(name, str) for name in names):
                raise ValueError(
                    f"{attribute} of {node.name} cannot be read: write the model's name there."
                )
            return names[0]
    return None


def _assigned(body):
    found = {}
    for node in body:
        targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name) and getattr(node, "value", None):
                found[target.id] = node.value
    return found


def _methods(node):
    """The methods of a class, each name once: which of two in one class counts, ruff says."""
    found = {}
    for child in node.body:
        for inner in ast.walk(child) if isinstance(child, ast.If | ast.Try) else [child]:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                found.setdefault(inner.name, inner)
    return found.items()


def _calls_super(method):
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
        for node in ast.walk(method)
    )
