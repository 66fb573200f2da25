"""What a perfect extraction holds.

Computed from the world by other ways than the answers, wherever a column is not simply an object
passed on: instants in UTC, days, joins, rows of poll answers. So each checks the other.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from event_sandbox.conferencesio import shapes
from event_sandbox.conferencesio.shapes import SUBDOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from event_sandbox.conferencesio.view import View
    from event_sandbox.vendor import Row
    from event_sandbox.world.model import Millis, Poll, Session, Speaker


def _app(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - one signature for all streams
    organiser, events = view.organiser, view.events()
    row: Row = {
        "subdomain": SUBDOMAIN,
        "name": organiser.name,
        "url": "https://example.cnf.io" if view.positions["app_url"] == "present" else None,
        "start_date": str(min(event.first_day for event in events)),
        "end_date": str(max(event.last_day for event in events)),
        "timezone": organiser.timezone if view.positions["timezone"] == "name" else None,
        "custom_attendee_field_1": "Registration ID",
        "custom_attendee_field_2": "Region",
        "custom_attendee_field_3": None,
        "custom_attendee_field_4": None,
        "custom_attendee_field_5": None,
    }
    if include_secrets:
        row["app_password"] = organiser.password
        row["moderator_password"] = organiser.moderator_password
    yield row


def _sessions(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _app
    odd_types = view.positions["odd_types"] == "present"
    for session in view.listed():
        odd = odd_types and session.index % 5 == 0
        row: Row = {
            "subdomain": SUBDOMAIN,
            "id": session.key,
            "external_id": view.external_id(session),
            "name": view.name(session),
            "location": session.location,
            "description": session.description,
            "date": _date_text(view, session),
            "session_date": _session_date(view, session),
            "start_time": session.start and f"{session.start:%H:%M:%S}",
            "end_time": session.end and f"{session.end:%H:%M:%S}",
            "url": f"https://example.cnf.io/sessions/{session.key}",
            "presenters": shapes.presenters(view, session),
            "fields_of_study": shapes.fields_of_study(view, session),
            "learning_objectives": list(session.objectives)
            or ([] if view.positions["empty_lists"] == "array" else None),
            "checkin_required": None if odd else session.checkin_required,
            "checkout_required": session.checkout_required,
            "delivery_format": session.delivery,
        }
        if include_secrets:
            row["access_code"] = session.access_code
            row["moderator_password"] = session.moderator_password
            row["checkin_code"] = session.checkin_code
            row["checkout_code"] = session.checkout_code
        yield row


def _attendance(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _app
    del include_secrets
    odd_types = view.positions["odd_types"] == "present"
    flags = view.positions["attendance_flags"] == "present"
    for session in view.listed():
        parent = _parent(view, session)
        for checkin in view.checkins(session):
            unreadable = odd_types and shapes.is_odd_record(session, checkin)
            arrived = checkin.arrived if checkin.arrived_edited is None else checkin.arrived_edited
            left = checkin.left if checkin.left_edited is None else checkin.left_edited
            yield {
                **parent,
                "user": shapes.attendee(view, checkin),
                "checkin_time": None if unreadable else _utc(view, arrived),
                "checkout_time": _utc(view, left),
                "checkin_time_actual": _utc(view, checkin.arrived),
                "checkout_time_actual": _utc(view, checkin.left),
                "delivery_format": checkin.delivery,
                "admin_note": checkin.admin_note,
                "attendee_note": checkin.attendee_note,
                "checkin_source": checkin.source_in,
                "checkout_source": checkin.source_out,
                "evaluation_complete": str(int(checkin.evaluated)) if flags else None,
                "total_time_attended": shapes.time_attended(checkin) if flags else None,
                "fields_of_study": shapes.awards(view, checkin),
                "history": shapes.history(view, session, checkin),
            }


def _polls(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _app
    del include_secrets
    for session in view.listed():
        for poll in session.polls:
            sent = shapes.responses(view, session, poll)
            created = datetime.fromtimestamp(poll.created // 1000, session.event.zone)
            yield {
                **_parent(view, session),
                "poll_id": poll.key,
                "created": created.isoformat(),
                "name": poll.name,
                "rank": poll.rank,
                "type": poll.type,
                "choices": list(poll.choices),
                "responses": None if sent is None else msgspec.json.encode(sent).decode(),
            }


def _poll_responses(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _app
    del include_secrets
    rows = _ANSWER_ROWS[view.positions["poll_responses"]]
    for session in view.listed():
        for poll in session.polls:
            parent = _parent(view, session)
            for row in rows(view, session, poll):
                yield {**parent, "poll_id": poll.key, **row}


def _answer_objects(view: View, session: Session, poll: Poll) -> Iterator[Row]:
    for sent in shapes.responses(view, session, poll) or ():
        yield _answer(None, None, sent)


def _answer_values(view: View, session: Session, poll: Poll) -> Iterator[Row]:
    del view, session
    for answer in poll.answers:
        for value in answer.values:
            yield _answer(None, None if answer.person.number % 13 == 0 else value)


def _answer_counts(view: View, session: Session, poll: Poll) -> Iterator[Row]:
    del view, session
    if not poll.answers:
        return
    counts = dict.fromkeys(poll.choices, 0)
    for answer in poll.answers:
        for value in answer.values:
            counts[str(value)] = counts.get(str(value), 0) + 1
    for choice, count in counts.items():
        yield _answer(choice, count)


def _answers_by_attendee(view: View, session: Session, poll: Poll) -> Iterator[Row]:
    del view, session
    for answer in poll.answers:
        for value in answer.values:
            yield _answer(answer.person.external_id or shapes.user_id(answer.person), str(value))


def _answer(name: str | None, value: str | float | None, data: Row | None = None) -> Row:
    return {
        "response_name": name,
        "response": value if value is None or isinstance(value, str) else repr(value),
        "response_value": value if isinstance(value, int | float) else None,
        "response_data": data,
    }


_ANSWER_ROWS: Final[dict[str, Callable[[View, Session, Poll], Iterator[Row]]]] = {
    "objects": _answer_objects,
    "values": _answer_values,
    "counts": _answer_counts,
    "by_attendee": _answers_by_attendee,
}


def _questions(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _app
    del include_secrets
    form = view.positions["question_shape"]
    for session in view.listed():
        for question in session.questions:
            at = datetime.fromtimestamp(question.at // 1000, session.event.zone)
            asker = question.person
            details = {
                "user": asker
                and {
                    "first_name": asker.first_name,
                    "last_name": asker.last_name,
                    "email": asker.email,
                    "external_id": asker.external_id,
                },
                "votes": question.votes,
                "timestamp": at.isoformat(),
            }
            yield {
                **_parent(view, session),
                "question_id": question.key if form == "objects_with_id" else None,
                "question": question.text,
                "extra_fields": None if form == "texts" else details,
            }


def _evaluation_responses(view: View, include_secrets: bool) -> Iterator[Row]:  # noqa: FBT001 - see _app
    del include_secrets
    keys = _session_keys(view)
    readable = view.positions["evaluation_timestamp"] != "garbage"
    for session in view.existing():
        for evaluation in session.evaluations:
            yield {
                "subdomain": SUBDOMAIN,
                "session_id": keys(session),
                "session": shapes.evaluation_session(view, session),
                "user": shapes.evaluation_user(evaluation.person),
                "presenter": _presenter(view, evaluation.speaker),
                "question": evaluation.question,
                "response": evaluation.response,
                "response_value": evaluation.value,
                "timestamp": shapes.evaluation_timestamp(view, session, evaluation),
                "responded_at": _seconds(evaluation.at) + "Z" if readable else None,
            }


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


def _presenter(view: View, speaker: Speaker | None) -> Row | None:
    if speaker is None or view.positions["presenter"] == "null":
        return None
    if view.positions["presenter"] == "text":
        return {"name": speaker.name}
    return {"id": speaker.key, "external_id": speaker.external_id, "name": speaker.name}


def _parent(view: View, session: Session) -> Row:
    return {
        "subdomain": SUBDOMAIN,
        "session_id": session.key,
        "session_date": _session_date(view, session),
    }


def _date_text(view: View, session: Session) -> str | None:
    """Give `date` as it is sent, which is null if it is sent as something else than a text."""
    first, last, form = session.first_day, session.last_day, view.positions["date_form"]
    if first is None:
        return None
    if first == last or form == "single":
        return str(first)
    forms = {
        "list": None,
        "range_text": f"{first} - {last}",
        "spelled": f"{first:%B} {first.day}, {first.year}",
    }
    return forms[form]


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


STREAMS: Final[dict[str, Callable[[View, bool], Iterator[Row]]]] = {
    "app": _app,
    "sessions": _sessions,
    "attendance": _attendance,
    "polls": _polls,
    "poll_responses": _poll_responses,
    "questions": _questions,
    "evaluation_responses": _evaluation_responses,
}
