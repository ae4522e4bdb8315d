"""The length of a recording, from its file."""

import io
import os
import struct
import tempfile
import time
import tracemalloc
import wave

import pytest
from engine.tasks import matroska
from engine.tasks.recording import Recording, container_of, measure


def wav(seconds, rate=8000, channels=1, width=2):
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(channels)
        made.setsampwidth(width)
        made.setframerate(rate)
        made.writeframes(b"\0" * width * channels * int(seconds * rate))
    return file.getvalue()


def mp3(seconds, head=b""):
    """Frames of MPEG 1 layer III, 128 kbit/s at 44.1 kHz: 417 bytes and 1,152 samples each."""
    frame = b"\xff\xfb\x90\x00" + b"\0" * 413
    return head + frame * round(seconds * 44100 / 1152)


def ogg(seconds):
    """Two pages of Opus: its head, and one whose position is the length."""

    def page(kind, position, number, data):
        return (
            b"OggS"
            + struct.pack("<BBqIIIB", 0, kind, position, 1, number, 0, 1)
            + bytes([len(data)])
            + data
        )

    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 48000, 0, 0)
    return (
        page(2, 0, 0, head)
        + page(0, 0, 1, b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0))
        + page(4, int(seconds * 48000) + 312, 2, b"\0" * 100)
    )


def flac(seconds, rate=44100):
    info = struct.pack(">HH3s3s", 4096, 4096, b"\0\0\0", b"\0\0\0")
    packed = (rate << 44) | (0 << 41) | (15 << 36) | int(seconds * rate)
    return b"fLaC" + b"\x80\0\0\x22" + info + struct.pack(">Q", packed) + b"\0" * 16


def mp4(seconds):
    movie = struct.pack(">4xII2I", 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80
    header = struct.pack(">I4s", len(movie) + 8, b"mvhd") + movie
    return (
        struct.pack(">I4s4sI", 16, b"ftyp", b"M4A ", 0)
        + struct.pack(">I4s", len(header) + 8, b"moov")
        + header
    )


def element(kind, data, unknown=False):
    size = b"\x01" + b"\xff" * 7 if unknown else struct.pack(">Q", len(data) | 1 << 56)
    return bytes.fromhex(kind) + size + data


def webm(seconds, duration=None, scale=1_000_000, sized=False, tracks=((1, 2),), step=0.06, lace=0):
    """As browsers record it: clusters of ten seconds with a block each 60 ms.

    :param duration: what its header tells; None, as browsers do
    :param tracks: (number, type) of each: 1 for video, 2 for sound; the blocks are of number 1
    :param sized: whether clusters tell their size, as a file has that was made afterwards
    """
    ticks = 1e9 / scale
    info = element("2AD7B1", scale.to_bytes(4, "big"))
    if duration is not None:
        info += element("4489", struct.pack(">d", duration * ticks))
    entries = b"".join(
        element("AE", element("D7", bytes([number])) + element("83", bytes([kind])))
        for number, kind in tracks
    )
    clusters = b""
    for begin in range(0, max(1, round(seconds * 100)), 1000):
        made = element("E7", round(begin / 100 * ticks).to_bytes(8, "big"))
        for number in range(round(10 / step)):
            at = number * step
            if begin / 100 + at >= seconds - 1e-9:
                break
            head = b"\x81" + struct.pack(">hB", round(at * ticks), 0x82 if lace else 0x80)
            made += element("A3", head + (bytes([lace - 1]) if lace else b"") + b"\0" * 180)
        clusters += element("1F43B675", made, unknown=not sized)
    inside = element("1549A966", info) + element("1654AE6B", entries) + clusters
    return element("1A45DFA3", b"") + element("18538067", inside, unknown=not sized)


def measured(data):
    file = io.BytesIO(data)
    found = measure(file, len(data))
    assert file.tell() == 0
    return found


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (wav(12.5), "wav"),
        (wav(12.5, rate=48000, channels=2), "wav"),
        (mp3(12.5), "mp3"),
        (mp3(12.5, b"ID3\x04\0\0\0\0\0\0"), "mp3"),
        (ogg(12.5), "ogg"),
        (flac(12.5), "flac"),
        (mp4(12.5), "m4a"),
        (webm(12.54), "webm"),
        (webm(12.5, 12.5), "webm"),
        (webm(12.54, sized=True), "webm"),
        (webm(12.54, scale=2_000_000), "webm"),
        (webm(12.54, 0), "webm"),
        (webm(12.54, float("nan")), "webm"),
    ],
)
def test_common_containers_tell_their_length(data, container):
    found = measured(data)
    assert found.container == container
    assert found.seconds == pytest.approx(12.5, abs=0.06)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x1aE\xdf\xa3" + b"\0" * 5000, Recording("webm", None)),
        (b"FORM\0\0\0\x10AIFF" + b"\0" * 20, Recording("", None)),
        (b"Hello", Recording("", None)),
        (b"", Recording("", None)),
        (b"RIFF\0\0\0\0AVI " + b"\0" * 20, Recording("", None)),
        (b"OggS" + b"\0" * 100, Recording("ogg", None)),
        (b"fLaC", Recording("flac", None)),
        (b"ID3\x04\0\0\x7f\x7f\x7f\x7f", Recording("mp3", None)),
        (b"\0\0\0\x10ftypM4A \0\0\0\0", Recording("m4a", None)),
        (wav(0), Recording("wav", None)),
        (mp4(0), Recording("m4a", None)),
    ],
)
def test_what_tells_no_length_has_none(data, found):
    assert measured(data) == found


def test_a_stream_s_wav_without_a_size_is_measured_by_its_bytes():
    data = bytearray(wav(100))
    data[40:44] = struct.pack("<I", 0)
    found = measured(bytes(data)).seconds
    assert found is None or found > 95
    data[40:44] = b"\xff" * 4  # what ffmpeg writes into a pipe; it would be 74 hours
    assert measured(bytes(data)).seconds == pytest.approx(100, abs=0.1)


def test_a_length_that_the_size_contradicts_is_none():
    for made in (mp4, ogg, flac):
        assert measured(made(1) + b"\0" * 5_000_000).seconds is None, made
    assert measured(mp4(600) + b"\0" * 5_000_000).seconds == 600


def test_a_browser_s_recording_that_broke_off_lasts_to_its_last_block():
    whole = webm(35)
    assert measured(whole).seconds == 34.98
    assert measured(whole[:-100]).seconds == 34.98
    assert measured(whole[: len(whole) // 2]).seconds == pytest.approx(17.5, abs=0.5)
    # what follows it and is no element: nobody knows how long that lasts
    assert measured(whole + b"\0" * 100).seconds is None


def test_a_length_of_webm_that_the_size_contradicts_is_none():
    assert measured(webm(5, 5) + element("EC", b"\0" * 5_000_000)).seconds is None
    assert measured(webm(5) + element("EC", b"\0" * 5_000_000)).seconds is None
    # pictures take more, and explain no byte but their own
    block = element("A3", b"\x82\0\0\x80" + b"\0" * 5_000_000)
    assert measured(webm(5, tracks=((1, 2), (2, 1))) + block).seconds == pytest.approx(4.98)
    assert measured(webm(5, tracks=((1, 2), (2, 1))) + block * 7).seconds is None
    void = element("EC", b"\0" * 5_000_000)
    assert measured(webm(5, tracks=((1, 2), (2, 1))) + void).seconds is None


def test_a_header_that_tells_of_less_than_there_is_makes_no_recording_shorter():
    assert measured(webm(600, 16)).seconds == pytest.approx(599.98, abs=0.06)
    assert measured(webm(16, 600)).seconds == 600
    both = ((1, 2), (2, 1))
    assert measured(webm(600, 16, tracks=both)).seconds == pytest.approx(599.98, abs=0.06)
    # megabytes of sound at one moment, beside a track that is said to be video
    sound = element("A3", b"\x81\0\0\x80" + b"\0" * 25_000_000)
    assert measured(webm(16, 16, tracks=both) + sound).seconds is None
    # a block of video that is said to be larger than what is left of the file explains nothing
    empty = bytes.fromhex("A3") + struct.pack(">Q", 25_000_000 | 1 << 56) + b"\x82\0\0\x80"
    assert measured(webm(16, 16, tracks=both) + sound + empty).seconds is None
    # nor does a track that is sound, too
    twice = ((1, 2), (1, 1))
    assert measured(webm(16, 16, tracks=twice) + sound).seconds is None


def test_a_file_of_endless_tracks_has_no_length():
    assert measured(webm(5, tracks=[(n, 1) for n in range(1, 100)])).seconds is None


def test_frames_in_one_block_are_counted_at_their_longest():
    alone, laced = measured(webm(1)).seconds, measured(webm(1, lace=6)).seconds
    assert laced == pytest.approx(alone + 5 * 0.12)


def test_an_hour_of_webm_is_measured_in_flat_memory():
    minute = webm(60)
    head = minute[: minute.index(bytes.fromhex("1F43B675"))]
    cluster = minute[len(head) : minute.index(bytes.fromhex("1F43B675"), len(head) + 4)]
    place = cluster.index(b"\xe7") + 9
    with tempfile.TemporaryFile() as file:
        file.write(head)
        for begin in range(0, 3600, 10):
            time_of = (begin * 1000).to_bytes(8, "big")
            file.write(cluster[:place] + time_of + cluster[place + 8 :])
        size = file.tell()
        tracemalloc.start()
        try:
            found = measure(file, size)
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert size > 11_000_000
    assert found.seconds == pytest.approx(3600, abs=0.1)
    assert most < 500_000


def test_noise_is_not_searched_to_its_end():
    heads = (b"ID3\x04\0\0\0\0\0\0", b"\xff\xfb\x90\x00", b"OggS", b"\0\0\0\x20ftypM4A ", webm(1))
    for head in heads:
        begun = time.monotonic()
        measured(head + os.urandom(64) * 100_000 + b"\0" * 20_000_000)
        assert time.monotonic() - begun < 5, head


def test_no_beginning_of_a_file_brings_it_down():
    for data in (wav(1), mp3(1), ogg(1), flac(1), mp4(1), webm(1), webm(1, 1, sized=True)):
        for cut in range(0, min(len(data), 300), 3):
            measured(data[:cut])
            measured(data[:cut] + os.urandom(300))


def test_a_container_by_its_first_bytes():
    assert container_of(b"\xff") == ""
    assert container_of(b"\xff\xf1\x50\x80") == "mp3"
    assert container_of(b"RIFF") == ""


def test_a_file_of_endless_little_elements_has_no_length():
    void = element("EC", b"") * (matroska.MOST_ELEMENTS + 1)
    assert measured(webm(5) + void).seconds is None
