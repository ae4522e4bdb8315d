"""What operators watch: counters and gauges of the ledger and the budgets, for Prometheus.
Counters are kept as sums up to the rollup's watermark, so that a scrape reads few rows.
It uses: base, ledger, budget, report, savings.
"""

from . import ai_metric_sum, ai_metrics, attempt_step, tier_step
