"""The edition before this one, which a database may have been filled by.

Its addons come from git history; where that is not at hand (a shallow clone, an archive of the
sources) from a copy of ours, which `tools/pack_old_edition.py` makes.
"""

import hashlib
import io
import lzma
import shutil
import subprocess
import tarfile
from pathlib import Path

from .paths import OWN_ADDONS, ROOT
from .ui import Failure

COMMIT = "626fe26c750885a6a942082f72bae221d0e1eb07"  # the last one with both addons at 1.0.0
PACKED = ROOT / "tests" / "upgrade" / "old_edition.tar.xz"

# large and the same ever since: the packed copy names it with its digest, and borrows it
BORROWED = "vocab"
LIST = "borrowed.txt"


def lay(target: Path, root: Path = ROOT) -> Path:
    """Write the old edition's addons into the empty folder `target`; returns it.

    :raises Failure: when the packed copy misses a file that the current tree no longer has
    """
    target.mkdir(parents=True)
    archive = _archived(root)
    if archive is None:
        with lzma.open(PACKED) as packed:
            archive = packed.read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        members.extractall(target)
    _borrow(target, root)
    return target


def pack(root: Path = ROOT):
    """Make the packed copy from git history: the same bytes for the same xz.

    :raises Failure: without the history
    """
    archive = _archived(root)
    if archive is None:
        raise Failure(f"The commit {COMMIT} is not in this repository: git fetch --unshallow")
    packed, borrowed = io.BytesIO(), []
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            if not member.isfile() or not is_needed(member.name):
                continue
            data = old.extractfile(member).read()
            if BORROWED in member.name.split("/") and member.name.endswith(".xz"):
                borrowed.append(f"{hashlib.sha256(data).hexdigest()}  {member.name}\n")
                continue
            _add(new, member.name, data)
        _add(new, LIST, "".join(borrowed).encode())
    PACKED.write_bytes(lzma.compress(packed.getvalue(), preset=9 | lzma.PRESET_EXTREME))


def is_needed(name) -> bool:
    """Whether an installation wants the file: not tests and screenshots, which are not packed.

    >>> [is_needed(f"a/{name}") for name in ("engine/tests/x.json", "static/description/a.png")]
    [False, False]
    >>> [is_needed(f"a/{name}") for name in ("engine/tests.py", "static/description/icon.png")]
    [True, True]
    """
    path = Path(name)
    screenshot = path.parent.name == "description" and path.suffix == ".png"
    return "tests" not in path.parts[:-1] and not (screenshot and path.stem != "icon")


def _archived(root):
    """The addons at COMMIT as a tar, or None where git does not have them."""
    try:
        done = subprocess.run(
            ["git", "-C", root, "archive", "--format=tar", COMMIT, *OWN_ADDONS],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout


def _add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    member.mode = 0o644
    archive.addfile(member, io.BytesIO(data))


def _borrow(target, root):
    """Take what the packed copy only names from the current tree, wherever it lies there now."""
    listed = target / LIST
    if not listed.exists():
        return
    for line in listed.read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        for found in sorted((root / OWN_ADDONS[0]).rglob(Path(name).name)):
            if hashlib.sha256(found.read_bytes()).hexdigest() == digest:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, target / name)
                break
        else:
            raise Failure(
                f"{name} of the old edition is nowhere in the current one: no longer borrow it "
                "(tools/sam/old_edition.py), and run tools/pack_old_edition.py where git has "
                "the history."
            )
    listed.unlink()
