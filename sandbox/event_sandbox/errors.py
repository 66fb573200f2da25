"""What is told to the person at the keyboard or at the control API."""

from __future__ import annotations


class UserError(Exception):
    """A mistake of the caller, told in one line and never as a traceback."""


class SurroundingsError(UserError):
    """The request was right, but something around stands in its way: a port, a file, a server."""
