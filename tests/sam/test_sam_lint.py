"""What ./sam lint demands of the repository's own files."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from sam import environment, lint, ui

ROOT = Path(__file__).resolve().parents[2]


def test_the_npm_lock_names_no_registry():
    packages = json.loads((ROOT / "tools/node/package-lock.json").read_text())["packages"]
    assert len(packages) > 50
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


@pytest.fixture
def judges(monkeypatch):
    """Judges that find nothing to complain of, save eslint, which is the real one."""
    monkeypatch.setattr(environment, "python_for", lambda kind, series: None)
    monkeypatch.setattr(lint, "_ruff", lambda python, fix: True)
    monkeypatch.setattr(lint, "_house", lambda: True)
    monkeypatch.setattr(lint, "_pylint", lambda python: True)
    monkeypatch.setattr(lint, "_xml", lambda: True)


@pytest.mark.usefixtures("judges")
@pytest.mark.parametrize("missing", ["node", "Odoo"])
def test_one_judge_without_its_tools_does_not_silence_the_others(
    monkeypatch, capsys, tmp_path, missing
):
    def not_here(*_arguments, **_named):
        raise ui.Failure(f"{missing} is not here")

    monkeypatch.setattr(lint.odoo_source, "choose", lambda named: ("18.0", tmp_path))
    monkeypatch.setattr(
        *{"node": (lint, "node_modules"), "Odoo": (lint.odoo_source, "choose")}[missing], not_here
    )
    assert lint.run(SimpleNamespace(fix=False, odoo=None)) == 1
    output = capsys.readouterr().out
    assert f"{missing} is not here" in output
    assert "eslint       FAILED" in output
    assert "xml          ok" in output


def test_broken_xml_is_found(monkeypatch, tmp_path, capsys):
    (tmp_path / "ai_brain").mkdir()
    (tmp_path / "ai_brain" / "view.xml").write_text("<odoo><record></odoo>")
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    monkeypatch.setattr(lint, "own_addons", lambda: ["ai_brain"])
    assert lint._xml() is False
    assert "view.xml" in capsys.readouterr().out


def test_a_breach_of_the_house_rules_is_printed_with_its_place(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    assert lint._house() is True
    (tmp_path / "ai_brain" / "engine").mkdir(parents=True)
    (tmp_path / "ai_brain" / "__manifest__.py").write_text("{}")
    (tmp_path / "ai_brain" / "engine" / "budget.py").write_text("import odoo\n")
    assert lint._house() is False
    assert "ai_brain/engine/budget.py:1: imports odoo; " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pins(name):
    lines = (ROOT / name).read_text().splitlines()
    wanted = [line.split("#")[0].strip() for line in lines]
    loose = [line for line in wanted if line and "==" not in line and not line.startswith("-r ")]
    assert loose == []
