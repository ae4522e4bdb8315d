"""Lets pytest reach the engine's tests without importing the addons, and so without Odoo."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Collect the folders above `engine/tests` and `providers/tests` as folders, not packages."""
    addon = path if (path / "__manifest__.py").exists() else path.parent
    if (addon / "__manifest__.py").exists() and path.name in (addon.name, "engine", "providers"):
        return pytest.Dir.from_parent(parent, path=path)
    return None
