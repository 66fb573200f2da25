"""Rows of reports, as the samples of sections 4.5, 4.6, 4.8 to 4.10, 4.12 and 4.14 show them.

Each report is in ascending order of the `id` that pages are cut by.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from event_sandbox.airmeet.shapes import Shape, full_name, odd, told_time, unknown, where

if TYPE_CHECKING:
    from event_sandbox.airmeet.view import View
    from event_sandbox.world.model import Person
    from event_sandbox.world.online import Booth, OnlineEvent, OnlineSession
    from event_sandbox.world.online_people import (
        OnlineAnswer,
        OnlineQuestion,
        Registration,
        ReplayView,
        Stay,
    )

_SILENT: Final = 13
"""Every so many people, somebody leaves a question open."""


def event_attendance(view: View, event: OnlineEvent) -> list[Shape]:
    """4.5: who was in any finished session, from when, and how long in all."""
    stays: dict[int, list[Stay]] = {}
    for session in event.sessions:
        for stay in view.session_stays(event, session):
            stays.setdefault(stay.person.number, []).append(stay)
    return [_attendance(view, event, *of_person) for _, of_person in sorted(stays.items())]


def session_attendance(view: View, event: OnlineEvent, session: OnlineSession) -> list[Shape]:
    """4.6: who was in a session."""
    return [_attendance(view, event, stay) for stay in view.session_stays(event, session)]


def booth_attendance(view: View, event: OnlineEvent, booth: Booth) -> list[Shape]:
    """4.8: who was at a booth."""
    return [
        _attendance(view, event, stay)
        | {"interested_in_being_contacted": stay.interested, "visits": stay.visits}
        | odd(view, stay.person.number, {"interested_in_being_contacted": "maybe"})
        | odd(view, stay.person.number, {"visits": str(stay.visits)})
        for stay in view.booth_stays(event, booth)
    ]


def _record_id(view: View, event: OnlineEvent, number: int) -> int:
    """Give the id of a report's row, which is unique within the report only."""
    renumbered = view.positions["attendance_ids"] == "renumbered"
    shift = view.world.step * 1000 if renumbered else 0
    return (event.number + 2) * 1_000_000 + number + shift


def _attendance(view: View, event: OnlineEvent, *stays: Stay) -> Shape:
    """Give a row that the three kinds of attendance share; `time_spent` is a text of digits."""
    first = min(stays, key=lambda stay: stay.at)
    spent = sum(stay.spent.by(view.now) for stay in stays)
    return {
        "email": first.person.email,
        "id": _record_id(view, event, first.person.number),
        "name": full_name(first.person),
        "user_id": first.person.user,
        "time_stamp": told_time(view, "time_stamp", first.at),
        "time_spent": str(spent),
        **odd(view, first.person.number, {"email": None, "time_stamp": "soon"}),
        **odd(view, first.person.number, {"time_spent": "n/a"}),
        **unknown(view, {"device": {"kind": "desktop"}}),
    }


def polls(view: View, event: OnlineEvent) -> list[Shape]:
    """4.9: a row for each person, with the answers inside; the `id` is not sent."""
    rows = []
    for number, answers in groupby(view.answers(event), key=lambda one: one.person.number):
        of_person = list(answers)
        row = _who(of_person[0].person)
        row["polls"] = [_poll(view, answer, at) for at, answer in enumerate(of_person)]
        row["id"] = _record_id(view, event, number)
        rows.append(row | unknown(view, {"points": 3}))
    return rows


def _poll(view: View, answer: OnlineAnswer, position: int) -> Shape:
    """4.9: an answer; in the sample the second one has its text under `session_id`."""
    shape: Shape = {"question": answer.question, "answer": _poll_answer(view, answer)}
    form = view.positions["poll_items"]
    if form == "typo" and position % 2 == 1 and isinstance(shape["answer"], str):
        shape["session_id"] = shape.pop("answer")
    elif form == "with_session_id":
        shape = {"question": answer.question, "session_id": answer.session.key, **shape}
        if position == 0 and answer.person.number % _SILENT == 0:
            del shape["answer"]
    return shape | {"time_stamp": told_time(view, "time_stamp", answer.at)}


def _poll_answer(view: View, answer: OnlineAnswer) -> str | float | list[str] | None:
    """4.9: a text in the sample; several choices and ratings are not shown."""
    form, values = view.positions["poll_answer"], answer.values
    if form == "typed" and answer.person.number % _SILENT == 0:
        return None
    if form != "text" and answer.kind == "multiple_answer":
        return [str(value) for value in values]
    if form == "typed" and answer.kind == "rating":
        return values[0]
    return ", ".join(f"{value}" for value in values)


def questions(view: View, event: OnlineEvent) -> list[Shape]:
    """4.10: a row for each person, with the questions inside; not cut into pages."""
    rows = []
    for _, questions in groupby(view.questions(event), key=lambda one: one.user):
        of_person = list(questions)
        row = _who(of_person[0].person)
        row["questions"] = [_question(view, question) for question in of_person]
        rows.append(row | unknown(view, {"points": 5}))
    return rows


def _question(view: View, question: OnlineQuestion) -> Shape:
    votes = question.votes.by(view.now)
    return {
        "question": question.text,
        "session_id": question.session.key,
        "upvoteCount": float(votes),
        **odd(view, votes, {"upvoteCount": str(votes)}),
        **({"time_stamp": told_time(view, "time_stamp", question.at)} if question.dated else {}),
    }


def utms(view: View, event: OnlineEvent) -> list[Shape]:
    """4.12: what the registration link carried; the sample is lost, clients met this."""
    has_rows = view.positions["people_without_utms"] != "no_row"
    return [
        _utm(view, event, entry)
        for entry in sorted(view.registrations(event), key=lambda entry: entry.number)
        if entry.registered is not None and (entry.utms or has_rows)
    ]


def _utm(view: View, event: OnlineEvent, entry: Registration) -> Shape:
    names = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
    if view.positions["utm_keys"] == "three":
        names = names[:3]
    values: Shape | None = {name: dict(entry.utms or ()).get(name) for name in names}
    if not entry.utms and view.positions["people_without_utms"] == "null_object":
        values = None
    return {
        "id": _record_id(view, event, entry.number),
        "airmeetId": event.key,
        "email": entry.person.email or None,
        "utms": values,
        **unknown(view, {"referrer": None}),
    }


def replays(view: View, event: OnlineEvent) -> list[Shape]:
    """4.14: a row for each person and session; the sample is lost, clients met this."""
    return [_replay(view, event, watched) for watched in view.replays(event)]


def _replay(view: View, event: OnlineEvent, watched: ReplayView) -> Shape:
    minutes: dict[str, str | float] = {
        "integer": watched.half_minutes // 2,
        "float": watched.half_minutes / 2,
        "text": f"{watched.half_minutes / 2:.1f}",
    }
    more = {
        "user_id": watched.person.user,
        "session_name": watched.session.name,
        "time_stamp": told_time(view, "time_stamp", watched.at),
    }
    return {
        "id": _record_id(view, event, watched.number),
        "name": full_name(watched.person),
        "email": watched.person.email,
        "session_id": watched.session.key,
        "duration_viewed": minutes[view.positions["duration_viewed"]],
        **where(view, "replay_fields", "many", more),
        **unknown(view, {"percent": 50}),
    }


def _who(person: Person | None) -> Shape:
    return {
        "email": person and person.email,
        "name": person and full_name(person),
        "user_id": person and person.user,
    }
