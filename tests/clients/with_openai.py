"""OpenAI's own client at the endpoint; ``facts``: base_url, key, vendor's models, wrong_key."""

import inspect
import io
import json
import wave

import openai
from openai.resources.audio.transcriptions import Transcriptions
from openai.resources.chat.completions import Completions
from openai.resources.embeddings import Embeddings
from pydantic import BaseModel
from said import SCHEMA, TOOLS, marker, said

NAMES = ("openai", "anthropic", "gemini")


def client(facts, **options):
    """A client as a person sets it up: a base URL and a key."""
    options = {"api_key": facts["key"], "max_retries": 0, "timeout": 30, **options}
    return openai.OpenAI(base_url=facts["base_url"], **options)


def ask(facts, text, model=None, **options):
    """A chat completion of one message."""
    messages = options.pop("messages", [{"role": "user", "content": text}])
    model = model or facts["models"]["openai"]
    return client(facts).chat.completions.create(model=model, messages=messages, **options)


def refused(error, function, *args, **options):
    """What the client raises, which is of that class."""
    try:
        function(*args, **options)
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


def check_answer_usage_and_headers(facts):
    answer = ask(facts, "Hello " + marker(output=12, cached=3, id="openai-chat"))
    choice = answer.choices[0]
    assert len(choice.message.content.split()) == 12
    assert (choice.finish_reason, choice.message.role) == ("stop", "assistant")
    assert answer.usage.prompt_tokens_details.cached_tokens == 3
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    raw = client(facts).chat.completions.with_raw_response.create(
        model=facts["models"]["openai"], messages=[{"role": "user", "content": "Hello"}]
    )
    assert float(raw.headers["x-sam-cost-usd"]) > 0
    assert raw.headers["x-sam-provider"] == facts["models"]["openai"]
    assert raw.headers["x-sam-kind"] == "api"
    assert raw.parse().id


def check_reasoning_is_part_of_the_completion(facts):
    answer = ask(facts, marker(reasoning=40, output=5), model="loop-o-think")
    assert answer.usage.completion_tokens_details.reasoning_tokens == 40
    assert answer.usage.completion_tokens >= 45


def check_stream_with_usage(facts):
    for name in NAMES:
        stream = ask(
            facts,
            "Tell me " + marker(output=30),
            facts["models"][name],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert len(text.split()) == 30, (name, text)
        assert len(chunks) > 4, name
        assert chunks[-1].choices == []
        assert chunks[-1].usage.completion_tokens > 0
        assert chunks[-1].model_extra["x_sam"]["cost_usd"] > 0
        assert chunks[-1].model_extra["x_sam"]["provider"] == facts["models"][name]
        assert all(chunk.usage is None for chunk in chunks[:-1])


def check_stream_without_usage(facts):
    chunks = list(ask(facts, "Tell me", stream=True))
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


def check_tools_and_their_results(facts):
    for name in NAMES:
        model = facts["models"][name]
        question = {"role": "user", "content": "look " + marker(tool="look")}
        first = ask(facts, "", model, messages=[question], tools=TOOLS, tool_choice="auto")
        message = first.choices[0].message
        (call,) = message.tool_calls
        assert first.choices[0].finish_reason == "tool_calls"
        assert (call.function.name, json.loads(call.function.arguments)) == ("look", {"value": 1})
        told = {"role": "tool", "tool_call_id": call.id, "content": "It is 42."}
        again = {"role": "user", "content": "And? " + marker(output=4)}
        second = ask(facts, "", model, messages=[question, message, told, again], tools=TOOLS)
        assert len(second.choices[0].message.content.split()) == 4, name


def check_parallel_tools_whole_and_streamed(facts):
    for name in NAMES:
        model = facts["models"][name]
        answer = ask(facts, marker(tool="look,book"), model, tools=TOOLS)
        assert [c.function.name for c in answer.choices[0].message.tool_calls] == ["look", "book"]
        with client(facts).chat.completions.stream(
            model=model,
            messages=[{"role": "user", "content": "both " + marker(tool="look,book")}],
            tools=TOOLS,
        ) as stream:
            seen = [e for e in stream if e.type == "tool_calls.function.arguments.delta"]
            final = stream.get_final_completion()
        calls = final.choices[0].message.tool_calls
        assert [c.function.name for c in calls] == ["look", "book"], name
        assert [json.loads(c.function.arguments) for c in calls] == [{"value": 1}, {"value": 2}]
        assert len({c.id for c in calls}) == 2
        if name != "gemini":  # whose calls come whole
            assert len(seen) > 2, (name, len(seen))


def check_one_tool_at_a_time(facts):
    for name in ("openai", "anthropic"):
        answer = ask(
            facts,
            marker(tool="look"),
            facts["models"][name],
            tools=TOOLS,
            tool_choice={"type": "function", "function": {"name": "look"}},
            parallel_tool_calls=False,
        )
        assert answer.choices[0].message.tool_calls[0].function.name == "look"


class Total(BaseModel):
    """What a person asks to be parsed."""

    total: int
    note: str


def check_structured_output(facts):
    for name in NAMES:
        for text in ('{"total": 7, "note": "a"}',):
            parsed = client(facts).chat.completions.parse(
                model=facts["models"][name],
                messages=[{"role": "user", "content": "Add. " + said(text)}],
                response_format=Total,
            )
            assert parsed.choices[0].message.parsed == Total(total=7, note="a"), name
    form = {"type": "json_schema", "json_schema": {"name": "total", "schema": SCHEMA}}
    answer = ask(facts, "Add. " + said('{"total": 7}'), response_format=form, stream=True)
    text = "".join(c.choices[0].delta.content or "" for c in answer if c.choices)
    assert json.loads(text) == {"total": 7}


def check_json_without_a_schema(facts):
    form = {"type": "json_object"}
    answer = ask(facts, "JSON " + said('{"a": 1}'), response_format=form)
    assert json.loads(answer.choices[0].message.content) == {"a": 1}
    answer = ask(
        facts, "JSON " + marker(tool="answer"), facts["models"]["anthropic"], response_format=form
    )
    assert json.loads(answer.choices[0].message.content) == {"value": 1}


def check_pictures_and_the_developer_s_words(facts):
    dot = "data:image/png;base64,iVBORw0KGgo="
    messages = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it? " + marker(output=6)},
                {"type": "image_url", "image_url": {"url": dot, "detail": "low"}},
            ],
        },
    ]
    for name in NAMES:
        answer = ask(facts, "", facts["models"][name], messages=messages)
        assert len(answer.choices[0].message.content.split()) == 6


def check_length_and_stop(facts):
    answer = ask(facts, marker(output=300), max_completion_tokens=20, stop=["END"])
    assert answer.choices[0].finish_reason == "length"


def check_models(facts):
    found = {model.id: model for model in client(facts).models.list()}
    assert {"auto", *facts["models"].values()} <= set(found)
    assert client(facts).models.retrieve("loop-o-small").object == "model"
    refused(openai.NotFoundError, client(facts).models.retrieve, "nothing-like-it")


def recording(seconds=2):
    """A WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(b"\0\0" * 8000 * seconds)
    file.seek(0)
    file.name = "call.wav"
    return file


def embed(facts, given="Hello", model="loop-o-embed", **options):
    """Vectors of a text, or of several."""
    return client(facts).embeddings.create(model=model, input=given, **options)


def hear(facts, model="loop-o-hear", **options):
    """The text of a recording."""
    options.setdefault("file", recording())
    return client(facts).audio.transcriptions.create(model=model, **options)


def check_embeddings_as_floats_and_as_base64(facts):
    plain = embed(facts, ["One.", "Two."], encoding_format="float")
    short = embed(facts, ["One.", "Two."])  # base64 on the way, and floats again
    assert [row.index for row in plain.data] == [0, 1]
    for one, other in zip(plain.data, short.data):
        assert len(one.embedding) == len(other.embedding) == 8
        assert all(abs(a - b) < 1e-6 for a, b in zip(one.embedding, other.embedding))
    assert plain.usage.prompt_tokens == plain.usage.total_tokens > 2
    assert plain.model == "loop-o-embed"
    raw = client(facts).embeddings.with_raw_response.create(model="loop-o-embed", input="One.")
    assert float(raw.headers["x-sam-cost-usd"]) > 0


def check_embeddings_of_token_numbers_and_of_a_length(facts):
    found = embed(facts, [[15, 7], [8]], dimensions=5, user="u")
    assert [len(row.embedding) for row in found.data] == [5, 5]
    assert found.usage.prompt_tokens == 3
    assert embed(facts, [15, 7]).usage.prompt_tokens == 2


def check_a_text_that_is_too_long_is_refused_or_split(facts):
    long = "One two three four five six. " * 100
    error = refused(openai.BadRequestError, embed, facts, ["One.", long])
    assert "x-sam-too-long" in error.message
    split = {"x-sam-too-long": "split"}
    raw = client(facts).embeddings.with_raw_response.create(
        model="loop-o-embed", input=["One.", long], extra_headers=split
    )
    assert raw.headers["x-sam-split"] == "1"
    found = raw.parse()
    assert len(found.data) == 2
    assert abs(sum(number**2 for number in found.data[1].embedding) - 1) < 1e-6
    assert found.usage.prompt_tokens > 600


def check_a_recording_in_every_format(facts):
    found = hear(facts, language="en", prompt="Hello", temperature=0.2)
    assert found.text
    assert (found.usage.type, found.usage.seconds) == ("duration", 2)
    by_token = hear(facts, "loop-o-listen")
    assert (by_token.usage.type, by_token.usage.input_token_details.audio_tokens) == ("tokens", 20)
    assert hear(facts, response_format="text").strip() == hear(facts).text
    assert hear(facts, response_format="srt").startswith("1\n00:00:00,000 --> 00:00:02,000\n")
    assert hear(facts, response_format="vtt").startswith("WEBVTT\n")
    times = hear(facts, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert (times.language, times.duration) == ("english", 2)
    assert times.segments[0].end == 2
    assert times.words[0].word == times.text.split()[0]
    assert hear(facts, file=("a.wav", recording().getvalue())).text == hear(facts).text


def check_errors_of_vectors_and_recordings(facts):
    error = refused(openai.NotFoundError, embed, facts, model="loop-o-small")
    assert error.code == "model_not_found"
    refused(openai.NotFoundError, hear, facts, "loop-o-embed")
    error = refused(openai.BadRequestError, embed, facts, "")
    assert (error.code, error.param) == ("invalid_value", "input")
    error = refused(openai.BadRequestError, hear, facts, file=("a.wav", b"no sound"))
    assert "none of flac" in error.message
    poor, wrong = ({**facts, "key": facts[name]} for name in ("poor_key", "wrong_key"))
    # a word costs less than the least budget allows
    for ask_it, options in ((embed, {"given": "word " * 100}), (hear, {})):
        error = refused(openai.APIStatusError, ask_it, poor, **options)
        assert (error.status_code, error.code) == (402, "budget_exceeded")
        refused(openai.AuthenticationError, ask_it, wrong)
    told = marker(fault="429", retry_after=60)
    refused(openai.RateLimitError, embed, facts, "x " + told)
    refused(openai.RateLimitError, hear, facts, prompt=told)
    large = io.BytesIO(recording().getvalue() + b"\0" * 101 * 1024 * 1024)
    error = refused(openai.APIStatusError, hear, facts, file=("a.wav", large))
    assert (error.status_code, error.code) == (413, "file_too_large")


def check_errors_are_the_client_s_classes(facts):
    wrong = openai.OpenAI(base_url=facts["base_url"], api_key=facts["wrong_key"], max_retries=0)
    hello = [{"role": "user", "content": "Hello"}]
    error = refused(
        openai.AuthenticationError, wrong.chat.completions.create, model="auto", messages=hello
    )
    assert error.code == "invalid_api_key"
    error = refused(openai.NotFoundError, ask, facts, "Hello", "gpt-of-nobody")
    assert error.code == "model_not_found"
    error = refused(openai.BadRequestError, ask, facts, "Hello", n=2)
    assert (error.param, error.code) == ("n", "unsupported_parameter")
    error = refused(openai.BadRequestError, ask, facts, "", messages=[{"role": "user"}])
    assert error.param == "messages[0].content"
    error = refused(openai.BadRequestError, ask, facts, "x", facts["models"]["anthropic"], seed=1)
    assert "seed" in error.message
    error = refused(openai.APIStatusError, ask, facts, "x " + marker(fault="500"))
    assert error.status_code >= 500
    error = refused(openai.RateLimitError, ask, facts, "x " + marker(fault="429", retry_after=60))
    assert error.response.headers["retry-after"]
    error = refused(openai.APIStatusError, ask, {**facts, "key": facts["poor_key"]}, "Hello")
    assert (error.status_code, error.code) == (402, "budget_exceeded")
    for name in ("budget", "spent_usd", "limit_usd", "resets_at"):
        assert name in error.body, error.body


def check_an_error_amid_a_stream(facts):
    stream = ask(facts, "x " + marker(fault="half", output=200), stream=True)
    read = []

    def read_on():
        for chunk in stream:
            read.append(chunk)

    error = refused(openai.APIError, read_on)
    assert read
    assert error.message


def check_its_retries(facts):
    """The client asks again by itself after 429 and 5xx; what was refused was not paid."""
    asking = client(facts, max_retries=3)
    text = "again " + marker(fault="500", times=3, id="openai-retries")
    answer = asking.chat.completions.with_raw_response.create(
        model="loop-o-small", messages=[{"role": "user", "content": text}]
    )
    assert answer.retries_taken == 1


def walk(create, table):
    """Does exactly one of the tables have each parameter of a client's method?"""
    own = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}
    names = set(inspect.signature(create).parameters) - own
    where = {name: [kind for kind in table if name in table[kind]] for name in names}
    assert all(len(kinds) == 1 for kinds in where.values()), where


def check_every_parameter_of_embeddings(facts):
    """Each is passed on, honoured, or refused by its name."""
    table = facts["tables"]["embeddings"]
    walk(Embeddings.create, table)
    assert table["passed"] == ["user"]
    assert embed(facts, "all " + marker(id="openai-embed"), dimensions=3, user="u-1").data


def check_every_parameter_of_transcriptions(facts):
    """Each is honoured, or refused by its name."""
    table = facts["tables"]["transcriptions"]
    walk(Transcriptions.create, table)
    values = {
        "chunking_strategy": "auto",
        "include": ["logprobs"],
        "stream": True,
    }
    for name in table["refused"]:
        error = refused(openai.BadRequestError, hear, facts, **{name: values.get(name, ["a"])})
        assert error.param == name, name
    assert hear(
        facts,
        language="en",
        prompt="all " + marker(id="openai-hear"),
        response_format="verbose_json",
        temperature=0.5,
        timestamp_granularities=["word"],
    ).words


def check_every_parameter_of_create(facts):
    """Each is passed on, honoured, or refused by its name."""
    table = facts["tables"]["openai"]
    walk(Completions.create, table)
    wrong = {"n": 2, "logprobs": True, "top_logprobs": 3, "service_tier": "flex"}
    wrong |= {"modalities": ["text", "audio"], "audio": {"voice": "a", "format": "mp3"}}
    for name in table["refused"]:
        error = refused(
            openai.BadRequestError, ask, facts, "x", extra_body={name: wrong.get(name, {"a": 1})}
        )
        assert error.param == name, name
    values = {
        "frequency_penalty": 0.5,
        "logit_bias": {"5": 1},
        "presence_penalty": 0.5,
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "reasoning_effort": "low",
        "safety_identifier": "s",
        "seed": 3,
        "store": True,
        "top_p": 0.5,
        "user": "u",
        "verbosity": "low",
        "parallel_tool_calls": False,
        "metadata": {"trace": "x", "module": "sale"},
    }
    assert set(table["passed"]) <= set(values), set(table["passed"]) - set(values)
    assert ask(facts, "all " + marker(id="openai-all"), tools=TOOLS, **values).id
