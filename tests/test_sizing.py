"""The requests that sizes are computed from are those that the taps send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import sizing, sizing_check
from benchmarks.predicted import VENDORS, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def world() -> Iterator[sizing_check.World]:
    with sizing_check.serving("--prepare-seconds=0") as world:
        yield world


@pytest.mark.parametrize("vendor", sizing_check.READINGS)
def test_a_first_load_sends_the_requests_that_the_world_predicts(
    world: sizing_check.World, vendor: str, tmp_path: Path
) -> None:
    choice = sizing_check.Choice(shard=1, shards=2)
    reading = sizing_check.READINGS[vendor](world, choice)
    settings = {"requests_per_minute": 0, "shard_count": 2, "shard_index": 1}
    if vendor == "airmeet":
        settings["report_poll_seconds"] = 1
    tap = sizing_check.start_tap(world, vendor, tmp_path, vendor, settings)
    assert tap.wait(timeout=60) == 0
    predicted = simulate(VENDORS[vendor], reading, interval=0)
    assert world.runs()[vendor].requests == predicted.requests


def test_the_page_shows_the_table_as_it_is_computed() -> None:
    assert sizing.BEGIN + sizing.block() + sizing.END in sizing.PAGE.read_text(encoding="utf-8")
