"""Budgets: what may be spent by whom, what is held and spent, alerts and forecast.
Its SQL (sql.py) is what makes a limit hold against any number of calls at once.
It uses: base, price, ledger.
"""

from . import (
    ai_cost_alert,
    ai_cost_budget,
    ai_cost_budget_period,
    ai_hold_overrun,
    alerts,
    budget_switch_step,
    forecast,
    full_providers,
    offers,
    res_company,
    search,
    spend_cause,
    standing,
    subject,
    tell_managers,
    unusual_spend,
    use,
    why_over,
)
