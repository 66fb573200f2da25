"""The address of an API in one form, however it is written, and what may be read below it."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

import requests
from urllib3.util import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PORTS = {"http": 80, "https": 443}
_CLIMBING = frozenset({"", ".", ".."})


class Origin(NamedTuple):
    """Who is asked: two addresses of the same origin reach the same server."""

    scheme: str | None
    host: str | None
    port: int | None
    user: str | None = None


def base_of(url: str) -> str:
    """Return an API's base in the form in which `requests` asks for what is below it.

    Scheme and host are in lower case and in ASCII (IDNA), a default port and a slash at the end are
    dropped; the path keeps its case.

    Raises:
        ValueError: If it is no address.

    >>> base_of("HTTPS://Api-Acme.Example.COM:443/Prod/")
    'https://api-acme.example.com/Prod'
    >>> base_of("https://münchen.example")
    'https://xn--mnchen-3ya.example'
    """
    parts = parse_url(requests.Request("GET", url).prepare().url or "")
    if parts.port == _PORTS.get(parts.scheme or ""):
        parts = parts._replace(port=None)
    return parts.url.rstrip("/")


def origin_of(url: str) -> Origin:
    """Return whom an address leads to.

    Raises:
        ValueError: If it is no address.
    """
    parts = parse_url(url)
    port = parts.port or _PORTS.get(parts.scheme or "")
    return Origin(parts.scheme, parts.host, port, parts.auth)


class ReadableAddresses:
    """The addresses of an API that may be requested with GET: nothing else ever is.

    In the paths below the base, which is as `base_of` returns it, a name in braces stands for one
    segment.
    """

    def __init__(self, base_url: str, paths: Iterable[str]) -> None:
        self._base_url = base_url
        base, origin = urlsplit(base_url), origin_of(base_url)
        secure = origin._replace(scheme="https")
        if base.port is None:
            secure = origin_of(f"https://{base.netloc}")
        self._origins = (origin, secure)  # the API may lead to its encrypted form
        self._prefix = base.path
        self._paths = re.compile("|".join(map(_path_pattern, paths)))

    def permits(self, method: str, url: str) -> bool:
        """Say whether this is a read of this API."""
        path = self._path_of(url) if method == "GET" else None
        return path is not None and self._paths.fullmatch(path) is not None

    def _path_of(self, url: str) -> str | None:
        """Return the path below the base; None if the address leads elsewhere."""
        below = url.removeprefix(self._base_url)
        if below != url and below.startswith("/"):  # nearly all do, and need no closer look
            return below.partition("?")[0].partition("#")[0]
        path = urlsplit(url).path
        is_below = path.startswith(self._prefix) and origin_of(url) in self._origins
        return path[len(self._prefix) :] if is_below else None


def _path_pattern(path: str) -> str:
    """Turn `/sessions/{id}` into a pattern; a segment `.` or `..` would climb to another path."""
    literals = re.split(r"\{\w*\}", path)
    return r"(?!\.{1,2}(?:/|$))[^/]+".join(map(re.escape, literals))


def path_with_ids(path: str, ids: Mapping[str, object]) -> str:
    """Fill the names in a path; an id can never add a segment or a query.

    >>> path_with_ids("/events/{event_id}/guests", {"event_id": "a/b?"})
    '/events/a%2Fb%3F/guests'

    Raises:
        ValueError: If an id would climb to another path, which URL libraries let `..` do.
    """
    names = [name for _, name, _, _ in Formatter().parse(path) if name]
    quoted = {name: quote(str(ids[name]), safe="") for name in names}
    if not _CLIMBING.isdisjoint(quoted.values()):
        raise ValueError("an id that would lead to another path")
    return path.format_map(quoted)
