"""The streams of tap-meetengage: one for each data method."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

from singer_sdk.streams.rest import HTTPRequest
from typing_extensions import override

from event_taps_core import (
    BadResponse,
    EventStream,
    Page,
    SetAside,
    SurrogateKey,
    TimedOut,
    digest,
    pages_of,
    parse_datetime,
    read_envelope,
)
from tap_meetengage import schemas
from tap_meetengage.client import DATA_PATH, MeetEngageClient
from tap_meetengage.errors import ServerError, TooMuch, unread_members, warnings_of
from tap_meetengage.windows import Span, Windows, first_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

    from singer_sdk.helpers.types import Context

    from event_taps_core import ApiResponse, EventTap, Remark, Row, Wait
    from event_taps_core.schema import Column

OUTPUT: Final = "output"
STANDARD: Final = "standard"

_RETRIES_BEFORE_HALVING: Final = 1
_IN_MEMORY: Final = 3
"""A row that waits for its turn takes about so many times its size in the answer."""

_NO_METHOD: Final = "organisation_data"
"""The stream's name where nothing is left of the method's."""

_DAY_LENGTH: Final = len("YYYY-MM-DD")
_NESTED: Final[frozenset[type]] = frozenset({dict, list})


class OrganisationDataStream(EventStream):
    """Rows of a data method, as the Control Panel's Data page exports them."""

    path = DATA_PATH
    column_name = staticmethod(schemas.column_name)
    records_path = (OUTPUT,)
    parent_key = "window_start"
    replication_key = "window_start"

    data_method: ClassVar[str]
    """The exact name of the data method."""

    key_columns: ClassVar[tuple[str, ...]] = ()
    """The columns that are the key by the setting `primary_keys`."""

    def __init__(self, tap: EventTap, columns: Iterable[Column] = schemas.DOCUMENTED) -> None:
        self.columns = schemas.with_keys(columns, self.key_columns)  # a catalog may know more
        super().__init__(tap)
        self._max_days: int | None = None
        self._halves_early = False
        self._noting = threading.Lock()

    @property
    def client(self) -> MeetEngageClient:
        """The client, which knows more than the others' do."""
        client = self.tap.client
        assert isinstance(client, MeetEngageClient)  # noqa: S101 - the tap's client_class
        return client

    # Windows

    @cached_property
    def windows(self) -> Windows:
        """The windows of this run."""
        value = self.config.get("start_date")
        start = parse_datetime(value)
        return Windows(
            window_days=int(self.config["window_days"]),
            start_date=start and first_day(start, has_zone=len(value or "") > _DAY_LENGTH),
            today=self.tap.run_started.date(),
            lookahead_days=int(self.config["lookahead_days"]),
        )

    @cached_property
    def spans(self) -> dict[str, Span]:
        """What each window asks for, by its first day."""
        return self.windows.spans()

    @override
    def own_contexts(self) -> list[Context | None]:
        return [{"window_start": start} for start in self.spans]

    @override
    def ends_at(self, context: Context | None) -> str | None:
        """Return the window's last day: settling begins after it, and bookmarks are such days."""
        return self.spans[context["window_start"]].last.isoformat() if context else None

    # Reading

    @override
    def read_partition(self, context: Context | None) -> Iterator[Page | Wait | Remark]:
        """Read a window, in halves where it is too much for one answer.

        How much is too much is not documented; large reports of other systems time out. What has
        worked is remembered for the rest of the run, so that not every window has to find out. Of
        a server error nobody knows whether it is about the size: halves are a last resort.
        """
        assert context is not None  # noqa: S101 - see own_contexts
        spans = self.windows.pieces(self.spans[context["window_start"]], self._max_days)
        keys: set[str] = set()
        while spans:
            span = spans.pop(0)
            try:
                pages = self._ask_for(span)
            except (TooMuch, TimedOut, ServerError) as problem:
                if self.windows.days(span) <= 1:
                    raise BadResponse(
                        f"{problem.reason}, although it is as few days as can be asked for"
                    ) from problem
                spans[:0] = self._halve(span, problem)
                continue
            for page in pages:
                rows, remarks = self._with_own_keys(page.rows, keys)
                yield page._replace(rows=rows)
                yield from remarks

    def _halve(self, span: Span, problem: BadResponse) -> tuple[Span, Span]:
        halves = self.windows.halves(span)
        days = max(map(self.windows.days, halves))
        with self._noting:
            if isinstance(problem, ServerError):
                self._halves_early = True
            elif self.windows.is_typical(span):
                self._max_days = min(days, self._max_days or days)
        self.stats.count_retry(f"{problem.reason}: read in two parts", 0)
        return halves

    def _ask_for(self, span: Span) -> Iterable[Page]:
        """Ask for some days; what half of them may mend is not worth many tries.

        A server error is worth all of them, until they have not helped once.
        """
        if self.windows.days(span) > 1:
            try:
                return self._send(span, _RETRIES_BEFORE_HALVING)
            except (TooMuch, TimedOut):
                raise
            except BadResponse as problem:
                is_useless = isinstance(problem, ServerError) and self._halves_early
                if is_useless or problem.retries == 0:
                    raise
        return self._send(span, None)

    def _send(self, span: Span, max_retries: int | None) -> Iterable[Page]:
        params = {
            "account": self.config["account"],
            "data_method": self.data_method,
            **span.params(),
        }
        request = HTTPRequest(self.get_url(None), params=params)
        return self.client.send(request, self.stats, self._pages, max_retries=max_retries)

    def _pages(self, response: ApiResponse) -> Iterable[Page]:
        """Look at the whole answer, once, before any of its rows is taken for one.

        Raises:
            ApiError: If it says that something is wrong, or has no list of rows.
        """
        if response.spooled is not None:
            self._look_at(read_envelope(response.spooled, OUTPUT))
            return _pages_in(response.spooled)
        body = response.json()
        if not isinstance(body, dict):
            raise BadResponse(f"JSON without '{OUTPUT}'")
        self._look_at({name: value for name, value in body.items() if name != OUTPUT})
        return [Page(self.rows_in(response), len(response.content))]

    def _look_at(self, members: Row) -> None:
        """Log warnings and the names of other members, each once; fail where there is an error."""
        self.client.require_success(members)
        for text in warnings_of(members):
            self.log_once(f"Meet & Engage warns: {self.client.presentable(text)}")
        for name in unread_members(members):
            self.log_once(f"the answer also has {name!r}, which is not read", logging.INFO)

    @override
    def probe(self, contexts: list[Context | None]) -> None:
        """Ask for a single day: the smallest question that there is."""
        today = self.tap.run_started.date()
        self._ask_for(Span(today - timedelta(days=1), today - timedelta(days=1)))

    @override
    def end(self) -> None:
        """Doubt what is empty altogether: a name that is not known may be answered like that."""
        if not self.stats.rows and not self.stats.settled:
            self.logger.warning(
                "%s: no row in any window. If there should be some, check the settings account "
                "and data_methods: their exact spelling counts",
                self.name,
            )
        super().end()

    # Rows

    def _with_own_keys(self, rows: list[Row], keys: set[str]) -> tuple[list[Row], list[SetAside]]:
        """Return the rows that have the columns which the setting `primary_keys` names, if it does.

        Args:
            rows: Rows of one window.
            keys: Digests of the keys of its earlier rows; updated.

        Raises:
            BadResponse: If no row has one of them.
        """
        if not self.key_columns:
            return rows, []
        names = [name for name in self.key_columns if name not in schemas.CONSTANTS]
        before = len(keys)
        keyed_rows: list[Row] = []
        lacks: Counter[str] = Counter()
        remarks: list[SetAside] = []
        for row in filter(None, rows):
            record = {schemas.column_name(name): value for name, value in row.items()}
            values = [record.get(name) for name in names]
            if lack := next((name for name in names if not _can_be_key(record.get(name))), None):
                lacks[lack] += 1
            else:
                keyed_rows.append(row)
                keys.add(digest(*map(str, values)))
        for name, count in lacks.items():
            reason = (
                f"a row without {name!r}, which is part of its key: change the setting "
                f"primary_keys for the data method {self.data_method!r}"
            )
            if not keys:
                raise BadResponse(reason, retries=0)
            remarks.append(SetAside(self.name, reason, count))
        if doubles := len(keyed_rows) - (len(keys) - before):
            self.logger.warning(
                "%s: %s rows have the same %s as others of their window and replace them: "
                "change the setting primary_keys if they should not",
                self.name,
                doubles,
                ", ".join(self.key_columns),
            )
        return keyed_rows + [row for row in rows if not row], remarks


def _can_be_key(value: Any) -> bool:
    return value is not None and value != "" and value.__class__ not in _NESTED


def content(row: Row) -> Row:
    """Identify a row by all that it holds, under names of columns, whatever columns there are."""
    if not any(map(schemas.is_long, row)) and _NESTED.isdisjoint(map(type, row.values())):
        return row
    record: Row = {}
    for attribute, value in row.items():
        name = schemas.column_name(attribute) if schemas.is_long(attribute) else attribute
        record[attribute if name in record else name] = schemas.sorted_json_text(value)
    return record


def _pages_in(file: IO[bytes]) -> Iterator[Page]:
    """Yield the rows of an answer that may be larger than the memory."""
    with contextlib.closing(file):
        before = 0
        for rows in pages_of(file, OUTPUT):
            yield Page(rows, _IN_MEMORY * (file.tell() - before))
            before = file.tell()


def organisation_data(
    method: str, stream_name: str, keys: Sequence[str] = ()
) -> type[OrganisationDataStream]:
    """Make the stream of a data method.

    Args:
        method: Its exact name.
        stream_name: Name of the stream.
        keys: The columns that are its key, from the setting `primary_keys`; `row_key` if none.
    """

    class MethodStream(OrganisationDataStream):
        __doc__ = f"Rows of the data method `{method}`, as the Data page exports them."
        name = stream_name
        data_method = method
        key_columns = tuple(keys)
        columns = schemas.with_keys(schemas.DOCUMENTED, keys)
        primary_keys = schemas.primary_key(keys)
        surrogate_key = (
            None if keys else SurrogateKey(schemas.ROW_KEY.name, content, within=("window_start",))
        )

    return MethodStream


def stream_names(methods: Iterable[str]) -> dict[str, str]:
    """Name the stream of each data method; names that would be alike all get a piece of a digest.

    >>> stream_names(["standard", "MI Report"])["MI Report"]
    'organisation_data_mi_report'
    """
    named = {method: schemas.column_name(f"organisation_data {method}") for method in methods}
    taken = Counter(named.values())
    return {
        method: f"{name}_{digest(method)[:8]}" if taken[name] > 1 or name == _NO_METHOD else name
        for method, name in named.items()
    }


StandardStream: Final = organisation_data(STANDARD, "organisation_data_standard")
