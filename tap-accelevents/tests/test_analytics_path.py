"""How the path of one session's analytics is found, once, and what its absence means."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from event_taps_core import Absent, Broken, Refused
from tap_accelevents.analytics_path import AnalyticsPath, NoAnalytics
from tap_accelevents.client import SESSION_ANALYTICS, NoSuchPath, NotAcceptable

FIRST, SECOND, THIRD = SESSION_ANALYTICS
CODED = Absent("404800")
BARE = NoSuchPath("HTTP 404")


class Vendor:
    """Answers at some paths; counts what it is asked."""

    def __init__(self, **answers: Exception | str) -> None:
        self.answers = dict(zip(SESSION_ANALYTICS, answers.values(), strict=True))
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, path: str) -> str:
        with self._lock:
            self.asked[path] += 1
        time.sleep(0.01)
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer


def listed() -> bool:
    return True


def gone() -> bool:
    return False


def vendor(first: Exception | str, second: Exception | str, third: Exception | str) -> Vendor:
    return Vendor(first=first, second=second, third=third)


def test_path_that_answers_is_the_only_one_asked() -> None:
    asked = vendor("here", BARE, BARE)
    path = AnalyticsPath(FIRST)
    assert [path.ask(asked, listed) for _ in range(3)] == ["here"] * 3
    assert asked.asked == {FIRST: 3}


@pytest.mark.parametrize("elsewhere", [BARE, NotAcceptable("HTTP 406"), Broken("no session")])
def test_other_path_is_found_once_and_kept(elsewhere: Exception) -> None:
    asked = vendor(BARE, elsewhere, "here")
    path = AnalyticsPath(FIRST)
    assert [path.ask(asked, listed) for _ in range(3)] == ["here"] * 3
    assert asked.asked == {FIRST: 1, SECOND: 1, THIRD: 3}


def test_all_workers_wait_for_one_search(caplog: pytest.LogCaptureFixture) -> None:
    asked = vendor(BARE, "here", BARE)
    path = AnalyticsPath(FIRST)
    with ThreadPoolExecutor(8) as workers:
        found = list(workers.map(lambda _: path.ask(asked, listed), range(40)))
    assert found == ["here"] * 40
    assert asked.asked[FIRST] <= 8
    assert asked.asked[THIRD] == 0
    assert len(caplog.records) == 1


@pytest.mark.parametrize("first", [CODED, "here"])
def test_once_the_path_has_answered_a_404_is_about_the_session(first: Exception | str) -> None:
    asked = vendor(first, "never", "never")
    path = AnalyticsPath(FIRST)
    if first == "here":
        path.ask(asked, listed)
    else:
        with pytest.raises(Absent, match="404800"):
            path.ask(asked, listed)
    asked.answers[FIRST] = BARE
    with pytest.raises(Absent, match="HTTP 404"):
        path.ask(asked, listed)
    assert set(asked.asked) == {FIRST}


def test_session_that_was_removed_before_the_path_is_known_is_absent_and_decides_nothing() -> None:
    asked = vendor(BARE, BARE, BARE)
    path = AnalyticsPath(FIRST)
    with pytest.raises(Absent):
        path.ask(asked, gone)
    asked.answers[FIRST] = "here"
    assert path.ask(asked, listed) == "here"


def test_session_that_is_listed_and_has_no_path_is_a_failure_of_all_after_one_search() -> None:
    asked = vendor(BARE, BARE, NotAcceptable("HTTP 406"))
    path = AnalyticsPath(FIRST)
    for _ in range(3):
        with pytest.raises(NoAnalytics, match="session_analytics_path"):
            path.ask(asked, listed)
    assert asked.asked == {FIRST: 1, SECOND: 1, THIRD: 1}


def test_path_of_ones_own_is_asked_first_and_the_known_ones_after_it() -> None:
    own = "/rest/v2/session/{session_id}/analytics"
    asked = vendor(BARE, "here", BARE)
    asked.answers[own] = BARE
    assert AnalyticsPath(own).ask(asked, listed) == "here"
    assert list(asked.asked) == [own, FIRST, SECOND]


@pytest.mark.parametrize("answer", [Refused("HTTP 403"), Broken("HTTP 500")])
def test_what_says_nothing_about_the_path_searches_nothing(answer: Exception) -> None:
    asked = vendor(answer, "never", "never")
    with pytest.raises(type(answer)):
        AnalyticsPath(FIRST).ask(asked, listed)
    assert asked.asked == {FIRST: 1}
