"""All pages of ours, opened in one window one after the other and looked at."""

import json

from odoo import fields

from ..common import PAYLOAD, DashboardCase
from ..report import test_dashboard_accessibility as dashboard

#: Odoo's own pages: what axe finds there is not ours to mend, in the same element of our pages.
STOCK = (
    ("res.partner", ("list", "kanban", "form", "graph", "pivot")),
    ("res.users", ("list", "form")),
    ("ir.cron", ("list", "form")),
    ("ir.module.module", ("form",)),  # with labels of what is read only
    ("res.lang", ("list",)),  # with buttons in its rows
    ("mail.activity.type", ("list",)),  # with handles
    ("base.language.install", ("dialog",)),
    ("res.config.settings", ("form",)),
)
#: What axe looks at of a page: the search and the buttons above it are Odoo's own.
ROOT = ".o_action_manager .o_content"
#: What stands on a page of a type once it is drawn; lists are kanbans on a phone.
DRAWN = {
    "list": (".o_list_renderer", ".o_kanban_renderer"),
    "kanban": (".o_kanban_renderer",),
    "form": (".o_form_renderer",),
    "dialog": (".o_form_renderer", ".o_ai_new_key pre"),
    "graph": (".o_graph_renderer", ".o_view_nocontent"),
    "pivot": (".o_pivot", ".o_view_nocontent"),
}
#: The bar of Odoo's own field, and the empty head over a group's name: no page above shows them.
FORGIVEN = ("aria-allowed-attr DIV o_progress", "empty-table-header TH")
#: Opens all pages in one window, one after another, as a click in the menu does. A fault is
#: forgiven where Odoo's own pages have it: the same rule, tag and classes.
PAGES = """
await (async () => {
    const { services } = odoo.__WOWL_DEBUG__.root.env;
    const nameOf = (rule, { html }) => {
        const { content } = Object.assign(document.createElement("template"), { innerHTML: html });
        const element = content.firstElementChild;
        const passing = /^(?!o_)|^o_(ai|column|field_(widget|invalid)|form_label_empty)/;
        const known = [...element.classList].filter((name) => !passing.test(name));
        return [rule, element.tagName, ...known.sort()].join(" ");
    };
    const open = async (action, options, type) => {
        await services.action.doAction(action, { clearBreadcrumbs: true, ...options });
        const place = type === "dialog" ? ".modal-dialog" : %(root)r;
        await appears(%(drawn)s[type].map((drawn) => `${place} ${drawn}`).join());
        await later(50);
        const moves = document.getAnimations().filter(
            ({ effect }) => effect.getComputedTiming().endTime < Infinity
        );
        await Promise.allSettled(moves.map(({ finished }) => finished)); // what fades in is pale
        // Odoo's own, which no page above shows
        const exclude = [[".o-mail-Chatter"], [".o_search_panel"], [".o_m2o_avatar"]];
        return violationsOf({ include: [[place]], exclude });
    };
    const close = async (type) => {
        if (type === "dialog") {
            document.querySelector(".modal-header .btn-close").click();
            await later(50);
        }
    };
    const stock = new Set(%(forgiven)s);
    for (const [res_model, types] of %(stock)s) {
        for (const type of types) {
            const record = type === "form" ? %(stock_ids)s[res_model] : false;
            const action = {
                type: "ir.actions.act_window",
                res_model,
                res_id: record,
                target: type === "dialog" ? "new" : "current",
                views: [[false, type === "dialog" ? "form" : type]],
            };
            for (const { id, nodes } of await open(action, {}, type)) {
                nodes.forEach((node) => stock.add(nameOf(id, node)));
            }
            await close(type);
        }
    }
    const found = [];
    let dates = 0;
    for (const { action, type, record, name } of %(pages)s) {
        const options = type === "dialog" ? {} : { viewType: type, props: { resId: record } };
        const violations = await open(action, options, type).catch((error) => {
            throw new Error(`${name}: ${error.message} ${error.cause?.data?.message || ""}`);
        });
        for (const violation of violations) {
            const nodes = violation.nodes.filter((node) => !stock.has(nameOf(violation.id, node)));
            if (nodes.length) {
                found.push({ ...violation, help: `${name}: ${violation.help}`, nodes });
            }
        }
        %(measure)s
        await close(type);
    }
    if (dates < %(dates)s) {
        throw new Error(`Only ${dates} dates were seen`);
    }
    return found;
})()
"""


class PagesCase(DashboardCase):
    """Every page and dialog of ours, with something on it.

    In one window for each width: to load the client takes longer than to look at a page.
    """

    check = dashboard.TestDashboardAccessibility.check

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.groups_id += cls.env.ref("base.group_system")
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        whose = {"company_id": cls.company.id}

        def make(model, **values):
            return cls.env[model].sudo().create({**whose, **values})

        price = {"price_id": cls.fast.price_ids.id}  # how the cost came about, with a link
        cls.env["ai.token.usage"].sudo()._insert([{**cls.ledger_rows()[0], **price}])
        make("ai.cost.budget", name="Used up", user_id=cls.user.id, budget_amount=0.5)
        agent = make("ai.agent", name=PAYLOAD, code="a")
        variant = (0, 0, {"name": "Short", "text": "Be brief.", "share": 20})
        prompt = make("ai.prompt", name=PAYLOAD, code="p", text=PAYLOAD, variant_ids=[variant])
        words = {"triggers_en": "hi", "answers_en": "Hello!"}
        pattern = make("ai.answer.pattern", name=PAYLOAD, agent_ids=agent.ids, **words)
        key = make("ai.gateway.key", name=PAYLOAD, user_id=cls.manager.id)
        make("ai.experiment", name=PAYLOAD, provider_a_id=cls.fast.id, provider_b_id=cls.careful.id)
        job = make("ai.tuning.job", name=PAYLOAD, agent_id=agent.id, provider_id=cls.fast.id)
        said = [{"role": "user", "content": PAYLOAD}]
        cls.env["ai.tuning.example"].sudo().create(
            {"job_id": job.id, "question": PAYLOAD, "messages": said}
        )
        make("ai.batch", name="b", provider_id=cls.fast.id, state="running", total=4)
        trial = make(
            "ai.agent.trial", agent_id=agent.id, tries="provider", provider_id=cls.careful.id
        )
        month = {"period_start": cls.month_before, "period_end": cls.month_before}
        make("ai.token.analytics", name=PAYLOAD, period_type="month", **month)
        text = dict.fromkeys(("asked", "kept_question", "kept_answer", "new_answer"), PAYLOAD)
        at = fields.Datetime.now()
        make("ai.answer.judgement", agent_id=agent.id, source="sample", created_at=at, **text)
        hashes = dict.fromkeys(("scope_hash", "scope_rest", "key_hash", "text_hash"), 1)
        of = {"agent_id": agent.id, "user_id": cls.user.id, "created_at": at, **hashes}
        make("ai.answer", question=PAYLOAD, answer=PAYLOAD, **of)
        call = cls.env["ai.token.usage"].search([("company_id", "=", cls.company.id)], limit=1)
        review = {"token_usage_id": call.id, "local_date": cls.today, "created_at": at}
        make("ai.answer.review", reason="sample", **review)
        make("ai.cost.optimizer", user_id=cls.user.id, recommended_provider_id=cls.careful.id)
        make("ai.batch.request", provider_id=cls.fast.id, send_at=at)
        what_if = make("ai.what.if", name=PAYLOAD, date_from=cls.month_before, date_to=cls.today)
        what_if.action_run()
        cls.env["ai.what.if"].sudo()._cron_run()
        mine = cls.env(user=cls.manager.id)  # dialogs are of who opened them
        wizard = mine["ai.model.wizard"].create(
            {"provider_id": cls.fast.id, "choice_ids": [(0, 0, {"name": PAYLOAD})]}
        )
        changed = {"label": PAYLOAD, "before": "a", "applied": "b", "now": "c"}
        undo = mine["ai.trial.undo"].create({"trial_id": trial.id, "line_ids": [(0, 0, changed)]})
        cls.dialogs = [
            pattern.action_try(),
            prompt.variant_ids.action_try(),
            mine["ai.pattern.finder"].action_open(),
            mine["ai.budget.offer"].action_open(),
            *(cls._dialog_of(record) for record in (wizard, undo)),
            key.action_new_key(),
        ]

    @classmethod
    def _dialog_of(cls, record):
        shown = {"type": "ir.actions.act_window", "name": PAYLOAD, "target": "new"}
        model = {"res_model": record._name, "res_id": record.id, "views": [(False, "form")]}
        return {**shown, **model}

    def _pages(self):
        """Return every page that a menu or a button of ours opens, as dicts for the script."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "ai_sam_cost_dashboard"), ("model", "=", "ir.actions.act_window")]
        )
        pages, seen = [], set()
        for action in self.env["ir.actions.act_window"].browse(data.mapped("res_id")):
            model = self.env[action.res_model].with_user(self.manager)
            if action.target == "new" or model._transient:
                type_ = "dialog" if action.target == "new" else "form"
                pages.append(self._page(action, type_, False))
                continue
            for type_ in ("list", "kanban", "form", "graph", "pivot"):
                record = type_ == "form" and model.search([], limit=1).id
                own = type_ == "list" and action.view_id.id  # of what a figure opens
                if type_ not in action.view_mode or (model._name, type_, own) in seen:
                    continue
                seen.add((model._name, type_, own))
                pages.append(self._page(action, type_, record))
        for action in self.dialogs:
            name = f"{action.get('res_model') or action['tag']} dialog"
            pages.append({"action": action, "type": "dialog", "record": False, "name": name})
        # what opens in a row of another record
        views = self.env["ir.ui.view"].search([("model", "=like", "ai.%"), ("type", "=", "form")])
        for model in sorted({*views.mapped("model")} - {page["name"].split()[0] for page in pages}):
            action = self._dialog_of(self.env[model].search([], limit=1))
            name = f"{model} dialog"
            pages.append({"action": action, "type": "dialog", "record": False, "name": name})
        return pages

    def _page(self, action, type_, record):
        name = f"{action.res_model} {type_}"
        if type_ == "list" and action.view_id:
            name = f"{name} of {action.view_id.name}"
        return {"action": action.id, "type": type_, "record": record, "name": name}

    def check_pages(self, measure, types, least, stock=STOCK, dates=0, root=ROOT, **options):
        pages = [page for page in self._pages() if page["type"] in types]
        self.assertGreater(len(pages), least)
        script = PAGES % {
            "stock": json.dumps(stock),
            "forgiven": json.dumps(FORGIVEN),
            "drawn": json.dumps(DRAWN),
            "stock_ids": json.dumps(
                {
                    "res.partner": self.manager.partner_id.id,
                    "res.users": self.user.id,
                    "ir.module.module": self.env.ref("base.module_base").id,
                    "ir.cron": self.env.ref("base.autovacuum_job").id,
                    "res.config.settings": False,
                }
            ),
            "pages": json.dumps(pages),
            "measure": measure,
            "dates": dates,
            "root": root,
        }
        # the debug mode gives the script its way to the action service
        options.setdefault("ready", ".o_kanban_view")
        self.check("/odoo/ai-budgets?debug=1", violations=script, **options)
