"""Puts the promises together into the test class of a tap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.testing.runners import TapTestRunner

from event_taps_core.testing.plugin import UNHURRIED
from event_taps_core.testing.promises.base import core, long
from event_taps_core.testing.promises.deferral import Deferral
from event_taps_core.testing.promises.description import Description
from event_taps_core.testing.promises.faults import (
    ODD_ROWS,
    PERMANENT,
    PERMANENT_IN_THE_VENDORS_WAY,
    PERMANENT_TOO,
    Faults,
)
from event_taps_core.testing.promises.interruption import Interruption
from event_taps_core.testing.promises.mistakes import (
    OF_THE_VENDOR,
    SEEN_IN_OTHERS,
    SITUATIONS,
    Mistakes,
    Secrecy,
)
from event_taps_core.testing.promises.output import Output
from event_taps_core.testing.promises.passing_time import Changes, PassingTime, Settling
from event_taps_core.testing.promises.selection import Selection
from event_taps_core.testing.running import signals_untouched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from event_taps_core.testing.sandbox import Sandbox
    from event_taps_core.testing.under_test import TapUnderTest

_PROMISES = (
    Description,
    Output,
    Selection,
    Interruption,
    Faults,
    Mistakes,
    Secrecy,
    PassingTime,
)
_MIXTURES, _MORE_MIXTURES = range(1), range(1, 6)


def conformance_suite(tap_under_test: TapUnderTest) -> type:
    """Make the test class of a tap: the SDK's standard tests and all promises.

    Args:
        tap_under_test: The tap, and where it differs from the others.

    Returns:
        A class to assign to a name that begins with `Test`.
    """
    runner = _sdk_runner(tap_under_test)
    some = (
        *((Deferral,) if tap_under_test.deferred_streams else ()),
        *((Settling,) if tap_under_test.settling_streams else ()),
        *((Changes,) if tap_under_test.changes_streams else ()),
    )
    bases = (*_PROMISES, *some, _sdk_tests(tap_under_test, runner))
    attributes = {
        "tap": tap_under_test,
        "parameters": _parameters(tap_under_test),
        "kept": {},
        # The SDK's tests of columns that happen to be null in every row.
        "pytestmark": pytest.mark.filterwarnings("ignore:No records were available:UserWarning"),
        "__doc__": f"What every tap promises, of {tap_under_test.tap_class.name}.",
    }
    return type("Conformance", bases, attributes)


def _parameters(tap: TapUnderTest) -> dict[str, list[Any]]:
    leaders = [name for name in tap.parted_streams if tap.sharing(name)[0] == name]
    breakages = [
        *((kind, leaders[0]) for kind in (PERMANENT, PERMANENT_IN_THE_VENDORS_WAY)),
        *(
            core((PERMANENT, name)) if name in tap.representatives else long((PERMANENT, name))
            for name in leaders[1:]
        ),
        *(long((kind, leaders[0])) for kind in PERMANENT_TOO),
    ]
    return {
        "stream_name": list(tap.streams),
        "all_stream_name": list(tap.all_streams),
        "whole_stream": [name for name, stream in tap.streams.items() if stream.parent is None],
        "secret_setting": tap.secret_settings,
        "switched": tap.switch_runs,
        "mixture": [*_MIXTURES, *map(long, _MORE_MIXTURES)],
        "situation": [
            long(one) if one in SEEN_IN_OTHERS else one if one in OF_THE_VENDOR else core(one)
            for one in SITUATIONS
        ],
        "odd_row": [ODD_ROWS[0], *map(core, ODD_ROWS[1:])],
        "breakage": breakages,
        "each_kind_of_stream": [
            name if name in tap.representatives else long(name) for name in tap.all_streams
        ],
    }


# The SDK's standard tests run the tap within this process, and describe it when they are collected:
# before there is a sandbox. So they begin with settings that lead nowhere.


def _placeholders(tap: TapUnderTest) -> dict[str, Any]:
    lists = {name for name, schema in tap.setting_schemas.items() if "array" in schema["type"]}
    required = tap.tap_class.config_jsonschema.get("required", ())
    given = {name: ["1"] if name in lists else "placeholder" for name in required}
    return {**given, "api_url": "http://127.0.0.1:9", **UNHURRIED, **tap.settings}


def _sdk_runner(tap: TapUnderTest) -> TapTestRunner:
    return TapTestRunner(
        tap.tap_class,
        config=_placeholders(tap),
        suite_config=SuiteConfig(max_records_limit=None),
        parse_env_config=False,
    )


def _sdk_tests(tap: TapUnderTest, runner: TapTestRunner) -> type:
    with signals_untouched():
        generated: Any = get_tap_test_class(
            tap.tap_class, config=_placeholders(tap), parse_env_config=False
        )

    class SdkTests(generated):  # type: ignore[misc] # the SDK makes it
        """The SDK's standard tests."""

        @pytest.fixture
        def runner(
            self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
        ) -> Iterator[TapTestRunner]:
            """The SDK's runner, which reads once and keeps what it read."""
            monkeypatch.setattr(tap.tap_class.client_class, "call_window", None)
            with signals_untouched():
                if not runner.raw_messages:
                    sandbox: Sandbox = request.getfixturevalue("sandbox")
                    runner.config.update(sandbox.settings)
                    runner.sync_all()
                yield runner

    return SdkTests
