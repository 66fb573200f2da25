"""Why there was no answer, in words, and which variable a user can set about it.

Between a tap and an API there may be a proxy, and a network may have a certificate authority of its
own. Both are told to `requests` by variables, so what is wrong with them is no matter of the tap's
settings. No message holds a proxy's address: it may hold a password, and not only where it should.
"""

from __future__ import annotations

import contextlib
import os
import re
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

import urllib3
from requests import exceptions

from event_taps_core.api_errors import (
    AccessDenied,
    ApiError,
    BadResponse,
    Redirected,
    TimedOut,
    TooManyRequests,
)
from event_taps_core.session import WHOLE_ANSWER_TIMEOUTS, TrickledError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests


class Unconnected(BadResponse):
    """The way to the API is in disorder; the reason says what to do about it."""


class _Cause(NamedTuple):
    kind: type[Exception]
    """What `requests` raises."""
    pattern: str
    """What is in its text; the first group that matches is `detail`."""
    words: str
    """What to tell, of `host`, `proxy` (its variable), `bundle` (likewise), and the `detail`."""
    may_pass: bool = False
    """Whether it is worth another try."""


_CAUSES: Final = (
    _Cause(
        exceptions.InvalidSchema,
        r"SOCKS",
        "the proxy in {proxy} is a SOCKS proxy, for which PySocks is missing: install it beside "
        "the tap (pip install PySocks), or put an HTTP proxy into {proxy}",
    ),
    _Cause(
        exceptions.InvalidURL,
        r"",
        "{proxy} is not the address of a proxy: write it as http://proxy.example.com:3128, and "
        "signs such as / or # in a user or password before the host as %2F or %23",
    ),
    _Cause(
        exceptions.ProxyError,
        r"\b407\b",
        "the proxy refuses its user or password (HTTP 407): check {proxy}",
    ),
    _Cause(
        exceptions.ProxyError,
        r"NameResolution|getaddrinfo|Failed to resolve",
        "the host name of the proxy is not known: check {proxy}",
        may_pass=True,
    ),
    _Cause(
        exceptions.ProxyError,
        r"(?s:.*Tunnel connection failed: (\d{3}[\w ]*))?",
        "the proxy did not connect to {host}{detail}: check {proxy}, or put {host} into NO_PROXY",
        may_pass=True,
    ),
    _Cause(
        exceptions.SSLError,
        r"CERTIFICATE_VERIFY_FAILED(?:\] certificate verify failed: ([^(]+?)\.? \()?",
        "the certificate of {host} is not trusted{detail}: if your network has a certificate "
        "authority of its own, put the path of its file into {bundle}",
    ),
    _Cause(
        OSError,
        r"TLS CA certificate bundle, invalid path|certificate or crl|X509|\[SSL\] PEM lib",
        "{bundle} does not name a file of certificates: correct it, or unset it",
    ),
)


def hint_for(answer: ApiError, url: str, host_setting: str, credential_settings: str) -> str:
    """Say in one sentence what a user can do when nothing at all can be read."""
    reason = answer.reason
    if isinstance(answer, Unconnected):
        return reason
    if isinstance(answer, Redirected):
        return (
            f"{url} is not where the API is, or it refuses these credentials "
            f"({reason}, where none were sent): check {host_setting}, or {credential_settings}"
        )
    if isinstance(answer, TooManyRequests):
        return f"{url} is asked too often ({reason})"
    if isinstance(answer, AccessDenied):
        return f"{url} refuses these credentials ({reason}): check {credential_settings}"
    return f"{url} gives no usable answer ({reason}): check {host_setting}"


@contextlib.contextmanager
def failures_in_words(url: str, timeout_seconds: int) -> Iterator[None]:
    """Turn what `requests` raises into `BadResponse`s that a user understands."""
    host = urlsplit(url).hostname
    try:
        yield
    except (exceptions.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise TimedOut(_too_late(error, host, timeout_seconds), unreachable=True) from error
    except (exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        in_words = BadResponse(_in_words(error, host), unreachable=True)
        raise _unconnected(error, url) or in_words from error
    except OSError as error:  # so `requests` says that a file of certificates is missing
        raise _unconnected(error, url) or BadResponse(str(error), retries=0) from error


def _too_late(error: Exception, host: str | None, timeout_seconds: int) -> str:
    """Say what did not come in time: an answer, or the rest of one."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, TrickledError):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        seconds = WHOLE_ANSWER_TIMEOUTS * timeout_seconds
        return f"the answer from {host} is still not complete after {seconds} seconds"
    return f"no answer from {host} within {timeout_seconds} seconds"


def _in_words(error: Exception, host: str | None) -> str:
    """Describe a failed exchange without its URL, headers or body."""
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Failed to resolve" in text:
        return f"the host name {host} is not known"
    if "refused" in text:
        return f"{host} refuses connections"
    if isinstance(error, exceptions.SSLError):
        return f"no secure connection to {host}: {type(error).__name__}"
    return f"the connection to {host} broke: {type(error).__name__}"


def _unconnected(error: Exception, url: str) -> Unconnected | None:
    """Say why there was no connection, if a variable has to do with it."""
    text = str(error)
    proxy = _proxy_variable(url)
    for cause in _CAUSES:
        match = isinstance(error, cause.kind) and re.search(cause.pattern, text)
        if match and (proxy or "{proxy}" not in cause.words):
            detail = next(filter(None, match.groups()), "").strip()
            words = cause.words.format(
                host=urlsplit(url).hostname,
                proxy=proxy,
                bundle=_set_one("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") or "REQUESTS_CA_BUNDLE",
                detail=detail and f" ({detail})",
            )
            return Unconnected(words, retries=None if cause.may_pass else 0, unreachable=True)
    return None


def refused_by_proxy(response: requests.Response) -> Unconnected | None:
    """Recognise the answer of a proxy; of one that the API is reached by without encryption."""
    if response.status_code != HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return None
    error = exceptions.ProxyError(str(response.status_code))
    return _unconnected(error, response.url)


def proxy_passwords() -> set[str]:
    """Return what stands in the place of a password in the addresses of proxies."""
    addresses = [v for name, v in os.environ.items() if name.lower().endswith("_proxy")]
    credentials = [address.rpartition("@")[0].split("//", 1)[-1] for address in addresses]
    return {userinfo.partition(":")[2] for userinfo in credentials} - {""}


def _proxy_variable(url: str) -> str | None:
    scheme = urlsplit(url).scheme
    variable = _set_one(f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    if variable is None and urllib.request.getproxies().get(scheme):
        return f"{scheme.upper()}_PROXY"  # which would win over the system's own settings
    return variable


def _set_one(*names: str) -> str | None:
    """Return the first of these variables that is set, in the order in which they count."""
    return next((name for name in names if os.environ.get(name)), None)
