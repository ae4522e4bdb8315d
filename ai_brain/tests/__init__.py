from .agent import test_agents, test_trials, test_untouched
from .base import (
    test_audit,
    test_migrations,
    test_moved_clock,
    test_other_addon,
    test_own_cursor,
    test_quick_cache,
    test_sentences,
    test_shared_records,
    test_translations,
    test_undone,
)
from .batch import (
    test_batch_budgets,
    test_batches,
    test_callbacks_together,
    test_could_wait,
    test_joined,
)
from .budget import (
    test_budget,
    test_budget_alerts,
    test_budget_each,
    test_budget_standing,
    test_budget_wording,
    test_full_providers,
)
from .call import (
    test_answering,
    test_bad_input,
    test_checked_answer,
    test_log_lines,
    test_moved,
    test_paid_once,
    test_person_limits,
    test_send_message,
    test_spoken,
    test_uncounted,
)
from .chat import test_conversation, test_ledger_questions, test_slot, test_text_generator
from .choice import (
    test_benchmarks,
    test_estimate,
    test_message_types,
    test_recommendations,
    test_router,
    test_two_providers,
    test_verdicts,
    test_who_can,
    test_who_decides,
)
from .gateway import (
    test_costs,
    test_endpoint,
    test_keys,
    test_limits,
    test_names,
    test_openapi,
    test_refusals,
)
from .ledger import test_arithmetic, test_ledger
from .metrics import test_calls, test_metrics
from .price import (
    test_conditions,
    test_key_reach,
    test_price_catalogue,
    test_price_refresh,
    test_provider,
    test_who_sees_providers,
)
from .prompt import (
    test_figures,
    test_needed_tools_step,
    test_prompts,
    test_threads,
    test_vendor_cache,
    test_warm_cache,
)
from .report import (
    test_analytics,
    test_analytics_kept,
    test_budget_panel,
    test_by_name,
    test_cost_alerts,
    test_cost_bridge,
    test_first_actions,
    test_odd_arguments,
    test_one_figure,
    test_rollup,
    test_seal,
)
from .reuse import (
    test_first_use,
    test_judgements,
    test_kept_answers,
    test_pattern_advice,
    test_patterns,
)
from .review import test_review
from .savings import (
    test_holdout,
    test_proven_savings,
    test_saving_sums,
    test_what_if,
    test_what_if_apply,
    test_what_if_ledger,
    test_what_if_texts,
)
from .tasks import test_embed, test_task_endpoint, test_task_steps, test_transcribe
from .tuning import test_examples, test_trainings
from .waste import test_callers, test_waste
