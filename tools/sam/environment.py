"""The Python environment: made once for each set of requirements, with uv or else pip."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .paths import ROOT, cache_dir, digest, locked
from .ui import Failure, say, watched

KINDS = {
    "server": "requirements.txt",
    "dev": "requirements-dev.txt",
    "clients": "requirements-clients.txt",
    "contract": "requirements-contract.txt",
    "proxy": "requirements-proxy.txt",
}
#: Those that know nothing of Odoo: they serve any series.
APART = ("clients", "contract", "proxy")


def python_for(kind="server", series="18.0") -> Path:
    """The interpreter of the environment `kind`, which is made first if it is not there yet.

    :param kind: 'server' (what Odoo and the addons need), 'dev' (tests and lint besides),
        'clients' (the vendors' own clients, and nothing else), 'contract' (schemathesis) or 'proxy'
        (LiteLLM's, for a benchmark)
    :param series: of Odoo; port/requirements-SERIES.txt holds what it needs besides
    :raises Failure: when a package cannot be had; says how to go on
    """
    files = [ROOT / KINDS[kind]]
    more = ROOT / "port" / f"requirements-{series}.txt"
    if more.exists() and kind not in APART:
        files.append(more)
    below = set() if kind in APART else {ROOT / KINDS["server"]}
    texts = [path.read_bytes() for path in {*files, *below}]
    version = ".".join(map(str, sys.version_info[:2]))
    target = cache_dir() / "python" / f"{kind}-{version}-{digest(*sorted(texts))}"
    requirements = [word for path in files for word in ("-r", str(path))]
    python = target / "bin" / "python"
    with locked(cache_dir() / "python.lock"):
        # the mark is written last: an environment cut short by Ctrl-C is made again
        if not (target / "complete").exists():
            say(f"Python environment for {kind}, once: {target}")
            _make(target, python, requirements)
            (target / "complete").write_text("made by sam\n")
    return python


def install_into(folder: Path, package: str, python: Path):
    """Unpack one package from the registry into a folder of its own, without dependencies."""
    log = cache_dir() / "logs" / f"package-{folder.name}.log"
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--python", python, "--target", folder, "--no-deps"]
        if watched([*command, package], f"fetching {package}", log=log)[0] == 0:
            return
    command = [sys.executable, "-m", "pip", "install", "--target", folder, "--no-deps", package]
    watched(
        command,
        f"fetching {package} with pip",
        log=log,
        fail=f"The package {package} could not be had from the package registry.",
    )


def _make(target: Path, python: Path, requirements):
    shutil.rmtree(target, ignore_errors=True)
    log = cache_dir() / "logs" / f"{target.name}.log"
    uv = shutil.which("uv")
    if uv:
        made = watched(
            [uv, "venv", "--quiet", "--python", sys.executable, target], "making it (uv)", log=log
        )
        command = [uv, "pip", "install", "--python", python, *requirements]
        if made[0] == 0 and watched(command, "installing packages (uv)", log=log)[0] == 0:
            return
        say(f"    uv could not do it (see {log}); trying pip")
        shutil.rmtree(target, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None:
        version = ".".join(map(str, sys.version_info[:2]))
        raise Failure(
            "This Python cannot make an environment: its venv package is missing.\n"
            f"  Debian, Ubuntu: apt install python{version}-venv\n"
            "  or install uv, which sam uses when it finds it: pip install uv"
        )
    watched(
        [sys.executable, "-m", "venv", target],
        "making it (venv)",
        log=log,
        fail="The Python environment could not be made.",
    )
    watched(
        [python, "-m", "pip", "install", "--disable-pip-version-check", *requirements],
        "installing packages (pip)",
        log=log,
        fail="The Python packages could not be installed.\n"
        "  Is the package registry that pip is configured for reachable? pip download wheel",
    )


def run_script(python: Path, script: Path, data: str) -> str:
    """Run one of our helper scripts in the environment, `data` on its standard input."""
    done = subprocess.run(
        [str(python), str(script)],
        input=data,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if done.returncode:
        raise Failure(done.stderr.strip() or f"{script.name} failed")
    return done.stdout
