"""How the path of one session's analytics is found, once, whoever asks first."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from event_taps_core import AccessDenied, ApiError, BadResponse, NotFound
from tap_accelevents.analytics_path import SESSION_ANALYTICS, AnalyticsPath
from tap_accelevents.errors import NoSuchPath

FIRST, SECOND, THIRD = SESSION_ANALYTICS
BARE = NoSuchPath("HTTP 404", retries=0)
SAMPLE = (10, 20, 30)


class Vendor:
    """Has sessions at one path or another; counts what it is asked."""

    def __init__(self, *paths: str, without: tuple[int, ...] = (), says: ApiError = BARE) -> None:
        self.paths = paths
        self.without = without
        self.says = says
        self.asked: Counter[str] = Counter()
        self.searched: list[tuple[str, int]] = []
        self._lock = threading.Lock()

    def get(self, path: str, session: int) -> int:
        with self._lock:
            self.asked[path] += 1
        time.sleep(0.001 * (session % 7))
        if path not in self.paths or session in self.without:
            raise self.says
        return session

    def has_sessions(self, path: str) -> bool:
        for session in SAMPLE:
            self.searched.append((path, session))
            try:
                self.get(path, session)
            except ApiError:
                continue
            return True
        return False

    def send(self, path: AnalyticsPath, session: int) -> int | str:
        try:
            return path.send(lambda at: self.get(at, session))
        except ApiError as answer:
            return answer.reason


def read(vendor: Vendor, *, workers: int) -> list[int | str]:
    path = AnalyticsPath(FIRST, vendor.has_sessions)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda session: vendor.send(path, session), range(1, 41)))


def test_path_that_answers_is_the_only_one_asked() -> None:
    vendor = Vendor(FIRST)
    assert read(vendor, workers=8) == list(range(1, 41))
    assert vendor.asked == {FIRST: 40}


@pytest.mark.parametrize(
    "says",
    [BARE, NotFound("404800"), AccessDenied("HTTP 403"), BadResponse("HTTP 406", retries=0)],
    ids=repr,
)
@pytest.mark.parametrize("workers", [1, 8])
def test_other_path_is_found_once_whatever_the_wrong_ones_say(
    says: ApiError, workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    vendor = Vendor(THIRD, says=says)
    assert read(vendor, workers=workers) == list(range(1, 41))
    tried = [(path, session) for path in (FIRST, SECOND) for session in SAMPLE]
    assert vendor.searched == [*tried, (THIRD, SAMPLE[0])]
    assert vendor.asked[FIRST] <= len(SAMPLE) + workers
    assert len(caplog.records) == 1


@pytest.mark.parametrize("without", [(1,), (1, 2, 3), (10,), (40,), (10, 20)], ids=str)
@pytest.mark.parametrize("right", [FIRST, SECOND])
def test_sessions_without_records_fail_alone_whoever_is_first(
    without: tuple[int, ...], right: str
) -> None:
    """Also if they are among the first to answer, or among those that are tried."""
    found = [read(Vendor(right, without=without), workers=workers) for workers in (1, 8, 8, 8)]
    expected = [n if n not in without else BARE.reason for n in range(1, 41)]
    assert found == [expected] * len(found)


def test_path_that_is_set_is_preferred_to_one_that_answers_too() -> None:
    vendor = Vendor(FIRST, SECOND, without=(1, 10))
    assert read(vendor, workers=1)[1] == 2
    assert vendor.asked[SECOND] == 0


@pytest.mark.parametrize("workers", [1, 8])
def test_where_no_path_has_any_session_the_setting_is_named_after_one_search(workers: int) -> None:
    vendor = Vendor()
    found = read(vendor, workers=workers)
    assert len(set(found)) == 1
    assert "set session_analytics_path" in str(found[0])
    assert len(vendor.searched) == len(SESSION_ANALYTICS) * len(SAMPLE)


def test_path_of_ones_own_is_asked_first_and_the_known_ones_after_it() -> None:
    own = "/rest/v2/session/{session_id}/analytics"
    vendor = Vendor(SECOND)
    assert vendor.send(AnalyticsPath(own, vendor.has_sessions), 1) == 1
    assert list(vendor.asked) == [own, FIRST, SECOND]


def test_what_may_pass_searches_nothing() -> None:
    vendor = Vendor(says=BadResponse("HTTP 500"))
    assert vendor.send(AnalyticsPath(FIRST, vendor.has_sessions), 1) == "HTTP 500"
    assert vendor.asked == {FIRST: 1}
