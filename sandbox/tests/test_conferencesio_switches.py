"""Each switch does what it says, and only a switch makes the answers differ."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from event_sandbox.conferencesio.switches import SWITCHES
from event_sandbox.conferencesio.testing import ConferencesIOReader
from event_sandbox.testing import values

from .positions import suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_sandbox.testing import Client, VendorClient
    from event_sandbox.wire import Json


def all_of(kind: type | tuple[type, ...], values: list[Json]) -> bool:
    return bool(values) and all(isinstance(value, kind) for value in values)


def has_weekday(everything: ConferencesIOReader, *, days_late: int) -> bool:
    """By the reference's own example, Tue, 21 Jan 2018, which was a Sunday: two days late."""
    sent = everything.evaluations[0]["timestamp"]
    day = datetime.strptime(sent[5:16], "%d %b %Y")  # noqa: DTZ007 - a day only
    is_as_long = len(sent) == len("Tue, 21 Jan 2018 11:47:08 -0500")
    return is_as_long and f"{day + timedelta(days=days_late):%a}" == sent[:3]


CLAIMS: dict[str, Callable[[ConferencesIOReader], bool]] = {
    "polls_empty=array": lambda e: any(d["polls"] == [] for d in e.data),
    "polls_empty=null": lambda e: any(d["polls"] is None for d in e.data),
    "questions_empty=null": lambda e: any(d["questions"] is None for d in e.data),
    "questions_empty=object": lambda e: any(d["questions"] == {} for d in e.data),
    "data_empty=null": lambda e: None in e.data and any(e.data),
    "poll_responses=objects": lambda e: all_of(dict, e.responses[0]),
    "poll_responses=values": lambda e: (
        any(None in r for r in e.responses) and any(4.5 in r for r in e.responses)
    ),
    "poll_responses=counts": lambda e: all_of(int, [*e.responses[0].values()]),
    "poll_responses=by_attendee": lambda e: (
        any("ATT-00001" in r for r in e.responses)
        and any(isinstance(v, list) for r in e.responses for v in r.values())
    ),
    "question_shape=objects_with_id": lambda e: all("id" in q for q in e.questions),
    "question_shape=objects_without_id": lambda e: (
        all_of(dict, e.questions) and not any("id" in q for q in e.questions)
    ),
    "question_shape=texts": lambda e: all_of(str, e.questions),
    "code=number": lambda e: e.envelope["code"] == 200,
    "status_word=absent": lambda e: "status" not in e.envelope,
    "evaluation_timestamp=rfc2822_wrong_weekday": lambda e: has_weekday(e, days_late=2),
    "evaluation_timestamp=rfc2822": lambda e: has_weekday(e, days_late=0),
    "evaluation_timestamp=iso": lambda e: e.evaluations[0]["timestamp"][10] == "T",
    "evaluation_timestamp=garbage": lambda e: e.evaluations[0]["timestamp"][:12] == "last Tuesday",
    "presenter=text": lambda e: any(isinstance(v["presenter"], str) for v in e.evaluations),
    "presenter=null": lambda e: all(v["presenter"] is None for v in e.evaluations),
    "date_form=list": lambda e: {len(d) for d in e.dates if isinstance(d, list)} == {2, 3},
    "date_form=range_text": lambda e: any(" - " in d for d in e.dates if d),
    "date_form=spelled": lambda e: any(", 2026" in d for d in e.dates if d),
    "session_id_form=number": lambda e: {type(s["id"]) for s in e.sessions} == {int, str},
    "timezone=null": lambda e: e.app["timezone"] is None,
    "timezone=minus_one_text": lambda e: e.app["timezone"] == "-1",
    "timezone=minus_one_number": lambda e: e.app["timezone"] == -1,
    "credits=number": lambda e: all_of(
        (int, float), [f["credits"] for s in e.sessions for f in s["fields_of_study"]]
    ),
    "session_names=unique": lambda e: len({s["name"] for s in e.sessions}) == 12,
    "session_names=repeated": lambda e: len({s["name"] for s in e.sessions}) < 12,
    "session_external_ids=absent": lambda e: not any(s["external_id"] for s in e.sessions),
    "attendance_flags=present": lambda e: (
        {record["evaluation_complete"] for record in e.records} == {"0", "1"}
        and any(record["total_time_attended"] for record in e.records)
    ),
    "app_url=present": lambda e: e.app["url"] == "https://example.cnf.io",
    "count=wrong": lambda e: e.count > len(e.sessions),
    "unknown_fields=present": lambda e: (
        "archived" in e.sessions[0]
        and "plan" in e.app
        and "kiosk" in e.records[0]
        and "anonymous" in e.polls[0]
    ),
    "odd_types=present": lambda e: (
        any(s["checkin_required"] == "yes" for s in e.sessions)
        and all_of(str, [poll["rank"] for poll in e.polls])
        and {None, ""} <= {user["email"] for user in e.users}
        and "yesterday evening" in e.arrivals
    ),
    "hidden_sessions=unlisted": lambda e: len(e.sessions) == e.count == 10,
    "empty_lists=array": lambda e: any(s["presenters"] == [] for s in e.sessions),
    "empty_lists=null": lambda e: any(s["presenters"] is None for s in e.sessions),
}
BELOW = {"auth_failure", "api", "server_error", "unknown_session", "list_order"}
TestPositions = suite(
    SWITCHES,
    ConferencesIOReader,
    CLAIMS,
    BELOW | {"compression"},  # in test_control: it changes no answer
)


@pytest.fixture
def client(sandbox: Client) -> VendorClient:
    return ConferencesIOReader(sandbox)


@pytest.mark.parametrize(("api", "word"), [("active", b"key"), ("not_activated", b"activated")])
@pytest.mark.parametrize("form", ["401", "403", "500", "html", "redirect"])
def test_refusals(client: VendorClient, api: str, word: bytes, form: str) -> None:
    client.switch(auth_failure=form, api=api)
    wrong = {"API-Key": "wrong"} if api == "active" else None
    answer = client.send("GET", "/app", wrong)
    if form == "redirect":
        assert answer.status == 302
        assert answer.headers["location"].startswith("http://localhost:")
    elif form == "html":
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert word in answer.body
    else:
        assert (answer.status, answer.json()["code"]) == (int(form), form)
        assert word in answer.body


@pytest.mark.parametrize("key", [None, "secret"])
def test_the_login_page_notes_whether_the_key_came_along(sandbox: Client, key: str | None) -> None:
    url = sandbox.url.replace("127.0.0.1", "localhost") + "/login"
    answer = sandbox.ask("GET", url, headers={"API-Key": key} if key else {})
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    entry = sandbox.control("GET", "/requests")[-1]
    assert (entry["path"], entry["authorised"]) == ("/login", key is not None)


@pytest.mark.parametrize(
    ("form", "content_type"), [("envelope", "application/json"), ("html", "text/html")]
)
def test_server_error(client: VendorClient, form: str, content_type: str) -> None:
    client.switch(server_error=form)
    client.sandbox.control("POST", "/faults", {"permanent": [{"path": ".", "kind": "500"}]})
    answer = client.send("GET", "/app")
    assert answer.status == 500
    assert answer.headers["content-type"].startswith(content_type)


def test_shuffled_lists_change_their_order_and_nothing_else(client: VendorClient) -> None:
    client.switch(list_order="shuffled")
    busiest, _ = Counter(values(client.truth("attendance"), "session_id")).most_common(1)[0]
    for path in ("/sessions", f"/sessions/{busiest}/attendance"):
        answers = [client.get(path)["data"] for _ in range(4)]
        lists = [one["data"] if isinstance(one, dict) else one for one in answers]
        assert any(one != lists[0] for one in lists)
        assert all(sorted(map(str, one)) == sorted(map(str, lists[0])) for one in lists)
