"""Which of the possible paths the analytics of one session have.

The vendor's page does not show it. Only records settle it: what a wrong path answers may look like
a session that is not there, like a refusal, or like anything else.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, TypeVar

from event_taps_core import ApiError, BadResponse

if TYPE_CHECKING:
    from collections.abc import Callable

LOGGER: Final = logging.getLogger(__name__)
T = TypeVar("T")

SESSION_ANALYTICS: Final = (
    "/rest/host/session/{session_id}/analytics",
    "/rest/host/session/analytics/{session_id}",
    "/rest/host/event/{event_url}/session/{session_id}/analytics",
)
"""Where one session's analytics may be: the page get-session-analytics-data-by-session-id does not
show its path. The first is by analogy with the attendees of a session."""


class AnalyticsPath:
    """The path in use, and the search for another one, which happens once in a run.

    What the search finds depends neither on who begins it nor on what else has answered by then:
    so the same is read, and the same fails, with one worker and with many.

    Args:
        configured: The setting `session_analytics_path`, or the likeliest path.
    """

    def __init__(self, configured: str) -> None:
        self._path = configured
        self._paths = tuple(dict.fromkeys((configured, *SESSION_ANALYTICS)))
        self._search = threading.Lock()
        self._has_searched = False
        self._is_nowhere = False

    def send(self, ask_at: Callable[[str], T], has_sessions: Callable[[str], bool]) -> T:
        """Ask for one session, at another path too if the one in use may be wrong.

        Args:
            ask_at: Asks for the session at a path.
            has_sessions: Looks whether a path has one of a few sessions, always the same.

        Raises:
            ApiError: Why there are no records.
        """
        path = self._path
        try:
            return ask_at(path)
        except ApiError as answer:
            if isinstance(answer, BadResponse) and answer.retries != 0:
                raise  # this may pass, so it says nothing about the path
            self._search_once(has_sessions)
            if path == self._path:
                if self._is_nowhere:
                    raise BadResponse(
                        f"{answer.reason}; no path that is known works: set session_analytics_path",
                        retries=0,
                    ) from answer
                raise
        return ask_at(self._path)

    def _search_once(self, has_sessions: Callable[[str], bool]) -> None:
        """Find the first path that has sessions, the one in use before all others."""
        with self._search:
            if self._has_searched:
                return
            found = next(filter(has_sessions, self._paths), None)
            self._is_nowhere = found is None
            if found not in (None, self._path):
                LOGGER.warning(
                    "Session analytics are at %s, not at %s: put that into the setting "
                    "session_analytics_path",
                    found,
                    self._path,
                )
            self._path = found or self._path
            self._has_searched = True
