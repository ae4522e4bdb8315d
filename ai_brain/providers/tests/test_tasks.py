"""Vectors and recordings at the loopback vendor: what is sent, read, refused and billed."""

import io
import wave
from decimal import Decimal

import pytest

from tests.vendor.faults import marker


def recording(seconds=2.0, rate=8000):
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes(b"\1\2" * int(seconds * rate))
    return file.getvalue()


def embedding(*inputs, **more):
    from ai_brain.providers import EmbeddingRequest

    return EmbeddingRequest(list(inputs), more.pop("model", "loop-o-embed"), **more)


def speech(data=None, container="wav", model="loop-o-hear", **more):
    from ai_brain.providers import SpeechRequest

    data = recording() if data is None else data
    return SpeechRequest(io.BytesIO(data), len(data), container, model, **more)


@pytest.fixture
def client(make_client):
    return make_client()


def test_vectors_come_in_the_order_of_the_texts(client, vendor):
    first = client.wire.embed(client.endpoint, embedding("one", "two"))
    second = client.wire.embed(client.endpoint, embedding("two", "one"))
    assert first.vectors == second.vectors[::-1]
    assert first.usage.input == vendor.log()[0]["counts"]["input"]
    assert (first.usage.output, first.content) == (0, "")
    assert {len(vector) for vector in first.vectors} == {8}


def test_dimensions_and_token_numbers_reach_the_vendor(client, vendor):
    answer = client.wire.embed(client.endpoint, embedding([5, 6, 7], "two", dimensions=3, user="u"))
    assert [len(vector) for vector in answer.vectors] == [3, 3]
    assert vendor.log()[0]["keys"] == ["dimensions", "input", "model", "user"]


def test_the_short_form_of_vectors_is_read(client, monkeypatch):
    from ai_brain.providers import openai_tasks

    plain = client.wire.embed(client.endpoint, embedding("one")).vectors
    monkeypatch.setattr(openai_tasks, "_OFFICIAL", openai_tasks.re.compile("127"))
    short = client.wire.embed(client.endpoint, embedding("one")).vectors
    assert short[0] == pytest.approx(plain[0], abs=1e-7)


@pytest.mark.parametrize("wrong", ["lengths", "fewer", "words"])
def test_wrong_vectors_may_have_been_billed(client, vendor, wrong):
    from ai_brain.providers.errors import BadAnswer

    with pytest.raises(BadAnswer) as caught:
        client.wire.embed(client.endpoint, embedding("one " + marker(wrong=wrong), "two"))
    assert caught.value.billing == "unknown"
    assert caught.value.partial.usage is None
    assert vendor.bill() > 0


def test_a_recording_by_time_and_by_token(client, vendor):
    by_time = client.wire.transcribe(client.endpoint, speech(recording(2.5)))
    assert by_time.usage.audio_seconds == 3
    by_token = client.wire.transcribe(
        client.endpoint, speech(recording(2.5), model="loop-o-listen", prompt="Hello there")
    )
    counts = vendor.log()[1]["counts"]
    assert by_token.usage.input == counts["input"] == 27
    assert by_token.usage.input_audio == 25
    assert by_token.usage.output == counts["output"]
    assert by_token.content


def test_the_bytes_that_arrive_are_those_of_the_file(client, vendor):
    import hashlib

    data = recording(3)
    client.wire.transcribe(
        client.endpoint,
        speech(data, language="en", temperature=0.5, timestamps=("segment", "word")),
    )
    (row,) = vendor.log()
    assert row["digest"] == hashlib.sha256(data).hexdigest()
    assert row["filename"] == "recording.wav"
    assert row["keys"] == [
        "language",
        "model",
        "response_format",
        "temperature",
        "timestamp_granularities[]",
    ]


def test_times_are_read(client):
    answer = client.wire.transcribe(client.endpoint, speech(timestamps=("segment", "word")))
    assert (answer.language, answer.duration) == ("english", 2.0)
    assert [(one["start"], one["end"]) for one in answer.segments] == [(0.0, 2.0)]
    assert answer.words[0]["word"] == answer.content.split()[0]


@pytest.mark.parametrize("wrong", ["text", "times"])
def test_a_wrong_transcript_may_have_been_billed(client, vendor, wrong):
    from ai_brain.providers.errors import BadAnswer

    with pytest.raises(BadAnswer) as caught:
        client.wire.transcribe(client.endpoint, speech(prompt=marker(wrong=wrong)))
    assert caught.value.billing == "unknown"
    assert vendor.bill() > 0


def test_a_file_that_is_too_large_for_the_vendor_is_not_billed(client, vendor):
    from ai_brain.providers.errors import InvalidRequest

    with pytest.raises(InvalidRequest, match="413"):
        client.wire.transcribe(client.endpoint, speech(prompt=marker(limit=100)))
    assert vendor.bill() == 0


def test_a_retry_sends_the_file_from_its_beginning(client, vendor):
    told = marker(fault="503", times=2, retry_after=0)
    client.wire.transcribe(client.endpoint, speech(prompt=told))
    rows = vendor.log()
    assert [row["fault"] for row in rows] == ["503", "503", None]
    assert len({row["digest"] for row in rows}) == 1
    assert vendor.bill() == Decimal(rows[2]["bill"]) > 0


def test_what_is_no_recording_or_too_long_is_refused_here(client, vendor):
    from ai_brain.providers.errors import InvalidRequest

    for asked, words in (
        (speech(container=""), "none of flac"),
        (speech(model="gpt-4o-transcribe", timestamps=("word",)), "gives no times"),
        (speech(model="gpt-4o-mini-transcribe", seconds=1500.5), "1500 at most"),
        (speech(model="gpt-4o-transcribe-diarize", seconds=1401), "1400 at most"),
        (speech(model="a\nb"), "name of the model"),
    ):
        with pytest.raises(InvalidRequest, match=words):
            client.wire.transcribe(client.endpoint, asked)
    with pytest.raises(InvalidRequest, match="682 can be sent at once"):
        client.wire.embed(client.endpoint, embedding(*["one"] * 683))
    with pytest.raises(InvalidRequest, match="2048 can be sent at once"):
        client.wire.embed(client.endpoint, embedding(*["one"] * 2049, dimensions=8))
    assert vendor.log() == []


def test_a_prompt_cannot_break_out_of_the_form(client, vendor):
    told = 'a"\r\n--x--\r\nContent-Disposition: form-data; name="model"\r\n\r\nother'
    client.wire.transcribe(client.endpoint, speech(prompt=told))
    assert vendor.log()[0]["model"] == "loop-o-hear"


def test_other_formats_refuse_both_by_name(make_client):
    from ai_brain.providers.errors import ConfigurationError

    for name in ("anthropic", "gemini"):
        client = make_client(name)
        with pytest.raises(ConfigurationError, match=f"'{name}' has no embeddings here"):
            client.wire.embed(client.endpoint, embedding("one"))
        with pytest.raises(ConfigurationError, match=f"'{name}' has no speech to text here"):
            client.wire.transcribe(client.endpoint, speech())


@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("", 25 * 1024**2),
        ("https://eu.api.openai.com/v1", 25 * 1024**2),
        ("https://me.openai.azure.com/openai/deployments/w", 25 * 1024**2),
        ("http://127.0.0.1:1/v1", 100 * 1024**2),
        ("https://api.groq.com/openai/v1", 100 * 1024**2),
        ("https://api.openai.com.example.org/v1", 100 * 1024**2),
    ],
)
def test_the_largest_file_goes_by_the_address(client, url, most):
    assert client.wire.most_audio_bytes(url) == most
