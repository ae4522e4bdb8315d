"""Conversations of people with a model, each answer with its cost.
A caller like any other: it knows ai.service by its public methods.
It uses: base, call.
"""

from . import ai_conversation, ai_conversation_message, ai_conversation_slot
