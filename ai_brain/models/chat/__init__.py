"""Conversations of people with a model, each answer with its cost; Odoo's own text generator.
A caller like any other: it knows ai.service by its public methods.
It uses: base, call, report.
"""

from . import (
    ai_conversation,
    ai_conversation_message,
    ai_conversation_slot,
    ai_ledger_tools,
    ledger_questions,
    res_company,
    text_generator,
)
