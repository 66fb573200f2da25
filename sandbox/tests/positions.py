"""The tests of each vendor's switches: what is claimed of a position shows in the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from event_sandbox.switches import Switch
    from event_sandbox.testing import Client, VendorClient

R = TypeVar("R", bound="VendorClient")


def suite(
    switches: Sequence[Switch],
    reader: Callable[[Client], R],
    claims: Mapping[str, Callable[[R], bool]],
    elsewhere: set[str],
) -> type:
    """Make a class of tests.

    Args:
        switches: The vendor's.
        reader: What reads its answers.
        claims: By `switch=position`, what is so in these then, and is not so by default.
        elsewhere: Switches that other tests look at.
    """
    usual = {f"{switch.name}={switch.default}" for switch in switches}
    moved = [
        f"{switch.name}={position}"
        for switch in switches
        if switch.name not in elsewhere
        for position in switch.positions[1:]
    ]

    def shows(position: str, answers: R) -> bool:
        try:
            return claims[position](answers)
        except (AttributeError, IndexError, KeyError, TypeError):
            return False  # what is absent is not so

    class TestPositions:
        def test_every_position_is_claimed_about_here_or_elsewhere(self) -> None:
            assert set(claims) - usual == set(moved)
            assert {switch.name for switch in switches} >= elsewhere

        def test_by_default_the_usual_positions_show_and_no_others(self, sandbox: Client) -> None:
            answers = reader(sandbox)
            shown = {position for position in claims if shows(position, answers)}
            assert shown == set(claims) - set(moved)

        @pytest.mark.parametrize("position", moved)
        def test_each_position_shows_in_the_answers(self, sandbox: Client, position: str) -> None:
            name, _, to = position.partition("=")
            reader(sandbox).switch(**{name: to})
            assert shows(position, reader(sandbox))

    return TestPositions
