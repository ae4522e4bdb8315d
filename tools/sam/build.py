"""./sam build: an edition of the addons for another Odoo series, made from the 18.0 source."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from . import environment, odoo_source
from .paths import OWN_ADDONS, ROOT, cache_dir, digest, locked, own_addons, tree_digest
from .ui import Failure, say, step

TEST_ADDONS = Path("tests") / "addons"
DAY_S = 24 * 3600
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def run(options) -> int:
    """`./sam build --series 19.0 [--out DIR]`: write the edition to build/19.0 or DIR."""
    if options.series == odoo_source.DEFAULT_SERIES:
        raise Failure(f"The source is the {options.series} edition already. Name another series.")
    _series, tree = odoo_source.choose(options.series, options.odoo)
    python = environment.python_for("server", series=options.series)
    target = Path(options.out).absolute() if options.out else ROOT / "build" / options.series
    # only what an earlier build left is replaced
    if target.exists() and any(p.name not in OWN_ADDONS for p in target.iterdir()):
        raise Failure(f"{target} holds something else: name an empty folder with --out.")
    make(options.series, tree, python, target)
    for name in own_addons(target):
        say(f"  {target / name}")
    return 0


def edition(series, tree: Path, python: Path) -> Path:
    """The folder with the addons for `series`: the source itself, or an edition in the cache."""
    if series == odoo_source.DEFAULT_SERIES:
        return ROOT
    own = [ROOT / name for name in own_addons()]
    parts = [*own, ROOT / TEST_ADDONS, ROOT / "port", tree / "odoo/upgrade_code"]
    target = cache_dir() / "build" / f"{series}-{digest(tree_digest(parts))}"
    with locked(cache_dir() / "build.lock"):
        if not (target / "complete").exists():
            with step(f"making the {series} edition of the addons"):
                make(series, tree, python, target, [*own_addons(), TEST_ADDONS])
            (target / "complete").touch()
            _forget_old(target)
        os.utime(target)
    return target


def make(series, tree: Path, python: Path, target: Path, folders=None, source: Path = ROOT):
    """Copy the addons (or `folders`) of `source` to `target`, and rewrite the copy there.

    Odoo's scripts come first, then ours.

    :raises Failure: with the script's error; `target` is then left away
    """
    script = ROOT / "port" / f"{series}.py"
    if not script.exists():
        raise Failure(f"There is no {script.relative_to(ROOT)}: this series cannot be made yet.")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in folders or own_addons(source):
        if (source / name).exists():
            shutil.copytree(source / name, target / name, ignore=IGNORED)
    runner = Path(__file__).with_name("port_code.py")
    done = subprocess.run(
        [str(p) for p in (python, runner, target, odoo_source.DEFAULT_SERIES, series, script)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        shutil.rmtree(target, ignore_errors=True)
        raise Failure(f"The {series} edition could not be made:\n{done.stderr[-3000:]}")


def _forget_old(kept: Path):
    """Remove editions that nobody has asked for in a day: another sam may be running on one."""
    for path in kept.parent.iterdir():
        if re.match(r"\d+\.\d+-", path.name) and time.time() - path.stat().st_mtime > DAY_S:
            shutil.rmtree(path, ignore_errors=True)
