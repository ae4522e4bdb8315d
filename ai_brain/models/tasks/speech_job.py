"""What a call for the text of a recording asks for."""

import hashlib

from ...engine.call.checks import RequestError
from ...engine.price import pricing
from ...engine.price.sound import billed_seconds, bound_of, most_tokens, usage_of
from ...engine.prompt.tokens import count_text
from ...providers import SpeechRequest, get_wire
from ..call.job import Job

CHUNK = 1024 * 1024


class SpeechJob(Job):
    """The text of what is said in a recording, which is read from its file while it is sent."""

    def __init__(self, file, size, recording, **said):
        """:param file: a binary file that can be sought; ``close`` closes it
        :param recording: ``engine.tasks.recording.Recording``
        :param said: ``language``, ``prompt``, ``temperature``, ``timestamps``
        """
        self.file, self.size, self.recording, self.said = file, size, recording, said
        self._digest = None
        #: the most seconds that it has
        self.bound = bound_of(recording.seconds, size)

    @property
    def identity(self):
        """What makes it this call; the whole file is read for it, once."""
        if self._digest is None:
            self._digest = _digest(self.file)
        return {"heard": self._digest, **self.said}

    def close(self):
        self.file.close()

    def count(self, model_name, api_format):
        return count_text(self.said.get("prompt") or "", model_name, api_format)

    def check(self, facts):
        """Refuse a file that is larger than the vendor takes; who takes none says so himself."""
        most = get_wire(facts.api_format).most_audio_bytes(facts.base_url)
        if 0 < most < self.size:
            raise RequestError("task_file_size", size=self.size, limit=most, name=facts.name)
        if self._digest is None:
            # not before its size is good, and not while it is sent
            self._digest = _digest(self.file)

    def request(self, model_name):
        return SpeechRequest(
            file=self.file,
            size=self.size,
            container=self.recording.container,
            model=model_name,
            seconds=self.recording.seconds,
            **self.said,
        )

    def check_request(self, wire, request, base_url):
        wire.check_speech(request, base_url)

    def ask(self, wire, endpoint, request):
        return wire.transcribe(endpoint, request)

    def worst_case(self, target):
        """Return the price of the longest that it can be, in minutes or in tokens."""
        price = target.price
        if price is None:
            return pricing.UNPRICED
        by_token = not price.rates.by_time
        if by_token and price.rates.rate("input_audio") is None:
            return pricing.UNPRICED  # what is heard would have no price
        heard, written = most_tokens(self.bound)
        return pricing.worst_case(
            target.count.upper_bound + heard,
            written,
            price,
            long_cache=False,
            media=True,
            audio_seconds=self.bound,
        )

    def estimate(self, target):
        seconds = self.bound if self.recording.seconds is None else self.recording.seconds
        return usage_of(billed_seconds(seconds), target.price.rates)

    def need(self):
        seconds = self.recording.seconds
        return {"audio_seconds": self.bound if seconds is None else seconds}

    def asked_text(self):
        return self.said.get("prompt") or ""

    def seconds(self, response=None):
        """Return the seconds of sound as the vendor billed or heard them, else as measured; None
        where nobody knows."""
        usage = response.usage if response else None
        if usage and usage.audio_seconds:
            return usage.audio_seconds
        heard = getattr(response, "duration", None)
        return heard or self.recording.seconds

    def result(self, response, usage):
        return {
            "usage": {
                **usage.as_dict(),
                "input_audio_tokens": usage.input_audio,
                "audio_seconds": usage.audio_seconds,
            },
            "language": response.language,
            "audio_seconds": self.seconds(response),
            "segments": response.segments,
            "words": response.words,
        }


def _digest(file):
    """Fingerprint of a whole file, read in pieces; it is left at its beginning."""
    found = hashlib.blake2b(digest_size=16)
    file.seek(0)
    while piece := file.read(CHUNK):
        found.update(piece)
    file.seek(0)
    return found.hexdigest()
