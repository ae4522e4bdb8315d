"""What is shown: sums of the ledger by day (the rollup), breakdowns, dashboard, analyses.
Each figure is computed here once, whoever shows it.
It uses: base, price, ledger, budget.
"""

from . import (
    ai_cost_finding,
    ai_cost_rollup,
    ai_cost_rollup_image,
    ai_token_analytics,
    analysis_money,
    breakdown,
    budget_panel,
    cost_alerts,
    cost_bridge,
    cost_report,
    customers,
    dashboard,
    first_action_lines,
    first_actions,
    kept_driver,
    labels,
    list_totals,
    live_notice_step,
    panels,
    res_company,
    rollup_trigger,
    seal,
    shown_figures,
    shown_held,
    snapshot,
    summary,
    trend,
    waiting,
)
