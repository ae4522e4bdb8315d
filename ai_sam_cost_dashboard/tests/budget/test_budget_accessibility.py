import json

from odoo.tests import tagged

from ..common import DashboardCase
from ..report import test_dashboard_accessibility as dashboard

# What Odoo's own forms (contact, user, scheduled action) are guilty of is forgiven, element for
# element: the same rule, tag and classes. In one page, so that all are drawn alike.
BEYOND_STOCK = """
await (async () => {
    const { services } = odoo.__WOWL_DEBUG__.root.env;
    const nameOf = (rule, { html }) => {
        const element = new DOMParser().parseFromString(html, "text/html").body.firstChild;
        const classes = [...element.classList].filter((name) => name !== "active");
        return [rule, element.tagName, ...classes.sort()].join(" ");
    };
    const violationsOfForm = async (res_model, res_id, ready) => {
        await services.action.doAction(
            { type: "ir.actions.act_window", res_model, res_id, views: [[false, "form"]] },
            { clearBreadcrumbs: true }
        );
        await appears(`.o_form_view ${ready}`);
        return violationsOf(".o_form_view");
    };
    const stock = new Set();
    for (const [model, record, ready] of %(stock)s) {
        for (const { id, nodes } of await violationsOfForm(model, record, ready)) {
            nodes.forEach((node) => stock.add(nameOf(id, node)));
        }
    }
    const found = [];
    const forms = [[%(budget)s, ".o_ai_burn_down canvas"], [false, "[name=name]"]];
    for (const [budget, ready] of forms) {
        for (const violation of await violationsOfForm("ai.cost.budget", budget, ready)) {
            const nodes = violation.nodes.filter((node) => !stock.has(nameOf(violation.id, node)));
            if (nodes.length) {
                found.push({ ...violation, nodes });
            }
        }
    }
    return found;
})()
"""


@tagged("post_install", "-at_install")
class TestBudgetAccessibility(DashboardCase):
    """The budget's form has no fault in the eyes of axe that Odoo's own forms have not."""

    check = dashboard.TestDashboardAccessibility.check

    def test_saved_and_new(self):
        self.manager.groups_id += self.env.ref("base.group_system")
        stock = [
            ("res.partner", self.manager.partner_id.id, "[name=email]"),
            ("res.users", self.user.id, "[name=login]"),
            ("ir.cron", self.env.ref("base.autovacuum_job").id, "[name=interval_number]"),
        ]
        budget = self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)])
        self.check(
            # the debug mode gives the script its way to the action service
            "/odoo/ai-budgets?debug=1",
            ".o_kanban_view",
            violations=BEYOND_STOCK % {"budget": budget.id, "stock": json.dumps(stock)},
        )
