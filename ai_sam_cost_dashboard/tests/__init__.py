from .agent import test_agent_screens
from .base import (
    test_access,
    test_console,
    test_demo,
    test_hoot,
    test_one_word,
    test_page_weight,
    test_pages_accessibility,
    test_pages_dark,
    test_public_methods,
    test_sentences,
    test_settings,
    test_translations,
    test_views,
)
from .batch import test_batch_screens
from .budget import (
    test_budget_accessibility,
    test_budget_screens,
    test_each_screens,
    test_gauge,
    test_offered_budgets,
)
from .chat import (
    test_ask_ai_accessibility,
    test_ask_ai_estimate,
    test_ask_ai_http,
    test_ask_ai_tours,
    test_markdown,
    test_text_generator_tour,
)
from .gateway import test_new_key
from .ledger import test_call_form
from .price import (
    test_format_usd,
    test_model_wizard,
    test_provider_wizard,
    test_task_screens,
)
from .prompt import test_prompt_screens
from .report import (
    test_dashboard_accessibility,
    test_dashboard_figures,
    test_dashboard_tours,
    test_digest,
    test_export,
    test_no_rate,
    test_own_currency,
    test_own_currency_pages,
)
from .reuse import test_pattern_screens
from .review import test_review_screens
from .savings import test_savings_screens, test_what_if_screens
from .tuning import test_tuning_screens
from .walk import test_walk
