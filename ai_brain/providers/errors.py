"""What can go wrong between us and a vendor: one small tree of exceptions.

Each carries ``billing``, the only question the ledger has:

- ``'none'``: the vendor surely did not bill this call; what was held for it is given back;
- ``'unknown'``: the request left and no complete answer came back; the vendor may have billed
  it, so the call is recorded as uncertain at the amount that was held.

Messages are written for the person who configures the provider and never contain the key.
"""


class ProviderError(Exception):
    """A call to a vendor failed.

    :param str message: what happened and what to do
    :param int status: HTTP status, where there was one
    :param float retry_after: seconds the vendor asked to wait
    :param ChatResponse partial: what had arrived of the answer, if anything
    """

    billing = "none"
    final = False  # True: the vendor will say the same again, however often it is asked

    def __init__(self, message, *, status=None, retry_after=None, partial=None):
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.partial = partial


class ConfigurationError(ProviderError):
    """The provider's settings cannot work: bad URL, forbidden address, unusable key."""


class ConnectionFailed(ProviderError):
    """No connection was made (DNS, refused, TLS): nothing was sent."""


class AuthenticationFailed(ProviderError):
    """401 or 403: the key is wrong, missing or not allowed to do this."""


class RateLimited(ProviderError):
    """429, still so after the retries, or with a wait too long to sit out."""


class InvalidRequest(ProviderError):
    """The vendor understood nothing or refused the content (400, 404, 413, 422, …)."""


class ServerError(ProviderError):
    """5xx, still so after the retries."""


class Redirected(ProviderError):
    """The vendor answered with a redirect; it is never followed (it could carry the key away)."""


class AnswerTimeout(ProviderError):
    """The request was sent and no answer came within the provider's timeout."""

    billing = "unknown"


class AnswerCut(ProviderError):
    """The request was sent and the connection closed before the answer was complete."""

    billing = "unknown"


class StreamCut(AnswerCut):
    """A streamed answer stopped half-way; ``partial`` holds what had arrived."""


class BadAnswer(ProviderError):
    """The answer is not what the format promises: broken JSON, wrong types, too large."""

    billing = "unknown"
