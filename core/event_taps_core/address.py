"""The address of an API in one form, however a user or a redirect writes it."""

from __future__ import annotations

from typing import NamedTuple

import requests
from urllib3.util import parse_url

_PORTS = {"http": 80, "https": 443}


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
