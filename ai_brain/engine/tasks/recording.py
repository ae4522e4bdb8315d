"""A recording as its file tells of it: what container it is, and how long it lasts.

>>> import io
>>> measure(io.BytesIO(b"RIFF" + b"no sound"), 12)
Recording(container='', seconds=None)

The length is read with ``tinytag`` from the headers of MP3, MP4, Ogg, FLAC and WAV files, and the
file is read nowhere else. A length is believed where it explains the size of the file: a header
that tells of one second and has megabytes behind it is none. WebM, in which browsers record, is
read by :mod:`.matroska`, to its last block. Of an MP3 without a header that counts its
frames the length is an estimate by its first thirty seconds.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from . import matroska

#: Containers that the vendors of OpenAI's format take, by their reference ("Create transcription":
#: flac, mp3, mp4, mpeg, mpga, m4a, ogg, wav, webm); what of them is another's other name is left
#: out here.
CONTAINERS = {
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
}
#: Bits a second that a container has at most: MP3's and Opus' highest rate, and half as much again
#: for frames; AAC's for six channels; two channels of 24 bits at 192 kHz.
_MOST_BIT_RATE = {
    "mp3": 480_000,
    "ogg": 800_000,
    "m4a": 1_200_000,
    "flac": 10_000_000,
    "wav": 10_000_000,
    "webm": 800_000,
}
#: Of pictures beside the sound; they explain no byte but those of their own blocks.
_MOST_VIDEO_RATE = 50_000_000
#: Bytes of tags and pictures that need no length.
_TAGS = 64 * 1024
#: Reading a header takes no more: a file of noise is not searched for a frame to its end.
_MOST_READS = 200_000
_MOST_READ = 4 * 1024 * 1024


class Recording(NamedTuple):
    """``container``: a key of :data:`CONTAINERS`, '' where it is none of them; ``seconds``: its
    length, None where nobody knows it."""

    container: str
    seconds: float | None


def measure(file, size):
    """Return the :class:`Recording` that a file holds; it is left at its beginning.

    :param file: a binary file that can be sought; it is not read as a whole
    :param int size: of the file, in bytes
    """
    file.seek(0)
    container = container_of(file.read(16))
    file.seek(0)
    seconds = None
    if container in _MOST_BIT_RATE:
        seconds = _seconds(file, container, size)
    file.seek(0)
    return Recording(container, seconds)


def container_of(head):
    """The container by a file's first bytes.

    >>> container_of(b"ID3\\x04"), container_of(b"\\x1aE\\xdf\\xa3"), container_of(b"Hello")
    ('mp3', 'webm', '')
    """
    if head[:4] == b"RIFF":
        return "wav" if head[8:12] == b"WAVE" else ""
    if head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] and head[1] & 0xE0 == 0xE0):
        return "mp3"
    if head[4:8] == b"ftyp":
        return "m4a"
    known = {b"fLaC": "flac", b"OggS": "ogg", b"\x1aE\xdf\xa3": "webm"}
    return known.get(head[:4], "")


def _seconds(file, container, size):
    if container == "webm":
        found = matroska.seconds(file)
        if found is None:
            return None
        seconds, pictures = found
        if pictures * 8 > seconds * _MOST_VIDEO_RATE:
            return None
        return _explained(seconds, size - pictures, _MOST_BIT_RATE["webm"])
    from tinytag import TinyTag, TinyTagException

    try:
        tag = TinyTag.get(file_obj=_Bounded(file), tags=False)
    except (TinyTagException, OSError, ValueError):
        return None
    seconds = tag.duration
    if not isinstance(seconds, int | float) or not math.isfinite(seconds) or seconds <= 0:
        return None
    if container == "wav" and tag.bitrate:
        # The size that a header names may be that of a stream that had no end yet: none, or the
        # largest there is.
        rate = tag.bitrate * 1000 / 8
        seconds = min(max(seconds, (size - _TAGS) / rate), size / rate)
    return _explained(seconds, size, _MOST_BIT_RATE[container])


def _explained(seconds, size, most_rate):
    """A length that explains the size of its file; None for any other."""
    return float(seconds) if (size - _TAGS) * 8 <= seconds * most_rate else None


class _Bounded:
    """A file of which only so much can be read, and no piece is large."""

    def __init__(self, file):
        self._file, self._left, self._bytes = file, _MOST_READS, _MOST_READ
        self.seek, self.tell = file.seek, file.tell

    # pylint: disable-next=method-required-super
    def read(self, size=-1):
        self._left -= 1
        found = self._file.read(_MOST_READ if size < 0 else min(size, _MOST_READ))
        self._bytes -= len(found)
        if self._left < 0 or self._bytes < 0:
            raise ValueError("a header of that size is none")
        return found
