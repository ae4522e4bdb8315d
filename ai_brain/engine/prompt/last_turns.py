"""The end of a conversation: what is sent of it where a message needs no more.

A turn is a message of the user with all that answered it. System messages stay, wherever they
stand, and a call of a tool is never parted from its result, as both are in one turn.

>>> talk = [
...     {"role": "system", "content": "Be brief."},
...     {"role": "user", "content": "Hello"},
...     {"role": "assistant", "content": "Hi!"},
...     {"role": "user", "content": "How are you?"},
... ]
>>> [message["content"] for message in last_turns(talk, 0)]
['Be brief.', 'How are you?']
>>> last_turns(talk, 1) is talk
True
"""


def last_turns(messages, turns):
    """Return system messages, the last ``turns`` turns and the message that is to be answered;
    the list itself where nothing is left out.

    Where the last message is no user's (a tool's result, an answer begun), its turn is the one
    that is to be answered.
    """
    starts = [number for number, message in enumerate(messages) if message["role"] == "user"]
    if len(starts) <= turns + 1:
        return messages
    first = starts[-turns - 1]
    return [m for n, m in enumerate(messages) if n >= first or m["role"] == "system"]


def has_tool_turns(messages):
    """Does a message call a tool, or give the result of one? Vendors want its definition then.

    >>> has_tool_turns([{"role": "user", "content": [{"type": "tool_result"}]}])
    True
    >>> has_tool_turns([{"role": "user", "content": "Hi"}])
    False
    """
    return any(
        message["role"] == "tool"
        or message.get("tool_calls")
        or any(
            isinstance(part, dict) and part.get("type") in ("tool_use", "tool_result")
            for part in (message["content"] if isinstance(message["content"], list) else ())
        )
        for message in messages
    )
