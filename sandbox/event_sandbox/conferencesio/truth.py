"""What a perfect extraction holds.

Columns are read off the answers where these hold them as such; instants, days and joins come from
the world, so that how they are told is not read back.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from event_sandbox.columns import Columns, Stream, text
from event_sandbox.conferencesio import shapes
from event_sandbox.conferencesio.shapes import SUBDOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.conferencesio.shapes import Shape
    from event_sandbox.conferencesio.view import View
    from event_sandbox.wire import Json, Row
    from event_sandbox.world.model import Millis, Session


def _app(view: View) -> Iterator[tuple[Shape, Row]]:
    sent = shapes.app(view)
    zone = None if sent["timezone"] in (-1, "-1") else sent["timezone"]
    yield sent, {"subdomain": SUBDOMAIN, "timezone": zone}


def _sessions(view: View) -> Iterator[tuple[Shape, Row]]:
    for session in view.listed():
        sent = shapes.session(view, session)
        date = sent["date"] if isinstance(sent["date"], str) else None
        day = _session_date(view, session)
        yield sent, {"subdomain": SUBDOMAIN, "date": date, "session_date": day}


def _attendance(view: View) -> Iterator[tuple[Shape, Row]]:
    for session in view.listed():
        for checkin in view.checkins(session):
            sent = shapes.checkin(view, session, checkin)
            arrived = checkin.arrived if checkin.arrived_edited is None else checkin.arrived_edited
            left = checkin.left if checkin.left_edited is None else checkin.left_edited
            unreadable = sent["checkin_time"] is not None and not sent["checkin_time"][0].isdigit()
            yield (
                sent,
                {
                    **_parent(view, session),
                    "checkin_time": None if unreadable else _utc(view, arrived),
                    "checkout_time": _utc(view, left),
                    "checkin_time_actual": _utc(view, checkin.arrived),
                    "checkout_time_actual": _utc(view, checkin.left),
                },
            )


def _polls(view: View) -> Iterator[tuple[Shape, Row]]:
    for session in view.listed():
        for poll in session.polls:
            parents = {**_parent(view, session), "poll_id": poll.key}
            yield shapes.poll(view, session, poll), parents


def _poll_responses(view: View) -> Iterator[tuple[Shape, Row]]:
    for poll, parents in _polls(view):
        for name, answer in _answers(poll["responses"]):
            is_object = isinstance(answer, dict)
            is_number = isinstance(answer, int | float)
            yield (
                {},
                {
                    **parents,
                    "response_name": name,
                    "response": None if is_object else text(answer),
                    "response_value": answer if is_number else None,
                    "response_data": answer if is_object else None,
                },
            )


def _answers(sent: Json) -> Iterator[tuple[str | None, Json]]:
    """Give the single answers in `responses`, with their names where they have one."""
    if isinstance(sent, dict):
        for name, value in sent.items():
            for one in value if isinstance(value, list) else [value]:
                yield name, one
        return
    for one in sent or ():
        yield None, one


def _questions(view: View) -> Iterator[tuple[Shape, Row]]:
    for session in view.listed():
        for question in session.questions:
            sent = shapes.question(view, session, question)
            other = {} if isinstance(sent, str) else dict(sent)
            told = {"id": other.pop("id", None), "question": question.text}
            for name in ("question", "text"):
                other.pop(name, None)
            yield told, {**_parent(view, session), "extra_fields": other or None}


def _evaluation_responses(view: View) -> Iterator[tuple[Shape, Row]]:
    keys = _session_keys(view)
    readable = view.positions["evaluation_timestamp"] != "garbage"
    for session in view.existing():
        for evaluation in session.evaluations:
            sent = shapes.evaluation(view, session, evaluation)
            presenter = sent["presenter"]
            yield (
                sent,
                {
                    "subdomain": SUBDOMAIN,
                    "session_id": keys(session),
                    "presenter": {"name": presenter} if isinstance(presenter, str) else presenter,
                    "responded_at": _seconds(evaluation.at) + "Z" if readable else None,
                },
            )


def _session_keys(view: View) -> Callable[[Session], str | None]:
    """Make the join: by external id if that is unique among the listed, else by unique name."""
    listed = view.listed()
    ids = Counter(view.external_id(session) for session in listed)
    names = Counter(view.name(session) for session in listed)
    key_by_id = {view.external_id(session): session.key for session in listed}
    key_by_name = {view.name(session): session.key for session in listed}

    def key(session: Session) -> str | None:
        external_id, name = view.external_id(session), view.name(session)
        if external_id is not None and ids[external_id] == 1:
            return key_by_id[external_id]
        return key_by_name[name] if names[name] == 1 else None

    return key


def _parent(view: View, session: Session) -> Row:
    day = _session_date(view, session)
    return {"subdomain": SUBDOMAIN, "session_id": session.key, "session_date": day}


def _session_date(view: View, session: Session) -> str | None:
    """Give the last ISO day in what is sent."""
    first, last, form = session.first_day, session.last_day, view.positions["date_form"]
    if first is None:
        return None
    if first == last or form == "single":
        return str(first)
    return None if form == "spelled" else str(last)


def _utc(view: View, at: Millis | None) -> str | None:
    if at is None:
        return None
    fraction = f".{at % 1000:03d}" if view.positions["seconds_fraction"] == "present" else ""
    return f"{_seconds(at)}{fraction}Z"


def _seconds(at: Millis) -> str:
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}"


STREAMS: Final[dict[str, Stream[View]]] = {
    "app": Stream(
        _app,
        Columns(
            same="name url start_date end_date custom_attendee_field_1 custom_attendee_field_2"
            " custom_attendee_field_3 custom_attendee_field_4 custom_attendee_field_5"
        ),
        secrets=Columns(same="app_password moderator_password"),
    ),
    "sessions": Stream(
        _sessions,
        Columns(
            text="id",
            same="external_id name location description start_time end_time url presenters"
            " fields_of_study learning_objectives delivery_format",
            flag="checkin_required checkout_required",
        ),
        secrets=Columns(same="access_code moderator_password checkin_code checkout_code"),
    ),
    "attendance": Stream(
        _attendance,
        Columns(
            same="user delivery_format admin_note attendee_note checkin_source checkout_source"
            " evaluation_complete total_time_attended fields_of_study history"
        ),
    ),
    "polls": Stream(
        _polls, Columns(same="created name type choices", whole="rank", text="responses")
    ),
    "poll_responses": Stream(_poll_responses, Columns()),
    "questions": Stream(_questions, Columns(same="question_id:id question")),
    "evaluation_responses": Stream(
        _evaluation_responses,
        Columns(same="session user question response response_value timestamp"),
    ),
}
