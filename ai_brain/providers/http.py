"""HTTP to vendors: honest retries, whole answers, and no key where it can be read."""

import contextlib
import datetime
import email.utils
import http.client
import json
import logging
import random
import re
import socket
import time
from decimal import Decimal

import requests
import urllib3

from . import errors
from .address import check_url
from .base import clean_text
from .transport import DeadlineReader, get_session
from .transport import attempt as current

_logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES = 8 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024
MAX_RETRIES = 2
MAX_RETRY_AFTER_S = 20
RETRY_STATUSES = {429, 500, 503, 529}
# A proxy's word, not the vendor's: bad gateway, gateway timeout, and Cloudflare's own (520 an
# empty answer, 524 a late one: developers.cloudflare.com, "Cloudflare 5xx errors").
GATEWAY_STATUSES = {502, 504, 520, 524}
CHUNK = 16 * 1024

_KEY_LIKE = re.compile(r"\b(?:sk|pk|gsk|xai|key|AIza)[-_A-Za-z0-9*.]{8,}")


def redact(text, key=""):
    """Text without the key, nor anything that looks like one (vendors echo keys, half masked)."""
    if key:
        text = text.replace(key, "[key]")
    return _KEY_LIKE.sub("[key]", text)


def check_key(key):
    """Refuse a key that cannot be a header; the libraries would quote it in their error."""
    if key and not re.fullmatch(r"[\x21-\x7e]+", key):
        raise errors.ConfigurationError(
            "The API key contains spaces, line breaks or characters that no key has. "
            "Copy it again from the vendor's page."
        )


def retry_after_seconds(value, now=None):
    """Seconds of a Retry-After header (a number or an HTTP date), or None.

    >>> retry_after_seconds('1.5'), retry_after_seconds('soon'), retry_after_seconds('-3')
    (1.5, None, 0.0)
    >>> import datetime
    >>> noon = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)
    >>> retry_after_seconds('Thu, 01 Jan 2026 12:00:07 GMT', noon)
    7.0
    """
    if not value:
        return None
    with contextlib.suppress(ValueError):
        seconds = float(value)
        return max(seconds, 0.0) if seconds == seconds else None
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    now = now or datetime.datetime.now(datetime.timezone.utc)
    return max((moment - now).total_seconds(), 0.0)


def encode(payload):
    """JSON bytes of a request; text that is not Unicode is refused before it is sent."""
    try:
        return json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise errors.InvalidRequest(
            "The message contains half of a character (a lone surrogate). Remove it and try again."
        ) from None
    except (TypeError, ValueError, RecursionError):
        raise errors.InvalidRequest(
            "The request contains a value that JSON cannot carry. Use text, numbers, lists and "
            "dictionaries only."
        ) from None


def plain(value):
    """A decoded value as JSON and PostgreSQL can keep it: no Decimal, no NUL, no surrogate."""
    if isinstance(value, dict):
        return {clean_text(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    return clean_text(value) if isinstance(value, str) else value


def dump(value):
    """JSON text of something that :func:`decode` gave."""
    return json.dumps(plain(value), ensure_ascii=False)


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant)


def decode(data, partial=None, parse_float=Decimal):
    """A JSON object from a vendor's bytes or text; amounts keep all their digits (Decimal)."""
    try:
        value = json.loads(data, parse_float=parse_float, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise errors.BadAnswer(
            "The vendor's answer is not JSON. Check that the base URL is the API's.",
            partial=partial,
        ) from None
    if not isinstance(value, dict):
        raise errors.BadAnswer("The vendor's answer is not a JSON object.", partial=partial)
    return value


def request(endpoint, method, url, headers, body=None, stream=False, retries=MAX_RETRIES):
    """One exchange with a vendor, retried where that is safe: a ``requests.Response``.

    Retried at most twice, on 429, 500, 503 and 529 only, honouring Retry-After up to 20 s; what may
    have been answered (502 and 504 of a proxy, an answer that began or came too late) is never
    sent again. The provider's timeout bounds all of it, waits included: a worker has a time limit
    too. ``body`` is bytes, or a binary file that is sent from its beginning without being read
    into memory. The answer is unread: use :func:`read_json` or :func:`iter_chunks`. Raises the
    exceptions of ``errors``.
    """
    check_url(url, endpoint.allow_private)
    check_key(endpoint.read__key())
    headers = {
        "Accept": "text/event-stream" if stream else "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "odoo-ai-brain",
        **({"Content-Type": "application/json"} if body is not None else {}),
        **headers,
    }
    deadline = time.monotonic() + endpoint.timeout_s
    for attempt in range(retries + 1):
        response = _send_once(endpoint, method, url, headers, body, deadline)
        if response.status_code < 300:
            return response
        error = _error_of(response, endpoint)
        if attempt == retries or not _may_retry(error):
            break
        wait = error.retry_after
        if wait is None:
            wait = 0.5 * 2**attempt * random.uniform(0.8, 1.2)
        if time.monotonic() + wait >= deadline:
            break
        _logger.info("%s from %s: again in %.1f s", error.status, host_of(url), wait)
        time.sleep(wait)
    raise error


def _may_retry(error):
    if error.status not in RETRY_STATUSES or error.final:
        return False
    return (error.retry_after or 0) <= MAX_RETRY_AFTER_S


def host_of(url):
    """The name of the host in an address."""
    return check_url(url).hostname


def _send_once(endpoint, method, url, headers, body, deadline):
    current.sent = False
    current.allow_private = endpoint.allow_private
    current.deadline = deadline
    left = max(deadline - time.monotonic(), 0.001)
    if hasattr(body, "seek"):
        body.seek(0)
    try:
        return get_session().request(
            method,
            url,
            data=body,
            headers=headers,
            timeout=left,
            allow_redirects=False,
            stream=True,
        )
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as exc:
        error = _failure(exc, endpoint, url)
    finally:
        current.deadline = None
    raise error  # outside the handler: the library's exception holds the request, and so the key


def _failure(exc, endpoint, url):
    """Which of our errors a library's exception is; its text is never passed on."""
    host = host_of(url)
    if not getattr(current, "sent", False):
        chain = f"{type(exc).__name__} {_reasons(exc)}"
        if "NameResolution" in chain or "gaierror" in chain:
            why = f"The name {host} was not found. Check the base URL"
        elif "SSL" in chain or "Certificate" in chain:
            why = f"No secure connection to {host} (TLS failed). Check the base URL"
        elif "Timeout" in chain or "timeout" in chain:
            why = f"{host} did not accept a connection in time. Check the base URL and the network"
        elif isinstance(exc, requests.exceptions.ProxyError):
            why = f"The proxy to {host} failed. Check the server's proxy settings"
        elif isinstance(exc, (requests.exceptions.InvalidURL, ValueError)):
            return errors.ConfigurationError(f"The base URL on {host} cannot be used. Check it.")
        else:
            why = f"{host} refused the connection. Check the base URL and that it is running"
        return errors.ConnectionFailed(f"{why}. Nothing was sent.")
    if isinstance(exc, (requests.Timeout, socket.timeout)) or "Timeout" in _reasons(exc):
        return _timed_out(endpoint, host)
    return errors.AnswerCut(
        f"{host} closed the connection before it answered; the call may have been billed."
    )


def _reasons(exc):
    """Names of the exceptions wrapped in one, at any depth."""
    names, todo, seen = [], [exc], set()
    while todo:
        current = todo.pop()
        if id(current) in seen or not isinstance(current, BaseException):
            continue
        seen.add(id(current))
        names.append(type(current).__name__)
        todo += [*current.args, getattr(current, "reason", None), current.__context__]
    return " ".join(names)


def _timed_out(endpoint, host, partial=None):
    return errors.AnswerTimeout(
        f"{host} did not answer within {round(endpoint.timeout_s, 1):g} s; the call may have been "
        "billed. Raise the provider's timeout, or ask for a shorter answer.",
        partial=partial,
    )


def _error_of(response, endpoint):
    """The exception that an HTTP status means, with the vendor's own words, redacted."""
    status = response.status_code
    host = host_of(response.url)
    retry_after = retry_after_seconds(response.headers.get("Retry-After"))
    if 300 <= status < 400:
        response.close()
        return errors.Redirected(
            f"{host} redirects to another address ({status}), which is never followed. "
            "Enter the final address as base URL.",
            status=status,
        )
    detail, code = _vendor_words(response, endpoint)
    return error_of_status(host, status, detail, code, retry_after)


def error_of_status(host, status, detail="", code="", retry_after=None):
    """The exception that a status of 400 and more means; ``detail`` is redacted already."""
    said = f" The vendor says: {detail}" if detail else ""
    known = {"status": status, "retry_after": retry_after}
    if status in (401, 403) or (status == 400 and "api key" in detail.lower()):
        return errors.AuthenticationFailed(
            f"{host} did not accept the API key ({status}). Check the provider's key.{said}",
            **known,
        )
    if status == 429:
        error = errors.RateLimited(
            f"{host} limits the rate of calls (429). Wait or raise the limit there.{said}", **known
        )
        error.final = code == "insufficient_quota"  # an empty account: asking again is no use
        return error
    if status in GATEWAY_STATUSES:
        return errors.GatewayError(
            f"A gateway before {host} gave up ({status}); the call may have been billed.{said}",
            **known,
        )
    if status >= 500:
        return errors.ServerError(f"{host} failed ({status}). Try again later.{said}", **known)
    return errors.InvalidRequest(f"{host} refused the request ({status}).{said}", **known)


def _vendor_words(response, endpoint):
    """(message, code) of an error body, at most 500 characters, without keys."""
    current.deadline = None
    body = b""
    try:
        for chunk in response.iter_content(CHUNK):
            body += chunk
            if len(body) > MAX_ERROR_BYTES:
                break
        value = json.loads(body)
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        ValueError,
        RecursionError,
    ):
        response.close()
        return "", ""
    if len(body) > MAX_ERROR_BYTES:
        response.close()
    if isinstance(value, list) and value:
        value = value[0]
    value = value.get("error", value) if isinstance(value, dict) else value
    if isinstance(value, str):
        return redact(value, endpoint.read__key())[:500], ""
    if not isinstance(value, dict):
        return "", ""
    message = value.get("message") or value.get("detail") or ""
    code = value.get("code") or value.get("type") or ""
    return redact(message if isinstance(message, str) else "", endpoint.read__key())[:500], code


def iter_chunks(response, endpoint, partial=None, limit=MAX_ANSWER_BYTES):
    """The answer's bytes as they arrive.

    :param partial: callable giving what has been understood so far, for the exception
    :raises StreamCut, AnswerTimeout, BadAnswer: cut, late, or more than ``limit`` bytes
    """
    got = 0
    host = host_of(response.url)
    error = None
    try:
        for chunk in _pieces(response):
            got += len(chunk)
            if got > limit:
                break
            yield chunk
        else:
            return
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        http.client.HTTPException,
    ) as exc:
        late = isinstance(exc, (requests.Timeout, socket.timeout)) or "Timeout" in _reasons(exc)
        error = "late" if late else "cut"
    finally:
        if got > limit or error:
            response.close()
    so_far = partial() if partial else None
    if error is None:
        raise errors.BadAnswer(
            f"{host} sent more than {limit // 1024 // 1024} MB in one answer; it was dropped.",
            partial=so_far,
        )
    if error == "late" and so_far is None:
        raise _timed_out(endpoint, host)
    what = "stopped answering within the time limit" if error == "late" else "hung up"
    cut = (
        errors.StreamCut(
            f"{host} {what} in the middle of an answer; the call may have been billed.",
            partial=so_far,
        )
        if so_far is not None
        else errors.AnswerCut(
            f"{host} {what} in the middle of its answer; the call may have been billed."
        )
    )
    cut.late = error == "late"
    raise cut


def _pieces(response):
    """Chunks as they come, without waiting for a full buffer: a stream's text is shown at once."""
    raw = response.raw
    if raw.chunked and raw.supports_chunked_reads():
        yield from raw.read_chunked(CHUNK, decode_content=True)
        return
    if response.headers.get("Content-Encoding", "identity") != "identity":
        yield from response.iter_content(CHUNK)
        return
    fp, left = raw._fp, raw.length_remaining
    while left is None or left > 0:
        chunk = fp.read1(CHUNK if left is None else min(CHUNK, left))
        if not chunk:
            if left:
                raise http.client.IncompleteRead(b"", left)
            break
        if left is not None:
            left -= len(chunk)
        yield chunk
    fp.close()
    raw.release_conn()


def finish(response, chunks, patience_s=0.25):
    """Read the rest of an answer that is already understood, so that its connection is kept.

    A vendor that does not end its answer after saying so is hung up on.
    """
    reader = getattr(getattr(response.raw._fp, "fp", None), "raw", None)
    if isinstance(reader, DeadlineReader):
        reader.hurry(patience_s)
    try:
        for _chunk in chunks:
            pass
    except errors.ProviderError:
        response.close()


def read_json(response, endpoint, limit=MAX_ANSWER_BYTES, parse_float=Decimal):
    """The answer as a JSON object, at most 8 MB unless another ``limit`` is given."""
    data = b"".join(iter_chunks(response, endpoint, limit=limit))
    return decode(data, parse_float=parse_float)
