"""How ./sam finds Odoo, PostgreSQL and a port."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sam import odoo_shuffled, odoo_source, paths, pg_server, server, ui

ROOT = Path(__file__).resolve().parents[2]


def make_tree(folder, series="(18, 0, 0, FINAL, 0, '')"):
    (folder / "odoo").mkdir(parents=True)
    (folder / "odoo" / "release.py").write_text(f"FINAL = 'final'\nversion_info = {series}\n")
    (folder / "odoo-bin").touch()
    return folder


def test_a_named_odoo_of_the_right_series_is_taken(tmp_path):
    tree = make_tree(tmp_path / "odoo-src")
    assert odoo_source.locate(named=str(tree)) == tree


def test_a_named_odoo_of_another_series_is_refused_by_name(tmp_path):
    tree = make_tree(tmp_path / "odoo-src", "(17, 0, 0, FINAL, 0, '')")
    with pytest.raises(ui.Failure, match=r"Odoo 17\.0; Odoo 18\.0 is needed"):
        odoo_source.locate(named=str(tree))


def test_the_environment_names_odoo(tmp_path, monkeypatch):
    monkeypatch.setenv("ODOO_HOME", str(make_tree(tmp_path / "src")))
    assert odoo_source.locate() == tmp_path / "src"


def test_without_odoo_and_network_the_message_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("ODOO_HOME", raising=False)
    monkeypatch.setattr(odoo_source, "REPOSITORY", str(tmp_path / "no-such-repository"))
    assert odoo_source.locate() is None
    with pytest.raises(ui.Failure, match=r"git clone --depth 1 --branch 18\.0"):
        odoo_source.clone()
    assert not list((tmp_path / "sam-ai").glob("odoo-*"))


def test_a_repository_out_of_reach_is_not_asked_at_every_start(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in ("ODOO_HOME", "ODOO_HOME_19"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(odoo_source, "REPOSITORY", str(tmp_path / "no-such-repository"))
    newer = make_tree(paths.cache_dir() / "odoo-19.0", "(19, 0, 0, FINAL, 0, '')")
    assert odoo_source.at_hand() == "19.0"
    for asked in (True, False):
        assert odoo_source.choose() == ("19.0", newer)
        assert ("cloning" in capsys.readouterr().out) is asked
    with pytest.raises(ui.Failure, match="could not be reached"):
        odoo_source.choose("18.0")
    assert "cloning" in capsys.readouterr().out
    make_tree(paths.cache_dir() / "odoo-18.0")
    assert odoo_source.choose()[0] == "18.0"


def test_a_clone_lands_in_the_cache(tmp_path, monkeypatch):
    source = make_tree(tmp_path / "upstream")
    for command in (["init", "-q", "-b", "18.0"], ["add", "."], ["commit", "-q", "-m", "x"]):
        author = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", "-C", source, *author, *command], check=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(odoo_source, "REPOSITORY", f"file://{source}")
    tree = odoo_source.clone()
    assert tree == tmp_path / "cache" / "sam-ai" / "odoo-18.0"
    assert odoo_source.series_of(tree) == "18.0"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://me:s%40cret@db.example:6543/mine",
            ("db.example", 6543, "me", "s@cret", "mine"),
        ),
        ("postgres://localhost", ("localhost", 5432, "odoo", "", "")),
        ("postgresql://me@/x?host=/run/pg&port=5433", ("/run/pg", 5433, "me", "", "x")),
        ("postgresql://me@%2Frun%2Fpg/x", ("/run/pg", 5432, "me", "", "x")),
    ],
)
def test_a_database_url_is_read(url, expected):
    found = pg_server._from_url(url)
    assert (found.host, found.port, found.user, found.password, found.database) == expected


@pytest.mark.parametrize("url", ["mysql://x", "localhost:5432", ""])
def test_another_url_is_refused(url):
    with pytest.raises(ui.Failure, match="postgresql://"):
        pg_server._from_url(url or "nothing")


def test_a_password_is_not_shown():
    assert "hidden" not in repr(pg_server.Server("h", 1, "u", "hidden"))


def test_the_role_postgres_is_refused_before_odoo_does(monkeypatch):
    with pytest.raises(ui.Failure, match="createuser"):
        pg_server.named_server("postgresql://postgres@localhost", None)


def test_a_closed_home_is_not_reachable_by_others(tmp_path):
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    inner.parent.chmod(0o700)
    assert not paths.reachable_by_others(inner)
    assert paths.reachable_by_others(Path("/usr/lib"))


def test_a_taken_port_is_passed_over():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert server.free_port(port) != port


def test_a_tree_digest_sees_content_and_names(tmp_path):
    (tmp_path / "a.py").write_text("1")
    first = paths.tree_digest([tmp_path])
    (tmp_path / "a.py").write_text("2")
    second = paths.tree_digest([tmp_path])
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert len({first, second, paths.tree_digest([tmp_path])}) == 3


def test_shuffling_keeps_classes_together_and_sequences_in_order():
    class Early:
        test_sequence = 0

    class Late:
        test_sequence = 5

    tests = [kind() for kind in (Late, Early) for _n in range(5)]
    result = odoo_shuffled.shuffled(tests, seed=3)
    assert sorted(map(id, result)) == sorted(map(id, tests))
    assert [type(test) for test in result] == [Early] * 5 + [Late] * 5
    assert odoo_shuffled.shuffled(tests, seed=3) == result != odoo_shuffled.shuffled(tests, seed=4)


def test_help_works_without_anything_installed():
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(ROOT / "sam"), "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    for command in ("demo", "test", "shell", "lint", "bench"):
        assert command in done.stdout
