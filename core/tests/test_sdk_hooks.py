"""The protected parts of the SDK that the core stands on; see the pin in pyproject.toml.

When one of these fails after an update of singer-sdk: read that version's change, adapt the core,
then this file, then the pin.
"""

from __future__ import annotations

import inspect
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.helpers._state import StateWriter
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.streams.rest import RESTStream

from event_taps_core import EventStream, EventTap, NotFound
from event_taps_core.command import TapCommand
from event_taps_core.messages import MessageWriter
from event_taps_core.pages import Counts, PageEvidence, Pages, Place
from event_taps_core.read_log import ReadLogStream

from .runs import config_of, run
from .toy_tap import ToyTap

if TYPE_CHECKING:
    from collections.abc import Callable

    from event_taps_core.testing.api_server import ApiServer

RUN_WITH = ("0.54.", "0.55.")  # the second is not pinned before it is released


def changed(what: str) -> str:
    return (
        f"singer-sdk {metadata.version('singer-sdk')} has changed {what}, which event_taps_core "
        "overrides or calls: adapt the core before raising the pin in core/pyproject.toml"
    )


def test_the_sdk_is_of_a_minor_version_that_the_core_was_run_with() -> None:
    assert metadata.version("singer-sdk").startswith(RUN_WITH), changed("its minor version")


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (Stream, "_sync_records", ["self", "context", "write_messages"]),
        (Stream, "_write_schema_message", ["self"]),
        (Stream, "_write_activate_version_message", ["self", "full_table_version"]),
        (Stream, "_generate_record_messages", ["self", "record"]),
        (Stream, "_write_record_message", ["self", "record"]),
        (Stream, "get_replication_key_signpost", ["self", "context"]),
        (Stream, "get_child_context", ["self", "record", "context"]),
        (Stream, "post_process", ["self", "row", "context"]),
        (Stream, "sync", ["self", "context"]),
        (Stream, "get_records", ["self", "context"]),
        (RESTStream, "get_http_request", ["self", "page"]),
        (RESTStream, "parse_response", ["self", "response"]),
        (RESTStream, "get_new_paginator", ["self"]),
        (RESTStream, "get_url", ["self", "context"]),
        (Tap, "_handle_termination", ["self", "signum", "frame"]),
        (Tap, "_validate_config", ["self", "raise_errors"]),
        (Tap, "load_state", ["self", "state"]),
        (Tap, "discover_streams", ["self"]),
        (Tap, "run_discovery", ["self"]),
        (Tap, "sync_all", ["self"]),
        (StateWriter, "write_state", ["self", "state"]),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_hook_has_the_signature_that_the_core_relies_on(
    owner: type, name: str, parameters: list[str]
) -> None:
    hook = getattr(owner, name, None)
    assert hook is not None, changed(f"{owner.__name__}.{name}: it is gone")
    assert list(inspect.signature(hook).parameters) == parameters, changed(
        f"the parameters of {owner.__name__}.{name}"
    )


def test_the_core_overrides_what_exists() -> None:
    """An override of nothing would silently never be called."""
    checked = []
    for top in (EventStream, ReadLogStream, EventTap, TapCommand):
        classes = top.__mro__
        for at, ours in enumerate(classes):
            if not ours.__module__.startswith("event_taps_core"):
                continue
            for name, member in vars(ours).items():
                function = getattr(member, "__func__", getattr(member, "fget", member))
                if getattr(function, "__override__", False):
                    there = any(name in vars(parent) for parent in classes[at + 1 :])
                    assert there, changed(f"{ours.__name__}.{name}: what it overrides is gone")
                    checked.append(name)
    assert {"_sync_records", "_handle_termination", "url_base", "main", "invoke"} <= set(checked)


def recorded(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Record how a hook is called, and call it."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    original: Callable[..., Any] = getattr(owner, name)

    def wrapper(self: object, *args: Any, **kwargs: Any) -> object:
        calls.append((args, kwargs))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, wrapper)
    return calls


@pytest.fixture
def api(server: ApiServer) -> ApiServer:
    return server.on("/people", {"data": [{"id": 1}]})


def test_sync_calls_sync_records_once_per_stream_to_its_end(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded(monkeypatch, EventStream, "_sync_records")
    run(api, select=["people"])
    assert calls == [((), {"context": None})], changed("how Stream.sync calls _sync_records")


def test_sync_calls_for_the_schema_before_the_records(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded(monkeypatch, EventStream, "_write_schema_message")
    result = run(api, select=["people"])
    assert calls == [((), {})], changed("how Stream.sync calls _write_schema_message")
    assert [message["type"] for message in result.messages][:2] == ["SCHEMA", "RECORD"]


def test_sync_calls_for_activate_version_at_its_start(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The core swallows this call and sends the message after a complete reading."""
    calls = recorded(monkeypatch, EventStream, "_write_activate_version_message")
    result = run(api, select=["people"], emit_activate_version_messages=True)
    assert len(calls) == 1, changed("how Stream.sync calls _write_activate_version_message")
    (version,) = result.of_type("ACTIVATE_VERSION", "people")
    assert calls[0][0] == (version["version"],)


def test_records_take_the_short_path_if_nothing_else_is_asked_for(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = recorded(monkeypatch, Stream, "_write_record_message")
    assert run(api, select=["people"]).records("people")
    assert calls == [], changed("stream_maps: the short path of a record is never taken")


def test_without_a_map_there_is_one_stream_map_that_changes_nothing(api: ApiServer) -> None:
    tap = ToyTap(config=config_of(api))
    for stream in tap.streams.values():
        assert [type(made) for made in stream.stream_maps] == [SameRecordTransform], changed(
            "what Stream.stream_maps holds without a map"
        )


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


def test_signals_are_handled_by_handle_termination(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: dict[int, Any] = {}
    monkeypatch.setattr("signal.signal", handlers.__setitem__)
    tap = ToyTap(config=config_of(api))
    names = {handler.__name__ for handler in handlers.values()}
    assert names == {"_handle_termination"}, changed("how a Tap handles signals")
    assert all(handler.__self__ is tap for handler in handlers.values())


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
