"""The answer for one session, which is asked for only by the setting `session_ids`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from event_taps_core import ApiResponse, Broken
from tap_conferencesio.streams import session_of


def answer(body: Any) -> ApiResponse:
    response = ApiResponse()
    response._content = msgspec.json.encode(body)  # noqa: SLF001 - as if it had been read
    return response


def test_session_of_a_detail_answer() -> None:
    assert session_of(answer({"status": "ok", "data": {"id": "ab12"}})) == {"id": "ab12"}


@pytest.mark.parametrize("data", [None, [], {}, {"name": "no id"}, "ab12"])
def test_detail_answer_without_a_session_is_broken_not_empty(data: object) -> None:
    with pytest.raises(Broken, match="no session"):
        session_of(answer({"status": "ok", "data": data}))
