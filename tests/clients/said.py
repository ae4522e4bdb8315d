"""What the scripts say to the loopback vendor behind the endpoint: ``tests/vendor/faults.py``."""

import base64

SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "integer"}},
    "required": ["total"],
    "additionalProperties": False,
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": f"To {name} at a thing.",
            "parameters": {"type": "object", "properties": {"value": {"type": "integer"}}},
        },
    }
    for name in ("look", "book")
]


def marker(**directives):
    """The words that tell the vendor what to answer."""
    words = " ".join(f"{key}={value}" for key, value in directives.items())
    return "{{vendor " + words + "}}"


def said(text):
    """Have it answer exactly this."""
    return marker(say=base64.urlsafe_b64encode(text.encode()).decode())
