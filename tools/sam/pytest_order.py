"""A pytest plugin that shuffles the tests: files, and tests within a file, by a seed."""

import random


def pytest_addoption(parser):
    """Add --random-order-seed."""
    parser.addoption("--random-order-seed", type=int, default=None)


def pytest_collection_modifyitems(config, items):
    """Shuffle, keeping a file's tests together so that its fixtures are made once."""
    seed = config.getoption("--random-order-seed")
    if seed is None:
        return
    source = random.Random(seed)
    files = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    groups = list(files.values())
    source.shuffle(groups)
    for group in groups:
        source.shuffle(group)
    items[:] = [item for group in groups for item in group]
