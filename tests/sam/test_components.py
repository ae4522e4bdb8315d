"""Every component of ours is mounted by a Hoot test: by its name, its widget's, or in another."""

import re

import pytest
from sam.paths import ROOT

STATIC = ROOT / "ai_sam_cost_dashboard" / "static"
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("src/**/*.js"))}
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in STATIC.glob("tests/**/*.test.js"))
CLASS = re.compile(r"^(?:export )?class (\w+) extends (\w+)", re.M)
#: No component, though a class.
OTHERS = {"Error"}


def _components():
    return {
        name: text
        for text in SOURCES.values()
        for name, parent in CLASS.findall(text)
        if parent not in OTHERS
    }


def _mounted(name, text, components, seen=()):
    if re.search(rf"\b{name}\b", TESTS):
        return True
    keys = re.findall(r'category\("(?:fields|views)"\)\s*\.add\("(\w+)"', text)
    if any(re.search(rf'(?:widget|js_class)="{key}"', TESTS) for key in keys):
        return True
    holders = {
        other: held
        for other, held in components.items()
        if other not in (*seen, name)
        and re.search(rf"static components = {{[^}}]*\b{name}\b", held)
    }
    return any(_mounted(*holder, components, (*seen, name)) for holder in holders.items())


@pytest.mark.parametrize("name", _components())
def test_a_hoot_test_mounts_it(name):
    components = _components()
    assert _mounted(name, components[name], components), f"{name} has no test in static/tests"


def test_there_are_as_many_as_one_sees():
    assert len(_components()) >= 28
