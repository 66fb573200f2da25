"""The streams of tap-conferencesio."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from singer_sdk.streams.rest import HTTPRequest, PageContext
from typing_extensions import override

from event_taps_core import (
    BadResponse,
    EventStream,
    MissingPart,
    NotFound,
    Page,
    SurrogateKey,
    count_of,
    make_room,
)
from tap_conferencesio import schemas
from tap_conferencesio.client import SESSION_PATH
from tap_conferencesio.forms import last_day_of, presenter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import Remark, Row, Wait


def with_ours(row: Row, **ours: str | None) -> Row:
    """Return a row with columns that the tap fills, and what the vendor sends under their names.

    That is used where the tap has nothing, and an extra field where it says something else.
    """
    row = row.copy()
    for column, value in ours.items():
        if row.get(column) is None:
            row[column] = value
        elif value is not None:
            if str(row[column]) != value:
                make_room(row, column)
            row[column] = value
    return row


class AppStream(EventStream):
    """The app's settings: one row."""

    name = "app"
    path = "/app"
    columns = schemas.APP

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        settings = response.json().get("data")
        if not isinstance(settings, dict):
            raise BadResponse("no 'data' in the answer")
        return [settings]


class SessionsStream(EventStream):
    """All sessions, and those of the setting `session_ids` that the list may hide."""

    name = "sessions"
    path = "/sessions"
    primary_keys = ("id",)
    id_attributes = ("id",)
    records_path = ("data", "data")
    columns = schemas.SESSIONS

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Warn where `count` disagrees with the list: the first sign of undocumented paging."""
        rows = list(super().parse_response(response))
        warn_of_count(self, response, len(rows))
        return rows

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Add the sessions of the setting `session_ids` through the detail endpoint.

        Whether hidden and archived sessions are listed is not documented.
        """
        listed: set[int | str | None] = set()
        for page in super().read_partition(context):
            if isinstance(page, Page):
                listed.update(map(self.id_of, page.rows))
            yield page
        for session_id in dict.fromkeys(self.config.get("session_ids") or ()):
            if session_id not in listed:
                yield from self._detail(session_id)

    def _detail(self, session_id: str) -> Iterator[Page | Remark]:
        try:
            row = self._ask_detail(session_id)
        except (
            NotFound,
            BadResponse,
        ) as problem:  # which the API may say of an unknown session, too
            yield MissingPart(self.name, session_id, problem)
            return
        yield Page([row])

    def _ask_detail(self, session_id: str) -> Row:
        request = HTTPRequest(self.url_for(SESSION_PATH, {"session_id": session_id}))
        return self.tap.client.send(request, self.stats, session_of)

    @override
    def get_child_context(self, record: Row, context: Context | None) -> Context | None:
        return {"session_id": self.id_of(record), "session_date": last_day_of(record)}

    @override
    def list_again(self, context: Context | None) -> frozenset[int | str | None]:
        """List anew what is there, also what the list may hide: that has to be absent by its id.

        Raises:
            ApiError: If there is no list that is as long as it says.
        """
        response, page = self.get_page(PageContext(None, None))
        if count_differs(response, len(page.rows)):
            raise BadResponse("a list that is not as long as it says")
        hidden = filter(self._try_hidden, self.config.get("session_ids") or ())
        return frozenset((*map(self.id_of, page.rows), *hidden))

    def _try_hidden(self, session_id: str) -> bool:
        """Ask for a session that the list may hide; say whether it may be there."""
        try:
            self._ask_detail(session_id)
        except NotFound:
            return False
        except BadResponse:
            pass
        return True


def session_of(response: requests.Response) -> Row:
    """Take the one session out of a detail answer.

    Raises:
        BadResponse: If there is none, or it has no id.
    """
    row = response.json().get("data")
    if not isinstance(row, dict) or not row.get("id"):
        raise BadResponse("no session in the answer")
    return row


class SessionStream(EventStream):
    """What belongs to one session; nothing in the API says what changed since.

    What the API answers for an unknown session is not documented: 404, or its 500 for everything.
    """

    parent = SessionsStream
    parent_key = "session_id"
    replication_key = "session_date"
    recheck_parent = (NotFound, BadResponse)


def attendee(row: Row) -> list[Any]:
    """Identify the person of a check-in: external id, else e-mail, else names and fields.

    The record has no id, and several records with one e-mail are normal until they are merged.
    """
    user = row.get("user") or {}
    if external_id := user.get("external_id"):
        return ["external_id", external_id]
    if address := user.get("email"):
        return ["email", str(address).strip().lower()]
    return ["user", user]


def checkin_order(row: Row) -> list[str]:
    """Order the records of one person: by the original check-in, then the shown one."""
    return [str(row.get("checkin_time_actual")), str(row.get("checkin_time"))]


class AttendanceStream(SessionStream):
    """Check-in records; one person may have several in one session."""

    name = "attendance"
    path = "/sessions/{session_id}/attendance"
    primary_keys = ("session_id", "attendance_key")
    records_path = ("data",)
    surrogate_key = SurrogateKey("attendance_key", attendee, checkin_order)
    columns = schemas.ATTENDANCE


class SessionDataStream(SessionStream):
    """Polls and questions come in one answer (heading "Polling and Q&A Data")."""

    path = "/sessions/{session_id}/data"

    @staticmethod
    def data(response: requests.Response) -> Row:
        """Return the answer's `data`; null where the session has neither polls nor questions."""
        body = response.json()
        data = body.get("data", body) if isinstance(body, dict) else body
        if data is None or data == []:
            return {}
        if not isinstance(data, dict) or "data" not in body:
            raise BadResponse("no 'data' in the answer")
        if data and data.keys().isdisjoint(("polls", "questions")):
            raise BadResponse("neither 'polls' nor 'questions' in the answer")
        return data

    @classmethod
    def polls(cls, response: requests.Response) -> Iterator[tuple[str, Row | None]]:
        """List polls with their ids, the keys of the vendor's map; None for what is no poll.

        Documented as `{}` when empty; back ends that write a map as a list when it is empty are
        common, and null means "no setting" everywhere in this API.
        """
        polls_by_id = cls.data(response).get("polls")
        if polls_by_id is None or polls_by_id == []:
            return
        if not isinstance(polls_by_id, dict):
            raise BadResponse("'data.polls' is not a map of polls")
        for poll_id, poll in polls_by_id.items():
            yield poll_id, poll if isinstance(poll, dict) else None


class PollsStream(SessionDataStream):
    """Polls of a session."""

    name = "polls"
    primary_keys = ("session_id", "poll_id")
    columns = schemas.POLLS

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        return [
            {} if poll is None else with_ours(poll, poll_id=poll_id)
            for poll_id, poll in self.polls(response)
        ]


def poll_answer(row: Row) -> list[Any]:
    """Identify an answer by the name it is listed under, else by all that is known of it."""
    if row["response_name"] is not None:
        return [row["poll_id"], row["response_name"]]
    return [row["poll_id"], row["response"], row["response_data"]]


class PollResponsesStream(SessionDataStream):
    """Answers to polls, one by one, whatever shape the vendor gives them."""

    name = "poll_responses"
    source = PollsStream
    primary_keys = ("session_id", "poll_id", "response_key")
    surrogate_key = SurrogateKey("response_key", poll_answer)
    columns = schemas.POLL_RESPONSES

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Explode `responses`, whose shape is not documented (heading "PollData": any, or null).

        A list holds an answer per item; a map an answer (or a list of them) per name, which is a
        choice or an attendee. A scalar is one answer.
        """
        for poll_id, poll in self.polls(response):
            if poll is None:
                yield {}
                continue
            for name, answer in _answers(poll.get("responses")):
                scalar = not isinstance(answer, (dict, list))
                is_number = isinstance(answer, (int, float)) and not isinstance(answer, bool)
                yield {
                    "poll_id": poll_id,
                    "response_name": name,
                    "response": answer if scalar else None,
                    "response_value": answer if is_number else None,
                    "response_data": None
                    if scalar
                    else answer
                    if isinstance(answer, dict)
                    else {"items": answer},
                }


def _answers(responses: Any) -> Iterator[tuple[str | None, Any]]:
    if isinstance(responses, dict):
        for name, answers in responses.items():
            for answer in answers if isinstance(answers, list) else [answers]:
                yield name, answer
    elif isinstance(responses, list):
        for answer in responses:
            yield None, answer
    elif responses is not None:
        yield None, responses


class QuestionsStream(SessionDataStream):
    """Questions of the audience (Social Q&A)."""

    name = "questions"
    source = PollsStream
    primary_keys = ("session_id", "question_key")
    surrogate_key = SurrogateKey(
        "question_key", lambda row: row["question_id"] or [row["question"], row]
    )
    columns = schemas.QUESTIONS

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Read questions, whose attributes are not documented: null, or a list of anything."""
        questions = self.data(response).get("questions")
        if isinstance(questions, dict):
            questions = [{"id": key, **_as_question(value)} for key, value in questions.items()]
        if questions is not None and not isinstance(questions, list):
            raise BadResponse("'data.questions' is not a list")
        for item in questions or ():
            if item is None:
                yield {}
                continue
            row = _as_question(item)
            id_name = _first(row, _QUESTION_IDS, (str, int, float))
            text_name = _first(row, _QUESTION_TEXTS, (str,))
            rest = {name: row[name] for name in row if name not in (id_name, text_name)}
            yield with_ours(
                rest,
                question_id=str(row[id_name]) if id_name else None,
                question=row[text_name] if text_name else None,
            )


_QUESTION_IDS = ("id", "_id", "question_id")
_QUESTION_TEXTS = ("question", "text", "content", "body", "name")


def _first(row: Row, names: tuple[str, ...], types: tuple[type, ...]) -> str | None:
    """Return the first of these names under which a row has a value of these types."""
    return next((name for name in names if isinstance(row.get(name), types)), None)


def _as_question(item: Any) -> Row:
    return item if isinstance(item, dict) else {"question": item}


def evaluation(row: Row) -> list[Any]:
    """Identify an evaluation answer; the answer itself may be corrected later."""
    session, user = row.get("session") or {}, row.get("user") or {}
    return [
        session.get("external_id") or session.get("name"),
        user.get("id") or user,
        presenter_of(row.get("presenter")),
        row.get("question"),
        row.get("timestamp"),
    ]


class EvaluationResponsesStream(EventStream):
    """Answers to session evaluations, of the whole app in one request."""

    name = "evaluation_responses"
    path = "/evaluations/responses"
    primary_keys = ("response_key",)
    records_path = ("data", "responses")
    surrogate_key = SurrogateKey("response_key", evaluation)
    columns = schemas.EVALUATION_RESPONSES

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        rows = list(super().parse_response(response))
        warn_of_count(self, response, len(rows))
        return rows

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Say which session it is about; the vendor says its external id and name."""
        return with_ours(row, session_id=self._session_id(row.get("session")))

    def _session_id(self, session: Any) -> str | None:
        """Join by the external id, else by the name: the vendor sends no session id here."""
        by_external_id, by_name = self._sessions
        attributes = session if isinstance(session, dict) else {}
        return by_external_id.get(str(attributes.get("external_id"))) or by_name.get(
            str(attributes.get("name"))
        )

    @cached_property
    def _sessions(self) -> tuple[dict[str, str], dict[str, str]]:
        """Sessions by external id and by name, where those are unique."""
        sessions = self.sibling(SessionsStream)
        rows = self.tap.rows_of(sessions.name)
        by_id = [(str(sessions.id_of(row) or ""), row) for row in rows]
        return _unique(by_id, "external_id"), _unique(by_id, "name")


def _unique(sessions: list[tuple[str, Row]], attribute: str) -> dict[str, str]:
    count = Counter(str(row.get(attribute)) for _, row in sessions)
    named = ((id_, row.get(attribute)) for id_, row in sessions)
    return {str(name): id_ for id_, name in named if id_ and name and count[str(name)] == 1}


def count_differs(response: requests.Response, rows: int) -> bool:
    """Say whether a list has another length than its `count` ("records returned in this response").

    It is right where there is none.
    """
    count = response.json()["data"].get("count")
    return count is not None and count_of(count) != rows


def warn_of_count(stream: EventStream, response: requests.Response, rows: int) -> None:
    """Warn where the vendor's `count` is not the length."""
    if count_differs(response, rows):
        stream.logger.warning(
            "%s: the API counts %s records but sent %d; if this stays, the API may have begun "
            "to page, which its reference does not describe",
            stream.name,
            response.json()["data"]["count"],
            rows,
        )
