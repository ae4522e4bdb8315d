"""How long a WebM or Matroska recording lasts: as its header tells, or to its last block where that
is later.

Browsers record while they do not know the end, so their files name no duration, and clusters of
unknown size; and a header may tell of less than there is. So the blocks are gone through, one
header after the other, in flat memory. Formats: EBML (RFC 8794), Matroska (RFC 9559).

>>> import io
>>> seconds(io.BytesIO(b"no such file")) is None
True
"""

from __future__ import annotations

import math
import struct

_SCALE, _DURATION = 0x2AD7B1, 0x4489
_TRACK, _TRACK_NUMBER, _TRACK_TYPE, _VIDEO = 0xAE, 0xD7, 0x83, 1
#: A file with more tracks than that is none that was recorded.
_MOST_TRACKS = 64
_CLUSTER, _TIMESTAMP = 0x1F43B675, 0xE7
_BLOCKS = (0xA3, 0xA1)  # SimpleBlock, and Block in its group
#: Elements that hold others which count: Segment, Info, Tracks, TrackEntry, Cluster, BlockGroup.
_HOLDERS = {0x18538067, 0x1549A966, 0x1654AE6B, _TRACK, _CLUSTER, 0xA0}
_WINDOW = 64 * 1024
#: Ten hours of a browser's blocks of 60 milliseconds; two seconds to go through.
MOST_ELEMENTS = 600_000
#: How many bytes a number of variable size has, by its first byte; 0: none begins like that.
_LENGTHS = [0, *(9 - first.bit_length() for first in range(1, 256))]
#: Seconds in a frame of Opus at most (RFC 6716, section 2.1.4): what a laced block has beyond its
#: time.
_FRAME = 0.12


class _Broken(ValueError):
    """What is there is no element."""


def seconds(file):
    """Return ``(seconds, bytes of pictures)`` of a file, None where it does not tell.

    The bytes are those in blocks of tracks that are video and nothing else: what else the file has
    may be sound.

    :param file: a binary file that can be sought; where it is left is not said
    """
    try:
        return _Walk(file).result()
    except (_Broken, OverflowError):
        return None


class _Walk:
    def __init__(self, file):
        self._file, self._start, self._window = file, 0, b""
        self._size = file.seek(0, 2)
        self._scale = 1_000_000  # nanoseconds that times are counted in
        self._duration = None
        self._cluster = None
        self._last = 0.0
        self._entry = {}  # what is known of the track that is being read
        self._pictures, self._others = {}, set()  # bytes by track of video; tracks of anything else

    def result(self):
        place, first = 0, True
        for _each in range(MOST_ELEMENTS):
            header = self._header(place)
            if header is None:
                break
            kind, size, place = header
            if first and kind != 0x1A45DFA3:
                return None
            first = False
            if kind in _BLOCKS and self._cluster is not None and size is not None:
                self._last = max(self._last, self._cluster + self._in_block(place, size))
                place += size
                continue
            if kind in _HOLDERS:
                if kind == _CLUSTER:
                    self._cluster = None
                elif kind == _TRACK:
                    self._entry = {}
                continue
            if size is None:
                raise _Broken("only what holds others may be of unknown size")
            self._note(kind, place, size)
            place += size
        else:
            return None
        found = max(self._duration or 0, self._last) * self._scale / 1e9
        pictures = sum(size for key, size in self._pictures.items() if key not in self._others)
        return (found, pictures) if math.isfinite(found) and found > 0 else None

    def _note(self, kind, place, size):
        if kind == _SCALE:
            self._scale = self._number(place, size) or self._scale
        elif kind == _DURATION and size in (4, 8):
            data = self._at(place, size)
            if len(data) == size:
                found = struct.unpack(">f" if size == 4 else ">d", data)[0]
                if math.isfinite(found):
                    self._duration = max(self._duration or 0, found)
        elif kind in (_TRACK_NUMBER, _TRACK_TYPE):
            self._entry[kind] = self._number(place, size)
            if len(self._entry) == 2:
                self._note_track(self._entry[_TRACK_NUMBER], self._entry[_TRACK_TYPE])
        elif kind == _TIMESTAMP:
            self._cluster = self._number(place, size)

    def _note_track(self, number, kind):
        if kind == _VIDEO:
            self._pictures.setdefault(number, 0)
        else:
            self._others.add(number)
        if len(self._pictures) + len(self._others) > _MOST_TRACKS:
            raise _Broken("nothing has that many tracks")

    def _in_block(self, place, size):
        """The time of a block within its cluster, and how long more its frames last at most."""
        head = self._at(place, min(size, 12))
        track = _LENGTHS[head[0]] if head else 0
        if not track or len(head) < track + 3:
            return 0
        number = int.from_bytes(head[:track], "big") & (1 << 7 * track) - 1
        if number in self._pictures:
            self._pictures[number] += max(0, min(size, self._size - place))
        time = head[track] << 8 | head[track + 1]
        time -= (time & 0x8000) << 1
        if head[track + 2] & 0x06 and len(head) > track + 3:
            return time + head[track + 3] * _FRAME * 1e9 / self._scale
        return time

    def _number(self, place, size):
        if size > 8:
            raise _Broken("a number of that size is none")
        return int.from_bytes(self._at(place, size), "big")

    def _header(self, place):
        """(kind, size or None, the place of what it holds) of an element; None at the end."""
        head = self._at(place, 12)
        if not head:
            return None
        wide = _LENGTHS[head[0]]
        if not 0 < wide <= 4:
            raise _Broken("no element begins like that")
        if len(head) <= wide:
            return None  # cut off within it
        long = _LENGTHS[head[wide]]
        if not long:
            raise _Broken("no size begins like that")
        end = wide + long
        if len(head) < end:
            return None
        most = (1 << 7 * long) - 1
        size = int.from_bytes(head[wide:end], "big") & most
        return int.from_bytes(head[:wide], "big"), None if size == most else size, place + end

    def _at(self, place, size):
        """Up to ``size`` bytes of the file; places only grow, so nothing is read twice."""
        begin = place - self._start
        if begin < 0 or begin + size > len(self._window):
            self._file.seek(place)
            self._start, self._window, begin = place, self._file.read(_WINDOW), 0
        return self._window[begin : begin + size]
