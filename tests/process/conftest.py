import pytest

from .processes import Processes


@pytest.fixture
def processes(world, tmp_path):
    processes = Processes(world, tmp_path)
    yield processes
    processes.end()
