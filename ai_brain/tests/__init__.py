from . import test_bad_input, test_ledger, test_paid_once, test_provider, test_send_message
from . import test_other_addon, test_price_catalogue
from . import test_analytics, test_rollup
from . import test_benchmarks, test_recommendations, test_waste
from . import test_budget, test_budget_alerts
