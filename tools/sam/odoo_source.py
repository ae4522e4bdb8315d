"""Odoo's source tree: named, found in the cache, or cloned."""

import ast
import os
import re
import shutil
import time
from pathlib import Path

from . import debian
from .paths import cache_dir, locked
from .ui import Failure, say, watched

REPOSITORY = "https://github.com/odoo/odoo.git"
PROBE_S = 30  # a network that answers nothing must not hold a person up for minutes,
RETRY_S = 24 * 3600  # nor do so at every start
DEFAULT_SERIES = "18.0"
SERIES = ("18.0", "19.0")


def series_of(tree: Path):
    """The series of an Odoo tree as text ('18.0'), or None when it is no Odoo tree."""
    release = tree / "odoo" / "release.py"
    if not release.is_file() or not (tree / "odoo-bin").is_file():
        return None
    for node in ast.parse(release.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "version_info":
            # FINAL and its like are names: only the two numbers are read
            major, minor = (part.value for part in node.value.elts[:2])
            return f"{major}.{minor}"
    return None


def locate(series=DEFAULT_SERIES, named=None):
    """The tree named by --odoo or the environment, or found in the cache; None when there is none.

    :raises Failure: when the tree that was named is not Odoo of this series
    """
    variable = "ODOO_HOME" if series == DEFAULT_SERIES else f"ODOO_HOME_{series.split('.')[0]}"
    for origin, value in (("--odoo", named), (f"${variable}", os.environ.get(variable))):
        if not value:
            continue
        tree = Path(value).expanduser().resolve()
        found = series_of(tree)
        if found != series:
            what = f"Odoo {found}" if found else "not an Odoo source tree"
            raise Failure(f"{origin} names {tree}, which is {what}; Odoo {series} is needed.")
        return tree
    return in_cache(series)


def in_cache(series):
    """The tree of `series` that an earlier run has left in the cache, or None."""
    tree = cache_dir() / f"odoo-{series}"
    return tree if series_of(tree) == series else None


def clone(series=DEFAULT_SERIES) -> Path:
    """Clone the public branch of `series` into the cache, without history.

    :raises Failure: when git or the repository is not there
    """
    tree = cache_dir() / f"odoo-{series}"
    by_hand = (
        f"  Put an Odoo {series} tree at {tree}, or name one: ./sam … --odoo DIRECTORY\n"
        f"  e.g. git clone --depth 1 --branch {series} {REPOSITORY} {tree}"
    )
    if not shutil.which("git"):
        raise Failure(f"git is needed to fetch Odoo: apt install git\n{by_hand}")
    with locked(cache_dir() / "odoo.lock"):
        if series_of(tree) == series:
            return tree
        say(f"Odoo {series} is not on this machine: cloning its public branch (about 350 MB)")
        partial = tree.with_name(tree.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            probe = ["ls-remote", "--exit-code", REPOSITORY, series]
            _git(probe, "reaching Odoo's repository", PROBE_S)
            branch = ["--depth", "1", "--single-branch", "--branch", series]
            options = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"]
            command = [*options, "clone", "--progress", *branch, REPOSITORY, partial]
            _git(command, f"cloning Odoo {series}")
            shutil.rmtree(tree, ignore_errors=True)
            partial.rename(tree)
        except Failure:
            _refusal(series).touch()
            raise Failure(f"Odoo's repository could not be reached.\n{by_hand}") from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return tree


def _git(arguments, title, timeout_s=None):
    watched(
        ["git", *arguments],
        title,
        log=cache_dir() / "logs" / "clone.log",
        detail=_clone_progress,
        timeout_s=timeout_s,
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        fail="git failed.",
    )


def _refusal(series) -> Path:
    """A file whose age says when a clone was last tried in vain."""
    return cache_dir() / f"out-of-reach-{series}"


def out_of_reach(series) -> bool:
    """Whether `series` is not here and could not be cloned a short while ago."""
    mark = _refusal(series)
    fresh = mark.exists() and time.time() - mark.stat().st_mtime < RETRY_S
    return fresh and locate(series) is None


def _clone_progress(line):
    match = re.search(r"((?:Receiving|Resolving|Updating|Counting)[^,]*?\d+%.*)", line)
    return match and match[1][:80]


def find(series=DEFAULT_SERIES, named=None) -> Path:
    """The tree of `series`: see `locate`; else cloned; else from Debian's package if there is one.

    :raises Failure: when it can be had in none of these ways
    """
    tree = locate(series, named)
    if tree:
        return tree
    try:
        return clone(series)
    except Failure as failure:
        if not debian.available(series):
            raise
        say(f"  {str(failure).splitlines()[0]}")
        return debian.fetch(series)


def choose(series=None, named=None):
    """(series, tree) for a command: the series asked for, else that of --odoo, else the default.

    Where the default can neither be found nor cloned, the next series is taken, and said so.
    """
    if series:
        return series, find(series, named)
    if named:
        found = series_of(Path(named).expanduser())
        series = found if found in SERIES else DEFAULT_SERIES
        return series, find(series, named)
    other = SERIES[-1]
    if out_of_reach(DEFAULT_SERIES) and locate(other):
        say(f"Odoo {DEFAULT_SERIES} was out of reach: {other} (--series {DEFAULT_SERIES} retries)")
        return other, locate(other)
    try:
        return DEFAULT_SERIES, find(DEFAULT_SERIES)
    except Failure:
        say(f"Odoo {DEFAULT_SERIES} can be neither found nor cloned here: going on with {other}.")
        return other, find(other)


def at_hand():
    """The first series whose source is here already; the default when there is none."""
    return next((series for series in SERIES if locate(series)), DEFAULT_SERIES)
