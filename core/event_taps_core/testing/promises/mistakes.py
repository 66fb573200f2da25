# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what users get wrong: one last line that says what to do, and no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from event_taps_core.errors import TapError
from event_taps_core.setting_texts import variable_of
from event_taps_core.testing.promises.base import FirstRun, Promises, long
from event_taps_core.testing.running import signals_untouched

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from event_taps_core.testing.running import Record

Situation: TypeAlias = "Callable[[Promises, FirstRun], Record]"
"""Brings a situation about; gives the settings that belong to it."""

WRONG = "wrong-0123456789"

WRONG_TEXTS = {
    "array": ("demo,other", "[demo]", "{}", "7", "["),
    "object": ("standard=a", "{a: 1}", "[]", "{"),
    "boolean": ("perhaps", "2", "ture"),
    "integer": ("many", "2.5", "true", "1_000", "1e999", "[14]"),
}
RIGHT_TEXTS: dict[str, dict[str, Any]] = {
    "array": {"[]": [], ' ["1041"]': ["1041"]},
    "object": {"{}": {}},
    "boolean": {"yes": True, "1": True, "False": False, "off": False},
    "integer": {"14": 14, "14.0": 14, " 1 ": 1},
}


class Mistakes(Promises):
    """Settings, state and catalog files, hosts."""

    def test_wrong_secret(self, secret_setting: str) -> None:
        """The setting is named, its value is not; and the key is not tried over and over."""
        wrong: dict[str, Any] = {secret_setting: WRONG}
        run = self.run_tap(**wrong)
        run.assert_failed_in_one_line(secret_setting)
        assert WRONG not in run.stderr
        self.assert_nothing_was_read(run)
        most = self.tap.wrong_key_requests * len(self.tap.secret_settings)
        assert self.sandbox.request_count() <= most

    def test_another_server_at_that_address(self) -> None:
        """It knows none of the paths: that is no vendor without data."""
        run = self.run_tap(api_url=f"{self.sandbox.url}/elsewhere", max_retries=1)
        run.assert_failed_in_one_line("/elsewhere", "setting")
        self.assert_nothing_was_read(run)

    def test_texts_for_other_types(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every setting: read, or named with the form it takes, from a variable and from a file."""
        for name, kind in self.kinds().items():
            variable = variable_of(self.tap.tap_class.name, name)
            for text in WRONG_TEXTS[kind]:
                with pytest.raises(TapError, match=f"setting {name} is not .*: write it as "):
                    self.configured({name: text}, env=False)
                monkeypatch.setenv(variable, text)
                with pytest.raises(TapError, match=rf"setting {name} \({variable}\) is not "):
                    self.configured({})
            for text, value in RIGHT_TEXTS[kind].items():
                monkeypatch.setenv(variable, text)
                assert self.configured({name: text}, env=False)[name] == value, text
                assert self.configured({})[name] == value, text
            monkeypatch.setenv(variable, "")
            assert (
                self.configured({name: ""}) == self.configured({}) == self.configured({}, env=False)
            )
            monkeypatch.delenv(variable)

    def kinds(self) -> dict[str, str]:
        """Return of which type the settings are that are not text."""
        with_sdk = self.tap.tap_class
        with_sdk.append_builtin_config(with_sdk.config_jsonschema)
        types = {name: schema["type"] for name, schema in self.tap.setting_schemas.items()}
        found = {name: next((k for k in WRONG_TEXTS if k in types[name]), "") for name in types}
        return {name: kind for name, kind in found.items() if kind and "string" not in types[name]}

    def configured(self, config: Record, *, env: bool = True) -> Record:
        """Return the settings that the tap would work with; what is missing does not matter."""
        with signals_untouched():
            tap = self.tap.tap_class(
                config=config, parse_env_config=env, validate_config=False, setup_mapper=False
            )
        return dict(tap.config)

    @pytest.mark.parametrize("ending", ["\nx", long("\u20ac"), long("\0")], ids=ascii)
    def test_secret_that_no_header_can_hold(self, secret_setting: str, ending: str) -> None:
        """A second line comes along with copy and paste; nothing of the value is said."""
        malformed: dict[str, Any] = {secret_setting: WRONG + ending}
        run = self.run_tap(**malformed)
        run.assert_failed_in_one_line(secret_setting)
        assert WRONG not in run.stderr
        self.assert_nothing_was_read(run)


class Secrecy(Promises):
    """What is never said, however much is said."""

    def test_nothing_secret_or_personal_is_logged(
        self,
        first_run: FirstRun,
        situation: str,
        tmp_path: Path,
    ) -> None:
        """At the level DEBUG, by any handler of any logger; in good runs and in failing ones."""
        settings = SITUATIONS[situation](self, first_run)
        logs = configured_logs(self.tap.tap_class.name, tmp_path)
        env = {"LOGLEVEL": "DEBUG", "SINGER_SDK_LOG_CONFIG": str(logs["config"])}
        run = self.run_tap(env=env, max_retries=1, **settings)
        assert "| DEBUG " in run.stderr
        assert (run.exit_code == 0) is (situation in GOOD), run.stderr
        written = [run.stderr, *(logs[name].read_text() for name in ("plain", "json"))]
        assert all(written)
        said = "\n".join(written).casefold()
        for name in self.tap.secret_settings:
            assert str(self.run_tap.settings[name]).casefold() not in said, name
        for text in self.secrets_of_rows():
            assert text.casefold() not in said
        left = said.replace("***@***", "").split()
        assert [word for word in left if "@" in word or "%40" in word] == []

    def secrets_of_rows(self) -> set[str]:
        """Return the passwords and codes in the vendor's answers; short ones are ordinary words."""
        shortest = 6
        return {
            str(row[column])
            for name in self.tap.streams
            for column in self.tap.secret_columns(name)
            for row in self.sandbox.truth(name, include_secrets=True)
            if row[column] and len(str(row[column])) >= shortest
        }


def configured_logs(tap_name: str, folder: Path) -> dict[str, Path]:
    """Write a log configuration whose handlers hang on the tap's logger and the HTTP library's.

    Returns:
        The `config` to pass on, and the files `plain` and `json` that are written.
    """
    files = {name: folder / f"{name}.log" for name in ("plain", "json")}
    handlers = {
        name: {"class": "logging.FileHandler", "filename": str(file), "formatter": name}
        for name, file in files.items()
    }
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "%(name)s %(message)s"},
            "json": {"()": "singer_sdk.logging.StructuredFormatter"},
        },
        "handlers": handlers,
        "loggers": {
            name: {"level": "DEBUG", "handlers": list(files)} for name in (tap_name, "urllib3")
        },
    }
    path = folder / "logging.json"
    path.write_text(json.dumps(config))
    return {**files, "config": path}


def _broken(kind: str) -> Situation:
    def situation(suite: Promises, first_run: FirstRun) -> Record:
        stream = next(iter(suite.tap.parted_streams))
        part, *_ = first_run.parts(stream)
        suite.sandbox.break_address(part.address, kind)
        return {}

    return situation


def _refused(suite: Promises, _: FirstRun) -> Record:
    """The right key, and a vendor that refuses it."""
    suite.sandbox.break_path(".", "403")
    return {}


def _in_the_address(suite: Promises, _: FirstRun) -> Record:
    """Pasted to where it does not belong: addresses are logged, by the HTTP library too."""
    pasted = "/".join(str(suite.sandbox.settings[name]) for name in suite.tap.secret_settings)
    return {"api_url": f"{suite.sandbox.url}/elsewhere/{pasted}/someone@example.org"}


def _mapped(suite: Promises, _: FirstRun) -> Record:
    return {"stream_maps": {next(iter(suite.tap.parted_streams)): {"copied": "str(read_at)"}}}


SITUATIONS: dict[str, Situation] = {
    "good": lambda *_: {},
    "good, with secrets": lambda *_: {"include_secrets": True},
    "good, with a stream map": _mapped,
    "a part is cut": _broken("cut_json"),
    "a part is reset": _broken("reset"),
    "a part is refused": _broken("403"),
    "everything is refused": _refused,
    "the address holds a secret and a person": _in_the_address,
}
GOOD = ("good", "good, with secrets", "good, with a stream map")
OF_THE_VENDOR = ("good, with secrets", "everything is refused")
"""Situations in which a vendor's answers decide what could be said; in the others the core does."""

SEEN_IN_OTHERS = ("good", "a part is reset")
"""Situations that say nothing which is not said in another one."""
