"""From a vendor's row to a typed record, by a plan that is compiled once per stream.

A declared column has its declared type or is null. What was not declared, or cannot be converted
without loss, is kept under the vendor's name in the object column `extra_fields`: nothing is
dropped and nothing breaks a load.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from event_taps_core.schema import OBJECT, TIMESTAMP, Column
from event_taps_core.values import Type, Unconvertible, snake_case, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Row = dict[str, Any]
"""A row as the vendor sent it, or as the tap emits it."""

EXTRA_FIELDS: Final = "extra_fields"
READ_AT: Final = "read_at"

COMMON_COLUMNS: Final = (
    Column(READ_AT, TIMESTAMP, "When the run that read this row began, in UTC.", required=True),
    Column(
        EXTRA_FIELDS,
        OBJECT,
        "Attributes that the vendor sent and that are not columns (or did not fit "
        "their column's type), under the vendor's names; null when there are none.",
    ),
)
"""Columns that every stream of every tap has."""

_UNDECLARED: Final = Column("", OBJECT, "")
"""What fills a column of which only a catalog knows: the attribute of its name."""

_ODD: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a conversion may raise of a value that it is not made for; Unconvertible is one of them."""

NOTHING: Final = (None, "")
"""What says nothing beside an attribute that says something."""


class Place(NamedTuple):
    """Where the values of an attribute belong."""

    home: str | None
    """The one column that answers for it: what this cannot hold is an extra field."""
    ranks: Mapping[str, tuple[int, bool]]
    """The columns that it may fill, and how far back it stands among what else fills them."""


class Sources:
    """Which columns an attribute of the vendor's may fill, by the declared `source` of each."""

    def __init__(
        self,
        sources: Mapping[str, Sequence[str]],
        column_name: Callable[[str], str] = snake_case,
    ) -> None:
        self._names = frozenset(sources)
        self._column_name = column_name
        self._places: dict[str, Place] = {}
        self._ranks: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for column, names in sources.items():
            for rank, name in enumerate([*map(column_name, names), column]):
                self._ranks[name].setdefault(column, rank)

    def name_of(self, attribute: str) -> str:
        """Return the name of the column that is called as the attribute, if there is one."""
        return attribute if attribute in self._names else self._column_name(attribute)

    def place_of(self, attribute: str) -> Place:
        """Return which columns an attribute may fill."""
        place = self._places.get(attribute)
        if place is None:
            name = self.name_of(attribute)
            ranks = self._ranks.get(name, {})
            place = self._places[attribute] = Place(
                name if name in self._names else next(iter(ranks), None),
                {column: (rank, attribute != column) for column, rank in ranks.items()},
            )
        return place


class _Column(NamedTuple):
    """How the values of a column come about."""

    name: str
    type: Type
    form: Callable[..., Any] | None
    context_item: str | None

    def all_of(self, values: list[Any], constants: Mapping[str, Any]) -> list[Any]:
        """Convert the values of a page, or raise one of `_ODD`: then each is looked at alone."""
        if self.form is not None:
            form = self._form_for(constants)
            values = [None if value is None else form(value) for value in values]
        return self.type.convert_all(values)

    def one_of(self, value: Any, constants: Mapping[str, Any]) -> Any:
        """Convert a value, or raise `Unconvertible`."""
        if self.form is not None and value is not None:
            try:
                value = self._form_for(constants)(value)
            except _ODD as error:
                raise Unconvertible(value) from error
        return None if value is None else self.type.convert(value)

    def _form_for(self, constants: Mapping[str, Any]) -> Callable[[Any], Any]:
        assert self.form is not None  # noqa: S101 - for mypy: both callers have looked
        if self.context_item is None:
            return self.form
        form, item = self.form, constants.get(self.context_item)
        return lambda value: form(value, item)


class Template(NamedTuple):
    """What all records of a partition share."""

    record: Row
    """Every column: null, but for constants."""
    constants: Mapping[str, Any]
    """The partition's context, and what is the same for the whole run."""


class Conversion:
    """The compiled conversion of one stream's rows; its workers share it.

    Args:
        properties: JSON schema of each column, in the order to emit.
        columns: The declared columns, which say what fills them.
        column_name: Makes a column's name of an attribute's.
        dropped: Columns that are neither emitted nor kept: deselected ones, secrets.
        keep_extra: Whether undeclared attributes are kept in `extra_fields`.
    """

    def __init__(
        self,
        properties: Mapping[str, Mapping[str, Any]],
        columns: Iterable[Column] = (),
        column_name: Callable[[str], str] = snake_case,
        *,
        dropped: Collection[str] = (),
        keep_extra: bool = True,
    ) -> None:
        self.unknown: set[str] = set()
        """Names of the attributes that went to `extra_fields`, for the run summary."""
        by_name = {column.name: column for column in columns}
        names = [name for name in properties if name != EXTRA_FIELDS]
        declared = {name: by_name.get(name, _UNDECLARED) for name in (*names, *dropped)}
        self._columns = {
            name: _Column(name, type_of(properties[name]), column.convert, column.context_item)
            for name, column in declared.items()
            if name not in dropped
        }
        self._sources = Sources({n: column.source for n, column in declared.items()}, column_name)
        self._keep_extra = keep_extra
        self._planning = threading.Lock()
        self._constant: frozenset[str] = frozenset()
        self._planned: dict[str, tuple[_Column, ...]] = {}
        """By attribute, the columns that it may fill."""

        self._named: defaultdict[str, dict[str, tuple[int, bool]]] = defaultdict(dict)

    def template(self, constants: Mapping[str, Any]) -> Template:
        """Make what `convert` starts from, of what no row can overwrite.

        The names of the constants are the same in all partitions.
        """
        self._constant = frozenset(constants)
        record = {name: constants.get(name) for name in self._columns}
        if self._keep_extra:
            record[EXTRA_FIELDS] = None
        return Template(record, constants)

    def convert(self, rows: Sequence[Row], template: Template) -> list[Row]:
        """Make records of the rows of one answer, column by column, with times as `datetime`."""
        records = [template.record.copy() for _ in rows]
        present = set().union(*rows)
        if not present <= self._planned.keys():
            self._plan(present)
        # In an order that does not depend on what other workers have read.
        attributes = [*rows[0], *sorted(present - rows[0].keys())] if rows else []
        extra = [name for name in attributes if self._sources.place_of(name).home is None]
        if extra:
            self._keep_all(extra, rows, records, template.constants)
        contested: dict[str, _Column] = {}
        for attribute in attributes:
            for column in self._planned[attribute]:
                # Where several attributes fit a column, each whole row has to be looked at.
                if column.name in self._constant or len(self._named[column.name]) > 1:
                    contested[column.name] = column
                else:
                    self._fill(column, attribute, rows, records, template.constants)
        for column in contested.values():
            for row, record in zip(rows, records, strict=True):
                self._arbitrate(column, row, record, template.constants)
        return records

    def _plan(self, attributes: Iterable[str]) -> None:
        """Find the columns of attributes, some of which are seen for the first time."""
        with self._planning:
            for attribute in attributes:
                ranks = self._sources.place_of(attribute).ranks
                columns = tuple(self._columns[name] for name in ranks if name in self._columns)
                for column in columns:
                    self._named[column.name][attribute] = ranks[column.name]
                self._planned[attribute] = columns

    def _fill(
        self,
        column: _Column,
        attribute: str,
        rows: Sequence[Row],
        records: Sequence[Row],
        constants: Mapping[str, Any],
    ) -> None:
        try:
            values = list(map(itemgetter(attribute), rows))
        except KeyError:
            values = [row.get(attribute) for row in rows]
        name = column.name
        try:
            converted = column.all_of(values, constants)
        except _ODD:
            for record, value in zip(records, values, strict=True):
                try:
                    record[name] = column.one_of(value, constants)
                except Unconvertible:
                    self._keep(column, attribute, value, record)
            return
        for record, value in zip(records, converted, strict=True):
            record[name] = value

    def _arbitrate(
        self, column: _Column, row: Row, record: Row, constants: Mapping[str, Any]
    ) -> None:
        """Fill a column that several attributes fit, by what this row alone says.

        A constant stays; else the first attribute that says something fills the column. What says
        something else is kept.
        """
        ranks = self._named[column.name]
        rivals = sorted((name for name in row if name in ranks), key=ranks.__getitem__)
        is_constant = column.name in self._constant
        held = record[column.name] if is_constant else None
        converted = []
        for attribute in rivals:
            try:
                value = column.one_of(row[attribute], constants)
            except Unconvertible:
                value = Unconvertible
            else:
                if not is_constant and held in NOTHING and value is not None:
                    held = value
            converted.append(value)
        record[column.name] = held
        for attribute, value in zip(rivals, converted, strict=True):
            sent = row[attribute]
            says_nothing = sent in NOTHING and not is_constant and held not in NOTHING
            if held not in (sent, value) and not says_nothing:
                self._keep(column, attribute, sent, record)

    def _keep_all(
        self,
        attributes: Sequence[str],
        rows: Sequence[Row],
        records: Sequence[Row],
        constants: Mapping[str, Any],
    ) -> None:
        """Keep what no column was declared for, but not what only repeats the context."""
        names = {name: self._sources.name_of(name) for name in attributes}
        repeated = {name: str(constants[at]) for name, at in names.items() if at in constants}
        self.unknown.update(names.keys() - repeated.keys())
        if not (self._keep_extra or repeated):
            return
        for row, record in zip(rows, records, strict=True):
            extra = {name: row[name] for name in attributes if name in row}
            for name, constant in repeated.items():
                if name in extra and str(extra[name]) == constant:
                    del extra[name]
            if repeated:
                self.unknown.update(extra)
            if self._keep_extra:
                record[EXTRA_FIELDS] = extra or None

    def _keep(self, column: _Column, attribute: str, value: Any, record: Row) -> None:
        """Keep what a column cannot hold, unless it is another column's to do so."""
        if self._sources.place_of(attribute).home != column.name:
            return
        self.unknown.add(attribute)
        if self._keep_extra:
            record[EXTRA_FIELDS] = {**(record[EXTRA_FIELDS] or {}), attribute: value}
