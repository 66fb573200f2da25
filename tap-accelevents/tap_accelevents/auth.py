"""How Accelevents is shown who is asking: with a key, in one of three headers.

The key's header is documented in one way, described in another and used in a third.
"""

from __future__ import annotations

import contextlib
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    AccessDenied,
    ApiError,
    Authenticator,
    BadResponse,
    CredentialsClient,
    CredentialsExpired,
)
from tap_accelevents.errors import SHORTEST_CODE, error_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from event_taps_core import ApiResponse

HEADERS: Final[dict[str, tuple[str, str]]] = {
    "Key": ("Key", "{}"),
    "Authorization": ("Authorization", "{}"),
    "Bearer": ("Authorization", "Bearer {}"),
}
"""How the key may be sent: the API definitions say `Key` (and also `Authorization`, raw), a client
in use reads with `Bearer` and writes with `Key`."""


class KeyAuthenticator(Authenticator):
    """Sends the key in the header that is set, or in the first that is accepted."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__(
            settings="the settings api_key (in Accelevents under Enterprise, Integrations, API "
            "Key; plans below Enterprise may have none), auth_header and event_urls: the key must "
            "be of their organiser"
        )
        auth_header = config.get("auth_header", "auto")
        forms = tuple(HEADERS) if auth_header == "auto" else (auth_header,)
        self._key = config["api_key"]
        self._form, self._others = forms[0], forms[1:]
        self._is_settled = False
        self._is_refused = False
        self._first = threading.Lock()
        """Taken by the first request, and kept."""
        self._has_answered = threading.Event()

    @property
    @override
    def is_ready(self) -> bool:
        return not self._is_refused

    @override
    def headers(self) -> Mapping[str, str]:
        return self._in_form(self._form)

    def _in_form(self, form: str) -> dict[str, str]:
        header, value = HEADERS[form]
        return {header: value.format(self._key)}

    def is_final(self, sent: Mapping[str, str]) -> bool:
        """Say whether a request had the header that is used for good."""
        return self._is_settled and self.headers().items() <= sent.items()

    @contextlib.contextmanager
    def first_alone(self) -> Iterator[None]:
        """Let the first request go alone, so that a wrong key is not tried by all workers."""
        if not self._first.acquire(blocking=False):
            self._has_answered.wait()
        try:
            yield
        finally:
            self._has_answered.set()

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        """Try the other headers, once in a run, on what was refused first.

        Raises:
            AccessDenied: If none is accepted; if none ever was, nothing more is asked.
        """
        accepted = self._accepted_on(client, request)
        self._form = accepted or self._form
        self._is_settled = True
        if accepted is None:
            self._is_refused = not client.has_succeeded
            tried = ", ".join((self._form, *self._others))
            raise AccessDenied(
                f"{refusal.reason if refusal else 'refused'}; the key was sent as {tried}"
            )

    def _accepted_on(self, client: CredentialsClient, request: HTTPRequest) -> str | None:
        """Return the form in which the key is accepted for a request, if any.

        One that is only told that it may not is no better than one that has worked; where none
        has, it is better than nothing: the key may be good, and the event somebody else's.
        """
        better = None
        for form in self._others:
            trial = HTTPRequest(request.url, params=request.params, headers=self._in_form(form))
            with contextlib.suppress(ApiError):  # whatever is wrong, the key is not accepted
                if client.send_for_credentials(trial, _is_accepted):
                    return form
                better = better or form
        return None if client.has_succeeded else better


def _is_accepted(response: ApiResponse) -> bool:
    """Say whether an answer accepts the form of the header, or only that it was understood.

    A gateway that cannot read a form may say 400, 403 or 500; only a code of the API proves that
    the question got through.

    Raises:
        ApiError: If it was not.
    """
    problem, code = error_in(response, None if response.ok else BadResponse("refused", retries=0))
    has_got_through = not isinstance(problem, CredentialsExpired) and len(code) >= SHORTEST_CODE
    if problem is not None and not has_got_through:
        raise problem
    return response.status_code != HTTPStatus.FORBIDDEN
