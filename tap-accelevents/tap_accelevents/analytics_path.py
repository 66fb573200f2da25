"""Which of the possible paths the analytics of one session have.

The vendor's page does not show it. Only records settle it: what a wrong path answers may look like
a session that is not there, like a refusal, or like anything else.
"""

from __future__ import annotations

import logging
import re
import threading
from typing import TYPE_CHECKING, Final, TypeVar

from event_taps_core import ApiError, BadResponse, TapError

if TYPE_CHECKING:
    from collections.abc import Callable

LOGGER: Final = logging.getLogger(__name__)
T = TypeVar("T")

SESSION_ANALYTICS: Final = (
    "/rest/host/session/{session_id}/analytics",
    "/rest/host/session/analytics/{session_id}",
    "/rest/host/event/{event_url}/session/{session_id}/analytics",
)
"""Where one session's analytics may be. The first is by analogy with the attendees of a session."""

_PLACEHOLDER: Final = re.compile(r"\{\w+\}")
_PATH: Final = re.compile(r"/rest(?:/[A-Za-z0-9_-]+|/\{(?:session_id|event_url|event_id)\})+")
_NEVER: Final = re.compile(r"staff|check-?in", re.IGNORECASE)


class AnalyticsPath:
    """The path in use, and the search for another one, which happens once in a run.

    What the search finds depends neither on who begins it nor on what else has answered by then:
    so the same is read, and the same fails, with one worker and with many.

    Args:
        configured: The setting `session_analytics_path`, or the likeliest path.
        try_path: Asks for a few sessions at a path, always the same; says whether one came.
    """

    def __init__(self, configured: str, try_path: Callable[[str], bool]) -> None:
        self._path = configured
        self._try_path = try_path
        self._paths = tuple(dict.fromkeys((configured, *SESSION_ANALYTICS)))
        self._search = threading.Lock()
        self._has_searched = False
        self._working_path: str | None = None

    def send(self, ask_at: Callable[[str], T]) -> T:
        """Ask for one session, at another path too if the one in use may be wrong.

        Raises:
            ApiError: Why there are no records.
        """
        path = self._path
        try:
            return ask_at(path)
        except ApiError as answer:
            if isinstance(answer, BadResponse) and answer.retries != 0:
                raise  # this may pass, so it says nothing about the path
            working_path = self._find_once()
            if working_path is None:
                raise BadResponse(
                    f"{answer.reason}; no path that is known works: set session_analytics_path",
                    retries=0,
                ) from answer
            if working_path == path:
                raise
        return ask_at(working_path)

    def _find_once(self) -> str | None:
        """Return the first path that has sessions, the one in use before all others."""
        with self._search:
            if not self._has_searched:
                self._working_path = next(filter(self._try_path, self._paths), None)
                self._has_searched = True
                if self._working_path not in (None, self._path):
                    LOGGER.warning(
                        "Session analytics are at %s, not at %s: put that into the setting "
                        "session_analytics_path",
                        self._working_path,
                        self._path,
                    )
                self._path = self._working_path or self._path
            return self._working_path


def check_analytics_path(path: str) -> None:
    """Refuse a setting `session_analytics_path` that is no path of a session's analytics.

    A GET of this vendor checks people in, so no path passes that could be that one.

    Raises:
        TapError: If it is none.
    """
    literal = _PLACEHOLDER.sub("", path).rstrip("/").rpartition("/")[2]
    if (
        not _PATH.fullmatch(path)
        or path.count("{session_id}") != 1
        or "analytics" not in literal.lower()
        or _NEVER.search(path)
    ):
        raise TapError(
            "setting session_analytics_path: it must be a path below /rest that holds {session_id} "
            f"once and ends in analytics, such as {SESSION_ANALYTICS[0]}"
        )
