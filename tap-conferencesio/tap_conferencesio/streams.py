"""The streams of tap-conferencesio."""

from __future__ import annotations

from collections import defaultdict
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
)
from tap_conferencesio import schemas
from tap_conferencesio.client import SESSION_PATH
from tap_conferencesio.forms import last_day_of, presenter_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import requests
    from singer_sdk.helpers.types import Context

    from event_taps_core import Remark, Row, Wait


class CountedStream(EventStream):
    """A list beside its `count`, the "number of records returned in this response"."""

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Warn where `count` is not the length of the list: the first sign of hidden paging."""
        rows = list(super().parse_response(response))
        if count_differs(response, len(rows)):
            count = response.json()["data"]["count"]
            self.log_once(
                f"the API counts {count} records but sent {len(rows)}; if this stays, the API may "
                "have begun to page, which its reference does not describe"
            )
        return rows


def count_differs(response: requests.Response, rows: int) -> bool:
    """Say whether a list has another length than its `count`; it is right where there is none."""
    count = response.json()["data"].get("count")
    return count is not None and count_of(count) != rows


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


class SessionsStream(CountedStream):
    """All sessions, and those of the setting `session_ids` that the list may hide."""

    name = "sessions"
    path = "/sessions"
    primary_keys = ("id",)
    id_attributes = ("id",)
    records_path = ("data", "data")
    columns = schemas.SESSIONS

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
                yield self._ask(session_id)

    def _ask(self, session_id: str) -> Page | MissingPart:
        """Ask for a session by its id; of an unknown one the API may say either of the two."""
        try:
            request = HTTPRequest(self.url_for(SESSION_PATH, {"session_id": session_id}))
            return Page([self.tap.client.send(request, self.stats, session_of)])
        except (NotFound, BadResponse) as problem:
            return MissingPart(self.name, session_id, problem)

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
        asked = ((id_, self._ask(id_)) for id_ in self.config.get("session_ids") or ())
        hidden = (id_ for id_, found in asked if not _is_absent(found))
        return frozenset((*map(self.id_of, page.rows), *hidden))


def _is_absent(found: Page | MissingPart) -> bool:
    return isinstance(found, MissingPart) and isinstance(found.problem, NotFound)


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


def data_in(response: requests.Response) -> Row:
    """Return polls and questions (heading "Polling and Q&A Data"); null where there are neither."""
    data = response.json().get("data", "")
    if data is None or data == []:
        return {}
    if not isinstance(data, dict):
        raise BadResponse("no 'data' in the answer")
    if data and data.keys().isdisjoint(("polls", "questions")):
        raise BadResponse("neither 'polls' nor 'questions' in the answer")
    return data


def polls_in(response: requests.Response) -> list[Row]:
    """List polls with their ids, the keys of the vendor's map; an empty row for what is no poll.

    Documented as `{}` when empty; back ends that write a map as a list when it is empty are
    common, and null means "no setting" everywhere in this API.
    """
    polls = data_in(response).get("polls")
    if polls is None or polls == []:
        return []
    if not isinstance(polls, dict):
        raise BadResponse("'data.polls' is not a map of polls")
    by_id = polls.items()
    return [
        {**poll, schemas.FOUND_ID: id_} if isinstance(poll, dict) else {} for id_, poll in by_id
    ]


class PollsStream(SessionStream):
    """Polls of a session."""

    name = "polls"
    path = "/sessions/{session_id}/data"
    primary_keys = ("session_id", "poll_id")
    columns = schemas.POLLS

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        return polls_in(response)


def poll_answer(row: Row) -> list[Any]:
    """Identify an answer by the name it is listed under, else by all that is known of it."""
    if row["response_name"] is not None:
        return [row["poll_id"], row["response_name"]]
    return [row["poll_id"], row["response"], row["response_data"]]


class PollResponsesStream(SessionStream):
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
        for poll in polls_in(response):
            if not poll:
                yield {}
            for name, answer in _answers(poll.get("responses")):
                poll_id = poll[schemas.FOUND_ID]
                yield {"poll_id": poll_id, "response_name": name, **_response(answer)}


def _response(answer: Any) -> Row:
    """Put an answer into the columns that can hold it."""
    answer = {"items": answer} if isinstance(answer, list) else answer
    is_object = isinstance(answer, dict)
    return {
        "response": None if is_object else answer,
        "response_value": answer if type(answer) in (int, float) else None,
        "response_data": answer if is_object else None,
    }


def _answers(responses: Any) -> Iterator[tuple[str | None, Any]]:
    nameless = {None: [] if responses is None else responses}
    for name, answers in (responses if isinstance(responses, dict) else nameless).items():
        for answer in answers if isinstance(answers, list) else [answers]:
            yield name, answer


def question_identity(row: Row) -> Any:
    """Identify a question by its id, else by its text and all else that is known of it."""
    for value in map(row.get, schemas.QUESTION_IDS):
        if isinstance(value, (str, int, float)) and value != "":
            return str(value)
    texts = (name for name in schemas.QUESTION_TEXTS if isinstance(row.get(name), str))
    text_name = next(texts, "question")
    rest = {name: value for name, value in row.items() if name != text_name}
    text = row.get(text_name)
    return [text, {"question_id": None, **rest, "question": text}]


class QuestionsStream(SessionStream):
    """Questions of the audience (Social Q&A)."""

    name = "questions"
    source = PollsStream
    primary_keys = ("session_id", "question_key")
    surrogate_key = SurrogateKey("question_key", question_identity)
    columns = schemas.QUESTIONS

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Row]:
        """Read questions, whose attributes are not documented: null, or a list of anything."""
        questions = data_in(response).get("questions")
        if isinstance(questions, dict):
            questions = [{"id": key, **_as_question(value)} for key, value in questions.items()]
        if questions is not None and not isinstance(questions, list):
            raise BadResponse("'data.questions' is not a list")
        return [{} if item is None else _as_question(item) for item in questions or ()]


def _as_question(item: Any) -> Row:
    """Make an object of a question; the vendor's example has an empty one."""
    return (item or {"question": None}) if isinstance(item, dict) else {"question": item}


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


class EvaluationResponsesStream(CountedStream):
    """Answers to session evaluations, of the whole app in one request."""

    name = "evaluation_responses"
    path = "/evaluations/responses"
    primary_keys = ("response_key",)
    records_path = ("data", "responses")
    surrogate_key = SurrogateKey("response_key", evaluation)
    columns = schemas.EVALUATION_RESPONSES

    @override
    def post_process(self, row: Row, context: Context | None = None) -> Row | None:
        """Say which session it is about, by its external id, else its name: no id is sent here."""
        session = row.get("session")
        named = session if isinstance(session, dict) else {}
        ids = (
            self._session_ids.get((name, str(named.get(name)))) for name in ("external_id", "name")
        )
        return {**row, schemas.FOUND_ID: next(filter(None, ids), None)}

    @cached_property
    def _session_ids(self) -> dict[tuple[str, str], str]:
        """Ids of sessions by external id, and by name, where only one session has that."""
        sessions = self.sibling(SessionsStream)
        ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for row in self.tap.rows_of(sessions.name):
            for name in filter(row.get, ("external_id", "name")):
                ids[name, str(row[name])].append(str(sessions.id_of(row) or ""))
        return {named: found for named, (found, *others) in ids.items() if not others}
