"""What can go wrong between us and a vendor: one small tree of exceptions.

Each carries ``billing``, the only question the ledger has:

- ``'none'``: the vendor surely did not bill this call; what was held for it is given back;
- ``'unknown'``: the request left and no complete answer came back; the vendor may have billed
  it, so the call is recorded as uncertain at the amount that was held.

``blames_provider`` says whether the failure is evidence against the provider (its error rate, what
a router thinks of it). What we refused ourselves, what the vendor refused because of what was
asked, a caller who gave too little time, and a reader who left are not.

Messages are written for the person who configures the provider, and they are one line: what a
vendor says may end up in a log. They never contain the key.
"""

from ..engine.base.line import one_line

MOST = 1000


class ProviderError(Exception):
    """A call to a vendor failed.

    :param str message: what happened and what to do
    :param int status: HTTP status, where there was one
    :param float retry_after: seconds the vendor asked to wait
    :param ChatResponse partial: what had arrived of the answer, if anything
    """

    billing = "none"
    blames_provider = True
    late = False  # True: it did not come within the time that was given
    final = False  # True: the vendor will say the same again, however often it is asked

    def __init__(self, message, *, status=None, retry_after=None, partial=None):
        message = one_line(message, MOST)
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.partial = partial


class ConfigurationError(ProviderError):
    """The provider's settings cannot work: bad URL, forbidden address, unusable key."""

    blames_provider = False


class ConnectionFailed(ProviderError):
    """No connection was made (DNS, refused, TLS): nothing was sent."""


class AuthenticationFailed(ProviderError):
    """401 or 403: the key is wrong, missing or not allowed to do this."""


class RateLimited(ProviderError):
    """429, still so after the retries, or with a wait too long to sit out."""


class InvalidRequest(ProviderError):
    """What was asked cannot be sent, or the vendor refused it (400, 404, 413, 422, …).

    Of the vendor's refusals only 404 blames the provider: its model or address does not exist.
    """

    def __init__(self, message, **known):
        super().__init__(message, **known)
        self.blames_provider = self.status == 404


class ServerError(ProviderError):
    """5xx, still so after the retries where it was retried."""


class GatewayError(ServerError):
    """502, 504 and their like: something between gave up on a vendor that may still have answered.

    It is not sent again, because each time may be billed.
    """

    billing = "unknown"


class Redirected(ProviderError):
    """The vendor answered with a redirect; it is never followed (it could carry the key away)."""


class AnswerTimeout(ProviderError):
    """The request was sent and no answer came within the provider's timeout."""

    billing = "unknown"
    late = True


class AnswerCut(ProviderError):
    """The request was sent and the connection closed before the answer was complete."""

    billing = "unknown"


class StreamCut(AnswerCut):
    """A streamed answer stopped half-way; ``partial`` holds what had arrived."""


class ReaderLeft(StreamCut):
    """The one who read the stream hung up; the vendor did nothing wrong."""

    blames_provider = False


class BadAnswer(ProviderError):
    """The answer is not what the format promises: broken JSON, wrong types, too large."""

    billing = "unknown"


class ResultsCut(AnswerCut):
    """A file of a batch's results ended early, or has lines that cannot be read.

    Its readable lines were given before. The answers are paid, and can be asked for again.
    """


class NotYetKnown(ProviderError):
    """Whether the vendor has a batch cannot be told now; ask again, and send nothing meanwhile."""

    billing = "unknown"
    blames_provider = False


class RequestExpired(ProviderError):
    """The batch's time was over before this request of it was processed; it is not billed."""


class BatchRefused(ProviderError):
    """The vendor refused a batch as a whole before it processed any of it; it is not billed."""


class RequestCancelled(ProviderError):
    """The batch was cancelled before this request of it was processed; it is not billed."""

    blames_provider = False
