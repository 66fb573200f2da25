"""What is known by now of the people of one event: who registered, who came, what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from event_sandbox.world import online_people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from event_sandbox.airmeet.view import View
    from event_sandbox.world.online_model import (
        OnlineAnswer,
        OnlineEvent,
        OnlineQuestion,
        OnlineSession,
        Registration,
        ReplayView,
        Stay,
    )


def registrations(view: View, event: OnlineEvent) -> list[Registration]:
    """Give the event's list of people, oldest first."""
    duplicates = view.positions["duplicate_people"] == "some"
    return [
        entry
        for entry in online_people.registrations(view.world, event)
        if entry.known_from <= view.now and (duplicates or not entry.duplicate)
    ]


def session_of(event: OnlineEvent, key: str) -> OnlineSession:
    """Give the session of a key."""
    return next(session for session in event.sessions if session.key == key)


def session_stays(view: View, event: OnlineEvent, session: OnlineSession) -> list[Stay]:
    """Give who is known to have been in a session, if that is over."""
    if view.session_status(event, session) != "FINISHED":
        return []
    return _known(view, online_people.activity(view.world, event).stays.get(session.key, ()))


def booth_stays(view: View, event: OnlineEvent, booth_key: str) -> list[Stay]:
    """Give who is known to have been at a booth, if the event is over."""
    if not event.is_finished(view.now):
        return []
    return _known(view, online_people.activity(view.world, event).visits.get(booth_key, ()))


def _known(view: View, stays: Iterable[Stay]) -> list[Stay]:
    return [stay for stay in stays if stay.known_from <= view.now]


def answers(view: View, event: OnlineEvent) -> list[OnlineAnswer]:
    """Give the answers to polls, by person."""
    return [a for a in online_people.activity(view.world, event).answers if a.at <= view.now]


def questions(view: View, event: OnlineEvent) -> list[OnlineQuestion]:
    """Give the questions, by person."""
    return [q for q in online_people.activity(view.world, event).questions if q.at <= view.now]


def replays(view: View, event: OnlineEvent) -> list[ReplayView]:
    """Give who watched what after the event."""
    if not event.is_finished(view.now):
        return []
    return [r for r in online_people.activity(view.world, event).replays if r.at <= view.now]


def recordings(view: View, event: OnlineEvent) -> list[tuple[OnlineSession, int]]:
    """Give the recorded sessions, with the number of each recording."""
    several = view.positions["recordings_per_session"] == "several"
    return [
        (session, number)
        for session in event.sessions
        if session.recorded_from is not None and session.recorded_from <= view.now
        for number in range(2 if several and session.number == 0 else 1)
    ]
