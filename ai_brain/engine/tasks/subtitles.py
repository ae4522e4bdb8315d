"""A transcript with its times, as files of subtitles have it.

>>> print(srt([{"start": 0, "end": 1.5, "text": " Hello."}]), end="")
1
00:00:00,000 --> 00:00:01,500
Hello.
>>> print(vtt([{"start": 0, "end": 3661.25, "text": "Hello."}]), end="")
WEBVTT
<BLANKLINE>
00:00:00.000 --> 01:01:01.250
Hello.
"""


def srt(segments):
    """The segments (dicts with ``start`` and ``end`` in seconds, and ``text``) as SubRip."""
    return "\n".join(
        f"{number}\n{_time(one['start'], ',')} --> {_time(one['end'], ',')}\n{_words(one)}\n"
        for number, one in enumerate(segments, 1)
    )


def vtt(segments):
    """The same as WebVTT (https://www.w3.org/TR/webvtt1/)."""
    cues = (
        f"{_time(one['start'], '.')} --> {_time(one['end'], '.')}\n{_words(one)}\n"
        for one in segments
    )
    return "\n".join(["WEBVTT\n", *cues])


def _words(segment):
    # an arrow would begin a cue of its own, and an empty line ends one
    return " ".join(segment["text"].split()).replace("-->", "->")


def _time(seconds, mark):
    millis = round(seconds * 1000)
    return (
        f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02}"
        f"{mark}{millis % 1000:03}"
    )
