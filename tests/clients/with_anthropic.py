"""Anthropic's own client at the endpoint; ``facts`` as for OpenAI's."""

import inspect

import anthropic
from anthropic.resources.messages import Messages
from said import SCHEMA, TOOLS, marker, said

NAMES = ("anthropic", "openai", "gemini")
OWN_TOOLS = [
    {
        "name": tool["function"]["name"],
        "description": tool["function"]["description"],
        "input_schema": tool["function"]["parameters"],
    }
    for tool in TOOLS
]


def client(facts, **options):
    """A client as a person sets it up: a base URL and a key."""
    options = {"api_key": facts["key"], "max_retries": 0, "timeout": 30, **options}
    return anthropic.Anthropic(base_url=facts["base_url"].removesuffix("/v1"), **options)


def fields(facts, text, model=None, **options):
    """The arguments of a call of one message."""
    return {
        "max_tokens": 500,
        "model": model or facts["models"]["anthropic"],
        "messages": [{"role": "user", "content": text}],
        **options,
    }


def ask(facts, text, model=None, **options):
    """A message in answer to one."""
    return client(facts).messages.create(**fields(facts, text, model, **options))


def refused(error, function, *args, **options):
    """What the client raises, which is of that class."""
    try:
        function(*args, **options)
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


def check_answer_and_usage(facts):
    for name in NAMES:
        answer = ask(facts, "Hello " + marker(output=12), facts["models"][name])
        assert len(answer.content[0].text.split()) == 12
        assert (answer.stop_reason, answer.role, answer.type) == (
            "end_turn",
            "assistant",
            "message",
        )
        assert answer.usage.input_tokens > 0
        assert answer.usage.output_tokens > 0
    long = "a prompt that has at least fifteen tokens in all of it "
    usage = ask(facts, long + marker(cached=6, written=9)).usage
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (6, 9)
    raw = client(facts).messages.with_raw_response.create(**fields(facts, "Hello"))
    assert float(raw.headers["x-sam-cost-usd"]) > 0


def check_stream_events(facts):
    for name in NAMES:
        with client(facts).messages.stream(
            **fields(facts, "Tell me " + marker(output=30), facts["models"][name])
        ) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_message()
        assert kinds[0] == "message_start"
        assert kinds[-2:] == ["message_delta", "message_stop"], kinds
        assert kinds.count("text") > 3, name
        assert len(final.content[0].text.split()) == 30
        assert final.stop_reason == "end_turn"
        assert final.usage.input_tokens > 0
        assert final.usage.output_tokens > 0
    events = list(client(facts).messages.create(**fields(facts, "Hello"), stream=True))
    told = next(event for event in events if event.type == "message_delta")
    assert told.model_extra["x_sam"]["cost_usd"] > 0
    assert told.model_extra["x_sam"]["provider"] == facts["models"]["anthropic"]


def check_tools_and_their_results(facts):
    for name in NAMES:
        model = facts["models"][name]
        text = "look " + marker(tool="look,book")
        first = ask(facts, text, model, tools=OWN_TOOLS, tool_choice={"type": "any"})
        assert first.stop_reason == "tool_use"
        assert [(b.name, b.input) for b in first.content] == [
            ("look", {"value": 1}),
            ("book", {"value": 2}),
        ], name
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": "It is 42."}
            for block in first.content
        ]
        results[1]["is_error"] = True
        second = ask(
            facts,
            "",
            model,
            tools=OWN_TOOLS,
            messages=[
                {"role": "user", "content": text},
                {"role": "assistant", "content": first.content},
                {
                    "role": "user",
                    "content": [*results, {"type": "text", "text": "And? " + marker(output=4)}],
                },
            ],
        )
        assert len(second.content[0].text.split()) == 4, name


def check_tools_in_a_stream(facts):
    for name in NAMES:
        with client(facts).messages.stream(
            **fields(
                facts, "both " + marker(tool="look,book"), facts["models"][name], tools=OWN_TOOLS
            )
        ) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_message()
        assert [(b.name, b.input) for b in final.content] == [
            ("look", {"value": 1}),
            ("book", {"value": 2}),
        ], name
        assert final.stop_reason == "tool_use"
        assert "input_json" in kinds
        assert kinds.count("content_block_start") == kinds.count("content_block_stop") == 2


def check_system_as_blocks_and_marks_of_a_cache(facts):
    """The marks reach the vendor as they are: the test reads them there."""
    mark = {"type": "ephemeral"}
    answer = ask(
        facts,
        "",
        system=[
            {"type": "text", "text": "Be brief."},
            {"type": "text", "text": "Rules.", "cache_control": mark},
        ],
        tools=[OWN_TOOLS[0], {**OWN_TOOLS[1], "cache_control": mark}],
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Context.", "cache_control": mark},
                    {"type": "text", "text": "Hello " + marker(id="anthropic-marks")},
                ],
            }
        ],
    )
    assert answer.content[0].text
    for name in NAMES[1:]:  # for whom there is no such mark
        assert ask(
            facts,
            "Hello",
            facts["models"][name],
            system=[{"type": "text", "text": "Rules.", "cache_control": mark}],
        ).content


def check_thinking(facts):
    thinking = {"type": "enabled", "budget_tokens": 1024}
    answer = ask(
        facts,
        "Think " + marker(thought="because", tool="look"),
        max_tokens=2000,
        thinking=thinking,
        tools=OWN_TOOLS,
    )
    assert [block.type for block in answer.content] == ["thinking", "tool_use"]
    assert answer.content[0].thinking == "because"
    with client(facts).messages.stream(
        **fields(facts, "Think " + marker(thought="because", output=5), thinking=thinking)
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert {"thinking", "signature", "text"} <= set(kinds)
    assert final.content[0].signature.startswith("signed-")
    back = [
        {"role": "user", "content": "Think"},
        {"role": "assistant", "content": answer.content},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": answer.content[1].id, "content": "42"}
            ],
        },
    ]
    for name in NAMES:
        assert ask(facts, "", facts["models"][name], messages=back, tools=OWN_TOOLS).content


def check_where_it_stopped(facts):
    answer = ask(facts, "Hello " + marker(stop="END"), stop_sequences=["END"])
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", "END")
    answer = ask(facts, marker(output=300), max_tokens=20, stop_sequences=["END"])
    assert answer.stop_reason == "max_tokens"


def check_structured_output(facts):
    form = {"type": "json_schema", "schema": SCHEMA}
    for name in NAMES:
        text = "Add. " + said('{"total": 7}')
        answer = ask(facts, text, facts["models"][name], output_config={"format": form})
        assert answer.content[0].text == '{"total": 7}'


def check_pictures_and_documents(facts):
    picture = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    paper = {"type": "text", "media_type": "text/plain", "data": "Sold: 7."}
    content = [
        {"type": "image", "source": picture},
        {"type": "document", "source": paper, "title": "Sales"},
        {"type": "text", "text": "What is it? " + marker(output=6)},
    ]
    for name in NAMES:
        messages = [{"role": "user", "content": content}]
        answer = ask(facts, "", facts["models"][name], messages=messages)
        assert len(answer.content[0].text.split()) == 6


def check_models(facts):
    found = [model.id for model in client(facts).models.list()]
    assert {"auto", *facts["models"].values()} <= set(found)
    assert client(facts).models.retrieve("loop-a-small").type == "model"


def check_errors_are_the_client_s_classes(facts):
    wrong = {**facts, "key": facts["wrong_key"]}
    error = refused(anthropic.AuthenticationError, ask, wrong, "Hello")
    assert error.body["error"]["type"] == "authentication_error"
    refused(anthropic.NotFoundError, ask, facts, "Hello", "claude-of-nobody")
    error = refused(anthropic.BadRequestError, ask, facts, "Hello", service_tier="standard_only")
    assert error.body["error"]["param"] == "service_tier"
    error = refused(anthropic.BadRequestError, ask, facts, "Hello", messages=[])
    assert error.body["error"]["type"] == "invalid_request_error"
    error = refused(anthropic.APIStatusError, ask, facts, "x " + marker(fault="500"))
    assert error.status_code >= 500
    refused(anthropic.RateLimitError, ask, facts, "x " + marker(fault="429", retry_after=60))
    error = refused(anthropic.APIStatusError, ask, {**facts, "key": facts["poor_key"]}, "Hello")
    assert error.status_code == 402
    assert error.body["error"]["type"] == "billing_error"
    assert error.body["error"]["budget"]


def check_an_error_amid_a_stream(facts):
    read = []

    def read_on():
        with client(facts).messages.stream(
            **fields(facts, "x " + marker(fault="half", output=200))
        ) as stream:
            for event in stream:
                read.append(event)

    error = refused(anthropic.APIError, read_on)
    assert read
    assert error.message


def check_every_parameter_of_create(facts):
    """Each is passed on, honoured, or refused by its name."""
    own = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    names = set(inspect.signature(Messages.create).parameters)
    names |= set(inspect.signature(Messages.stream).parameters)
    table = facts["tables"]["anthropic"]
    where = {name: [kind for kind in table if name in table[kind]] for name in names - own}
    assert all(len(kinds) == 1 for kinds in where.values()), where
    wrong = {"service_tier": "standard_only", "speed": "fast", "inference_geo": "us"}
    for name in table["refused"]:
        value = wrong.get(name, "x")
        error = refused(anthropic.BadRequestError, ask, facts, "x", extra_body={name: value})
        assert error.body["error"]["param"] == name, name
    thinking = {"type": "enabled", "budget_tokens": 1024}
    beside = {"top_k": 5, "top_p": 0.9, "temperature": 0.5}
    assert ask(
        facts,
        "all " + marker(id="anthropic-all"),
        cache_control={"type": "ephemeral"},
        metadata={"user_id": "u1"},
        output_config={"effort": "low"},
        stop_sequences=["END"],
        thinking=thinking,
        max_tokens=2000,
        extra_body=beside,
    ).id


def check_count_tokens(facts):
    for name in NAMES:
        model = facts["models"][name]
        counts = [
            client(facts)
            .messages.count_tokens(
                model=model, messages=[{"role": "user", "content": text}], **options
            )
            .input_tokens
            for text, options in (
                ("Hello", {}),
                ("Hello, how are you?", {}),
                ("Hello", {"system": "Be brief, and say so."}),
                ("Hello", {"tools": OWN_TOOLS}),
            )
        ]
        assert 0 < counts[0] < min(counts[1:]), (name, counts)
    counting = client(facts).messages.count_tokens
    hello = [{"role": "user", "content": "Hello"}]
    error = refused(anthropic.NotFoundError, counting, model="claude-of-nobody", messages=hello)
    assert error.body["error"]["type"] == "not_found_error"
    error = refused(anthropic.BadRequestError, counting, model="auto", messages=[])
    assert error.body["error"]["param"] == "messages"


def check_every_parameter_of_count_tokens(facts):
    own = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    names = set(inspect.signature(Messages.count_tokens).parameters) - own
    table = facts["tables"]["anthropic_count"]
    where = {name: [kind for kind in table if name in table[kind]] for name in names}
    assert all(len(kinds) == 1 for kinds in where.values()), where
    for name in table["refused"]:
        value = {"speed": "fast"}.get(name, "x")
        error = refused(
            anthropic.BadRequestError,
            client(facts).messages.count_tokens,
            model="auto",
            messages=[{"role": "user", "content": "Hello"}],
            extra_body={name: value},
        )
        assert error.body["error"]["param"] == name, name
