"""What is not answered, as an HTTP status and what a client's program goes by."""

import math
from datetime import UTC
from typing import NamedTuple

from psycopg2.pool import PoolError

from odoo.exceptions import AccessError, MissingError, UserError

from ... import exceptions
from ...engine.gateway.errors import BadRequest
from ...providers import errors
from ..base.own_cursor import NoConnection


class Refused(Exception):
    """A request that is not answered.

    :param int status: of HTTP; the vendor's own name for it is the format's to say
    :param str param: the part of the request that is wrong; ``code``: a word for programs
    :param dict extra: further fields of the body's error
    :param float retry_after: seconds after which asking again may help
    :param bool retry: False: whoever asks again may pay again, or will be refused again
    :param str allow: the methods that the path has, where it has another than was asked for
    """

    def __init__(
        self,
        status,
        message,
        *,
        code=None,
        param=None,
        extra=None,
        retry_after=None,
        retry=None,
        allow=None,
    ):
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param
        self.extra, self.retry_after, self.retry = extra, retry_after, retry
        self.allow = allow

    @property
    def headers(self):
        """Return the headers that go with it. The vendors' clients ask again by themselves after
        429 and 5xx, unless they are told not to."""
        found = {}
        if self.retry_after is not None and math.isfinite(self.retry_after):
            found["Retry-After"] = str(max(1, round(self.retry_after)))
        if self.retry is not None:
            found["x-should-retry"] = "true" if self.retry else "false"
        if self.allow:
            found["Allow"] = self.allow
        if self.status == 401:
            found["WWW-Authenticate"] = "Bearer"
        return found


class _Kind(NamedTuple):
    status: int
    code: str
    retry_after: float | None = None
    retry: bool | None = None


_KINDS = {
    exceptions.BudgetExceededError: _Kind(402, "budget_exceeded", None, False),
    exceptions.UnpricedModelError: _Kind(400, "model_without_price", None, False),
    exceptions.TooManyCallsError: _Kind(429, "too_many_calls", 2),
    exceptions.ServerBusyError: _Kind(503, "server_busy", 2),
    exceptions.CallInProgressError: _Kind(409, "call_in_progress", 2),
    exceptions.AnswerNotValidError: _Kind(502, "answer_not_valid", None, False),
    exceptions.OutcomeUnknownError: _Kind(502, "outcome_unknown", None, False),
    exceptions.KeyReusedError: _Kind(409, "idempotency_key_reused", None, False),
    exceptions.TooLargeError: _Kind(413, "file_too_large", None, False),
    exceptions.InvalidCallError: _Kind(400, "invalid_request"),
}
_PROVIDER_KINDS = {
    errors.RateLimited: _Kind(429, "provider_rate_limited", 5),
    errors.InvalidRequest: _Kind(400, "provider_refused", None, False),
    errors.ConfigurationError: _Kind(502, "provider_not_configured", None, False),
    errors.AuthenticationFailed: _Kind(502, "provider_key_refused", None, False),
}


def of(error):
    """Return the ``Refused`` of whatever was raised on the way to an answer; None for what nobody
    foresaw."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, BadRequest):
        return Refused(400, error.message, param=error.param, code=error.code)
    found = next((kind for cls, kind in _KINDS.items() if isinstance(error, cls)), None)
    more = {}
    if isinstance(error, exceptions.BudgetExceededError):
        more["extra"] = _budget(error.details)
    if isinstance(error, exceptions.ProviderCallError) and not found:
        found, more = _of_provider(error.provider_error)
    if isinstance(error, exceptions.OutcomeUnknownError):
        if getattr(error.provider_error, "late", False):
            found = found._replace(status=504)
        more["extra"] = {"token_usage_id": error.token_usage_id or None}
    if isinstance(error, PoolError | NoConnection):
        return Refused(
            503, "The server is busy; nothing was sent.", code="server_busy", retry_after=2
        )
    if not found and isinstance(error, AccessError | MissingError):
        found = _Kind(403, "not_allowed")
    if not found and isinstance(error, UserError):
        found = _Kind(400, "refused")
    if not found:
        return None
    known = {"code": found.code, "retry_after": found.retry_after, "retry": found.retry}
    return Refused(found.status, str(error), **{**known, **more})


def _of_provider(error):
    """What a vendor's refusal is to the caller: the vendor's key is not his, nor is its 401."""
    found = next((kind for cls, kind in _PROVIDER_KINDS.items() if isinstance(error, cls)), None)
    if found and found.status == 400 and error.status in (404, 401, 403):
        found = _Kind(502, "provider_refused", None, False)
    found = found or _Kind(502, "provider_failed")
    more = {}
    if found.retry_after and getattr(error, "retry_after", None):
        more["retry_after"] = error.retry_after
    return found, more


def _budget(details):
    """Return what a client is told of the budget: which, spent, limit, reset (ISO 8601, UTC)."""
    resets_at = details.get("resets_at")
    told = {
        "budget": details.get("budget_name"),
        "spent_usd": details.get("spent_usd"),
        "limit_usd": details.get("limit_usd", details.get("limit")),
        "requested": details.get("requested"),
        "currency": details.get("currency"),
        "resets_at": resets_at.replace(tzinfo=UTC).isoformat() if resets_at else None,
    }
    return {name: value for name, value in told.items() if value is not None or name == "resets_at"}
