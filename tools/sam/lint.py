"""./sam lint: the same five judges for everybody."""

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree
from pathlib import Path

from . import environment, house, odoo_source
from .paths import ROOT, cache_dir, digest, locked, own_addons
from .ui import Failure, say, watched

NODE_PACKAGES = ROOT / "tools" / "node"


def run(options) -> int:
    """`./sam lint`: 0 only if none of the judges has a complaint."""
    try:
        series, tree = odoo_source.choose(named=options.odoo)
    except Failure as failure:
        say(str(failure))
        series, tree = odoo_source.DEFAULT_SERIES, None
    # the environment in which the tests of this Odoo run
    python = environment.python_for("dev", series)
    judges = {
        "ruff": lambda: _ruff(python, fix=options.fix),
        "house rules": _house,
        "pylint-odoo": lambda: _pylint(python),
        "eslint": lambda: _eslint(tree, fix=options.fix),
        "xml": _xml,
    }
    results = {}
    for name, judge in judges.items():
        try:
            results[name] = judge()
        except Failure as failure:  # what one judge lacks does not silence the others
            say(str(failure))
            results[name] = False
    say()
    for name, good in results.items():
        say(f"{name:12} {'ok' if good else 'FAILED'}")
    return 0 if all(results.values()) else 1


def _call(*command, **more) -> bool:
    return subprocess.run([str(p) for p in command], cwd=ROOT, **more).returncode == 0


def _ruff(python, *, fix) -> bool:
    say("== ruff")
    files = [".", "sam"]
    if fix:
        checked = _call(python, "-m", "ruff", "check", "--quiet", "--fix", *files)
        return _call(python, "-m", "ruff", "format", "--quiet", *files) and checked
    checked = _call(python, "-m", "ruff", "check", "--quiet", *files)
    return _call(python, "-m", "ruff", "format", "--quiet", "--check", *files) and checked


def _house() -> bool:
    say("== house rules")
    found = house.complaints(ROOT)
    for complaint in found:
        say(str(complaint))
    return not found


def _pylint(python) -> bool:
    say("== pylint-odoo")
    addons = own_addons()
    if not addons:
        raise Failure("No addon in this checkout.")
    # 10 of 10 or nothing: any message fails
    return _call(python, "-m", "pylint", "--rcfile", ROOT / ".pylintrc", "--fail-under=10", *addons)


def _scripts():
    folders = [ROOT / name / "static" for name in own_addons()]
    found = [path for folder in folders for path in sorted(folder.rglob("*.js"))]
    return [path for path in found if "lib" not in path.relative_to(ROOT).parts]


def _eslint(tree, *, fix) -> bool:
    say("== eslint and prettier")
    scripts = _scripts()
    if not scripts:
        say("   no JavaScript")
        return True
    if not tree:
        raise Failure("Odoo's rules for JavaScript cannot be had without an Odoo.")
    modules = node_modules()
    # Odoo's own rules, from the tree that is used anyway
    places = [tree / part / "web/tooling/_eslintrc.json" for part in ("addons", "odoo/addons")]
    rules = next((path for path in places if path.is_file()), None)
    if not rules:
        raise Failure(f"{tree} has no web/tooling/_eslintrc.json. Name another Odoo: --odoo")
    command = ["node", modules / "node_modules/eslint/bin/eslint.js", "--no-eslintrc"]
    command += ["--config", rules, "--resolve-plugins-relative-to", modules, "--max-warnings", "0"]
    if fix:
        command.append("--fix")
    return _call(*command, *scripts, env={**os.environ, "NODE_PATH": str(modules / "node_modules")})


def node_modules() -> Path:
    """The folder, in the cache, where the packages of tools/node are installed.

    :raises Failure: without node and npm, or when the packages cannot be had
    """
    for program in ("node", "npm"):
        if not shutil.which(program):
            raise Failure(
                f"{program} is needed to lint JavaScript and to test the screens: "
                "apt install nodejs npm"
            )
    manifest = NODE_PACKAGES / "package.json"
    lock = NODE_PACKAGES / "package-lock.json"
    for entry in json.loads(lock.read_text())["packages"].values():
        if "resolved" in entry:
            raise Failure(f"{lock.relative_to(ROOT)} names a registry: npm install in tools/node")
    folder = cache_dir() / "node" / digest(manifest.read_bytes(), lock.read_bytes())
    with locked(cache_dir() / "node.lock"):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for path in (manifest, lock):
                shutil.copy(path, folder)
            watched(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                "installing eslint, prettier, axe-core and rtlcss, once",
                log=cache_dir() / "logs" / "npm.log",
                cwd=folder,
                fail="npm could not install the packages of tools/node.",
            )
            (folder / "complete").touch()
    return folder


def _xml() -> bool:
    say("== xml")
    good = True
    for name in own_addons():
        for path in sorted((ROOT / name).rglob("*.xml")) + sorted((ROOT / name).rglob("*.svg")):
            try:
                xml.etree.ElementTree.parse(path)
            except xml.etree.ElementTree.ParseError as error:
                say(f"{path.relative_to(ROOT)}: {error}")
                good = False
    return good
