"""The edition before this one, from history or packed, and what `contents` finds lost."""

import ast
import doctest
import shutil

import pytest
from sam import contents, old_edition, paths, ui

# of the addons at the commit, without what is not needed: the same wherever they come from
DIGEST = "00d0c30a319c"


def needed(folder):
    """Take away what the packed copy has not, and return the digest of the rest."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and not old_edition.is_needed(str(path.relative_to(folder))):
            path.unlink()
    return paths.tree_digest([folder])


@pytest.fixture
def without_history(tmp_path):
    """A checkout of ours without git."""
    root = tmp_path / "sources"
    shutil.copytree(paths.ROOT / "ai_brain", root / "ai_brain")
    return root


def test_history_and_the_packed_copy_hold_the_same_edition(tmp_path, without_history):
    assert old_edition._archived(without_history) is None
    packed = old_edition.lay(tmp_path / "packed", without_history)
    assert needed(packed) == DIGEST
    assert needed(old_edition.lay(tmp_path / "at-hand")) == DIGEST


def test_the_old_edition_can_be_upgraded_from(tmp_path, without_history):
    packed = old_edition.lay(tmp_path / "packed", without_history)
    for name in paths.OWN_ADDONS:
        then, now = (
            ast.literal_eval((root / name / "__manifest__.py").read_text())["version"]
            for root in (packed, paths.ROOT)
        )
        assert then == "18.0.1.0.0"
        assert then < now


def test_what_is_borrowed_is_found_where_it_lies_today(tmp_path, without_history):
    brain = without_history / "ai_brain"
    (found,) = brain.rglob("o200k_base.xz")
    (brain / "elsewhere").mkdir()
    found.rename(brain / "elsewhere" / found.name)
    packed = old_edition.lay(tmp_path / "packed", without_history)
    assert needed(packed) == DIGEST


def test_a_borrowed_file_that_changed_is_named(tmp_path, without_history):
    (found,) = (without_history / "ai_brain").rglob("o200k_base.xz")
    found.write_bytes(b"another vocabulary")
    with pytest.raises(ui.Failure, match=r"o200k_base\.xz of the old edition is nowhere"):
        old_edition.lay(tmp_path / "packed", without_history)


def test_without_history_nothing_is_packed(without_history):
    with pytest.raises(ui.Failure, match="git fetch --unshallow"):
        old_edition.pack(without_history)


@pytest.mark.parametrize("module", [contents, old_edition])
def test_examples(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed
