"""The sandbox answers here, always the same, and says what it is."""

import pytest


@pytest.fixture
def ask():
    from ai_brain.providers import ChatRequest, Endpoint, get_wire

    wire = get_wire("sandbox")

    def ask(text, max_tokens=500, stream=False, **fields):
        messages = [{"role": "user", "content": text}]
        request = ChatRequest(messages, "sandbox", max_tokens, **fields)
        if not stream:
            return wire.complete(Endpoint("sandbox"), request)
        answer = wire.stream(Endpoint("sandbox"), request)
        pieces = list(answer)
        assert len(pieces) > 3
        assert "".join(pieces) == answer.response.content
        return answer.response

    return ask


def test_it_says_that_it_is_a_sandbox_and_speaks_of_the_prompt(ask):
    answer = ask("Write a mail to our customer about the delayed delivery of pallets.")
    assert "Sandbox" in answer.content
    assert "delivery" in answer.content


def test_the_same_prompt_gets_the_same_answer_streamed_or_not(ask):
    text = "List three ideas for the warehouse."
    assert ask(text) == ask(text)
    assert ask(text, stream=True).content == ask(text).content
    assert ask(text).content != ask("Summarise the contract with the supplier.").content


def test_tokens_are_the_engine_s_counts(ask):
    from ai_brain.engine.prompt.tokens import count_text, count_tokens

    answer = ask("How many pallets fit?")
    sent = count_tokens([{"role": "user", "content": "How many pallets fit?"}], "sandbox")
    assert answer.usage.input == sent.tokens
    assert answer.usage.output == count_text(answer.content, "sandbox").tokens


def test_max_tokens_cuts_the_answer(ask):
    answer = ask("How many pallets fit?", max_tokens=5)
    assert answer.finish_reason == "length"
    assert 0 < answer.usage.output <= 5


def test_no_prompt_is_too_odd(ask):
    for text in ("", "?", "\x00", "中文" * 1000, "x" * 100_000):
        assert ask(text).content


def test_a_block_of_code_begins_a_line_of_its_own(ask):
    content = ask("Write a Python function that keeps what is set.").content
    assert "\n\n```python\n" in content
    assert content.startswith("[Sandbox: no model was asked.]\n")
