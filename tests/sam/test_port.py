"""What port/19.0.py makes of 18.0 source."""

import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from sam.paths import own_addons

ROOT = Path(__file__).resolve().parents[2]
GROUPS = """<odoo>
    <record id="costs" model="ir.module.category">
        <field name="name">Costs</field>
    </record>
    <record id="reader" model="res.groups">
        <field name="name">Reader</field>
        <field name="category_id" ref="costs" />
        <field name="users" eval="[Command.link(ref('base.user_admin'))]" />
    </record>
</odoo>"""


@pytest.fixture(scope="module")
def port():
    return SimpleNamespace(**runpy.run_path(str(ROOT / "port" / "19.0.py")))


def test_a_manifest_gets_the_series(port):
    assert port.manifest_series('"version": "18.0.1.2.3"') == '"version": "19.0.1.2.3"'


def test_only_manifests_get_it(port):
    files = [
        SimpleNamespace(path=Path("a/__manifest__.py"), content='"version": "18.0.1.0.0"'),
        SimpleNamespace(path=Path("a/models/x.py"), content='"version": "18.0.1.0.0"'),
    ]
    port.upgrade(files)
    assert [file.content[12:16] for file in files] == ["19.0", "18.0"]


def test_a_group_hangs_on_a_privilege_in_its_category(port):
    made = port.group_fields(port.group_privileges(GROUPS))
    assert '<record id="costs_privilege" model="res.groups.privilege">' in made
    assert '<field name="privilege_id" ref="costs_privilege"/>' in made
    assert made.count('name="category_id"') == 1
    assert '<field name="user_ids" eval' in made
    # the privilege is declared before the group that names it
    assert made.index("res.groups.privilege") < made.index('model="res.groups">')


def test_groups_of_users_menus_and_views(port):
    assert port.group_fields('{"groups_id": [1]}') == '{"group_ids": [1]}'
    assert port.group_fields("my_groups_id2") == "my_groups_id2"


def test_a_search_view_s_groups_lose_their_attributes_and_others_do_not(port):
    view = '<search><group expand="0" string="By"><filter/></group></search><group string="A"/>'
    assert port.search_groups(view) == (
        '<search><group><filter/></group></search><group string="A"/>'
    )


def test_test_mode(port):
    assert port.test_mode("if self.env.registry.in_test_mode():") == (
        'if ("cursor" in vars(self.env.registry)):'
    )


def test_members_of_a_group(port):
    assert port.group_members('self.env.ref("a.group_b").users.filtered()') == (
        'self.env.ref("a.group_b").all_user_ids.filtered()'
    )
    assert port.group_members('ref("a.group_b").sudo().users') == (
        'ref("a.group_b").sudo().all_user_ids'
    )
    assert port.group_members("self.users") == "self.users"


def test_a_search_that_writes_is_not_read_only_for_the_web_client_either(port):
    made = port.search_that_writes("class A:\n    x = 1\n\n    name_search._readonly = False\n")
    assert made.endswith("\n    web_name_search._readonly = False\n")


def test_domains(port):
    assert port.domains(
        "from odoo.osv import expression\nexpression.AND([a, expression.normalize_domain(b)])"
    ) == ("from odoo.fields import Domain\nDomain.AND([a, Domain(b)])")


def test_a_rule_s_domain_is_compared_once_it_fits_its_model(port):
    source = 'found = env["ir.rule"]._compute_domain("a.b", "read")\nif found == own:\n'
    assert port.rule_domains(source).endswith(
        'if list(found.optimize(env["a.b"])) == list(own.optimize(env["a.b"])):\n'
    )
    assert port.rule_domains("if found == own:\n") == "if found == own:\n"


def test_filters_in_the_address_are_read_from_the_router(port):
    made = port.address_parameters("const a = { ...action.context?.params, ...action.params };")
    assert made.startswith('import { router } from "@web/core/browser/router";')
    assert "router.current" in made
    assert port.address_parameters("const a = 1;") == "const a = 1;"


def test_a_scheduled_action_commits_its_progress(port):
    old = (
        "        for n in x:\n"
        '            self.env["ir.cron"]._notify_progress(done=n + 1, remaining=len(x) - n - 1)\n'
    )
    assert port.cron_progress(old) == (
        "        for n in x:\n"
        '            if self.env.context.get("ir_cron_progress_id"):\n'
        '                self.env["ir.cron"]._commit_progress(1, remaining=len(x) - n - 1)\n'
    )


def test_no_name_of_ours_is_one_that_the_upgrade_takes_for_the_orm_s():
    """`self._cr`, `_uid` and `_context` become `self.env.…`, whatever the class."""
    taken = re.compile(r"\b(?:self|cls)\._(?:cr|uid|context)\b")
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for addon in own_addons()
        for path in (ROOT / addon).rglob("*.py")
        for name in taken.findall(path.read_text())
    ]
    assert found == []
