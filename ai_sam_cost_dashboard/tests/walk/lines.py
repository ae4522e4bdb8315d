"""Every page of ours and what the walk reads of it: a page without a line here fails a test."""

from typing import NamedTuple


class Line(NamedTuple):
    """What reads a page: names of the walk's pages; or why there is nothing to read."""

    walked: tuple = ()
    why: str = ""


ENTERED = Line(why="what people entered, and no figure of the ledger")
WORDS = Line(why="words and who said them, and no amount")
DIALOG = Line(why="asks for what is entered; what it makes is walked where it is listed")

#: External id of an action of ours -> what the walk reads of its lists, cards, charts and forms.
ACTIONS = {
    "action_ai_cost_dashboard": Line(
        ("cards", "trend", "where it went", "why it changed", "providers", "waste",
         "do this first", "proven savings", "budgets", "screen", "files")
    ),
    "action_ask_ai": Line(("ask ai",)),
    "action_ai_cost_budget": Line(("budgets",)),
    "action_ai_token_usage": Line(("cards", "screen", "pivot")),
    "action_ai_token_usage_analysis": Line(("pivot",)),
    "action_ai_calls_cost": Line(("cards", "where it went")),
    "action_ai_calls_number": Line(("cards",)),
    "action_ai_calls_waste": Line(("cards", "waste")),
    "action_ai_calls_saved": Line(("cards", "proven savings")),
    "action_ai_calls_quality": Line(("cards",)),
    "action_ai_calls_speed": Line(("cards",)),
    "action_ai_calls_tokens": Line(("cards",)),
    "action_ai_cost_reservation": Line(("calls in progress",)),
    "action_ai_answer": Line(("kept answers",)),
    "action_ai_answer_judgement": WORDS,
    "action_ai_batch_request": Line(("requests that may wait",)),
    "action_ai_batch": Line(("batches",)),
    "action_ai_savings": Line(("proven savings",)),
    "action_ai_cost_optimizer": Line(("recommendation log",)),
    "action_ai_provider_benchmark": Line(("benchmarks", "provider forms")),
    "action_ai_token_analytics": Line(("analyses",)),
    "action_ai_experiment": Line(("experiments",)),
    "action_ai_agent_trial": Line(("trials",)),
    "action_ai_what_if": Line(("what if",)),
    "action_ai_tuning_job": Line(("fine-tuning",)),
    "action_ai_review": Line(("review",)),
    "action_ai_answer_review": Line(("review",)),
    "action_ai_service_provider": Line(("provider forms",)),
    "action_ai_provider_price": ENTERED,
    "action_ai_agent": Line(("agents",)),
    "action_ai_prompt": Line(("prompts",)),
    "action_ai_message_type": ENTERED,
    "action_ai_answer_pattern": Line(("patterns",)),
    "action_ai_gateway_key": Line(("endpoint keys",)),
    "action_ai_audit_log": WORDS,
    "action_ai_costs_settings": ENTERED,
    "action_ai_provider_wizard": DIALOG,
    "action_ai_budget_offer": DIALOG,
    "action_ai_pattern_finder": Line(("frequent messages",)),
}  # fmt: skip
#: Model that has cards of ours -> the walk's pages that read its amounts.
CARDS = {
    "ai.agent": Line(("agents", "proven savings")),
    "ai.agent.trial": Line(("trials",)),
    "ai.answer": Line(("kept answers",)),
    "ai.answer.judgement": WORDS,
    "ai.answer.pattern": Line(("patterns",)),
    "ai.answer.review": Line(("review",)),
    "ai.audit.log": WORDS,
    "ai.batch": Line(("batches",)),
    "ai.batch.request": Line(("requests that may wait",)),
    "ai.cost.budget": Line(("budgets",)),
    "ai.cost.optimizer": Line(("recommendation log",)),
    "ai.cost.reservation": Line(("calls in progress",)),
    "ai.experiment": Line(("experiments",)),
    "ai.gateway.key": Line(("endpoint keys",)),
    "ai.message.type": ENTERED,
    "ai.prompt": Line(("prompts",)),
    "ai.provider.price": ENTERED,
    "ai.service.provider": Line(("provider forms",)),
    "ai.token.analytics": Line(("analyses",)),
    "ai.token.usage": Line(("cards", "pivot")),
    "ai.tuning.job": Line(("fine-tuning",)),
    "ai.what.if": Line(("what if",)),
}
#: Part of the dashboard's data -> what reads it.
PARTS = {
    "totals": Line(("cards",)),
    "trend": Line(("trend",)),
    "breakdowns": Line(("where it went",)),
    "providers": Line(("providers",)),
    "waste": Line(("waste",)),
    "first_actions": Line(("do this first",)),
    "recommendations": Line(("do this first",)),
    "proof": Line(("proven savings",)),
    "budget": Line(("budgets",)),
    "forecast": Line(why="of days to come: test_forecast and bench_forecast say how good it is"),
    **dict.fromkeys(
        ("currency", "usd", "currency_note", "generated_at", "fresh_until_id", "timezone",
         "period", "previous", "access", "empty", "checklist", "breakdown_counts", "has_keys",
         "domain", "facets", "options"),
        Line(why="says what the figures are of, and is none"),
    ),
}  # fmt: skip
#: Tab of the finance table -> what reads it.
TABS = {
    **dict.fromkeys(
        ("by_user", "by_agent", "by_module", "by_context", "by_provider", "by_model", "by_kind",
         "by_task", "by_lead", "by_customer"),
        Line(("where it went",)),
    ),
    "by_key": Line(("endpoint keys",)),
}  # fmt: skip
#: Figure of the dashboard's cards -> its name in the walk.
TOTALS = {
    "cost_usd": "spend",
    "cost_company": "spend",
    "calls": "calls",
    "saved_usd": "saved_usd",
    "waste_usd": "waste_usd",
    "uncertain_usd": "uncertain",
    "cost_per_call_usd": "cost per call",
    "cache_hit_rate": "from cache",
    "quality": "quality",
    **dict.fromkeys(("total_tokens", "input_tokens", "output_tokens"), "tokens"),
    "success_rate": "succeeded",
    "latency_ms": "latency",
}
#: Told elsewhere than on a page.
TOLD = ("weekly mail", "daily mail", "analytics api")
#: Pages of features that the demo does not use, and of those it uses a little all figures.
IN_DEMO = {
    "endpoint keys": 0,
    "batches": 0,
    "fine-tuning": 0,
    "trials": 0,
    "prompts": 0,
    "screen": 0,  # its calls have cursors of their own, so no page is served
    "calls in progress": 1,
    "requests that may wait": 3,
    "review": 5,
}


def pages():
    """Return the names of the walk's pages that the lines name."""
    lines = (*ACTIONS.values(), *CARDS.values(), *PARTS.values(), *TABS.values())
    return {name for line in lines for name in line.walked} | {*TOLD}
