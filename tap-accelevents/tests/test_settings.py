"""What the settings take, without a request."""

from __future__ import annotations

from typing import Any

import pytest

from event_taps_core import TapError
from event_taps_core.testing import api_response
from tap_accelevents.tap import TapAccelevents

GIVEN: dict[str, Any] = {"api_key": "key-0123456789", "event_urls": ["demo"]}
TAP = TapAccelevents(config=GIVEN)


def check(**settings: Any) -> None:
    TapAccelevents(config={**GIVEN, **settings}).check_settings()


@pytest.mark.parametrize(
    "event_urls",
    [
        [],
        ["https://www.accelevents.com/events/demo"],
        ["demo", "a/b"],
        ["a?b"],
        ["a#b"],
        ["a b"],
        ["%2e"],
        ["demo\n"],
        ["demo\0"],
        ["\ud800"],
        ["demo", None],
        [""],
    ],
    ids=repr,
)
def test_event_urls_are_slugs(event_urls: list[str | None]) -> None:
    with pytest.raises(TapError, match="event_urls"):
        check(event_urls=event_urls)


def test_event_cannot_be_listed_in_two_spellings_of_one_slug() -> None:
    """Their rows would have the same keys."""
    with pytest.raises(TapError, match="event_urls"):
        check(event_urls=["demo", "other", "DEMO"])
    check(event_urls=["demo", "other", "demo"])


@pytest.mark.parametrize("slug", ["demo", "Northlight_Live1", "a.b-c", "2026", "fête"])
def test_slugs_keep_their_case_and_their_characters(slug: str) -> None:
    check(event_urls=[slug])
    url = TAP.event_streams["sessions"].get_url({"event_url": slug})
    assert TAP.client.permits("GET", url)


def test_politeness_without_a_documented_limit_is_five_requests_a_second() -> None:
    assert TapAccelevents.config_jsonschema["properties"]["requests_per_minute"]["default"] == 300


def test_sessions_keep_nothing_of_what_other_streams_hold() -> None:
    """Else a run would hold the people of all sessions for as long as it lasts."""
    people = [{"email": "someone@example.org"}]
    row = {"sessionId": 1, "registerdHolderUsers": people, "speakerList": people, "assets": people}
    found = TAP.event_streams["sessions"].parse_response(api_response([row]))
    assert list(found) == [{"sessionId": 1}]
