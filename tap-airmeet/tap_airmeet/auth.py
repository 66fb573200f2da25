"""How Airmeet is shown who is asking: with a token, in exchange for the two keys.

Source: the heading "Authentication" of the page that `client.py` cites.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import AccessDenied, Authenticator, BadResponse, CredentialsClient

if TYPE_CHECKING:
    from event_taps_core import ApiResponse, CredentialsExpired

AUTH_PATH: Final = "/auth"

AMBIGUOUS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})
"""Both are said of credentials, and of ids."""


class TokenAuthenticator(Authenticator):
    """Exchanges the two keys for a token, which is good for 30 days."""

    post_paths = (AUTH_PATH,)
    token_has_worked = False

    @property
    @override
    def is_ready(self) -> bool:
        return bool(self.headers())

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        """Ask for a token; a new one does not help where the last one never worked: a loop."""
        if self.is_ready and not self.token_has_worked:
            raise AccessDenied("a new access token is refused at once")
        keys = {
            "X-Airmeet-Access-Key": client.config["access_key"],
            "X-Airmeet-Secret-Key": client.config["secret_key"],
        }
        exchange = HTTPRequest(client.base_url + AUTH_PATH, "POST", headers=keys)
        token = client.send_for_credentials(exchange, token_of)
        client.redaction.hide(token)
        self.token_has_worked = False
        self.credentials = {"X-Airmeet-Access-Token": token}


def token_of(response: ApiResponse) -> str:
    """Take the token out of an answer of `/auth`, which differs from its documentation.

    Documented is `{"success": true, "data": {"token": ...}}`, but every client that is in use, the
    vendor's own among them, reads `{"token": ...}`. Both are taken.

    Raises:
        AccessDenied: If the keys are missing, wrong (400) or revoked (403).
        BadResponse: If there is no token for another reason.
    """
    status = response.status_code
    if status in {*AMBIGUOUS, HTTPStatus.FORBIDDEN}:
        why = "missing or wrong" if status in AMBIGUOUS else "revoked"
        raise AccessDenied(f"{AUTH_PATH} answers HTTP {status}: the keys are {why}")
    if status != HTTPStatus.OK:
        raise BadResponse(f"{AUTH_PATH} answers HTTP {status}", retries=0, unreachable=True)
    match response.json():
        case {"token": str(token)} if token:
            return token
        case {"data": {"token": str(token)}} if token:
            return token
    raise BadResponse(f"no token in the answer of {AUTH_PATH}")
