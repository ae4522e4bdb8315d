"""The text of messages in OpenAI's shape."""

import pytest
from engine.base.text import last_user_text, text_of

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hello", "Hello"),
        (None, ""),
        ([], ""),
        ([PICTURE], ""),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ([{"type": "text", "text": None}], ""),
        (["no part", {"type": "text", "text": "one"}], "one"),
    ],
)
def test_the_text_of_a_message(content, text):
    assert text_of({"role": "user", "content": content}) == text


def test_a_message_without_content_has_no_text():
    assert text_of({"role": "assistant"}) == ""


def test_the_last_text_of_the_user_is_found_behind_answers():
    messages = [
        {"role": "user", "content": "first"},
        {"role": "user", "content": "second"},
        {"role": "assistant", "content": "answer"},
    ]
    assert last_user_text(messages) == "second"
    assert last_user_text(messages[2:]) == last_user_text([]) == last_user_text(None) == ""
