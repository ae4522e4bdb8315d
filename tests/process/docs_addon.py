"""An addon of what the pages show of addons: models with scheduled actions, and their tests."""

NAME = "docs_blocks"
MANIFEST = {
    "name": "What the pages show",
    "version": "1.0",
    "license": "LGPL-3",
    "depends": ["ai_brain_probe"],
    "data": ["security/ir.model.access.csv"],
}
#: What the pages take as being there.
MODELS = """
from odoo import fields, models


class Lead(models.Model):
    _name = "docs.lead"
    _description = "Lead of the Pages"

    name = fields.Char()
    description = fields.Text()
    summary = fields.Text()
    message_ids = fields.Many2many("mail.message")

    def action_thank(self):
        answer = self.env["ai.service"].send_message(f"Thank {self.name}.", max_tokens=300)
        self.message_ids = self.message_ids.create({"body": answer["content"]})


class Ticket(models.Model):
    _name = "docs.ticket"
    _description = "Ticket of the Pages"

    description = fields.Text()
    summary = fields.Text()
"""
TEST_START = """
from odoo.tests import TransactionCase

from odoo.addons.ai_brain.tests.common import answering

SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "integer"}},
    "required": ["total"],
}


class LeadCase(TransactionCase):
    def setUp(self):
        super().setUp()
        self.lead = self.env["docs.lead"].create({"name": "Azure Interior"})
"""
TEST_END = """

class TestSchema(TransactionCase):
    def test_it_is_asked_once_more(self):
        text = "How much?"
"""
ACCESS = "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink\n" + "".join(
    f"{name},{name},model_docs_{name},base.group_user,1,1,1,1\n" for name in ("lead", "ticket")
)


def write(folder, models, case, asked_again):
    """Write the addon.

    :param list models: blocks of code that define models
    :param str case: a block that defines a test case of a lead
    :param str asked_again: a block of a test's statements
    """
    names = [f"block_{number}" for number, _code in enumerate(models)]
    indented = "".join(f"        {line}\n" for line in asked_again.splitlines())
    files = {
        "__init__.py": "from . import models\n",
        "__manifest__.py": repr(MANIFEST),
        "models/__init__.py": f"from . import known, {', '.join(names)}\n",
        "models/known.py": MODELS,
        **{f"models/{name}.py": code for name, code in zip(names, models)},
        "security/ir.model.access.csv": ACCESS,
        "tests/__init__.py": "from . import test_blocks\n",
        "tests/test_blocks.py": f"{TEST_START}\n\n{case}{TEST_END}{indented}",
    }
    for name, text in files.items():
        path = folder / NAME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
