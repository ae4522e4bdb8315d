import re

from lxml import etree

from odoo.tests import TransactionCase, tagged

#: What is not said on a screen -> what is.
WORDS = {
    r"\bmodules?\b": "addon",
    r"\bAI usages?\b|\busages\b|\bby usage\b": "calls",
    r"\bpast an alert\b": "alerted",
    r"\blimit reached\b": "used up",
}
#: Texts of a view's elements.
TITLES = ("string", "title", "help", "placeholder", "confirm", "sum")


@tagged("post_install", "-at_install")
class TestOneWord(TransactionCase):
    """One thing has one word on all screens: a call, an addon, alerted, used up."""

    def test_fields_models_and_views(self):
        said = []
        ours = [name for name in self.env if name.startswith("ai.")]
        for name in ours:
            said.append((name, self.env[name]._description))
            fields = self.env[name].fields_get(attributes=["string", "help", "selection"])
            for field, found in fields.items():
                texts = [found["string"], found.get("help") or ""]
                selection = found.get("selection") or ()
                texts += [label for _key, label in selection if isinstance(label, str)]
                said += [(f"{name}.{field}", text) for text in texts]
        views = self.env["ir.ui.view"].search([("model", "in", ours)])
        for view in views:
            for element in etree.fromstring(view.arch).iter(etree.Element):
                said += [(view.xml_id, element.get(title) or "") for title in TITLES]
                said += [(view.xml_id, text or "") for text in (element.text, element.tail)]
        data = self.env["ir.model.data"].search(
            [
                ("module", "in", ("ai_brain", "ai_sam_cost_dashboard")),
                ("model", "in", ("ir.ui.menu", "ir.actions.act_window", "ir.actions.client")),
            ]
        )
        said += [(line.name, self.env[line.model].browse(line.res_id).name) for line in data]
        self.assertGreater(len(said), 2_000)
        wrong = {
            f"{where}: {text!r} for {word}"
            for where, text in said
            for pattern, word in WORDS.items()
            if re.search(pattern, text, re.IGNORECASE)
        }
        self.assertFalse(wrong)

    def test_the_mail_of_the_week(self):
        digest = self.env["ai.cost.digest"]
        keys = ("by_module", "by_user", "by_provider")
        told = digest._drivers({"breakdowns": {key: [{}] for key in keys}})
        self.assertEqual([title for title, _rows in told], ["By addon", "By user", "By provider"])
