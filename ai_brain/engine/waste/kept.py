"""A call's messages as the ledger keeps them, so that all rules can judge it later.

>>> stored = keep_exchange([{"role": "user", "content": "Hi"}], {"policy": "Be kind."})
>>> stored
{'messages': [{'role': 'user', 'content': 'Hi'}], 'context_blocks': {'policy': 'Be kind.'}}
>>> read_exchange(stored)
([{'role': 'user', 'content': 'Hi'}], {'policy': 'Be kind.'})
>>> read_exchange(None)
(None, {})
"""

INLINE_CHARS = 2000  # of a data: address; what is longer is a file, and no rule reads it


def keep_exchange(messages, blocks=None):
    """What is stored of messages (OpenAI shape) and context blocks (name to text), JSON-able.

    The messages stay as they were, but for files written into them: a ``data:`` address longer
    than ``INLINE_CHARS`` keeps its media type and its length alone.
    """
    stored = {"messages": [_kept(message) for message in messages]}
    if blocks:
        stored["context_blocks"] = _kept(dict(blocks))
    return stored


def read_exchange(stored):
    """The inverse of :func:`keep_exchange`: (messages, blocks); (None, {}) where none are kept."""
    if not isinstance(stored, dict) or not isinstance(stored.get("messages"), list):
        return None, {}
    return stored["messages"], stored.get("context_blocks") or {}


def _kept(value):
    if isinstance(value, dict):
        return {name: _kept(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_kept(part) for part in value]
    if isinstance(value, str):
        if value.startswith("data:") and len(value) > INLINE_CHARS:
            return f"{value[:64].partition(',')[0]},({len(value)} characters left out)"
        return value.replace("\x00", "")
    return value
