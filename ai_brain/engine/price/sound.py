"""What a recording costs: minutes, or tokens that follow from its length.

- A vendor who bills by time sells seconds at a sixtieth of the minute's price. OpenAI's pricing
  page says of Whisper "$0.006 / minute (rounded to the nearest second)"; its answers name the
  seconds that were billed (``usage`` of the type ``duration``).
- Groq sells hours, and ten seconds at least: "Minimum Billed Length: 10 seconds. If you submit a
  request less than this, you will still be billed for 10 seconds."
  (https://console.groq.com/docs/speech-to-text, November 2026). Its answers have no usage; of
  ``verbose_json`` they have the ``duration`` that was heard. How parts of a second are billed it
  does not say; they are rounded like OpenAI's.
- One who bills by token counts ten tokens a second of sound, "1 token per 100 ms of audio" in user
  messages, and a few special ones: https://developers.openai.com/api/docs/guides/realtime-costs
  (November 2026). That fitted the "estimated cost" of $0.006 a minute that gpt-4o-transcribe's page
  named when a million tokens of sound cost $6: 600 of them, and some 200 words at $10. That page
  (https://developers.openai.com/api/docs/models/gpt-4o-transcribe.md) has $2.50 by now, and $1.25
  for gpt-4o-mini-transcribe; genai-prices still has $6 and $3, as have Azure's prices in LiteLLM's
  list. The catalogue marks these prices as disputed.
- A compressed recording has at least 6,000 bits a second, the lowest rate of Opus (RFC 6716,
  section 2.1.1): so a file of unknown length is no longer than its size at that rate.

>>> bound_of(None, 600_000)
801
>>> bound_of(59.2, 600_000)
61
>>> usage_of(60, Rates(minute=Decimal("0.006")))
TokenUsage(audio_seconds=60)
>>> usage_of(60, Rates(input=Decimal("2.5"), output=Decimal(10), input_audio=Decimal(6)))
TokenUsage(input=600, output=240, input_audio=600)
"""

from __future__ import annotations

import math
from decimal import Decimal

from .rates import Rates
from .seconds import billed_seconds
from .usage import TokenUsage

TOKENS_PER_SECOND = 10
#: Around the recording; two of them were seen around ten of text.
SPECIAL_TOKENS = 16
#: Tokens of text in a second of speech, as they are expected: 180 words a minute.
SPOKEN_TOKENS_PER_SECOND = 4
#: The most: nobody speaks ten words a second, and a word of a script that OpenAI's vocabulary
#: splits into letters has not as many tokens as that.
MOST_SPOKEN_TOKENS_PER_SECOND = 25
LOWEST_BIT_RATE = 6_000

__all__ = ["Decimal", "Rates", "billed_seconds", "bound_of", "most_tokens", "usage_of"]


def bound_of(seconds, size):
    """The most seconds that a recording can have, a whole number.

    :param seconds: its length as it was measured, None where nobody knows it
    :param int size: of its file, in bytes
    """
    if seconds is None:
        seconds = size * 8 / LOWEST_BIT_RATE
    return math.ceil(seconds) + 1


def most_tokens(seconds):
    """(tokens of input, tokens of text) that so many seconds have at most.

    >>> most_tokens(60)
    (616, 1500)
    """
    heard = seconds * TOKENS_PER_SECOND + SPECIAL_TOKENS
    return heard, seconds * MOST_SPOKEN_TOKENS_PER_SECOND


def usage_of(seconds, rates):
    """The usage to expect of so many seconds, as a price of these ``rates`` counts it."""
    if rates.by_time:
        return TokenUsage(audio_seconds=seconds)
    heard = seconds * TOKENS_PER_SECOND
    return TokenUsage(input=heard, input_audio=heard, output=seconds * SPOKEN_TOKENS_PER_SECOND)
