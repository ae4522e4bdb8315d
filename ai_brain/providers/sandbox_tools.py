"""How the sandbox looks AI costs up: it chooses the tool by words; the results are the ledger's.

>>> choose("Who exceeded last month?")
('ledger_budgets', {'period': 'last_month'})
>>> choose("Why did it rise?")
('ledger_costs', {'period': 'this_month', 'group_by': 'agent'})
>>> choose("Wer hat diesen Monat am meisten ausgegeben?")
('ledger_costs', {'period': 'this_month', 'group_by': 'user'})
>>> choose("What did each endpoint key cost?")
('ledger_costs', {'period': 'this_month', 'group_by': 'key'})
>>> choose("Write a poem.") is None
True
"""

import hashlib
import json
import re

from ..engine.base.text import content_text, last_user_text

_ANY = re.I
_TOOLS = (
    (
        "ledger_budgets",
        re.compile(r"budget|exceed|overspen|überschr|dépass|presupuest|super[óa]", _ANY),
    ),
    ("ledger_savings", re.compile(r"\bsav(e|ing)|cheaper|spar(en|t)|günstig|économi|ahorr", _ANY)),
    ("ledger_calls", re.compile(r"\bcalls?\b|\baufrufe?\b|\bappels?\b|\bllamadas?\b", _ANY)),
    (
        "ledger_costs",
        re.compile(
            r"\bcost|spen[dt]|rise|rose|expensive|dear(est|er)|kosten|ausgegeben|gestiegen|stieg"
            r"|coût|dépens|augment|gast|cuest|sub(ió|e)",
            _ANY,
        ),
    ),
)
_PERIODS = (
    (
        "last_month",
        re.compile(r"last month|letzte[nrm]? monat|vormonat|mois dernier|mes pasado", _ANY),
    ),
    ("today", re.compile(r"\btoday|\bheute|aujourd|\bhoy\b", _ANY)),
    ("this_year", re.compile(r"this year|dieses jahr|cette année|este año", _ANY)),
    ("this_week", re.compile(r"this week|diese woche|cette semaine|esta semana", _ANY)),
)
_GROUPS = (
    ("key", re.compile(r"endpoint|\bkeys?\b|schlüssel|\bclés?\b|\bclaves?\b", _ANY)),
    ("customer", re.compile(r"customer|\bkunden?\b|\bclient", _ANY)),
    ("user", re.compile(r"\bwho\b|\buser|\bperson|\bwer\b|\bqui\b|qui[eé]n", _ANY)),
    ("model", re.compile(r"\bmodel", _ANY)),
    ("provider", re.compile(r"provider|anbieter|fournisseur|proveedor", _ANY)),
    ("addon", re.compile(r"addon|module|modul\b", _ANY)),
    ("agent", re.compile(r"agent|\bwhy\b|warum|pourquoi|por qué", _ANY)),
)
_ASKED = 2_000


def _first(choices, text, default):
    return next((name for name, words in choices if words.search(text)), default)


def choose(text):
    """(tool, arguments) that a question about AI costs calls for, None for any other question."""
    text = text[:_ASKED]
    name = _first(_TOOLS, text, None)
    if name is None:
        return None
    period = _first(_PERIODS, text, "this_month")
    if name == "ledger_savings":
        return name, {}
    if name == "ledger_budgets":
        return name, {"period": period if period == "last_month" else "this_month"}
    if name == "ledger_calls":
        return name, {"period": period, "order": "dearest"}
    return name, {"period": period, "group_by": _first(_GROUPS, text, "none")}


def chosen_call(request):
    """The tool call that the sandbox answers a request with, None where it writes a text."""
    names = {(tool.get("function") or {}).get("name") for tool in request.tools or ()}
    last = request.messages[-1] if request.messages else {}
    if last.get("role") != "user" or request.tool_choice == "none":
        return None
    text = last_user_text(request.messages)
    found = choose(text)
    if not found or found[0] not in names:
        return None
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return {"id": f"call_{digest[:16]}", "name": found[0], "arguments": json.dumps(found[1])}


def looked_up(messages):
    """The results of our tools at the end of a thread, as the answer's text; '' without any."""
    found = []
    for message in reversed(messages):
        if message.get("role") == "tool":
            found.insert(0, content_text(message.get("content")))
            continue
        calls = message.get("tool_calls") or ()
        ours = calls and all(str(call.get("name", "")).startswith("ledger_") for call in calls)
        return "\n\n".join(found) if found and ours else ""
    return ""
