"""Lets pytest reach the engine's tests without importing the addons, and so without Odoo."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path, parent):
    """Collect the addon's folders above `engine/tests` as plain folders, not as packages."""
    addon = path if (path / "__manifest__.py").exists() else path.parent
    if (addon / "__manifest__.py").exists() and path.name in (addon.name, "engine"):
        return pytest.Dir.from_parent(parent, path=path)
    return None
