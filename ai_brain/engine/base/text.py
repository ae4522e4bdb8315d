"""The text of messages in OpenAI's shape."""


def content_text(content):
    """Return the text of a message's content: a str, a list of parts, or None.

    Parts that are no text are left out.

    >>> content_text([{"type": "text", "text": "Hello"}, {"type": "image_url"}])
    'Hello'
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, list | tuple):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict))
    return "\n".join(text for text in texts if text and isinstance(text, str))


def text_of(message):
    """Return the text of a message.

    >>> text_of({"role": "user", "content": [{"type": "text", "text": "Hello"}]})
    'Hello'
    """
    return content_text(message.get("content"))


def last_user_text(messages):
    """Return the text of the last message of the user, '' if there is none."""
    return next((text_of(m) for m in reversed(messages or ()) if m["role"] == "user"), "")
