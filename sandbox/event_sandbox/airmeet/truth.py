"""What a perfect extraction holds.

Columns are read off the answers, by the kinds that they have, where times are told in the plainest
form: how they are told otherwise is not read back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from event_sandbox.airmeet import reports, shapes
from event_sandbox.airmeet.view import View
from event_sandbox.columns import Columns, Stream, instant, several

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from event_sandbox.airmeet.shapes import Shape
    from event_sandbox.wire import Row
    from event_sandbox.world.online import OnlineEvent


def _plain(view: View) -> View:
    """Give a view in which times are ISO 8601 in UTC, and no answer is in the wrong place."""
    items = view.positions["poll_items"]
    plain = {
        "time_stamp": "iso",
        "list_times": "utc",
        "poll_items": "answer" if items == "typo" else items,
    }
    return View(view.world, view.positions | plain)


def _stream(
    sent: Callable[[View, OnlineEvent], Iterable[Shape]],
    columns: Columns,
    secrets: Columns | None = None,
    events: Callable[[View], list[OnlineEvent]] = View.readable,
) -> Stream[View]:
    """Make a stream of what is sent of each event."""

    def of_all(view: View) -> Iterator[tuple[Shape, Row]]:
        plain = _plain(view)
        for event in events(view):
            ends = instant(shapes.airmeet(plain, event)["endTime"])
            for shape in sent(plain, event):
                yield shape, {"airmeet_id": event.key, "airmeet_end_time": ends}

    return Stream(of_all, columns, secrets or Columns())


def _airmeets(view: View) -> Iterator[tuple[Shape, Row]]:
    plain = _plain(view)
    for event in view.reachable():
        yield shapes.airmeet(plain, event), {}


def _session_attendance(view: View, event: OnlineEvent) -> Iterator[Shape]:
    for session in event.sessions:
        for sent in reports.session_attendance(view, event, session):
            yield {"session_id": session.key, **sent}


def _booth_attendance(view: View, event: OnlineEvent) -> Iterator[Shape]:
    for booth in event.booths:
        for sent in reports.booth_attendance(view, event, booth):
            yield {"booth_id": booth.key, **sent}


def _poll_responses(view: View, event: OnlineEvent) -> Iterator[Shape]:
    """Give a row for each answer: several where a poll's come as a list."""
    for person in reports.polls(view, event):
        for poll in person["polls"]:
            for answer in several(poll.get("answer")) or [None]:
                yield {**person, **poll, "answer": answer}


def _questions(view: View, event: OnlineEvent) -> Iterator[Shape]:
    for person in reports.questions(view, event):
        for question in person["questions"]:
            yield {**person, **question}


def _utms(view: View, event: OnlineEvent) -> Iterator[Shape]:
    for sent in reports.utms(view, event):
        yield {**sent, **(sent["utms"] or {})}


_ATTENDANCE: Final = Columns(same="id email name user_id", whole="time_spent", instant="time_stamp")

STREAMS: Final[dict[str, Stream[View]]] = {
    "airmeets": Stream(
        _airmeets,
        Columns(same="uid name status timezone description", instant="startTime endTime"),
    ),
    "participants": _stream(
        shapes.participants,
        Columns(
            same="email city country organisation Designation profile_url user_type user_profile"
            " user_id",
            text="name",
            flag="invite_sent",
            instant="registrationDate",
        ),
        secrets=Columns(same="token"),
    ),
    "sessions": _stream(
        shapes.sessions,
        Columns(
            same="session_id:sessionid name status summary host_id cohost_ids speaker_id"
            " speakerList type",
            whole="duration",
            instant="start_time",
        ),
    ),
    "custom_fields": _stream(
        shapes.custom_fields,
        Columns(same="fieldId label name options type", flag="isRequired"),
    ),
    "event_attendance": _stream(reports.event_attendance, _ATTENDANCE, events=View.reporting),
    "session_attendance": _stream(
        _session_attendance, _ATTENDANCE + Columns(same="session_id"), events=View.reporting
    ),
    "booths": _stream(
        shapes.booths,
        Columns(
            same="uid name exhibitors tags logo_url",
            whole="order",
            flag="boothExhibitor",
            json="video faqs resources layoutType layoutData social_media_links short_description"
            " long_description banner_url register_interest_details offer_details doc_url doc_name"
            " booth_space_id",
        ),
    ),
    "booth_attendance": _stream(
        _booth_attendance,
        _ATTENDANCE
        + Columns(same="booth_id", flag="interested_in_being_contacted", whole="visits"),
        events=View.reporting,
    ),
    "poll_responses": _stream(
        _poll_responses,
        Columns(same="email name user_id question session_id", text="answer", instant="time_stamp"),
    ),
    "questions": _stream(
        _questions,
        Columns(
            same="email name user_id question session_id",
            whole="upvoteCount",
            instant="time_stamp",
        ),
    ),
    "tracks": _stream(
        shapes.tracks,
        Columns(same="uid name description metaData sessions", whole="track_order"),
    ),
    "registration_utms": _stream(
        _utms,
        Columns(same="id email utm_source utm_medium utm_campaign utm_term utm_content"),
        events=View.reporting,
    ),
    "session_recordings": _stream(
        shapes.recordings,
        Columns(same="session_id session_name"),
        secrets=Columns(same="download_link"),
    ),
    "replay_attendance": _stream(
        reports.replays,
        Columns(
            same="id name email session_id user_id session_name",
            number="duration_viewed",
            instant="time_stamp",
        ),
        events=View.reporting,
    ),
}
