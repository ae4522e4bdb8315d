"""Whom a part of a budget is for, where each person, agent, addon or record has one of its own.

A subject is a text: its kind, a colon, and what tells it from others of its kind. The SQL of the
budgets writes it (``models/budget/sql.py``), everything else reads it here. The subject of a kind
without a value stands for the calls that do not say theirs; '' for a budget that is not divided.
"""

from typing import NamedTuple

KINDS = ("user", "agent", "module", "record")


class Subject(NamedTuple):
    """``value`` is an id for a user, ``(model, id)`` for a record, else the tag in lower case;
    None for the calls that do not say it."""

    kind: str
    value: object


def parse(text):
    """Return the ``Subject`` of a text, None for ''.

    >>> parse("user:7"), parse("record:crm.lead,12")
    (Subject(kind='user', value=7), Subject(kind='record', value=('crm.lead', 12)))
    >>> parse("agent:night: shift").value, parse("agent:").value, parse("")
    ('night: shift', None, None)
    """
    kind, _colon, value = text.partition(":")
    if kind not in KINDS:
        return None
    if not value:
        return Subject(kind, None)
    if kind == "user":
        return Subject(kind, int(value))
    if kind == "record":
        model, _comma, number = value.rpartition(",")
        return Subject(kind, (model, int(number)))
    return Subject(kind, value)


def of_user(user_id):
    """Return the text of a user's subject.

    >>> of_user(7)
    'user:7'
    """
    return f"user:{user_id}"
