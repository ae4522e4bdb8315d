"""What Odoo 19.0 wants otherwise than 18.0 and its upgrade_code does not know.

A script in the form of Odoo's own upgrade_code: `upgrade(file_manager)` runs each function below,
one for each difference, over the copy that `./sam build --series 19.0` makes.
"""

import re

SERIES = "19.0"


def upgrade(file_manager):
    """Rewrite all files of the copy."""
    for file in file_manager:
        for change in CHANGES.get(file.path.suffix, ()):
            if file.path.name == "__manifest__.py" or change is not manifest_series:
                file.content = change(file.content)


def manifest_series(text):
    """A manifest's version begins with the series."""
    return re.sub(r'("version":\s*")18\.0\.', rf"\g<1>{SERIES}.", text)


def group_privileges(text):
    """Groups hang on a `res.groups.privilege`, which hangs on the category."""
    categories = set()
    groups = re.compile(r'<record id="[^"]+" model="res\.groups">.*?</record>', re.S)

    def with_privilege(match):
        def name(field):
            categories.add(field[1])
            return f'<field name="privilege_id" ref="{field[1]}_privilege"/>'

        return re.sub(r'<field name="category_id" ref="([^"]+)"\s*/>', name, match[0])

    text = groups.sub(with_privilege, text)
    for category in sorted(categories):
        declared = re.compile(
            rf'<record id="{category}" model="ir\.module\.category">(.*?)</record>', re.S
        )
        found = declared.search(text)
        label = re.search(r'<field name="name">(.*?)</field>', found[1])[1]
        privilege = (
            f'\n    <record id="{category}_privilege" model="res.groups.privilege">'
            f'\n        <field name="name">{label}</field>'
            f'\n        <field name="category_id" ref="{category}"/>'
            f"\n    </record>"
        )
        text = text[: found.end()] + privilege + text[found.end() :]
    return text


def group_fields(text):
    """`groups_id` is `group_ids` (users, views, menus, actions), a group's `users` `user_ids`."""
    text = re.sub(r"\bgroups_id\b", "group_ids", text)
    groups = re.compile(r'<record id="[^"]+" model="res\.groups">.*?</record>', re.S)
    return groups.sub(lambda m: m[0].replace('<field name="users"', '<field name="user_ids"'), text)


def search_groups(text):
    """`<group>` of a search view takes no attributes."""

    def bare(match):
        return re.sub(r"<group\b[^>]*>", "<group>", match[0])

    return re.sub(r"<search\b.*?</search>", bare, text, flags=re.S)


def action_targets(text):
    """Settings open as any other page: `inline` is no target of an action."""
    return text.replace(
        '<field name="target">inline</field>', '<field name="target">current</field>'
    )


def test_mode(text):
    """The registry no longer says that it is in test mode: its `cursor` is patched instead."""
    return re.sub(r"([\w.]*registry)\.in_test_mode\(\)", r'("cursor" in vars(\1))', text)


def domains(text):
    """`odoo.osv.expression` gave way to `odoo.fields.Domain`."""
    text = text.replace("from odoo.osv import expression", "from odoo.fields import Domain")
    text = text.replace("expression.normalize_domain(", "Domain(")
    return re.sub(r"\bexpression\.(AND|OR)\(", r"Domain.\1(", text)


def rule_domains(text):
    """A rule's domain is an object, equal to another only once both fit their model."""
    model = re.search(r'\["ir\.rule"\]\._compute_domain\("([\w.]+)"', text)
    if not model:
        return text
    fit = f'.optimize(env["{model[1]}"])'
    return re.sub(r"\bif found == (.+):\n", rf"if list(found{fit}) == list(\1{fit}):\n", text)


def group_members(text):
    """`users` of a group, implied ones included, is `all_user_ids`."""
    return re.sub(r'(\bref\("[\w.]*group_\w+"\)(?:\.sudo\(\))?)\.users\b', r"\1.all_user_ids", text)


def search_that_writes(text):
    """The web client asks `web_name_search`, which is read-only whatever it calls."""
    method = (
        "\n    @api.model\n    def web_name_search(self, *args, **kwargs):"
        "\n        return super().web_name_search(*args, **kwargs)\n"
        "\n    web_name_search._readonly = False\n"
    )
    return re.sub(r"(\n    name_search\._readonly = False[^\n]*\n)", rf"\1{method}", text)


def call_kw(text):
    """How a client's call reaches a method moved with the services."""
    return text.replace("from odoo.api import call_kw", "from odoo.service.model import call_kw")


def cron_in_tests(text):
    """`method_direct_trigger` runs on a cursor of its own, which does not see a test's rows."""
    return text.replace(".method_direct_trigger()", ".ir_actions_server_id.run()")


def cron_progress(text):
    """A scheduled action counts its steps with `_commit_progress`, which commits; only there."""
    return re.sub(
        r'^( *)(self\.env\["ir\.cron"\])\._notify_progress\(done=[^,]+, remaining=(.+)\)$',
        r'\1if self.env.context.get("ir_cron_progress_id"):'
        "\n"
        r"\1    \2._commit_progress(1, remaining=\3)",
        text,
        flags=re.M,
    )


def address_parameters(text):
    """An action no longer gets the address's parameters in its context."""
    if "action.context?.params" not in text:
        return text
    here = "...(router.current.action === action.path ? router.current : {})"
    text = text.replace("...action.context?.params", f"...action.context?.params, {here}")
    return 'import { router } from "@web/core/browser/router";\n' + text


def arguments_in_tests(text):
    """Keyword arguments carry a symbol, which a comparison sees."""
    return text.replace("{ ...kwargs };", "JSON.parse(JSON.stringify(kwargs));")


def enter_in_tests(text):
    """Hoot submits the form on an Enter sent by hand as well, whatever keys are held with it."""
    by_hand = 'expect(queryFirst("textarea").dispatchEvent('
    swallow = (
        'queryFirst("form").addEventListener(\n'
        '        "submit",\n'
        "        (ev) => { ev.preventDefault(); ev.stopImmediatePropagation(); },\n"
        "        { capture: true, once: true }\n"
        "    );\n    "
    )
    return text.replace(by_hand, swallow + by_hand)


def hoot_signal(text):
    """Hoot says that it succeeded with a capital letter."""
    return text.replace("[HOOT] test suite succeeded", "[HOOT] Test suite succeeded")


def message_access(text):
    """Who reads a record's notes is said by record and no longer by model."""
    name, new = "_get_mail_message_access", "_mail_get_operation_for_mail_message_operation"
    text = text.replace(
        f"def {name}(self, res_ids, operation, model_name=None)", f"def {new}(self, operation)"
    )
    return text.replace(f".{name}(res_ids, operation, model_name)", f".{new}(operation)")


def xml_rpc(text):
    """XML-RPC has moved to an addon of its own."""
    return text.replace("odoo.addons.base.controllers.rpc", "odoo.addons.rpc.controllers.xmlrpc")


CHANGES = {
    ".py": (
        manifest_series,
        group_fields,
        group_members,
        domains,
        rule_domains,
        search_that_writes,
        test_mode,
        cron_progress,
        cron_in_tests,
        call_kw,
        hoot_signal,
        message_access,
        xml_rpc,
    ),
    ".xml": (group_privileges, group_fields, search_groups, action_targets),
    ".js": (address_parameters, arguments_in_tests, enter_in_tests),
}
