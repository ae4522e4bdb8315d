"""Where things lie. Nothing is ever written into the repository, save build/."""

import contextlib
import fcntl
import hashlib
import os
import stat
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN_ADDONS = ("ai_brain", "ai_sam_cost_dashboard")


def cache_dir() -> Path:
    """The user's cache: environments, Odoo, private clusters, logs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "sam-ai"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def reachable_by_others(folder: Path) -> bool:
    """Whether another user may walk down to `folder` (root's home usually says no)."""
    while not folder.exists():
        folder = folder.parent
    return all(
        part.stat().st_mode & stat.S_IXOTH for part in [folder.resolve(), *folder.resolve().parents]
    )


def digest(*parts) -> str:
    """Twelve hex digits that change when any of `parts` (texts or bytes) does."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part if isinstance(part, bytes) else str(part).encode())
        total.update(b"\0")
    return total.hexdigest()[:12]


def tree_digest(folders, suffixes=None) -> str:
    """A digest of the contents of all files under `folders`, apart from what Python leaves."""
    total = hashlib.sha256()
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if not path.is_file() or "__pycache__" in path.parts:
                continue
            if suffixes and path.suffix not in suffixes:
                continue
            total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def own_addons(root: Path = ROOT) -> list[str]:
    """The suite's addons that lie in `root`, in the order in which they depend on each other."""
    return [name for name in OWN_ADDONS if (root / name / "__manifest__.py").is_file()]


@contextlib.contextmanager
def locked(path: Path):
    """Hold an exclusive lock on the file `path` (other sam processes wait)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
