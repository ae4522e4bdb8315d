"""Usage of OpenAI's transcriptions, by token or by time.

Shapes: ``Transcription.usage`` and ``TranscriptionVerbose.usage`` of openai-python 3.57 (November
2026): ``{"type": "tokens", "input_tokens": …, "input_token_details": {"audio_tokens": …},
"output_tokens": …}`` of models that are billed by token, ``{"type": "duration", "seconds": …}`` of
those that are billed by time. Mistral's speech models name ``prompt_audio_seconds`` beside their
tokens, which they bill.

>>> counts({"type": "duration", "seconds": 12.5})
{'audio_seconds': 13}
>>> counts({"type": "tokens", "input_tokens": 14, "output_tokens": 101, "total_tokens": 115,
...         "input_token_details": {"text_tokens": 10, "audio_tokens": 4}})["input_audio"]
4
"""

from __future__ import annotations

import math
from decimal import Decimal

from . import usage_openai
from .reported import UsageError, mapping
from .seconds import MOST_SECONDS, billed_seconds


def counts(raw):
    """The fields of TokenUsage, as a dict.

    Raises UsageError where the usage is neither of both, or names more seconds than eleven days.
    """
    raw = mapping(raw, "usage")
    if raw.get("type") == "duration" or "seconds" in raw:
        return {"audio_seconds": _seconds(raw.get("seconds"))}
    beside = raw.get("prompt_audio_seconds")
    if beside is None:
        return usage_openai.counts(raw)
    rest = {name: value for name, value in raw.items() if name != "prompt_audio_seconds"}
    return {**usage_openai.counts(rest), "audio_seconds": _seconds(beside)}


def _seconds(value):
    number = type(value) in (int, float, Decimal) and math.isfinite(value)
    if not number or not 0 <= value <= MOST_SECONDS:
        raise UsageError(f"seconds: expected a length of a recording, got {value!r:.80}")
    return billed_seconds(value)
