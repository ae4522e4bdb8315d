"""What the sandbox does besides chat: nothing is heard, and vectors say no more than their text."""

import hashlib
import math

from ..engine.price.rates import Rates
from ..engine.price.sound import billed_seconds, bound_of, usage_of
from ..engine.price.usage import TokenUsage
from ..engine.prompt.tokens import count_text
from .base import EmbeddingResponse, Transcript
from .openai_tasks import MOST_AUDIO_BYTES, OpenAITasks

NUMBERS = 64


class SandboxTasks(OpenAITasks):
    """A part of :class:`~.sandbox.SandboxWire`: what it refuses, OpenAI's format does."""

    def most_audio_bytes(self, base_url=""):
        return MOST_AUDIO_BYTES

    def embed(self, endpoint, request):
        self.check_embedding(request)
        size = request.dimensions or NUMBERS
        sent = sum(
            count_text(one, request.model).tokens if isinstance(one, str) else len(one)
            for one in request.inputs
        )
        return EmbeddingResponse(
            usage=TokenUsage(input=sent),
            model=request.model,
            finish_reason="stop",
            vectors=[_vector(one, size) for one in request.inputs],
        )

    def transcribe(self, endpoint, request):
        self.check_speech(request)
        seconds = request.seconds
        billed = bound_of(None, request.size) if seconds is None else billed_seconds(seconds)
        text = f"[Sandbox: nothing was heard.] A recording of {billed} seconds."
        by_token = usage_of(billed, Rates())
        whole = {"start": 0.0, "end": float(billed)}
        return Transcript(
            content=text,
            # whichever the price is for
            usage=TokenUsage(
                input=by_token.input,
                input_audio=by_token.input,
                output=count_text(text, request.model).tokens,
                audio_seconds=billed,
            ),
            model=request.model,
            finish_reason="stop",
            language=request.language or "",
            duration=float(billed),
            segments=[{**whole, "text": text}] if "segment" in request.timestamps else [],
            words=[{**whole, "word": text}] if "word" in request.timestamps else [],
        )


def _vector(text, size):
    """A vector of length 1 that depends on the text alone."""
    found, seed = [], repr(text).encode("utf-8", "replace")
    while len(found) < size:
        seed = hashlib.sha256(seed).digest()
        found += [byte / 127.5 - 1 for byte in seed]
    found = found[:size]
    length = math.sqrt(sum(value * value for value in found))
    return [value / length for value in found]
