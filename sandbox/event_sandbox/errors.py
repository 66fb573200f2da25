"""What is told to the person at the keyboard or at the control API."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class UserError(Exception):
    """A mistake of the caller, told in one line and never as a traceback."""


class SurroundingsError(UserError):
    """The request was right, but something around stands in its way: a port, a file, a server."""


def find(what: str, name: str, known: Mapping[str, T]) -> T:
    """Give what has that name; say which names there are, if nothing has it."""
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}" if near else ""
    raise UserError(f"unknown {what}: {name!r}{hint}. Known: {', '.join(known) or 'none'}.")
