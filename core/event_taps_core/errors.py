"""Errors that end a run with one line for the person who started it."""

from __future__ import annotations


class TapError(Exception):
    """What is wrong, in which setting or stream, and what to do: one sentence, no secrets."""
