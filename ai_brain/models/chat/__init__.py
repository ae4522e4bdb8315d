"""Conversations of people with a model, each answer with its cost; Odoo's own text generator.
A caller like any other: it knows ai.service by its public methods.
It uses: base, call.
"""

from . import (
    ai_conversation,
    ai_conversation_message,
    ai_conversation_slot,
    res_company,
    text_generator,
)
