"""The Conferences i/o App REST API v2: its key, its envelope, its errors.

Source: "Integration via API" of the vendor's help centre (help.lcvista.com, article
39813156476813), cited below by its headings.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from event_taps_core import AccessDenied, ApiClient, ApiError, Authenticator, BadResponse

if TYPE_CHECKING:
    from event_taps_core import ApiResponse

_ABOUT_CREDENTIALS: Final = re.compile(
    r"api[ -]?key|unauthori[sz]ed|not authori[sz]ed|authenticat|forbidden|access denied"
    r"|not (been )?(activated|enabled)|permission",
    re.IGNORECASE,
)

SESSION_PATH: Final = "/sessions/{session_id}"


class ConferencesIoClient(ApiClient):
    """Sends the `API-Key` header and reads the `status`, `code`, `data` envelope."""

    extra_paths = (SESSION_PATH,)
    host_setting = (
        "the setting subdomain (the part before .cnf.io of your app's address) or api_url, and "
        "whether Conferences i/o has activated API access for it"
    )

    @override
    def make_authenticator(self) -> Authenticator:
        """Send the key (heading "Authentication")."""
        return Authenticator(
            {"API-Key": self.config["api_key"]},
            "the setting api_key (Admin panel, Advanced Settings, API Keys & Settings), and "
            "whether Conferences i/o has activated API access for this app",
        )

    @override
    def classify(self, response: ApiResponse) -> ApiError | None:
        """Read the envelope at any status (headings "Responses" and "ErrorResponse").

        HTTP 500 with `{status: "error", code: "500", message}` is the only error that the vendor
        documents, and also how it answers client mistakes: so the message decides whether the key
        is at fault, and any other 500 is asked again a few times only. An error envelope at
        HTTP 200 is an error too. `status` is "generally" there, and `code` a string: neither is
        needed for success.
        """
        problem = super().classify(response)
        if problem is not None and response.status_code != HTTPStatus.INTERNAL_SERVER_ERROR:
            return problem
        try:
            body = response.json()
        except BadResponse as unreadable:
            return problem or unreadable
        if not isinstance(body, dict):
            return problem or BadResponse("JSON without the documented envelope")
        is_good = str(body.get("code", "200")).startswith("2") and body.get("status") != "error"
        if is_good and (problem is None or "message" not in body):
            return problem
        reason = f"HTTP {response.status_code} with an error"
        if _ABOUT_CREDENTIALS.search(str(body.get("message"))):
            return AccessDenied(reason)
        # The vendor answers so to mistakes and to trouble alike: more tries rarely help.
        return BadResponse(reason, retries=3)
