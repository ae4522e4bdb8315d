"""Answers that cost nothing: patterns, kept answers, answers shared by those who ask the same at
the same time.
It uses: base, ledger, call, agent.
"""

from . import (
    ai_agent,
    ai_answer_pattern,
    pattern_advice,
    pattern_step,
)
