"""The API of Example: its key, and what its answers mean.

To do: name the vendor's documents, and the version that they describe.
"""

from __future__ import annotations

from typing_extensions import override

from event_taps_core import ApiClient, Authenticator


class ExampleClient(ApiClient):
    """Sends the key in the header `API-Key`; the status of HTTP says what an answer means."""

    # To do: a vendor that says in the body what is wrong needs `classify`, too.
    @override
    def make_authenticator(self) -> Authenticator:
        """Send the key."""
        return Authenticator({"API-Key": self.config["api_key"]})
