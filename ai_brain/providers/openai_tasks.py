"""Embeddings and transcriptions in OpenAI's format.

Source of the shapes: OpenAI's API reference, "Embeddings" and "Create transcription";
openai-python 3.57 (November 2026), ``types/create_embedding_response`` and ``types/audio``.
"""

import math
import re
from decimal import Decimal

from ..engine.price.usage import TokenUsage
from ..engine.tasks.recording import CONTAINERS
from ..engine.tasks.vectors import read_float32
from . import http
from .address import check_url
from .answer import Answer, expect
from .base import EmbeddingResponse, Transcript, clean_text
from .errors import InvalidRequest
from .multipart import Multipart

#: "File uploads are currently limited to 25 MB" (guides/speech-to-text); the refusal names
#: 26214400 bytes. Azure's is the same. Others have limits of their own, which they tell.
OPENAI_AUDIO_BYTES = 25 * 1024 * 1024
MOST_AUDIO_BYTES = 100 * 1024 * 1024
#: "An array of at most 2,048", and "a maximum of 300,000 tokens summed across all inputs in a
#: single request" (API reference, "Create embeddings").
MOST_TEXTS = 2048
MOST_TOKENS = 300_000
#: Numbers of all vectors of an answer together: 67 MB while they are Python's, and what a worker
#: has beside a hundred others. The vendors would send three times as many.
MOST_NUMBERS = 2**21
MOST_VECTORS_BYTES = 64 * 1024 * 1024
#: How long a vector is where nobody says so: that of text-embedding-3-large is the longest.
USUAL_NUMBERS = 3072
#: Of other models, by OpenAI's guide ("Embeddings": "1536 for text-embedding-3-small") and
#: Mistral's ("mistral-embed": 1024); read in November 2026.
_NUMBERS = {
    "text-embedding-3-small": 1536,
    "text-embedding-ada-002": 1536,
    "mistral-embed": 1024,
}
MOST_SEGMENTS = 100_000
# Of ``TranscriptionSegment``.
_SAID = (
    "id",
    "seek",
    "tokens",
    "temperature",
    "avg_logprob",
    "compression_ratio",
    "no_speech_prob",
)

# "audio duration … seconds is longer than 1500 seconds which is the maximum for this model", and
# 1400 of the one that tells speakers apart: what the API says when it refuses.
_LONGEST = (
    (re.compile(r"(?:^|/)gpt-4o-transcribe-diarize"), 1400),
    (re.compile(r"(?:^|/)gpt-4o(?:-mini)?-transcribe"), 1500),
)
# "For gpt-4o-transcribe and gpt-4o-mini-transcribe, the only supported format is json."; nor has
# gpt-transcribe any times.
_TEXT_ALONE = re.compile(r"(?:^|/)gpt-(?:4o-(?:mini-)?)?transcribe")
#: Groq's answers have no usage, and name the length that was heard in this form alone:
#: https://console.groq.com/docs/speech-to-text (November 2026).
_VERBOSE = re.compile(r"(?:^|\.)api\.groq\.com$")
_OFFICIAL = re.compile(r"(?:^|\.)(?:api\.openai\.com|(?:openai|cognitiveservices)\.azure\.com)$")


def usual_numbers(model):
    """How many numbers a model's vector has where the request does not say so.

    >>> usual_numbers("openai/text-embedding-3-small"), usual_numbers("another")
    (1536, 3072)
    """
    return _NUMBERS.get(model.rpartition("/")[2], USUAL_NUMBERS)


class OpenAITasks:
    """What the format does besides chat; a part of :class:`~.openai.OpenAIWire`."""

    def check_embedding(self, request, base_url=""):
        """Refuse what cannot be sent: see :class:`~.base.EmbeddingRequest`."""
        self.check_model(request.model)
        most = MOST_NUMBERS // (request.dimensions or usual_numbers(request.model))
        if len(request.inputs) > min(most, MOST_TEXTS):
            raise InvalidRequest(
                f"{len(request.inputs)} texts are too many for one request: {min(most, MOST_TEXTS)}"
                " can be sent at once. Send them in several calls."
            )

    def check_speech(self, request, base_url=""):
        """Refuse what cannot be sent: see :class:`~.base.SpeechRequest`."""
        self.check_model(request.model)
        if request.container not in CONTAINERS:
            raise InvalidRequest(
                "The file is no recording that can be sent: it is none of "
                f"{', '.join(sorted(CONTAINERS))}. Convert it first."
            )
        if request.timestamps and _TEXT_ALONE.search(request.model):
            raise InvalidRequest(
                f"{request.model} gives no times with its text. Use another model, such as "
                "whisper-1, or do not ask for them."
            )
        for name, longest in _LONGEST:
            if name.search(request.model) and request.seconds and request.seconds > longest:
                raise InvalidRequest(
                    f"The recording lasts {round(request.seconds)} seconds, and {request.model} "
                    f"takes {longest} at most. Cut it, or use another model."
                )

    def most_audio_bytes(self, base_url=""):
        """The largest file that may be sent to an address."""
        host = check_url(base_url or self.default_base_url).hostname
        return OPENAI_AUDIO_BYTES if _OFFICIAL.search(host) else MOST_AUDIO_BYTES

    def speech_format(self, request, base_url=""):
        """The ``response_format`` to ask for: with times, or where it alone tells the length."""
        host = check_url(base_url or self.default_base_url).hostname
        return "verbose_json" if request.timestamps or _VERBOSE.search(host) else "json"

    def embed(self, endpoint, request):
        self.check_embedding(request, endpoint.base_url)
        url = self.url(endpoint, "/embeddings")
        body = {"model": request.model, "input": list(request.inputs)}
        if request.dimensions:
            body["dimensions"] = request.dimensions
        if request.user:
            body["user"] = request.user
        host = check_url(endpoint.base_url or self.default_base_url).hostname
        if _OFFICIAL.search(host):
            body["encoding_format"] = "base64"  # a quarter of the bytes
        response = http.request(endpoint, "POST", url, self.headers(endpoint), http.encode(body))
        data = http.read_json(response, endpoint, MOST_VECTORS_BYTES, float)
        answer = self._answer(endpoint)
        answer.note(data.get("model"), data.get("id") or response.headers.get("x-request-id"))
        answer.merge_usage(data.get("usage"))
        self.raise_error(answer, data)
        rows = expect(answer, data.get("data"), list, "there is no list of vectors")
        vectors = _vectors(answer, rows, len(request.inputs), request.dimensions)
        return EmbeddingResponse(**vars(answer.response()), vectors=vectors)

    def transcribe(self, endpoint, request):
        self.check_speech(request, endpoint.base_url)
        fields = [("model", request.model)]
        fields.append(("response_format", self.speech_format(request, endpoint.base_url)))
        for name in ("language", "prompt", "temperature"):
            value = getattr(request, name)
            if value is not None:
                fields.append((name, value))
        fields += [("timestamp_granularities[]", name) for name in request.timestamps]
        body = Multipart(
            fields,
            f"recording.{request.container}",  # what the file is called is nobody else's business
            CONTAINERS[request.container],
            request.file,
            request.size,
        )
        headers = {**self.headers(endpoint), "Content-Type": body.content_type}
        url = self.url(endpoint, "/audio/transcriptions")
        response = http.request(endpoint, "POST", url, headers, body)
        data = http.read_json(response, endpoint)
        answer = Answer(TokenUsage.from_speech)
        answer.note(request.model, response.headers.get("x-request-id"))
        duration = _time(answer, data.get("duration"), "a duration", optional=True)
        usage = data.get("usage")
        if usage is None and duration:
            # who bills by time and names the length that was heard has said what is billed; a
            # length of 0 is that of a vendor who did not measure it
            usage = {"type": "duration", "seconds": duration}
        answer.merge_usage(usage)
        self.raise_error(answer, data)
        expect(answer, data.get("text"), str, "there is no text")
        answer.add_text(data["text"])
        answer.finish_reason = "stop"
        return Transcript(
            **vars(answer.response()),
            language=clean_text(data.get("language"))[:64],
            duration=duration,
            segments=_timed(answer, data.get("segments"), "text"),
            words=_timed(answer, data.get("words"), "word"),
        )


def _vectors(answer, rows, count, dimensions):
    """The vectors in the order of the inputs, all of one length."""
    vectors = [None] * count
    for place, row in enumerate(rows):
        expect(answer, row, dict, "a vector is not an object")
        place = row.get("index", place)
        if type(place) is not int or not 0 <= place < count or vectors[place] is not None:
            raise answer.bad("a vector has no place")
        vectors[place] = _vector(answer, row.get("embedding"))
    if None in vectors:
        raise answer.bad("a vector is missing")
    lengths = {len(vector) for vector in vectors}
    if len(lengths) != 1 or 0 in lengths or (dimensions and lengths != {dimensions}):
        raise answer.bad("the vectors do not have the length that was asked for")
    return vectors


def _vector(answer, values):
    if isinstance(values, str):
        try:
            values = read_float32(values)
        except ValueError:
            raise answer.bad("a vector is not made of numbers") from None
    expect(answer, values, list, "a vector is not a list")
    good = all(type(value) in (int, float) and math.isfinite(value) for value in values)
    if not good:
        raise answer.bad("a vector is not made of numbers")
    return [float(value) for value in values]


def _timed(answer, rows, text):
    """Segments or words: dicts with ``start`` and ``end`` in seconds and a text."""
    expect(answer, rows, list, f"the {text}s are no list", optional=True)
    if rows and len(rows) > MOST_SEGMENTS:
        raise answer.bad(f"there are more than {MOST_SEGMENTS} {text}s")
    found = []
    for row in rows or ():
        expect(answer, row, dict, f"a {text} is not an object")
        found.append(
            {
                **_beside(row),
                "start": _time(answer, row.get("start"), "a start"),
                "end": _time(answer, row.get("end"), "an end"),
                text: clean_text(expect(answer, row.get(text), str, f"a {text} is no text")),
            }
        )
    return found


def _beside(row):
    """What a vendor says of a segment beside its times: numbers, and lists of them."""
    found = {}
    for name in _SAID:
        value = row.get(name)
        listed = isinstance(value, list) and len(value) <= MOST_SEGMENTS
        if _is_number(value) or (listed and all(map(_is_number, value))):
            found[name] = http.plain(value)
    return found


def _is_number(value):
    return type(value) in (int, float, Decimal) and math.isfinite(value)


def _time(answer, value, what, optional=False):
    if value is None and optional:
        return None
    if isinstance(value, str):  # whisper-1's duration was a text once
        try:
            value = float(value)
        except ValueError:
            value = None
    if not _is_number(value) or value < 0:
        raise answer.bad(f"{what} is no time")
    return float(value)
