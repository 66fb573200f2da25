"""The attributes of a vendor's answers, as its documents list them: a word for each, by place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from event_sandbox.wire import Json


def assert_forms(answers: Iterable[tuple[str, Json]], documented: Mapping[str, str]) -> None:
    """Insist on these attributes of each object in named answers, and on no others.

    Args:
        answers: The names, each with an answer.
        documented: By `name.attribute.attribute`, which leads to an object or to objects in a list,
            their attributes; one that is not always there ends in a question mark.
    """
    found: dict[str, list[frozenset[str]]] = {}
    for name, answer in answers:
        for place, attributes in _objects(name, answer):
            found.setdefault(place, []).append(attributes)
    told = {}
    for place, forms in found.items():
        always = frozenset.intersection(*forms)
        told[place] = {*always, *(f"{name}?" for name in frozenset.union(*forms) - always)}
    assert told == {place: set(names.split()) for place, names in documented.items()}


def _objects(place: str, value: Json) -> Iterator[tuple[str, frozenset[str]]]:
    if isinstance(value, dict):
        yield place, frozenset(value)
        for name, inner in value.items():
            yield from _objects(f"{place}.{name}", inner)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(place, one)
