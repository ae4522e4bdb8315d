"""Three choices for an agent's policy, and what each sets.

Careful changes nothing about a call. Balanced chooses the provider by the question, and never one
that does not meet its need. Thrifty is content with less quality, sends less, and gives a person
the answer again that the same question had.

>>> preset_of({**PRESETS["balanced"], "name": "Support"})
'balanced'
>>> preset_of({**PRESETS["balanced"], "mode": None})
'custom'
"""

#: code -> field of ``ai.agent`` -> value; every preset sets the same fields.
PRESETS = {
    "careful": {
        "mode": "passthrough",
        "quality_required": False,
        "vendor_cache": False,
        "reuse": "off",
        "keep_messages": 0,
        "tool_policy": "all",
    },
    "balanced": {
        "mode": "smart_router",
        "quality_required": False,
        "vendor_cache": True,
        "reuse": "off",
        "keep_messages": 0,
        "tool_policy": "all",
    },
    "thrifty": {
        "mode": "smart_router",
        "quality_required": "low",
        "vendor_cache": True,
        "reuse": "same_question",
        "keep_messages": 20,
        "tool_policy": "needed",
    },
}


def preset_of(policy):
    """Return the preset that a policy (field to value) is, 'custom' if it is none.

    A field that is empty in one way is empty in the other.
    """
    for code, values in PRESETS.items():
        if all((policy.get(name) or False) == (value or False) for name, value in values.items()):
            return code
    return "custom"
