"""Which tests ./sam test runs for what a person types."""

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
def root(tmp_path):
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


def test_words_narrow_the_addons_tests_to_methods(root):
    chosen = selection.select(["addons"], "exact", root=root)
    assert chosen.tags == ["/ai_brain/tests/test_calls.py:TestCalls.test_exact_cost"]


def test_words_that_match_nothing_leave_no_part(root):
    assert selection.select(["addons"], "nowhere", root=root).parts == []


@pytest.mark.parametrize("name", ["nowhere", "tests/test_gone.py", "/etc/passwd"])
def test_a_name_that_is_nothing_is_refused(root, name):
    with pytest.raises(ui.Failure, match="is no part"):
        selection.select([name], root=root)
