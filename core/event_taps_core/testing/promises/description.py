# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what a tap says of itself: catalog, settings, columns."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from singer_sdk import Tap

from event_taps_core.columns import COMMON_COLUMNS
from event_taps_core.setting_texts import form_of
from event_taps_core.testing.promises.base import Promises
from event_taps_core.testing.running import TapRunner
from event_taps_core.testing.under_test import replication_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

NO_NETWORK = dict.fromkeys(
    ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"), "http://127.0.0.1:9"
)
"""With these, whatever is requested fails: nothing listens on the discard port."""


class Description(Promises):
    """Discovery and about."""

    @pytest.fixture
    def alone(self, tmp_path: Path) -> TapRunner:
        """The tap's command without a sandbox, settings or a network."""
        return TapRunner(self.tap.tap_class.name, {}, tmp_path)

    @pytest.fixture
    def described(self, alone: TapRunner) -> dict[str, Any]:
        """The catalog, discovered offline and without settings, by stream."""
        if "described" not in self.kept:
            run = alone.plain("--discover", env=NO_NETWORK)
            assert run.exit_code == 0, run.stderr
            streams = json.loads(run.stdout)["streams"]
            self.kept["described"] = {entry["tap_stream_id"]: entry for entry in streams}
        found: dict[str, Any] = self.kept["described"]
        return found

    def test_catalog_is_as_reviewed(
        self, described: dict[str, Any], snapshot: SnapshotAssertion
    ) -> None:
        """Each change of a schema, a key or a replication key shows in review."""
        from syrupy.extensions.json import JSONSnapshotExtension  # noqa: PLC0415 - only tests that look at it need it

        for name, entry in described.items():
            assert entry == snapshot(name=name, extension_class=JSONSnapshotExtension)

    def test_discover_works_offline_and_without_settings(self, described: dict[str, Any]) -> None:
        """The catalog has every stream."""
        assert set(described) == set(self.tap.all_streams)

    def test_every_column_has_a_description(self, described: dict[str, Any]) -> None:
        """Columns of nested objects too."""
        silent = [
            f"{name}.{path}"
            for name, entry in described.items()
            for path, schema in columns_of(entry["schema"])
            if not schema.get("description", "").strip()
        ]
        assert silent == []

    def test_every_setting_has_a_title_and_a_description(self) -> None:
        """What a form or a generated document shows."""
        silent = [
            name
            for name, schema in self.tap.setting_schemas.items()
            if not schema.get("title") or not schema.get("description")
        ]
        assert silent == []

    def test_a_setting_that_is_a_list_or_an_object_has_an_example(self) -> None:
        """It is what an error shows, and `.env.example`."""
        schema = self.tap.tap_class.config_jsonschema
        for name, declared in self.own_settings().items():
            if {"array", "object"} & set(declared["type"]):
                assert {"examples", "default"} & set(declared), name
                jsonschema.validate(json.loads(form_of(schema, name)), declared)

    def test_every_number_among_the_settings_is_bounded(self) -> None:
        """A slip of the finger is named by the schema, and overflows no timer."""
        numbers = {"integer", "number"}
        unbounded = [
            name
            for name, declared in self.own_settings().items()
            if numbers & set(declared["type"]) and not {"minimum", "maximum"} <= set(declared)
        ]
        assert unbounded == []

    def test_no_budget_is_above_the_vendors_limit(self) -> None:
        """The schema says it, so that a form can, too."""
        window = self.tap.tap_class.client_class.call_window
        budget = self.tap.setting_schemas["requests_per_minute"]
        if window is not None:
            assert budget["maximum"] * window.seconds <= 60 * window.calls
        assert budget["default"] <= budget["maximum"]

    def own_settings(self) -> dict[str, dict[str, Any]]:
        """Return the settings that are not the SDK's."""
        of_the_sdk: dict[str, Any] = {"properties": {}}
        Tap.append_builtin_config(of_the_sdk)
        schemas = self.tap.setting_schemas.items()
        return {name: one for name, one in schemas if name not in of_the_sdk["properties"]}

    def test_columns_are_in_snake_case(self, described: dict[str, Any]) -> None:
        """In all taps."""
        odd = [
            f"{name}.{column}"
            for name, entry in described.items()
            for column in entry["schema"]["properties"]
            if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", column)
        ]
        assert odd == []

    def test_keys_are_declared_and_never_null(self, described: dict[str, Any]) -> None:
        """A target makes them its primary key."""
        for name, entry in described.items():
            properties = entry["schema"]["properties"]
            assert entry["key_properties"], name
            for key in entry["key_properties"]:
                assert "null" not in properties[key]["type"], f"{name}.{key}"
                assert key in entry["schema"]["required"], f"{name}.{key}"

    def test_every_stream_has_the_common_columns(self, described: dict[str, Any]) -> None:
        """When a row was read, and what was not declared."""
        common = {column.name for column in COMMON_COLUMNS}
        for name, entry in described.items():
            assert common <= set(entry["schema"]["properties"]), name

    def test_a_stream_with_a_replication_key_is_incremental(
        self, described: dict[str, Any]
    ) -> None:
        """That key, such as the end of the parent, is a column; others are read in full."""
        for name, cls in self.tap.streams.items():
            key = replication_key(cls)
            assert described[name].get("replication_key") == key, name
            method = described[name].get("replication_method", "FULL_TABLE")
            assert method == ("INCREMENTAL" if key else "FULL_TABLE"), name
            assert key is None or key in described[name]["schema"]["properties"]

    def test_secret_columns_are_not_in_the_catalog(self, described: dict[str, Any]) -> None:
        """Unless asked for with `include_secrets`."""
        for name, entry in described.items():
            shown = set(entry["schema"]["properties"])
            assert not shown & set(self.tap.secret_columns(name)), name


def columns_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every declared property, those of nested objects and of lists of objects too."""
    for name, declared in schema.get("properties", {}).items():
        here = f"{path}.{name}".lstrip(".")
        yield here, declared
        yield from columns_of(declared, here)
        yield from columns_of(declared.get("items", {}), here)
