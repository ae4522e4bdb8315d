"""The text of messages in OpenAI's shape."""


def text_of(message):
    """Return the text of a message; parts that are no text are left out.

    >>> text_of({"role": "user", "content": [{"type": "text", "text": "Hello"}]})
    'Hello'
    """
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content if isinstance(part, dict))


def last_user_text(messages):
    """Return the text of the last message of the user, '' if there is none."""
    return next((text_of(m) for m in reversed(messages or ()) if m["role"] == "user"), "")
