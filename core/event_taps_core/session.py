"""One exchange over HTTP: connections, redirects, and bodies that are read once, however large."""

from __future__ import annotations

import http.client
import io
import tempfile
import time
from email.message import Message
from http.cookiejar import DefaultCookiePolicy
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin

import requests
import requests.adapters
import urllib3.connection
from typing_extensions import Buffer, override
from urllib3.util import parse_url

from event_taps_core.api_errors import BadResponse
from event_taps_core.json_values import decode, in_utf8

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

_UNREAD = object()
_SPOOLED_BYTES = 1024 * 1024
"""Answers larger than this do not stay in memory, for clients that spool."""
_PIECE_BYTES = 256 * 1024
WHOLE_ANSWER_TIMEOUTS = 10
"""A whole answer, headers and body, may take so many times what its next byte may take."""


class TrickledError(TimeoutError):
    """An answer that keeps coming, in pieces too small to ever wait for its end."""


class _Timed(io.RawIOBase):
    """What a connection reads, until a whole answer has taken too long.

    Each read waits for its next byte only; a server that sends one now and then would be waited for
    without end.
    """

    def __init__(self, raw: io.RawIOBase, byte_timeout: float | None) -> None:
        super().__init__()
        self._raw = raw
        self._end = time.monotonic() + WHOLE_ANSWER_TIMEOUTS * (byte_timeout or float("inf"))

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int | None:
        if time.monotonic() > self._end:
            raise TrickledError
        return self._raw.readinto(buffer)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """The standard library's answer: its status line, headers and body all come through `fp`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock.gettimeout()))


class _PlainConnection(urllib3.connection.HTTPConnection):
    response_class = _TimedResponse


class _SecureConnection(urllib3.connection.HTTPSConnection):
    response_class = _TimedResponse


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class ApiResponse(requests.Response):
    """A response that decodes its JSON once, however many streams and paginators look at it."""

    _value: Any = _UNREAD
    _content: Any  # False while unread, as `requests` has it

    spooled: IO[bytes] | None = None
    """A large body, in a file without a name (see `ApiClient.spools_answers`)."""

    @property
    @override
    def content(self) -> bytes:
        """The body, read at once instead of in the 10 kB pieces of `requests`.

        Raises:
            urllib3.exceptions.HTTPError: If the body is cut or badly compressed.
        """
        if self.spooled is not None:
            self.spooled.seek(0)
            return self.spooled.read()
        if self._content is False:
            self._content = self.raw.read(decode_content=True)
        return self._content or b""

    def charset(self) -> str | None:
        """The charset that the answer declares, in small letters; None if it declares none."""
        header = Message()
        header["Content-Type"] = self.headers.get("Content-Type", "")
        return header.get_content_charset()

    def spool(self) -> None:
        """Read the body, a large one into a file, so that no answer can fill the memory.

        Raises:
            urllib3.exceptions.HTTPError: If the body is cut or badly compressed.
            BadResponse: If there is no room for it.
        """
        file = tempfile.SpooledTemporaryFile(max_size=_SPOOLED_BYTES)  # noqa: SIM115 - a large one lives on
        try:
            for piece in self.raw.stream(_PIECE_BYTES, decode_content=True):
                file.write(piece)
            if file.tell() > _SPOOLED_BYTES:
                self.spooled = in_utf8(file, self.charset())
                return
        except BaseException as error:
            self.close()  # a connection with half an answer in it is of no use to the next request
            if isinstance(error, OSError):
                raise BadResponse(
                    f"a large answer does not fit into a temporary file ({error.strerror})",
                    retries=0,
                ) from error
            raise
        with file:
            file.seek(0)
            self._content = file.read()

    @override
    def json(self, **kwargs: Any) -> Any:
        """Return the decoded body (`kwargs` are the standard decoder's and not needed here).

        Raises:
            BadResponse: If the body is not JSON.
        """
        if self._value is _UNREAD:
            self._value = decode(self.content, self.charset)
        return self._value


class Adapter(requests.adapters.HTTPAdapter):
    """Makes `ApiResponse`s, of answers that come to an end."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _use_timed_connections(self.poolmanager)

    @override
    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        if "socks" not in proxy.partition("://")[0].lower():  # those have connections of their own
            _use_timed_connections(manager)
        return manager

    @override
    def build_response(
        self, req: requests.PreparedRequest, resp: urllib3.BaseHTTPResponse
    ) -> ApiResponse:
        response = ApiResponse()
        response.__dict__.update(super().build_response(req, resp).__dict__)
        return response


def _use_timed_connections(manager: urllib3.PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}


class Session(requests.Session):
    """A session whose redirects stay on the host and on the list of reads.

    `requests` strips only the standard `Authorization` header when a redirect leaves the host;
    the key headers of these vendors would travel on.
    """

    def __init__(
        self, base_url: str, permits: Callable[[str, str], bool], connections: int
    ) -> None:
        super().__init__()
        self._permits = permits
        # Workers share the session; a cookie would make one answer depend on another.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = Adapter(pool_connections=1, pool_maxsize=connections, pool_block=True)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        # Proxies and certificates come from the environment once, not once per request.
        environment = self.merge_environment_settings(base_url, {}, None, None, None)
        self.proxies, self.verify = environment["proxies"], environment["verify"]
        self.trust_env = False
        self.headers["Accept-Encoding"] = "gzip, deflate"

    def prepared(
        self, request: HTTPRequest, headers: Mapping[str, str]
    ) -> requests.PreparedRequest:
        """Return a request as it is sent, with these headers beside its own."""
        return requests.Request(
            request.method,
            request.url,
            params=request.encode_params(),
            headers={**self.headers, **headers, **request.headers},
        ).prepare()

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        try:
            target = urljoin(resp.url, super().get_redirect_target(resp) or "")
            # `requests` would quote a host with umlauts, which then is none.
            permitted = resp.is_redirect and self._permits("GET", target)
            return parse_url(target).url if permitted else None
        except ValueError:  # it is no address
            return None
