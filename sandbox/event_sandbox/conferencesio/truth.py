"""What a perfect extraction holds.

Columns are read off the answers where these hold them as such; days, joins, and instants that are
told in several forms come from the world, so that how they are told is not read back.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from event_sandbox.columns import Columns, Stream, text
from event_sandbox.conferencesio import shapes
from event_sandbox.conferencesio.shapes import SUBDOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_sandbox.conferencesio.shapes import Shape
    from event_sandbox.conferencesio.view import View
    from event_sandbox.wire import Json, Row
    from event_sandbox.world.model import Session

_TIMES: Final = ("checkin_time", "checkout_time", "checkin_time_actual", "checkout_time_actual")


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
        for checkin in session.checkins:
            sent = shapes.checkin(view, session, checkin)
            yield sent, {**_parent(view, session), **{name: _utc(sent[name]) for name in _TIMES}}


def _polls(view: View) -> Iterator[tuple[Shape, Row]]:
    for session in view.listed():
        for poll in session.polls:
            parents = {**_parent(view, session), "poll_id": poll.key}
            yield shapes.poll(view, session, poll), parents


def _poll_responses(view: View) -> Iterator[tuple[Shape, Row]]:
    """Give a row for each answer in `responses`, with its name where that has one."""
    for poll, parents in _polls(view):
        sent = poll["responses"] or ()
        for name, several in sent.items() if isinstance(sent, dict) else [(None, list(sent))]:
            for answer in several if isinstance(several, list) else [several]:
                yield {}, {**parents, "response_name": name, **_response(answer)}


def _response(answer: Json) -> Row:
    is_object = isinstance(answer, dict)
    return {
        "response": None if is_object else text(answer),
        "response_value": answer if isinstance(answer, int | float) else None,
        "response_data": answer if is_object else None,
    }


def _questions(view: View) -> Iterator[tuple[Shape, Row]]:
    for session in view.listed():
        for question in session.questions:
            sent = shapes.question(view, session, question)
            attributes = {} if isinstance(sent, str) else sent
            other = {n: v for n, v in attributes.items() if n not in ("id", "question", "text")}
            told = {"id": attributes.get("id"), "question": question.text}
            yield told, {**_parent(view, session), "extra_fields": other or None}


def _evaluation_responses(view: View) -> Iterator[tuple[Shape, Row]]:
    """Give evaluations, with the one listed session of that external id, else of that name."""
    keys: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for session in view.listed():
        for name in _names(view, session):
            keys[name].append(session.key)
    readable = view.positions["evaluation_timestamp"] != "garbage"
    for session in view.existing():
        found = [keys[name] for name in _names(view, session)]
        key = next((key for key, *others in filter(None, found) if not others), None)
        for evaluation in session.evaluations:
            sent = shapes.evaluation(view, session, evaluation)
            presenter = sent["presenter"]
            at = datetime.fromtimestamp(evaluation.at // 1000, UTC).isoformat()
            yield (
                sent,
                {
                    "subdomain": SUBDOMAIN,
                    "session_id": key,
                    "presenter": {"name": presenter} if isinstance(presenter, str) else presenter,
                    "responded_at": _utc(at) if readable else None,
                },
            )


def _names(view: View, session: Session) -> list[tuple[str, str]]:
    external_id = view.external_id(session)
    ids = [] if external_id is None else [("external_id", external_id)]
    return [*ids, ("name", view.name(session))]


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


def _utc(sent: str | None) -> str | None:
    """Give an instant that is told as ISO 8601 in UTC; None for what is none."""
    with contextlib.suppress(ValueError):
        return f"{datetime.fromisoformat(sent or '').astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return None


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
