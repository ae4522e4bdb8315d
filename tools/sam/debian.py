"""Odoo from Debian's package, for machines that reach apt's mirror and not Odoo's repository.

The package is downloaded with apt's own client, which checks the archive's signature, and is
unpacked into the cache; it is not installed. Lists and archives lie in folders of our own, so that
the system's apt stays as it was.
"""

import ast
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .paths import cache_dir, locked
from .ui import Failure, say, watched

PACKAGES = {"19.0": "odoo-19"}
SUITE = "sid"
# Odoo's icons need version 4 of this font, which sid has given up; these releases have it.
OLDER_SUITES = ("trixie", "bookworm")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# what the package's links into /usr/share point to
ASSETS = re.compile(r"^(fonts-|libjs-|gsfonts)")
LAUNCHER = """#!/usr/bin/env python3
import os

os.environ["TZ"] = "UTC"

import odoo.cli

odoo.cli.main()
"""


def available(series) -> bool:
    """Whether this machine has apt and Debian packages this series."""
    return series in PACKAGES and bool(shutil.which("apt-get") and shutil.which("dpkg"))


def fetch(series) -> Path:
    """Download and unpack Odoo `series` into the cache; return its tree.

    :raises Failure: without apt, a Debian mirror or the package
    """
    if not available(series):
        raise Failure(f"Odoo {series} is no package that apt could fetch on this machine.")
    tree = cache_dir() / f"odoo-{series}"
    log = cache_dir() / "logs" / "apt.log"
    with locked(cache_dir() / "odoo.lock"):
        if (tree / "odoo-bin").exists():
            return tree
        say(f"Odoo {series}: taking Debian's package {PACKAGES[series]} (122 MB) with apt")
        partial = tree.with_name(tree.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            with tempfile.TemporaryDirectory(prefix="sam-apt-") as folder:
                apt = _Apt(Path(folder), log)
                apt.update()
                for archive in apt.download(PACKAGES[series]):
                    _unpack(archive, partial)
                broken = {target for _link, target in _broken_links(partial)}
                for archive in apt.download_older(_owners(broken)):
                    _unpack(archive, partial)
            _arrange(partial)
            lost = sorted(str(link) for link, _target in _broken_links(partial))
            if any("fontawesome" in link or "jquery" in link for link in lost):
                raise Failure(f"Debian's package of Odoo lacks files: {', '.join(lost)}")
            shutil.rmtree(tree, ignore_errors=True)
            partial.rename(tree)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return tree


def program(package, name) -> Path:
    """Download and unpack a package of a stable release into the cache, without installing it;
    return its program `name`.

    :raises Failure: without apt, a Debian mirror or the package
    """
    folder = cache_dir() / "debian" / package
    log = cache_dir() / "logs" / "apt.log"
    with locked(cache_dir() / "debian.lock"):
        found = _program_in(folder, name)
        if found:
            return found
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            raise Failure(f"{name} is missing, and this machine has no apt to fetch {package} by.")
        say(f"{name}: taking Debian's package {package} with apt")
        partial = folder.with_name(f"{package}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with tempfile.TemporaryDirectory(prefix="sam-apt-") as lists:
            apt = _Apt(Path(lists), log)
            apt.update()
            # the oldest of the releases that still get updates: it runs on every newer one
            for archive in apt.download_older([package], reversed(OLDER_SUITES)):
                _unpack(archive, partial)
        if not _program_in(partial, name):
            raise Failure(f"Debian's package {package} was not found, or has no {name}.")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    return _program_in(folder, name)


def _program_in(folder, name):
    there = (folder / "usr" / part / name for part in ("bin", "sbin"))
    return next((path for path in there if path.exists()), None)


def _mirror() -> str:
    """The Debian mirror that this machine's apt is configured for."""
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(RELEASE)|$(SITE)"],
        capture_output=True,
        text=True,
    )
    rows = [line.split("|") for line in done.stdout.splitlines()]
    sites = [row[2] for row in rows if len(row) == 3 and row[0] == "Debian"]
    # security updates may lie on a server that has no other suite
    sites = [site for site in sites if "security" not in site] or sites
    if not sites:
        sites = [*_configured_sites()]
    if not sites:
        raise Failure(
            "apt names no Debian mirror to take Odoo's package from (on Debian: apt-get update).\n"
            "  Or name an Odoo source tree: ./sam … --odoo DIRECTORY"
        )
    return sites[0]


def _configured_sites():
    """The mirrors of apt's source files: on a fresh machine its lists are still empty."""
    files = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for path in files:
        if not path.is_file() or path.suffix not in (".list", ".sources"):
            continue
        for line in path.read_text(errors="replace").splitlines():
            match = re.match(r"(?:deb\s+(?:\[[^]]*\]\s+)?|URIs:\s*)(\S+://\S+)", line.strip())
            if match and "debian" in match[1] and "security" not in match[1]:
                yield match[1].rstrip("/")


class _Apt:
    """apt's client with lists, caches and sources in `folder`."""

    def __init__(self, folder: Path, log: Path):
        self.folder = folder
        self.log = log
        for part in ("state/lists/partial", "cache/archives/partial", "archives"):
            (folder / part).mkdir(parents=True)
        (folder / "state" / "status").touch()
        trust = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        mirror = _mirror()
        suites = (SUITE, *OLDER_SUITES)
        (folder / "sources.list").write_text(
            "".join(f"deb {trust}{mirror} {suite} main\n" for suite in suites)
        )
        (folder / "preferences").write_text(
            f"Package: *\nPin: release n={SUITE}\nPin-Priority: 900\n"
        )
        settings = {
            "Dir::State": folder / "state",
            "Dir::State::status": folder / "state" / "status",
            "Dir::Cache": folder / "cache",
            "Dir::Etc::SourceList": folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": folder / "preferences",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Acquire::Languages": "none",
            "APT::Get::List-Cleanup": "0",
            # the account _apt could not write into our folders
            "APT::Sandbox::User": "root",
        }
        config = folder / "apt.conf"
        config.write_text("".join(f'{key} "{value}";\n' for key, value in settings.items()))
        self.env = {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C"}

    def update(self):
        """Fetch the lists. A suite that the mirror lacks is no error, sid is."""
        code, lines = watched(
            ["apt-get", "update"], "reading the package lists", log=self.log, env=self.env
        )
        got = any(
            path.name.endswith("Packages") or "_Packages." in path.name
            for path in (self.folder / "state" / "lists").glob(f"*_{SUITE}_*")
        )
        if not got:
            tail = "\n".join(f"    {line}" for line in lines[-8:])
            raise Failure(f"apt (exit code {code}) got no list of Debian's suite {SUITE}:\n{tail}")

    def download(self, package):
        """The archives of a package and of the fonts and scripts that it links to."""
        return self._fetch([package, *self._assets(package)], f"downloading {package}")

    def download_older(self, packages, suites=OLDER_SUITES):
        """Packages in the version of the first of these suites that has each."""
        suites = [*suites]
        wanted = []
        for package in sorted(packages):
            for suite in suites:
                shown = self._run("apt-cache", "madison", package)
                if f" {suite}/" in shown:
                    wanted.append(f"{package}/{suite}")
                    break
        return self._fetch(wanted, f"downloading {', '.join(wanted)}") if wanted else []

    def _assets(self, package):
        for line in self._run("apt-cache", "show", f"{package}/{SUITE}").splitlines():
            if line.startswith("Depends:"):
                # of alternatives the first is taken
                names = [part.split("|")[0].split()[0] for part in line[8:].split(",")]
                return [name for name in names if ASSETS.match(name)]
        raise Failure(f"Debian's suite {SUITE} has no package {package} on this mirror.")

    def _fetch(self, packages, title):
        target = self.folder / "archives"
        before = set(target.glob("*.deb"))
        watched(
            ["apt-get", "download", *packages],
            title,
            log=self.log,
            cwd=target,
            env=self.env,
            fail=f"apt could not download {', '.join(packages)}.",
        )
        return sorted(set(target.glob("*.deb")) - before)

    def _run(self, *command):
        return subprocess.run(command, capture_output=True, text=True, env=self.env).stdout


def _unpack(archive: Path, folder: Path):
    done = subprocess.run(["dpkg", "-x", archive, folder], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"{archive.name} could not be unpacked: {done.stderr.strip()}")


def _broken_links(folder: Path):
    """(link, target inside `folder`) of links to files that are not there."""
    for link in folder.rglob("*"):
        if link.is_symlink() and not link.exists():
            target = Path(os.readlink(link))
            if target.is_absolute():
                inside = folder / target.relative_to("/")
                if inside.exists():
                    link.unlink()
                    link.symlink_to(os.path.relpath(inside, link.parent))
                    continue
            yield link, str(Path(os.path.normpath(link.parent / target)).relative_to(folder))


def _owners(targets):
    """The packages that these missing files come from: the folder in /usr/share is named so."""
    found = set()
    for target in targets:
        match = re.match(r"usr/share/(fonts-[a-z-]+)/|usr/share/javascript/([a-z.-]+)/", target)
        if match:
            found.add(match[1] or f"libjs-{match[2]}")
    return found


def _arrange(folder: Path):
    """Give the unpacked package the shape of a source tree: odoo-bin and odoo/."""
    packages = folder / "usr" / "lib" / "python3" / "dist-packages"
    # the addons are there twice; odoo/addons has those of the server as well
    shutil.rmtree(packages / "addons", ignore_errors=True)
    (folder / "odoo").symlink_to((packages / "odoo").relative_to(folder))
    launcher = folder / "odoo-bin"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    _fill_gaps(packages / "odoo" / "addons")


def _fill_gaps(addons: Path):
    """Empty files in the place of libraries that Debian left out of its package.

    A bundle that names a missing file logs an error in each browser that loads it.
    """
    for manifest in addons.glob("*/__manifest__.py"):
        assets = ast.literal_eval(manifest.read_text(encoding="utf-8")).get("assets", {})
        for entry in (entry for entries in assets.values() for entry in entries):
            path = entry if isinstance(entry, str) else entry[-1]
            library = re.fullmatch(r"/?(\w+/static/lib/[^*]+\.js)", path)
            if library and not (addons / library[1]).exists():
                (addons / library[1]).parent.mkdir(parents=True, exist_ok=True)
                (addons / library[1]).write_text("/* not in Debian's package of Odoo */\n")
