"""Who is asking: headers that say so, and how these are got, checked and renewed.

"Authenticator" is the word of the SDK and of httpx. A key that never changes needs no class of its
own; a token to be fetched, or a key to be tried first, is a subclass in the tap.
"""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from event_taps_core.api_errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from singer_sdk.streams.rest import HTTPRequest

    from event_taps_core.api_errors import CredentialsExpired
    from event_taps_core.redaction import Redaction
    from event_taps_core.session import ApiResponse

T = TypeVar("T")


class CredentialsClient(Protocol):
    """What an authenticator may do with the client that it belongs to."""

    base_url: str
    config: Mapping[str, Any]
    redaction: Redaction
    has_succeeded: bool

    def send_for_credentials(self, request: HTTPRequest, parse: Callable[[ApiResponse], T]) -> T:
        """See `ApiClient.send_for_credentials`."""

    def presentable(self, words: str) -> str:
        """See `ApiClient.presentable`."""


class Authenticator:
    """Says with each request who is asking: in the same headers, unless a subclass knows more.

    Args:
        headers: What is sent with each request, until a subclass sets other `credentials`.
        settings: The settings to check when the host refuses.
    """

    post_paths: ClassVar[tuple[str, ...]] = ()
    """The paths that may be posted to for credentials; nothing else is ever posted."""

    def __init__(
        self,
        headers: Mapping[str, str] = MappingProxyType({}),
        settings: str = "the setting api_key",
    ) -> None:
        self.settings = settings
        self.credentials = headers
        self._refreshing = threading.Lock()
        self._refreshes = 0
        self._failure: ApiError | None = None

    @property
    def is_ready(self) -> bool:
        """Whether requests can be sent; if not, `refresh` is called before the first."""
        return True

    def headers(self) -> Mapping[str, str]:
        """Return what is sent with the next request."""
        return self.credentials

    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        """Get credentials, at first or in place of those that were refused.

        One thread at a time is here.

        Args:
            client: Sends what has to be asked for.
            request: What these credentials are for.
            refusal: What the API said to the last ones; None before anything was sent.

        Raises:
            ApiError: If there are none; everybody gets this answer for the rest of the run.
        """
        raise NotImplementedError

    # What the client asks for

    def make_ready(self, client: CredentialsClient, request: HTTPRequest) -> int:
        """See to it that a request can be sent.

        Returns:
            How often there were new credentials so far, for `replace`.
        """
        refreshes = self._refreshes
        if not self.is_ready:
            self.replace(client, request, None, refreshes)
        return self._refreshes

    def replace(
        self,
        client: CredentialsClient,
        request: HTTPRequest,
        refusal: CredentialsExpired | None,
        refreshes: int,
    ) -> None:
        """Get other credentials (`refresh`), unless another thread did so since the request.

        It did if there were new ones more often than `refreshes`, which `make_ready` returned.
        """
        with self._refreshing:
            if self._failure is not None:
                raise self._failure
            if refreshes != self._refreshes:
                return
            try:
                self.refresh(client, request, refusal)
            except ApiError as answer:
                self._failure = answer
                raise
            self._refreshes += 1
