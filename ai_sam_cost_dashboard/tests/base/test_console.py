import json

from odoo.tests import HttpCase, tagged

from ..common import fill_demo

# Each menu's action, each of its views, and a record of each model: an error of the browser's
# console fails the test, and so does one that a dialog shows.
OPEN_ALL = """
(async () => {
    const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    while (!odoo.__WOWL_DEBUG__?.root?.env || !document.querySelector(".o_action_manager > *")) {
        await later(50);
    }
    const { action } = odoo.__WOWL_DEBUG__.root.env.services;
    const settled = async () => {
        await later(300);
        if (document.querySelector(".o_error_dialog, .o_notification_bar.bg-danger")) {
            throw new Error(document.querySelector(".o_error_dialog")?.innerText || "an error");
        }
    };
    const shown = [];
    for (const [path, modes, resId] of %s) {
        await action.doAction(path, { clearBreadcrumbs: true });
        await settled();
        for (const mode of modes) {
            if (mode !== "form" || resId) {
                await action.switchView(mode, mode === "form" ? { resId } : {});
                await settled();
            }
            shown.push(`${path} ${mode}`);
        }
    }
    console.log(`${shown.length} views shown`);
    console.log("test successful");
})().catch((error) => console.error(error.stack || error.message));
"""


@tagged("post_install", "-at_install", "every_series")
class TestConsole(HttpCase):
    def menu_actions(self):
        """Return [path, view modes, id of a record] of each of our menus."""
        found = []
        for menu in self.env["ir.ui.menu"].search([("action", "!=", False)]):
            xmlid = (menu._get_external_ids()[menu.id] or [""])[0]
            if not xmlid.startswith("ai_sam_cost_dashboard."):
                continue
            action, modes, record = menu.action, [], None
            if action._name == "ir.actions.act_window" and action.target == "current":
                modes = action.view_mode.split(",")
                record = self.env[action.res_model].search([], limit=1).id
            found.append([action.path, modes, record])
        return found

    def test_no_screen_of_any_menu_complains(self):
        fill_demo(self.env)
        actions = self.menu_actions()
        self.assertGreaterEqual(len(actions), 12)
        self.assertGreater(sum(len(modes) for _path, modes, _record in actions), 25)
        self.browser_js(
            "/odoo/ai-costs?debug=1",
            OPEN_ALL % json.dumps(actions),
            "Boolean(document.body)",
            login="admin",
            timeout=180,
        )
