"""Transcriptions in OpenAI's format, from the side of who serves them.

Shapes: ``openai-python`` 3.57 (November 2026), ``resources/audio/transcriptions`` and
``types/audio``. A request is a form with the file in it; lists are fields of names with ``[]``.

>>> asked = read({"model": ["m"], "response_format": ["srt"], "language": ["de"]})
>>> asked.model, asked.form, asked.options
('m', 'srt', {'language': 'de', 'timestamps': ('segment',)})
>>> read({"model": ["m"], "stream": ["true"]})
Traceback (most recent call last):
...
engine.gateway.errors.BadRequest: 'stream' is not served here: a transcript comes as a whole.
"""

from dataclasses import dataclass, field

from ..tasks.subtitles import srt, vtt
from . import asked as given
from .errors import BadRequest, invalid, not_served
from .openai_params import MODEL
from .shapes import closed, number, one_of, some, text, whole

#: Of a file; the vendor's own limit may be lower, which is told as well.
MOST_BYTES = 100 * 1024 * 1024
FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
_TIMES = ("word", "segment")
#: What is done with each parameter of ``audio.transcriptions.create``; a test walks its signature.
HONOURED = {
    "file": {"type": "string", "format": "binary", "description": "The recording."},
    "language": text(pattern="^([a-z]{2,3})?$", description="Of ISO 639."),
    "model": MODEL,
    "prompt": text(None, 4000),
    "response_format": one_of(*FORMATS),
    "temperature": number(0, 1),
    "timestamp_granularities": some(one_of(*_TIMES)),
}
#: Nothing reaches the provider that has no option of its own.
PASSED = {}
_SPEAKERS = "who speaks is not told apart"
REFUSED = {
    "chunking_strategy": "the recording is sent as it is",
    "include": "answers are passed on as text, without it",
    "keywords": "say them in 'prompt'",
    "known_speaker_names": _SPEAKERS,
    "known_speaker_references": _SPEAKERS,
    "languages": "name one in 'language'",
    "stream": "a transcript comes as a whole",
}
#: Values that ask for what happens anyhow.
_PLAIN = {"stream": ("false", "False", ""), "chunking_strategy": ("",)}
#: The fields of the form; a list's is called ``timestamp_granularities[]``.
REQUEST = closed(
    {
        **{name + "[]" * (name == "timestamp_granularities"): s for name, s in HONOURED.items()},
        **{
            name: {"enum": [*_PLAIN[name]], "description": f"Not served: {REFUSED[name]}."}
            for name in _PLAIN
        },
    },
    ["file", "model"],
)
_SECOND = number(0)
_SEGMENT = closed(
    {
        "start": _SECOND,
        "end": _SECOND,
        "text": text(),
        "id": whole(0),
        "seek": whole(0),
        "tokens": some(whole(0)),
        "temperature": number(),
        "avg_logprob": number(),
        "compression_ratio": number(),
        "no_speech_prob": number(),
    },
    ["start", "end", "text"],
)
_WORD = closed({"start": _SECOND, "end": _SECOND, "word": text()}, ["start", "end", "word"])
ANSWER = closed(
    {
        "text": text(),
        "usage": {
            "anyOf": [
                closed({"type": {"const": "duration"}, "seconds": number(0)}, ["type", "seconds"]),
                closed(
                    {
                        "type": {"const": "tokens"},
                        "input_tokens": whole(0),
                        "input_token_details": closed(
                            {"text_tokens": whole(), "audio_tokens": whole(0)},
                            ["text_tokens", "audio_tokens"],
                        ),
                        "output_tokens": whole(0),
                        "total_tokens": whole(0),
                    },
                    [
                        "type",
                        "input_tokens",
                        "input_token_details",
                        "output_tokens",
                        "total_tokens",
                    ],
                ),
            ]
        },
        "task": {"const": "transcribe"},
        "language": text(),
        "duration": number(0),
        "segments": some(_SEGMENT),
        "words": some(_WORD),
    },
    ["text", "usage"],
)


@dataclass
class AskedSpeech:
    """What was asked for, its file apart. ``form``: the format of the answer."""

    model: str
    form: str = "json"
    options: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    task = "voice_to_text"
    stream = False


def read(fields):
    """Return a request as :class:`AskedSpeech`.

    :param dict fields: name to the list of its values, texts
    :raise BadRequest: what cannot be served, by name
    """
    found = {}
    for name, values in fields.items():
        bare = name.removesuffix("[]")
        if values and values[0] not in _PLAIN.get(bare, ()):
            found.setdefault(bare, []).extend(values)
    for name in found:
        if name in REFUSED:
            raise not_served(name, REFUSED[name])
        if name not in HONOURED:
            raise not_served(name[:60], "it is no part of transcriptions")
    one = {name: values[0] for name, values in found.items()}
    form = one.get("response_format", "json")
    if form == "diarized_json":
        raise not_served("response_format", _SPEAKERS)
    if form not in FORMATS:
        raise invalid("response_format", f"one of {', '.join(FORMATS)}")
    options = {name: one[name] for name in ("language", "prompt") if one.get(name)}
    if "temperature" in one:
        options["temperature"] = _temperature(one["temperature"])
    times = _times(found.get("timestamp_granularities", ()), form)
    if times:
        options["timestamps"] = times
    return AskedSpeech(model=given.text(one, "model"), form=form, options=options)


def _temperature(text):
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise invalid("temperature", "a number from 0 to 1")
    return value


def _times(names, form):
    if any(name not in _TIMES for name in names):
        raise invalid("timestamp_granularities", "word or segment")
    if names and form != "verbose_json":
        raise BadRequest(
            "'timestamp_granularities' go with the response_format verbose_json.",
            "timestamp_granularities",
            "invalid_value",
        )
    if form in ("srt", "vtt") or (form == "verbose_json" and not names):
        return ("segment",)
    return tuple(names)


def write(answer, asked, id, created):
    """Return the answer: a dict for JSON, or a text.

    :param dict answer: what ``transcribe`` returns
    """
    text = answer.get("content") or ""
    if asked.form == "text":
        return text + "\n"
    if asked.form in ("srt", "vtt"):
        return (srt if asked.form == "srt" else vtt)(answer["segments"])
    found = {"text": text, "usage": usage(answer)}
    if asked.form == "verbose_json":
        found.update(
            task="transcribe",
            language=answer.get("language") or "",
            duration=answer.get("audio_seconds") or 0,
        )
        for name in ("segments", "words"):
            if answer.get(name):
                found[name] = answer[name]
    return found


def usage(answer):
    """The usage in OpenAI's counts, by time where that is billed.

    >>> usage({"usage": {"audio_seconds": 7}})
    {'type': 'duration', 'seconds': 7}
    >>> usage({"usage": {"input_tokens": 14, "input_audio_tokens": 4, "output_tokens": 2}})[
    ...     "input_token_details"]
    {'text_tokens': 10, 'audio_tokens': 4}
    """
    counts = answer.get("usage") or {}
    sent, made = counts.get("input_tokens") or 0, counts.get("output_tokens") or 0
    if counts.get("audio_seconds"):
        return {"type": "duration", "seconds": counts["audio_seconds"]}
    heard = counts.get("input_audio_tokens") or 0
    return {
        "type": "tokens",
        "input_tokens": sent,
        "input_token_details": {"text_tokens": sent - heard, "audio_tokens": heard},
        "output_tokens": made,
        "total_tokens": sent + made,
    }
