"""Which tests ./sam test runs for what a person types."""

import doctest

import pytest
from sam import selection, ui

TEST = """
class TestCalls(TransactionCase):
    def test_exact_cost(self):
        pass

    def test_refused(self):
        pass

    def helper(self):
        pass
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the real addons have folders of the same names
    for folder in ("ai_brain/tests", "ai_brain/engine", "tests/sam", "ai_sam_cost_dashboard/tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "ai_brain/tests/test_calls.py").write_text(TEST)
    (tmp_path / "ai_sam_cost_dashboard/tests/test_tours.py").write_text(
        "class TestTours(HttpCase):\n    def test_all(self):\n        self.start_tour('/', 'x')\n"
    )
    (tmp_path / "tests/test_crash.py").write_text("")
    return tmp_path


def test_nothing_named_means_everything(root):
    chosen = selection.select([], root=root)
    assert chosen.parts == ["engine", "upgrade", "addons", "process"]
    assert chosen.tags == ["/ai_brain", "/ai_sam_cost_dashboard"]
    assert chosen.engine == ["ai_brain/engine", "tests/sam"]
    assert chosen.process == ["tests"]
    assert chosen.complete


def test_a_part(root):
    chosen = selection.select(["engine"], root=root)
    assert (chosen.parts, chosen.tags, chosen.process) == (["engine"], [], [])


def test_browser_is_the_files_that_start_one(root):
    chosen = selection.select(["browser"], root=root)
    assert chosen.parts == ["addons"]
    assert chosen.tags == ["/ai_sam_cost_dashboard/tests/test_tours.py"]
    assert not chosen.complete


def test_a_file_of_an_addon_becomes_a_test_tag(root):
    chosen = selection.select(["ai_brain/tests/test_calls.py"], root=root)
    assert (chosen.parts, chosen.tags) == (["addons"], ["/ai_brain/tests/test_calls.py"])


def test_pytest_s_way_to_name_a_method_is_understood(root):
    chosen = selection.select(["ai_brain/tests/test_calls.py::TestCalls::test_refused"], root=root)
    assert chosen.tags == ["/ai_brain/tests/test_calls.py:TestCalls.test_refused"]


def test_a_process_test(root):
    chosen = selection.select(["tests/test_crash.py::test_x"], root=root)
    assert (chosen.parts, chosen.process) == (["process"], ["tests/test_crash.py::test_x"])


ROOM = "ai_sam_cost_dashboard/tests/budget"


@pytest.fixture
def room(root):
    """Two test files of an addon in a room's folder, beside those that lie flat."""
    (root / ROOM).mkdir()
    (root / ROOM / "__init__.py").write_text("")
    (root / ROOM / "common.py").write_text("")
    (root / ROOM / "test_calls.py").write_text(TEST)
    (root / ROOM / "test_gauge.py").write_text("self.browser_js('/', '')")
    return root


def test_a_file_in_a_room_is_found_and_named_as_odoo_names_it(room):
    files = list(selection.addon_test_files(room))
    assert [selection.module_name(path, room) for path in files] == [
        "odoo.addons.ai_brain.tests.test_calls",
        "odoo.addons.ai_sam_cost_dashboard.tests.budget.test_calls",
        "odoo.addons.ai_sam_cost_dashboard.tests.budget.test_gauge",
        "odoo.addons.ai_sam_cost_dashboard.tests.test_tours",
    ]


def test_a_file_of_which_nothing_ran_is_told_from_its_namesake(room):
    ran = {
        "odoo.addons.ai_brain.tests.test_calls",
        "odoo.addons.ai_sam_cost_dashboard.tests.test_calls",
        "odoo.addons.ai_sam_cost_dashboard.tests.test_tours",
        "odoo.addons.ai_sam_cost_dashboard.tests.budget.test_gauge",
    }
    assert selection.files_not_run(ran, room) == [room / ROOM / "test_calls.py"]


def test_a_file_in_a_room_becomes_a_test_tag(room):
    chosen = selection.select([f"{ROOM}/test_calls.py::TestCalls::test_refused"], root=room)
    assert chosen.tags == [f"/{ROOM}/test_calls.py:TestCalls.test_refused"]


def test_a_room_becomes_the_tags_of_its_files(room):
    chosen = selection.select([ROOM], root=room)
    assert chosen.parts == ["addons"]
    assert chosen.tags == [f"/{ROOM}/test_calls.py", f"/{ROOM}/test_gauge.py"]
    assert not chosen.complete


@pytest.mark.parametrize("folder", ["ai_sam_cost_dashboard", "ai_sam_cost_dashboard/tests"])
def test_a_folder_around_the_rooms_becomes_the_addon_s_tag(room, folder):
    assert selection.select([folder], root=room).tags == ["/ai_sam_cost_dashboard"]


def test_a_room_without_tests_leaves_no_part(room):
    (room / "ai_brain/tests/empty").mkdir()
    assert selection.select(["ai_brain/tests/empty"], root=room).parts == []


def test_browser_finds_files_in_rooms(room):
    chosen = selection.select(["browser"], root=room)
    assert chosen.tags == [
        f"/{ROOM}/test_gauge.py",
        "/ai_sam_cost_dashboard/tests/test_tours.py",
    ]


def test_words_match_a_room_as_they_do_in_pytest(room):
    chosen = selection.select(["addons"], "budget", root=room)
    assert chosen.tags == [
        f"/{ROOM}/test_calls.py:TestCalls.test_exact_cost",
        f"/{ROOM}/test_calls.py:TestCalls.test_refused",
    ]


def test_words_within_a_room_match_its_tests_only(room):
    chosen = selection.select([ROOM], "exact", root=room)
    assert chosen.tags == [f"/{ROOM}/test_calls.py:TestCalls.test_exact_cost"]


def test_the_engine_s_tests_of_a_room(room):
    (room / "ai_brain/engine/tests/budget").mkdir(parents=True)
    chosen = selection.select(["ai_brain/engine/tests/budget"], root=room)
    assert (chosen.parts, chosen.engine) == (["engine"], ["ai_brain/engine/tests/budget"])


def test_examples_of_the_docstrings():
    result = doctest.testmod(selection)
    assert result.attempted
    assert result.failed == 0


def test_words_narrow_the_addons_tests_to_methods(root):
    chosen = selection.select(["addons"], "exact", root=root)
    assert chosen.tags == ["/ai_brain/tests/test_calls.py:TestCalls.test_exact_cost"]


def test_words_that_match_nothing_leave_no_part(root):
    assert selection.select(["addons"], "nowhere", root=root).parts == []


@pytest.mark.parametrize("name", ["nowhere", "tests/test_gone.py", "/etc/passwd"])
def test_a_name_that_is_nothing_is_refused(root, name):
    with pytest.raises(ui.Failure, match="is no part"):
        selection.select([name], root=root)
