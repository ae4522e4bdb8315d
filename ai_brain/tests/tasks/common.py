"""Recordings that are made here, and what a vendor of speech and vectors says."""

import io
import struct
import wave

from ...models.call.call_scope import current_scope
from ..common import AiCase


def wav(seconds, rate=8000):
    """Return the bytes of a WAV file of so many seconds of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(rate)
        made.writeframes(b"\0\0" * int(seconds * rate))
    return file.getvalue()


def webm(size):
    """Return bytes that are WebM by their beginning, and tell no length."""
    return b"\x1aE\xdf\xa3" + b"\0" * (size - 4)


def recorded(seconds):
    """Return the bytes of a WebM file as a browser records it: it does not know its end."""

    def element(kind, data, unknown=False):
        size = b"\x01" + b"\xff" * 7 if unknown else struct.pack(">Q", len(data) | 1 << 56)
        return bytes.fromhex(kind) + size + data

    blocks = b"".join(
        element("A3", b"\x81" + struct.pack(">hB", at, 0x80) + b"\0" * 90)
        for at in range(0, int(seconds * 1000), 60)
    )
    cluster = element("1F43B675", element("E7", b"\0") + blocks, unknown=True)
    tracks = element("1654AE6B", element("AE", element("83", b"\2")))
    return element("1A45DFA3", b"") + element("18538067", tracks + cluster, unknown=True)


def mp4(seconds):
    """Return the bytes of an MP4 file of that length by its header."""
    movie = struct.pack(">4xII2I", 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80
    header = struct.pack(">I4s", len(movie) + 8, b"mvhd") + movie
    return (
        struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0)
        + struct.pack(">I4s", len(header) + 8, b"moov")
        + header
    )


def vectors(*values, tokens=10, **more):
    """Return the body of OpenAI's answer with vectors."""
    return {
        "object": "list",
        "model": "test-model",
        "data": [{"index": n, "embedding": value} for n, value in enumerate(values)],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        **more,
    }


def heard(text="Good morning.", usage=None, **more):
    """Return the body of OpenAI's answer with a transcript."""
    return {"text": text, **({"usage": usage} if usage else {}), **more}


def by_time(seconds):
    return {"type": "duration", "seconds": seconds}


def by_token(audio, text=0, output=5):
    return {
        "type": "tokens",
        "input_tokens": audio + text,
        "input_token_details": {"text_tokens": text, "audio_tokens": audio},
        "output_tokens": output,
        "total_tokens": audio + text + output,
    }


class TasksCase(AiCase):
    """``self.vectors`` is a provider for embeddings, ``self.by_minute`` and ``self.by_token`` are
    for speech; all three ask ``self.vendor``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        day = {"valid_from": "2020-01-01"}
        cls.vectors = cls._new_provider(
            "Vectors",
            {"input_usd": 0.02, "output_priced": False, **day},
            base_url=cls.vendor.url,
            task_type="embedding",
            model_name="text-embedding-3-small",
            context_window=8192,
        )
        cls.by_minute = cls._new_provider(
            "By the Minute",
            False,
            base_url=cls.vendor.url,
            task_type="voice_to_text",
            model_name="whisper-1",
        )
        price = {"provider_id": cls.by_minute.id, "unit": "minute", "unit_usd": 0.006, **day}
        cls.env["ai.provider.price"].create(price)
        cls.by_token = cls._new_provider(
            "By the Token",
            {"input_usd": 2.5, "output_usd": 10, "input_audio_usd": 6, **day},
            base_url=cls.vendor.url,
            task_type="voice_to_text",
            model_name="gpt-4o-transcribe",
        )

    def setUp(self):
        super().setUp()
        # The tests of a class share one cursor; each is a unit of work of its own.
        current_scope(self.env.cr)._on_commit()

    def _embed(self, texts, provider=None, **options):
        return self.service.embed(texts, provider or self.vectors, **options)

    def _hear(self, audio, provider=None, **options):
        return self.service.transcribe(audio, config=provider or self.by_minute, **options)
