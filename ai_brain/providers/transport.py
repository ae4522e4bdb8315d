"""The connections under every call: kept alive, watched, bounded in time.

What a failure means for the bill depends on one fact: did the request leave? The connection
classes below note the moment when the first byte is sent, so that a timeout in the TLS handshake
is not taken for a call that may have been paid, nor the other way round.
"""

import http.client
import io
import os
import sys
import threading
import time

import requests
import requests.adapters
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from . import errors
from .address import check_address

CONNECT_TIMEOUT_S = 10

# Per thread: whether the current attempt's request left, and when its answer is due.
attempt = threading.local()


class DeadlineReader(io.RawIOBase):
    """Reads from a socket so that the whole answer, not each piece of it, has the time limit."""

    def __init__(self, raw, sock, deadline):
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self):
        return True

    def hurry(self, seconds):
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def readinto(self, buffer):
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self):
        if not self.closed:
            self._raw.close()
        return super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock, *args, **kwargs):
        super().__init__(sock, *args, **kwargs)
        deadline = getattr(attempt, "deadline", None)
        if deadline is not None:
            self.fp = io.BufferedReader(DeadlineReader(self.fp.detach(), sock, deadline))


class _Guarded:
    """Checks the reached address before anything is sent, and notes when something was."""

    response_class = _Response
    debuglevel = 0  # http.client prints headers, and so the key, at its debug level

    def _new_conn(self):
        sock = super()._new_conn()
        try:
            check_address(sock.getpeername()[0], getattr(attempt, "allow_private", True))
        except errors.ConfigurationError:
            sock.close()
            raise
        return sock

    def connect(self):
        try:
            return super().connect()
        finally:
            attempt.sent = False  # a proxy's CONNECT is not the request

    def send(self, data):
        if self.sock is None:
            self.connect()
        deadline = getattr(attempt, "deadline", None)
        if deadline is not None:  # a kept connection still has what the last answer left over
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
        attempt.sent = True
        return super().send(data)

    def set_debuglevel(self, level):
        """Stays off; see debuglevel."""


class _HTTPConnection(_Guarded, HTTPConnection):
    pass


class _HTTPSConnection(_Guarded, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class _Adapter(requests.adapters.HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs):
        result = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return result

    def send(self, request, stream=False, timeout=None, **kwargs):
        # Callers give one figure (tests of Odoo 19 compare it); connecting has its own limit.
        timeout = (min(CONNECT_TIMEOUT_S, timeout), timeout)
        return super().send(request, stream=stream, timeout=timeout, **kwargs)


#: Where proxies, and certificates of one's own, are the environment's alone to name.
_IN_ENVIRONMENT = os.supports_bytes_environ and sys.platform != "darwin"
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class _Session(requests.Session):
    """Like ``requests.Session``, which decodes all of the environment twice a call, to find
    that it names no proxy."""

    def merge_environment_settings(self, url, proxies, stream, verify, cert):
        if proxies or not _IN_ENVIRONMENT or _environment_says_something():
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        verify = self.verify if verify is None else verify
        return {"proxies": {}, "stream": stream, "verify": verify, "cert": cert or self.cert}


def _environment_says_something():
    # whatever the case of its letters, as urllib.request.getproxies_environment
    named = any(name[-6:].lower() == b"_proxy" for name in os.environb)
    return named or any(map(os.environ.get, _CERTIFICATES))


class _NoAuth(requests.auth.AuthBase):
    """Says 'authentication is settled', else requests reads ~/.netrc and replaces our header."""

    def __call__(self, request):
        return request


_session = None
_session_lock = threading.Lock()


def get_session():
    """The process's session. Odoo makes a thread a request: a pool per thread would never be warm.

    The pool below is thread-safe; cookies, which are not wanted anyway, are refused.
    """
    global _session
    if _session is None:
        with _session_lock:
            if _session is None:
                session = _Session()
                adapter = _Adapter(pool_connections=16, pool_maxsize=128, max_retries=0)
                session.mount("http://", adapter)
                session.mount("https://", adapter)
                session.cookies.set_policy(
                    requests.cookies.cookielib.DefaultCookiePolicy(allowed_domains=[])
                )
                session.headers.clear()
                session.auth = _NoAuth()
                _session = session
    return _session


def _forget_session():
    """A forked worker must not share its parent's sockets."""
    global _session, _session_lock
    _session, _session_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_session)
