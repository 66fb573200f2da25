"""How Meet & Engage is shown who is asking: with a key pair, which is tested before it is used.

Source: the headings "Accessing the API" and "Testing access" of the page that `client.py` cites.
"""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import AccessDenied, Authenticator, BadResponse, CredentialsClient, TimedOut
from tap_meetengage.errors import Known, ServerError, TooMuch, failure_beside, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from event_taps_core import ApiResponse, CredentialsExpired


class KeyPairAuthenticator(Authenticator):
    """Sends the key pair in the header and not in the address, once it has been tested."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        pair = f"{config['key_id']}:{config['key_secret']}"
        self._pair = base64.b64encode(pair.encode()).decode()
        super().__init__(
            {"Authorization": f"Basic {self._pair}"},
            "the settings key_id and key_secret (Control Panel, preferences), account and "
            "data_methods",
        )
        self._is_checked = False

    @property
    @override
    def is_ready(self) -> bool:
        return self._is_checked

    @override
    def refresh(
        self, client: CredentialsClient, request: HTTPRequest, refusal: CredentialsExpired | None
    ) -> None:
        """Test the key pair once, at the base URL, before anything is asked for.

        Raises:
            ApiError: If it fails; never one that a smaller range might mend.
        """
        client.redaction.hide(self._pair)
        test = HTTPRequest(client.base_url, headers=dict(self.headers()))
        try:
            client.send_for_credentials(test, lambda response: _require_access(response, client))
        except (TooMuch, TimedOut, ServerError) as problem:
            raise BadResponse(problem.reason, unreachable=True) from problem
        self._is_checked = True


def _require_access(response: ApiResponse, client: CredentialsClient) -> None:
    """Accept `{"authenticated": true}` and nothing else.

    Raises:
        ApiError: If it is anything else; where the path is not known, no such API is there.
    """
    status = response.status_code
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE}:
        raise BadResponse(f"HTTP {status}", retries=0, unreachable=True)
    problem = problem_of(response, Known())
    if problem is not None:
        raise problem
    body = response.json()
    if not isinstance(body, dict):
        raise BadResponse("JSON that is no answer to the test of credentials", unreachable=True)
    failure = failure_beside(body, Known(), client.presentable)
    if failure is not None:
        raise failure
    if body.get("authenticated") is not True:
        raise AccessDenied("the test of the key pair is not answered with 'authenticated'")
