"""Budgets for each person, agent, addon or record: one period row a subject.

What there is becomes the row of nobody in particular. Indexes of the same name that now tell
subjects and kinds apart are made anew when the models are loaded.
"""

from odoo.tools.sql import column_exists, create_column, table_exists


def migrate(cr, version):
    if not table_exists(cr, "ai_cost_budget_period"):
        return
    if not column_exists(cr, "ai_cost_budget_period", "subject"):
        create_column(cr, "ai_cost_budget_period", "subject", "varchar")
        cr.execute("UPDATE ai_cost_budget_period SET subject = ''")
    cr.execute(
        "DROP INDEX IF EXISTS ai_cost_budget_scope_unique, ai_cost_alert_once,"
        " ai_cost_budget_period_user_day_idx"
    )
