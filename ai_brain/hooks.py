import ast
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tools import sql

import odoo.addons

#: Written by data/ir_config_parameter.xml: tells our tables from those of another addon.
MARKER = "ai_brain.edition"
TABLES = ("ai_service_provider", "ai_token_usage", "ai_cost_budget")


def pre_init_hook(env):
    """Refuse to install beside, or over, another addon that is named ``ai_brain``."""
    check_other_addon_on_path(env)
    check_other_addon_in_database(env)


def check_other_addon_in_database(env):
    """Raise UserError if tables of our names were made by another addon."""
    env.cr.execute("SELECT 1 FROM ir_config_parameter WHERE key = %s", (MARKER,))
    if env.cr.fetchone():
        return
    found = [table for table in TABLES if sql.table_exists(env.cr, table)]
    if found:
        raise UserError(
            env._(
                "This database already holds data of another addon named 'ai_brain' (tables: "
                "%s). Nothing was changed. Uninstall that addon, or rename its tables, before "
                "you install AI Brain.",
                ", ".join(found),
            )
        )


def check_other_addon_on_path(env):
    """Raise UserError if another addon of our name lies on the addons path."""
    ours = Path(__file__).resolve().parent
    name = _manifest_name(ours)
    for folder in odoo.addons.__path__:
        other = (Path(folder) / "ai_brain").resolve()
        if other != ours and _manifest_name(other) not in (None, name):
            raise UserError(
                env._(
                    "Another addon named 'ai_brain' lies in %s. Odoo can load only one of the "
                    "two. Take one of them off the addons path. Nothing was changed.",
                    other,
                )
            )


def _manifest_name(folder):
    try:
        return ast.literal_eval((folder / "__manifest__.py").read_text(encoding="utf-8"))["name"]
    except (OSError, ValueError, SyntaxError, KeyError):
        return None


def uninstall_hook(env):
    """Drop what Odoo does not know of: guard, trigger, functions, and a table without a model."""
    env["ai.token.usage"]._drop_guard()
    env["ai.token.usage"]._drop_rollup_trigger()
    env["ai.cost.budget.period"]._drop_functions()
    env["ai.answer.claim"]._drop_functions()
    env["ai.provider.stats"]._drop_functions()
    env["ai.gateway.key"]._drop_functions()
    env["ai.metric.sum"]._drop_names()
    env["ai.audit.log"]._drop_guard()
