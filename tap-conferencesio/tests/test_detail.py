"""The answer for one session: of the setting `session_ids`, or one that may be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from event_taps_core import Absent, Answer, ApiResponse, Broken
from tap_conferencesio.streams import SessionsStream, session_of
from tap_conferencesio.tap import TapConferencesIo

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests


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


GONE, TROUBLE = Absent("HTTP 404"), Broken("HTTP 500")
OTHERS = [{"id": "s1"}, {"id": "s2"}]
HIDDEN, ONCE_LISTED = "h1", "l1"


@pytest.mark.parametrize(
    ("session_id", "sessions", "detail", "is_gone"),
    [
        (ONCE_LISTED, {"count": 2, "data": OTHERS}, TROUBLE, True),
        (ONCE_LISTED, {"data": OTHERS}, TROUBLE, True),
        (ONCE_LISTED, {"count": "2.0", "data": OTHERS}, TROUBLE, True),
        (ONCE_LISTED, {"count": 0, "data": []}, TROUBLE, True),
        (ONCE_LISTED, {"count": 2, "data": []}, TROUBLE, False),
        (ONCE_LISTED, {"count": "many", "data": OTHERS}, TROUBLE, False),
        (ONCE_LISTED, {"count": 2, "data": [OTHERS[0], None]}, TROUBLE, False),
        (ONCE_LISTED, {"count": 1, "data": [{"id": ONCE_LISTED}]}, GONE, False),
        (ONCE_LISTED, TROUBLE, GONE, False),
        (ONCE_LISTED, GONE, GONE, False),
        (HIDDEN, {"count": 2, "data": OTHERS}, GONE, True),
        (HIDDEN, {"count": 2, "data": OTHERS}, TROUBLE, False),
        (HIDDEN, {"count": 2, "data": OTHERS}, {"id": HIDDEN}, False),
        (HIDDEN, {"count": 2, "data": []}, GONE, False),
        (HIDDEN, TROUBLE, GONE, False),
    ],
    ids=str,
)
def test_only_an_affirmed_answer_proves_that_a_session_is_gone(
    session_id: str,
    sessions: Answer | dict[str, Any],
    detail: Answer | dict[str, Any],
    is_gone: bool,  # noqa: FBT001 - pytest passes by name
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a night of trouble hides for good what was read before."""
    settings = {"subdomain": "acme", "api_key": "key-0123456789", "session_ids": [HIDDEN]}
    tap = TapConferencesIo(config=settings)

    def ask(request: Any, _: object, read: Callable[[requests.Response], Any]) -> Any:
        found = sessions if request.url.endswith("/sessions") else detail
        if isinstance(found, Answer):
            raise found
        return read(answer({"status": "ok", "data": found}))

    monkeypatch.setattr(tap.client, "ask", ask)
    stream = tap.event_streams["sessions"]
    assert isinstance(stream, SessionsStream)
    assert stream.is_gone(session_id) is is_gone
