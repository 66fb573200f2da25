"""What no other test tells of the SDK's protected parts; see the pin in pyproject.toml.

That a hook is there, and called, mypy and the tests of what it does tell. When one of these fails
after an update of singer-sdk: read that version's change, adapt the core, then this file, then the
pin.
"""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

import pytest
from singer_sdk import Stream

from event_taps_core import NotFound
from event_taps_core.command import TapCommand
from event_taps_core.messages import MessageWriter
from event_taps_core.pages import Counts, PageEvidence, Pages, Place

from .runs import config_of, run
from .toy_tap import ToyTap

if TYPE_CHECKING:
    from event_taps_core.testing.api_server import ApiServer

RUN_WITH = ("0.54.", "0.55.")  # the second is not pinned before it is released


def changed(what: str) -> str:
    return (
        f"singer-sdk {metadata.version('singer-sdk')} has changed {what}, which event_taps_core "
        "overrides or calls: adapt the core before raising the pin in core/pyproject.toml"
    )


def test_the_sdk_is_of_a_minor_version_that_the_core_was_run_with() -> None:
    assert metadata.version("singer-sdk").startswith(RUN_WITH), changed("its minor version")


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    return server.on("/people", {"data": [{"id": 1}]})


def test_records_take_the_short_path_if_nothing_else_is_asked_for(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    monkeypatch.setattr(Stream, "_write_record_message", lambda _, record: written.append(record))
    assert run(api, select=["people"]).records("people"), changed("stream_maps")
    assert written == []


def test_the_tap_makes_and_uses_our_writer(api: ApiServer) -> None:
    tap = ToyTap(config=config_of(api))
    assert type(tap.message_writer) is MessageWriter, changed("Tap.message_writer_class")
    assert tap.state_writer._message_writer is tap.message_writer, changed(  # noqa: SLF001 - it is what is tested
        "where Tap.state_writer writes"
    )


def test_the_state_writer_writes_a_state_only_when_it_has_changed(
    api: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    tap = ToyTap(config=config_of(api))
    for bookmark in (1, 1, 2):
        tap.state_writer.write_state({"bookmarks": {"people": {"x": bookmark}}})
    assert len(capsys.readouterr().out.splitlines()) == 2, changed("StateWriter.write_state")


def test_the_command_is_ours_with_all_that_the_sdk_offers() -> None:
    command = ToyTap.get_singer_command()
    assert type(command) is TapCommand, changed("Tap.get_singer_command")
    offered = {option for parameter in command.params for option in parameter.opts}
    expected = {"--config", "--catalog", "--state", "--discover", "--about", "--test", "--version"}
    assert expected <= offered, changed("the options of the command line")


@pytest.mark.parametrize(("total", "ends"), [(1, True), (2, False)])
def test_a_paginator_ends_or_begins_again_where_pages_say_so(total: int, *, ends: bool) -> None:
    pages = Pages(Place(0, 1), PageEvidence(2), str)
    pages.fresh([{"id": 1}])
    pages.evidence.judge(Counts(total))
    pages.end_with(NotFound("HTTP 404"))
    found = (pages.finished, pages.current_value.passes)
    assert found == (ends, 0 if ends else 1), changed("BaseAPIPaginator")
