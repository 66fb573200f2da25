"""Which of the possible paths the analytics of one session have.

The vendor's page does not show it. A 404 with the vendor's code is about the session; one without
is about the path, until the path has answered once.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, TypeVar

from event_taps_core import Absent, Broken
from tap_accelevents.client import SESSION_ANALYTICS, NoSuchPath, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Callable

LOGGER: Final = logging.getLogger(__name__)
T = TypeVar("T")


class NoAnalytics(Broken):
    """No path that is known has the analytics of a session that is there."""


class AnalyticsPath:
    """The path in use, and the search for another one, which happens once in a run.

    Args:
        configured: The setting `session_analytics_path`, or the likeliest path.
    """

    def __init__(self, configured: str) -> None:
        self._path = configured
        self._others = [path for path in SESSION_ANALYTICS if path != configured]
        self._has_answered = False
        self._nowhere: NoAnalytics | None = None
        self._search = threading.Lock()

    def ask(self, ask_at: Callable[[str], T], is_listed: Callable[[], bool]) -> T:
        """Ask for one session, at the other paths too if the one in use may be wrong.

        Args:
            ask_at: Asks for the session at a path.
            is_listed: Looks whether the session is still there.

        Raises:
            Absent: If the session is not there.
            NoAnalytics: If there are none at any path.
        """
        if self._nowhere is not None:
            raise self._nowhere
        path = self._path
        try:
            return self._ask_at(path, ask_at)
        except (NoSuchPath, NotAcceptable) as answer:
            reason = answer.reason
        with self._search:
            if not self._has_answered:
                return self._look_elsewhere(ask_at, is_listed, reason)
        if path == self._path:
            raise Absent(reason)
        return self._ask_at(self._path, ask_at)

    def _ask_at(self, path: str, ask_at: Callable[[str], T]) -> T:
        """Ask at a path and remember if it is the right one, be the session there or not."""
        try:
            found = ask_at(path)
        except (NoSuchPath, NotAcceptable):
            raise
        except Absent:
            self._settle(path)
            raise
        self._settle(path)
        return found

    def _settle(self, path: str) -> None:
        if path != self._path:
            LOGGER.warning(
                "Session analytics are at %s, not at %s: put that into the setting "
                "session_analytics_path",
                path,
                self._path,
            )
            self._path = path
        self._has_answered = True

    def _look_elsewhere(
        self, ask_at: Callable[[str], T], is_listed: Callable[[], bool], reason: str
    ) -> T:
        """Try the other paths; what is said everywhere of a session that is there is no absence."""
        if self._nowhere is not None:
            raise self._nowhere
        for path in self._others:
            try:
                return self._ask_at(path, ask_at)
            except (NoSuchPath, Broken):
                continue  # whatever is there, it is no session
        if not is_listed():
            raise Absent(reason)
        msg = f"{reason}, at each path that is known: set session_analytics_path"
        self._nowhere = NoAnalytics(msg)
        raise self._nowhere
