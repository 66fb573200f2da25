"""The streams of tap-airmeet.

Headings are those of the vendor's page "Event Details" (help.airmeet.com, article 82000909768).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    WHOLE_STREAM,
    ApiError,
    BadResponse,
    EventStream,
    IncompletePages,
    MissingPart,
    NotFound,
    Page,
    PageEvidence,
    SetAside,
    SurrogateKey,
    Suspect,
    Unconvertible,
    make_room,
    objects_in,
    utc_timestamp,
)
from tap_airmeet import schemas
from tap_airmeet.client import EVENTS_PATH, AmbiguousRefusal, doubt_about_nothing
from tap_airmeet.paging import CursorPages, ParticipantPages
from tap_airmeet.rows import UUID, answer_or_question, by_time, iso_time, participant, recording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests
    from singer_sdk.helpers.types import Context
    from singer_sdk.pagination import BaseAPIPaginator

    from event_taps_core import EventTap, Remark, Row, Wait

_SESSIONS_PER_REQUEST: Final = 50


class AirmeetStream(EventStream):
    """What all streams share: pages, lists that are null, and how long a report may take."""

    records_path = ("data",)
    page_size: ClassVar[int | None] = None
    """Rows of a page, the most that is documented; None where there is no paging."""

    def __init__(self, tap: EventTap) -> None:
        super().__init__(tap)
        self.poll_seconds = int(tap.config["report_poll_seconds"])
        self.pending_timeout_seconds = int(tap.config["report_timeout_seconds"])

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        """Follow the cursor; equal rows without an id are rows of their own.

        A cursor is the id of the row that it follows (note of 4.14), so none can move past it.
        """
        if self.page_size is None:
            return None
        evidence = PageEvidence(self.page_size, max_passes=1, trusts_counts=True)
        return CursorPages(None, evidence, self.identity_of, None if self.id_attributes else bool)

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Ask for the largest page; what is None is not sent."""
        return {"size": self.page_size, "after": next_page_token}

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Take the list: null or `{}` instead of one is how the vendor says "none" in places.

        `booths` is null for an event without booths, `data` an object where a report is empty.

        Raises:
            BadResponse: If there is no list, or an empty one that is no proof of nothing.
        """
        (name,) = self.records_path
        body = response.json()
        is_none = name in body and body[name] in (None, {})
        rows = [] if is_none else list(super().parse_response(response))
        if not rows and (doubt := doubt_about_nothing(response)):
            raise BadResponse(f"nothing in '{name}', {doubt}")
        return rows


class AirmeetsStream(AirmeetStream):
    """Events that the community lists; archived ones are not among them."""

    name = "airmeets"
    path = EVENTS_PATH
    primary_keys = ("uid",)
    page_size = 500
    id_attributes = ("uid",)
    columns = schemas.AIRMEETS

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Keep to the events of the setting `airmeet_ids`, and name those that are not listed.

        One client in production notes that `after` did not behave, and reads one page of 500. So
        the events that could be had are read on with, and what lies beyond is named as not read.
        """
        airmeet_ids = set(self.config.get("airmeet_ids") or ())
        listed: set[int | str | None] = set()
        try:
            for step in super().read_partition(context):
                if isinstance(step, Page) and airmeet_ids:
                    listed.update(map(self.id_of, step.rows))
                    rows = [row for row in step.rows if self.id_of(row) in airmeet_ids]
                    yield step._replace(rows=rows)
                else:
                    yield step
        except IncompletePages as incomplete:
            yield MissingPart(self.name, WHOLE_STREAM, incomplete)
        problem: ApiError = NotFound("not in the list of events: archived, or of another community")
        if None in listed:
            problem = BadResponse("not in the list of events, or there without an id")
        for airmeet_id in sorted(airmeet_ids - listed):
            yield MissingPart(self.name, airmeet_id, problem)

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        try:
            end = utc_timestamp(iso_time(record.get("endTime")))
        except Unconvertible:
            end = None
        return {"airmeet_id": self.id_of(record), "airmeet_end_time": end}


class EventPartStream(AirmeetStream):
    """What belongs to one event; nothing in the API says what changed since.

    For an unknown id the newer endpoints are documented to answer 400, as for a bad token or an
    event of another community (headings 4.5 to 4.12).
    """

    parent: ClassVar[type[EventStream] | None] = AirmeetsStream
    parent_key = "airmeet_id"
    replication_key = "airmeet_end_time"
    recheck_parent = (AmbiguousRefusal,)


class ReportStream(EventPartStream):
    """What the vendor prepares when it is asked for (headings 4.5, 4.6, 4.8, 4.12 and 4.14)."""

    primary_keys = ("airmeet_id", "id")
    page_size = 50
    id_attributes = ("id",)
    deferred = True


class ParticipantsStream(EventPartStream):
    """Registrations, invitees and guests of an event; a person may be listed several times."""

    name = "participants"
    path = "/airmeet/{airmeet_id}/participants"
    primary_keys = ("airmeet_id", "participant_key")
    records_path = ("participants",)
    page_size: ClassVar[int] = 1000
    surrogate_key = SurrogateKey("participant_key", participant, by_time("registrationDate"))
    columns = schemas.PARTICIPANTS

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any] | None:
        return ParticipantPages(self.page_size)

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any | None) -> Row:
        """Ask for the oldest registrations first (heading 4.2: newest first by default).

        So who registers while the pages are read comes at the end, and moves nobody to a page
        that was read already.
        """
        return {
            "resultSize": self.page_size,
            "pageNumber": 1 if next_page_token is None else next_page_token.page,
            "sortingKey": "registrationDate",
            "sortingDirection": "ASC",
        }


class SessionsStream(EventPartStream):
    """Sessions of an event.

    Heading 4.3 leaves out the path; the vendor's own connector and all clients use `/info`.
    """

    name = "sessions"
    path = "/airmeet/{airmeet_id}/info"
    primary_keys = ("airmeet_id", "session_id")
    records_path = ("sessions",)
    id_attributes = ("sessionid",)
    columns = schemas.SESSIONS

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "session_id": self.id_of(record)}


class CustomFieldsStream(EventPartStream):
    """An event's own registration questions; participants' `user_profile` holds the answers."""

    name = "custom_fields"
    path = "/airmeet/{airmeet_id}/custom-fields"
    primary_keys = ("airmeet_id", "field_id")
    records_path = ("customFields",)
    id_attributes = ("fieldId",)
    columns = schemas.CUSTOM_FIELDS


class EventAttendanceStream(ReportStream):
    """Who came to an event; only sessions that are FINISHED count."""

    name = "event_attendance"
    path = "/airmeet/{airmeet_id}/attendees"
    columns = schemas.EVENT_ATTENDANCE


class SessionAttendanceStream(ReportStream):
    """Who came to a session; there is none before the session is FINISHED."""

    name = "session_attendance"
    path = "/session/{session_id}/attendees"
    parent = SessionsStream
    parent_key = "session_id"
    primary_keys = ("session_id", "id")
    columns = schemas.SESSION_ATTENDANCE


class BoothsStream(EventPartStream):
    """Booths of an event."""

    name = "booths"
    path = "/airmeet/{airmeet_id}/booths"
    primary_keys = ("airmeet_id", "uid")
    records_path = ("booths",)
    id_attributes = ("uid",)
    columns = schemas.BOOTHS

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {**(context or {}), "booth_id": self.id_of(record)}


class BoothAttendanceStream(ReportStream):
    """Who came to a booth; there is none before the event is FINISHED."""

    name = "booth_attendance"
    path = "/airmeet/{airmeet_id}/booth/{booth_id}/booth-attendance"
    parent = BoothsStream
    parent_key = "booth_id"
    primary_keys = ("booth_id", "id")
    columns = schemas.BOOTH_ATTENDANCE


class ByPersonStream(EventPartStream):
    """What the vendor lists by person, with the person's items inside."""

    items: ClassVar[str]
    """The attribute that holds the items."""

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Make a row of each item; a person is an e-mail, a name and a user id beside it.

        Persons of whom none has the attribute with the items may have it under another name.
        """
        has_persons = has_items = False
        for step in super().read_partition(context):
            if isinstance(step, Page):
                has_persons |= any(step.rows)
                has_items |= any(self.items in person for person in step.rows)
                rows = [row for person in step.rows for row in self._rows_of_person(person)]
                yield step._replace(rows=rows)
            else:
                yield step
        if has_persons and not has_items:
            yield Suspect(self.name, f"no '{self.items}' of any person in the answer")

    def _rows_of_person(self, person: Row) -> Iterator[Row]:
        """Make a row of each item; an empty one, which is set aside, of what is no item."""
        attributes = dict(person)
        items = attributes.pop(self.items, None)
        if not person or not isinstance(items, list):
            yield from [] if person and items in (None, {}) else [{}]
            return
        for item in objects_in(items, self.items):
            own = dict(item)
            for name in {"user_id", "email", "name"} & attributes.keys():  # they are the person's
                make_room(own, name)
            yield from self.rows_of_item({**attributes, **own}) if item else [{}]

    def rows_of_item(self, row: Row) -> Iterable[Row]:
        """Return the rows that an item stands for."""
        return [row]


class PollResponsesStream(ByPersonStream):
    """Answers to polls: one row per person, poll and answer."""

    name = "poll_responses"
    path = "/airmeet/{airmeet_id}/polls"
    primary_keys = ("airmeet_id", "response_key")
    page_size = 50
    items = "polls"
    surrogate_key = SurrogateKey("response_key", answer_or_question, by_time("time_stamp"))
    columns = schemas.POLL_RESPONSES

    @override
    def rows_of_item(self, row: Row) -> Iterable[Row]:
        """Make a row of each answer, and take the page's second example as it is meant.

        There (heading 4.9) the answer's text stands under `session_id` and `answer` is missing.
        What a poll with several choices sends as `answer` is not documented: a list, perhaps.
        """
        if "answer" not in row and not UUID.fullmatch(str(row.get("session_id"))):
            row["answer"] = row.pop("session_id", None)
        answers = row.get("answer")
        if not isinstance(answers, list):
            return [row]
        return [{**row, "answer": answer} for answer in answers or [None]]


class QuestionsStream(ByPersonStream):
    """Questions of the audience."""

    name = "questions"
    path = "/airmeet/{airmeet_id}/questions"
    primary_keys = ("airmeet_id", "question_key")
    items = "questions"
    surrogate_key = SurrogateKey("question_key", answer_or_question, by_time("time_stamp"))
    columns = schemas.QUESTIONS


class TracksStream(EventPartStream):
    """Tracks of an event, with the sessions in them."""

    name = "tracks"
    path = "/airmeet/{airmeet_id}/tracks"
    primary_keys = ("airmeet_id", "uid")
    records_path = ("tracks",)
    id_attributes = ("uid",)
    columns = schemas.TRACKS


class RegistrationUtmsStream(ReportStream):
    """The UTM parameters with which people came to register."""

    name = "registration_utms"
    path = "/airmeet/{airmeet_id}/utms"
    columns = schemas.REGISTRATION_UTMS

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Make columns of `utms`, which holds the values in practice (heading 4.12 lost them).

        What else is in there stays there, and so goes to `extra_fields`.
        """
        utms = {} if row.get("utms") is None else row["utms"]
        if not isinstance(utms, dict):
            return row
        rest = {name: row[name] for name in row if name != "utms"}
        others = {name: utms[name] for name in utms if not name.startswith("utm_")}
        values = {name: utms[name] for name in utms if name not in others}
        return {**rest, **values, **({"utms": others} if others else {})}


class SessionRecordingsStream(EventPartStream):
    """Recordings of an event's sessions."""

    name = "session_recordings"
    path = "/airmeet/{airmeet_id}/session-recordings"
    primary_keys = ("airmeet_id", "recording_key")
    records_path = ("recordings",)
    surrogate_key = SurrogateKey("recording_key", recording)
    columns = schemas.SESSION_RECORDINGS

    _needs_session_ids = False

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Name the sessions only where the vendor insists.

        Heading 4.13 shows `sessionIds` without saying whether it may be left out. A client in use
        leaves it out and gets all recordings of the event, in one request.
        """
        if self._needs_session_ids:
            yield from self._by_session(context)
            return
        try:
            yield from super().read_partition(context)
        except AmbiguousRefusal:
            yield from self._by_session(context)
            self._needs_session_ids = True

    def _by_session(self, context: Context | None) -> Iterator[Page | Remark]:
        rows = self.tap.rows_of(SessionsStream.name, context)
        found = [self.sibling(SessionsStream).id_of(row) for row in rows]
        if missing := found.count(None):
            yield SetAside(self.name, "a row of sessions without an id", missing)
        ids = [str(session_id) for session_id in found if session_id is not None]
        for first in range(0, len(ids), _SESSIONS_PER_REQUEST):
            session_ids = ",".join(ids[first : first + _SESSIONS_PER_REQUEST])
            request = HTTPRequest(self.get_url(context), params={"sessionIds": session_ids})
            yield Page(self.tap.client.send(request, self.stats, self.rows_in))


class ReplayAttendanceStream(ReportStream):
    """Who watched the replay of which session; there is none before the event is FINISHED."""

    name = "replay_attendance"
    path = "/airmeet/{airmeet_id}/event-replay-attendees"
    columns = schemas.REPLAY_ATTENDANCE
