"""Fixtures of the tests that cross the process boundary; see tests/harness."""

import pytest

from .harness import Settings, Stage
from .vendor import Vendor


@pytest.fixture(scope="session")
def vendor_process():
    """The loopback vendor in a process of its own, for the whole session."""
    vendor = Vendor.spawn()
    yield vendor
    vendor.close()


@pytest.fixture
def vendor(vendor_process):
    """The vendor with an empty log."""
    vendor_process.reset()
    return vendor_process


@pytest.fixture(scope="session")
def stage(vendor_process, tmp_path_factory):
    """The template that every world is copied from."""
    stage = Stage(Settings(), vendor_process, tmp_path_factory.mktemp("odoo"))
    try:
        yield stage.prepare()
    finally:
        stage.close()


@pytest.fixture
def make_world(stage, vendor):
    """Make a world of one's own: ``with make_world(workers=2) as world``."""

    def make(**options):
        return stage.world(vendor, **options)

    return make


@pytest.fixture(scope="module")
def shared_world(stage, vendor_process):
    """One world for the tests of a file that leave its server alone."""
    with stage.world(vendor_process) as world:
        yield world


@pytest.fixture
def world(shared_world, vendor):
    """The file's world, with an empty vendor's log. The ledger keeps what earlier tests wrote."""
    return shared_world
