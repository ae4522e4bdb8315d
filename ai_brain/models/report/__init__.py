"""What is shown: sums of the ledger by day (the rollup), breakdowns, dashboard, analyses.
Each figure is computed here once, whoever shows it.
It uses: base, price, ledger, budget.
"""

from . import (
    ai_cost_rollup,
    ai_cost_rollup_image,
    ai_token_analytics,
    breakdown,
    cost_alerts,
    cost_report,
    dashboard,
    labels,
    live_notice_step,
    panels,
    res_company,
    rollup_trigger,
    snapshot,
    summary,
    waiting,
)
