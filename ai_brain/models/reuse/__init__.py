"""Answers that cost nothing: patterns, kept answers, answers shared by those who ask the same at
the same time.
It uses: base, price, ledger, call, report, choice, chat, agent.
"""

from . import (
    agent_reuse,
    ai_agent,
    ai_answer,
    ai_answer_claim,
    ai_answer_judgement,
    ai_answer_pattern,
    ai_token_usage,
    conversation_reuse,
    forget_answers,
    kept_answer_step,
    pattern_advice,
    pattern_step,
    reuse_figures,
    routing_print,
    shared_answer_step,
)
