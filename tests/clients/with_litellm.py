"""LiteLLM at the endpoint, in both formats."""

import json

import litellm
from said import TOOLS, marker

FORMS = (("openai", "openai/"), ("anthropic", "anthropic/"))


def ask(facts, form, text, name="openai", **options):
    """A completion through one of LiteLLM's two ways."""
    base = facts["base_url"] if form == "openai/" else facts["base_url"].removesuffix("/v1")
    return litellm.completion(
        model=form + facts["models"][name],
        messages=[{"role": "user", "content": text}],
        api_base=base,
        api_key=facts["key"],
        max_retries=0,
        **options,
    )


def check_answer(facts):
    for name, form in FORMS:
        answer = ask(facts, form, "Hello " + marker(output=12), name)
        assert len(answer.choices[0].message.content.split()) == 12
        assert answer.usage.prompt_tokens > 0


def check_stream_with_usage(facts):
    for name, form in FORMS:
        stream = ask(
            facts,
            form,
            "Tell me " + marker(output=30),
            name,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert len(text.split()) == 30, (form, text)
        assert any(getattr(chunk, "usage", None) for chunk in chunks), form


def check_tools(facts):
    for name, form in FORMS:
        answer = ask(facts, form, marker(tool="look,book"), name, tools=TOOLS)
        calls = answer.choices[0].message.tool_calls
        assert [json.loads(call.function.arguments)["value"] for call in calls] == [1, 2]
        chunks = list(ask(facts, form, marker(tool="look,book"), name, tools=TOOLS, stream=True))
        whole = litellm.stream_chunk_builder(chunks)
        calls = whole.choices[0].message.tool_calls
        assert [json.loads(call.function.arguments)["value"] for call in calls] == [1, 2], form


def check_errors_are_its_classes(facts):
    for _name, form in FORMS:
        try:
            ask({**facts, "key": facts["wrong_key"]}, form, "Hello")
        except litellm.AuthenticationError:
            continue
        raise AssertionError(form)
