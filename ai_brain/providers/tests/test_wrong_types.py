"""Whatever a vendor sends, a parser ends in an answer or in one of our exceptions.

Every value of a sound answer is replaced, one at a time, by values of every other type, and
removed; whole and streamed.
"""

import copy
import json

import pytest

from tests.vendor import formats

WRONG = [None, True, 0, -1, 1.5, "word", "", [], ["x"], [[]], {}, {"x": 1}, 10**30, "\x00\ud800"]
COUNTS = {"input": 20, "output": 9, "cache_read": 4, "cache_write": 0, "reasoning": 2}
FORMS = {form.name: form for form in (formats.OpenAI, formats.Anthropic, formats.Gemini)}


def _places(value, path=()):
    """The path of every value inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        yield (*path, key)
        if isinstance(item, (dict, list)):
            yield from _places(item, (*path, key))


def _mutants(value):
    for path in list(_places(value)):
        for wrong in (*WRONG, ...):
            mutant = copy.deepcopy(value)
            holder = mutant
            for key in path[:-1]:
                holder = holder[key]
            if wrong is ...:
                del holder[path[-1]]
            else:
                holder[path[-1]] = wrong
            yield path, wrong, mutant


class _Sent:
    """A response of which only the headers are looked at."""

    headers = {}

    def close(self):
        pass


@pytest.fixture
def feed(monkeypatch):
    """Give a wire this answer instead of one from the network."""
    from ai_brain.providers import ChatRequest, Endpoint, get_wire, http

    monkeypatch.setattr(http, "request", lambda *args, **kwargs: _Sent())
    monkeypatch.setattr(http, "finish", lambda *args, **kwargs: None)

    def feed(form, data, streamed):
        wire, endpoint = get_wire(form.name), Endpoint(form.name)
        request = ChatRequest([{"role": "user", "content": "x"}], "m", 50)
        monkeypatch.setattr(http, "iter_chunks", lambda *args, **kwargs: iter([data]))
        if not streamed:
            return wire.complete(endpoint, request)
        stream = wire.stream(endpoint, request)
        for piece in stream:
            assert isinstance(piece, str)
        return stream.response

    return feed


def _check(response):
    from ai_brain.providers import ChatResponse

    assert isinstance(response, ChatResponse)
    assert isinstance(response.content, str)
    for call in response.tool_calls:
        assert all(isinstance(call[key], str) for key in ("id", "name", "arguments"))
    stored = json.dumps(
        [
            response.content,
            response.raw_usage,
            response.tool_calls,
            response.model,
            response.finish_reason,
            response.request_id,
        ],
        ensure_ascii=False,
    )
    assert "\\u0000" not in stored  # else PostgreSQL refuses to keep what was paid
    stored.encode()
    if response.usage:
        assert response.usage.total < 2**31
    if response.returned_cost_usd is not None:
        assert 0 <= response.returned_cost_usd <= 10**6


def _check_refused(refused):
    assert len(refused) > 20
    assert [case for case in refused if case[0] != "unknown"] == []


@pytest.mark.parametrize("tool", [None, "lookup"])
@pytest.mark.parametrize("name", FORMS)
def test_no_wrong_type_in_a_whole_answer_gets_through(feed, name, tool):
    from ai_brain.providers.errors import ProviderError

    form = FORMS[name]
    sound = form.whole(1, "m", "Some text.", form.usage(COUNTS), "stop", tool)
    assert feed(form, json.dumps(sound).encode(), False).usage.total == 35
    refused = []
    for path, wrong, mutant in _mutants(sound):
        try:
            _check(feed(form, json.dumps(mutant).encode(), False))
        except ProviderError as error:
            refused.append((error.billing, path, wrong))
    _check_refused(refused)


@pytest.mark.parametrize("tool", [None, "lookup"])
@pytest.mark.parametrize("name", FORMS)
def test_no_wrong_type_in_a_streamed_answer_gets_through(feed, name, tool):
    from ai_brain.providers.errors import ProviderError

    form = FORMS[name]
    events = list(
        form.events(1, "m", "Some text that takes two pieces.", form.usage(COUNTS), "stop", tool)
    )
    assert feed(form, "".join(events).encode(), True).usage.total == 35
    refused = []
    for place, event in enumerate(events):
        head, _data, body = event.partition("data: ")
        if body.startswith("[DONE]"):
            continue
        for path, wrong, mutant in _mutants(json.loads(body)):
            changed = f"{head}data: {json.dumps(mutant)}\n\n"
            stream = "".join([*events[:place], changed, *events[place + 1 :]])
            try:
                _check(feed(form, stream.encode(), True))
            except ProviderError as error:
                refused.append((error.billing, path, wrong))
    _check_refused(refused)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"[1]",
        b"7",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"NaN",
        b'{"usage": NaN}',
        b"[" * 100_000,
    ],
)
def test_answers_that_are_no_object(feed, data):
    from ai_brain.providers.errors import BadAnswer

    for form in FORMS.values():
        with pytest.raises(BadAnswer):
            feed(form, data, False)


@pytest.mark.parametrize(
    ("grounding", "unknown"),
    [
        ({"webSearchQueries": ["", " "]}, ()),  # an empty query is not billed
        ({"webSearchQueries": ["", "price of copper"]}, ("webSearchQueries",)),
        ({"imageSearchQueries": ["red umbrella"]}, ("imageSearchQueries",)),
        ({"groundingChunks": [{"web": {"uri": "x"}}, 7, None]}, ()),
        ({"groundingChunks": [{"maps": {"placeId": "1"}}]}, ("groundingMaps",)),
        ({"webSearchQueries": {"a": 1}, "groundingChunks": "x"}, ()),
        ("none", ()),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_gemini_looked_up_is_told_by_its_usage(feed, streamed, grounding, unknown):
    form = FORMS["gemini"]
    sound = form.whole(1, "m", "Some text.", form.usage(COUNTS), "stop", None)
    sound["candidates"][0]["groundingMetadata"] = grounding
    body = json.dumps(sound)
    answer = feed(form, (f"data: {body}\n\n" if streamed else body).encode(), streamed)
    assert answer.usage.unknown == unknown
