"""Objects as the reference's schemas show them, attribute by attribute in the examples' order."""

from __future__ import annotations

import email.utils
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from event_sandbox.world.programme import DAYS_AHEAD, DAYS_BACK, TIMEZONE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from event_sandbox.conferencesio.view import View
    from event_sandbox.wire import Json
    from event_sandbox.world.model import (
        Award,
        Checkin,
        CreditType,
        Evaluation,
        Person,
        Poll,
        Question,
        Session,
        Speaker,
    )

Shape = dict[str, Any]

SUBDOMAIN: Final = "example"


def app(view: View) -> Shape:
    """AppSettings, as "Retrieve App Settings" shows them."""
    first_today = view.world.first_today
    timezones: dict[str, str | int | None] = {
        "name": TIMEZONE,
        "null": None,
        "minus_one_text": "-1",
        "minus_one_number": -1,
    }
    shape = {
        "app_password": "letmein-7431",
        "custom_attendee_field_1": "Registration ID",
        "custom_attendee_field_2": "Region",
        **dict.fromkeys(f"custom_attendee_field_{number}" for number in (3, 4, 5)),
        "end_date": (first_today + timedelta(days=DAYS_AHEAD)).isoformat(),
        "moderator_password": "moderate-2269",
        "name": "Northlight Learning",
        "start_date": (first_today - timedelta(days=DAYS_BACK)).isoformat(),
        "timezone": timezones[view.positions["timezone"]],
    }
    if view.positions["app_url"] == "present":
        shape["url"] = f"https://{SUBDOMAIN}.cnf.io"
    return shape | _unknown(view, {"plan": "enterprise"})


def session(view: View, session: Session) -> Shape:
    """Session; `description` is in the schema and in no example, so only some have it."""
    odd = view.positions["odd_types"] == "present" and session.index % 5 == 0
    numeric = view.positions["session_id_form"] == "number" and session.key.isdecimal()
    shape: Shape = {
        "id": int(session.key) if numeric else session.key,
        "external_id": view.external_id(session),
        "name": view.name(session),
        "location": session.location,
        "date": _date(view, session),
        "start_time": session.start and session.start.isoformat(),
        "end_time": session.end and session.end.isoformat(),
        "access_code": session.access_code,
        "moderator_password": session.moderator_password,
        "checkin_code": session.checkin_code,
        "checkin_required": "yes" if odd else session.checkin_required,
        "checkout_code": session.checkout_code,
        "checkout_required": session.checkout_required,
        "delivery_format": session.delivery,
        "url": f"https://{SUBDOMAIN}.cnf.io/sessions/{session.key}",
        "presenters": _list(view, map(_presenter, session.speakers)),
        "fields_of_study": _list(view, (_field_of_study(view, it) for it in session.credit_types)),
        "learning_objectives": _list(view, session.objectives),
    }
    if session.description is not None:
        shape["description"] = session.description
    return shape | _unknown(view, {"archived": False, "track": {"name": session.event.name}})


def _date(view: View, session: Session) -> str | list[str] | None:
    first, last = session.first_day, session.last_day
    if first is None or last is None:
        return None
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    forms: dict[str, str | list[str]] = {
        "single": days[0],
        "list": days,
        "range_text": f"{days[0]} - {days[-1]}",
        "spelled": f"{first:%B} {first.day}, {first.year}",
    }
    return forms["single" if first == last else view.positions["date_form"]]


def _presenter(speaker: Speaker) -> Shape:
    return {"id": speaker.key, "external_id": speaker.external_id, "name": speaker.name}


def _field_of_study(view: View, credit: CreditType) -> Shape:
    forms = {"text": f"{credit.credits:g}", "number": _number(credit.credits)}
    return {"name": credit.name, "credits": forms[view.positions["credits"]]}


def checkin(view: View, session: Session, checkin: Checkin) -> Shape:
    """CheckinRecord, as "Retrieve All Attendance Tracking Data" shows it."""
    zone = session.event.zone
    arrived = _iso(zone, checkin.arrived_edited or checkin.arrived)
    odd = view.positions["odd_types"] == "present" and session.index % 4 == 0
    if arrived and odd and checkin.number == 1:
        arrived = "yesterday evening"
    shape: Shape = {
        "user": _attendee(view, checkin),
        "checkin_time": arrived,
        "checkout_time": _iso(zone, checkin.left_edited or checkin.left),
        "checkin_time_actual": _iso(zone, checkin.arrived),
        "checkout_time_actual": _iso(zone, checkin.left),
        "delivery_format": checkin.delivery,
        "admin_note": checkin.admin_note,
        "attendee_note": checkin.attendee_note,
        "checkin_source": checkin.source_in,
        "checkout_source": checkin.source_out,
        "fields_of_study": _list(view, map(_award, checkin.awards)),
        "history": [
            {"action": visit.action, "timestamp": _iso(zone, visit.at)} for visit in checkin.visits
        ],
    }
    if view.positions["attendance_flags"] == "present":
        shape["evaluation_complete"] = "1" if checkin.evaluated else "0"
        shape["total_time_attended"] = _time_attended(checkin)
    return shape | _unknown(view, {"kiosk": {"id": checkin.number % 3}})


def _time_attended(checkin: Checkin) -> str | None:
    """Text of a format that nobody documents."""
    if checkin.arrived is None or checkin.left is None:
        return None
    return str(timedelta(seconds=(checkin.left - checkin.arrived) // 1000))


def _attendee(view: View, checkin: Checkin) -> Shape:
    """AttendeeUser."""
    person = checkin.person
    odd = view.positions["odd_types"] == "present" and person.number % 2 == 0
    return {
        **_user(person),
        "email": None if odd and not checkin.email else checkin.email,
        "external_id": checkin.external_id,
        **_custom_fields(person),
    }


def _user(person: Person) -> Shape:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "external_id": person.external_id,
    }


def _custom_fields(person: Person) -> Shape:
    fields = (person.registration, person.region, None, None, None)
    return {f"field_{number}": field for number, field in enumerate(fields, 1)}


def _award(award: Award) -> Shape:
    missed = [word for word in award.type.codewords if word not in award.said]
    return {
        "name": award.type.name,
        "credits": _number(award.credits),
        "codewords": {
            "possible": len(award.type.codewords),
            "valid": len(award.said),
            "missed": len(missed),
            "valid_list": list(award.said),
            "missed_list": missed,
        },
    }


def data(view: View, session: Session) -> Shape | None:
    """SessionQAData, with its three ways to hold nothing."""
    if not session.polls and not session.questions and view.positions["data_empty"] == "null":
        return None
    empty: dict[str, Json] = {"object": {}, "array": [], "null": None}
    return {
        "polls": {one.key: poll(view, session, one) for one in session.polls}
        or empty[view.positions["polls_empty"]],
        "questions": [question(view, session, one) for one in session.questions]
        or empty[view.positions["questions_empty"]],
    }


def poll(view: View, session: Session, poll: Poll) -> Shape:
    """PollData."""
    odd = view.positions["odd_types"] == "present"
    return {
        "created": _iso(session.event.zone, poll.created),
        "name": poll.name,
        "rank": str(poll.rank) if odd else poll.rank,
        "type": poll.type,
        "choices": list(poll.choices),
        "responses": _responses(view, session, poll),
    } | _unknown(view, {"anonymous": poll.rank == 1})


def _responses(view: View, session: Session, poll: Poll) -> Json:
    """PollData.responses: of type any, null when there are none yet."""
    if not poll.answers:
        return None
    form = view.positions["poll_responses"]
    if form == "objects":
        return [
            {
                "user": _user(answer.person),
                "response": value,
                "timestamp": _iso(session.event.zone, answer.at),
            }
            for answer in poll.answers
            for value in answer.values
        ]
    if form == "values":
        # Every now and then somebody's answer is withdrawn, and a hole stays in the list.
        return [
            None if answer.person.number % 13 == 0 else value
            for answer in poll.answers
            for value in answer.values
        ]
    texts = [(answer.person, [str(value) for value in answer.values]) for answer in poll.answers]
    if form == "counts":
        counted = Counter(text for _, values in texts for text in values)
        return {choice: counted[choice] for choice in [*poll.choices, *counted]}
    return {
        person.external_id or _user_id(person): values if len(values) > 1 else values[0]
        for person, values in texts
    }


def question(view: View, session: Session, question: Question) -> Shape | str:
    """Give a question, in one of the forms that `[{}]` may stand for."""
    details = {
        "user": question.person and _user(question.person),
        "votes": question.votes,
        "timestamp": _iso(session.event.zone, question.at),
    }
    forms: dict[str, Shape | str] = {
        "objects_with_id": {"id": question.key, "question": question.text, **details},
        "objects_without_id": {"text": question.text, **details},
        "texts": question.text,
    }
    return forms[view.positions["question_shape"]]


def evaluation(view: View, session: Session, evaluation: Evaluation) -> Shape:
    """EvaluationResponse: names its session, and gives no id of it."""
    return {
        "session": {"name": view.name(session), "external_id": view.external_id(session)},
        "user": _evaluation_user(evaluation.person),
        "presenter": _evaluated_presenter(view, evaluation.speaker),
        "question": evaluation.question,
        "response": evaluation.response,
        "response_value": evaluation.value,
        "timestamp": _evaluation_timestamp(view, session, evaluation),
    }


def _evaluation_user(person: Person) -> Shape:
    """EvaluationUser: the only place with a user id, and the only one without an e-mail."""
    return {
        "id": _user_id(person),
        "external_id": person.external_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        **_custom_fields(person),
    }


def _user_id(person: Person) -> str:
    """Give the vendor's own id of a person: digits, in a text."""
    return str(10_000_000 + person.number)


def _evaluated_presenter(view: View, speaker: Speaker | None) -> Shape | str | None:
    form = view.positions["presenter"]
    if speaker is None or form == "null":
        return None
    return _presenter(speaker) if form == "object" else speaker.name


def _evaluation_timestamp(view: View, session: Session, evaluation: Evaluation) -> str:
    """EvaluationResponse.timestamp; the example's 21 January 2018 was a Sunday, not a Tuesday."""
    local = datetime.fromtimestamp(evaluation.at // 1000, session.event.zone)
    text = email.utils.format_datetime(local)
    forms = {
        "rfc2822_wrong_weekday": f"{local + timedelta(days=2):%a}{text[3:]}",
        "rfc2822": text,
        "iso": local.isoformat(),
        "garbage": "last Tuesday, around noon",
    }
    return forms[view.positions["evaluation_timestamp"]]


def _iso(zone: ZoneInfo, at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at // 1000, zone).isoformat()


def _list(view: View, items: Iterable[Any]) -> list[Any] | None:
    return list(items) or {"array": [], "null": None}[view.positions["empty_lists"]]


def _number(value: float) -> float:
    """Give 2 rather than 2.0, as JSON from most back ends would."""
    return int(value) if value == int(value) else value


def _unknown(view: View, attributes: Shape) -> Shape:
    return attributes if view.positions["unknown_fields"] == "present" else {}
