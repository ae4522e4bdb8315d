"""What a page of the backend weighs more because this addon is installed."""

BUNDLE = "web.assets_web"


def added_bytes(env):
    """Return the minified bytes of script, templates and style that every page gets from us."""
    with_ours = _bytes(env)
    savepoint = env.cr.savepoint()
    env["ir.asset"].create(
        {
            "name": "Without AI Costs",
            "bundle": "web.assets_backend",
            "directive": "remove",
            "path": "ai_sam_cost_dashboard/static/src/**/*",
        }
    )
    without = _bytes(env)
    savepoint.close(rollback=True)
    env.registry.clear_cache("assets")
    return with_ours - without


def _bytes(env):
    env.registry.clear_cache("assets")
    bundle = env["ir.qweb"]._get_asset_bundle(BUNDLE, css=True, js=True)
    return len(bundle.js().raw) + len(bundle.css().raw)
