# ruff: noqa: S101 - assert is how pytest speaks
"""Promises about what users get wrong: one last line that says what to do, and no more."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from event_taps_core.errors import TapError
from event_taps_core.setting_texts import form_of, variable_of
from event_taps_core.testing.promises.base import (
    FirstRun,
    Promises,
    long,
    of_the_core,
    signals_untouched,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from event_taps_core.testing.running import Record, TapRunner
    from event_taps_core.testing.sandbox import Sandbox

WRONG = "wrong-0123456789"
MALFORMED = {
    "settle_days": -1,
    "requests_per_minute": 1_000_001,
    "concurrency": "many",
    "request_timeout_seconds": 0,
    "start_date": "next week",
    "include_secrets": "perhaps",
    "api_url": 17,
    "shard_index": 5,
}

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

    def test_wrong_secret(self, sandbox: Sandbox, run_tap: TapRunner, secret_setting: str) -> None:
        """The setting is named, its value is not; and the key is not tried over and over."""
        wrong: dict[str, Any] = {secret_setting: WRONG}
        run = run_tap(**wrong)
        run.assert_failed_in_one_line(secret_setting)
        assert WRONG not in run.stderr
        self.assert_nothing_was_read(run)
        most = self.tap.wrong_key_requests * len(self.tap.secret_settings)
        assert sandbox.request_count() <= most

    @of_the_core
    def test_refused_port(self, run_tap: TapRunner) -> None:
        """Nothing listens there."""
        with contextlib.closing(socket.socket()) as bound:  # bound, and not listening
            bound.bind(("127.0.0.1", 0))
            netloc = f"127.0.0.1:{bound.getsockname()[1]}"
            run = run_tap(api_url=self.at(netloc, run_tap), max_retries=1)
        run.assert_failed_in_one_line("127.0.0.1", "refuses", "setting", "api_url")
        self.assert_nothing_was_read(run)

    @of_the_core
    def test_unknown_host(self, run_tap: TapRunner) -> None:
        """The name does not resolve: `.invalid` never does."""
        run = run_tap(api_url=self.at("nowhere.invalid", run_tap), max_retries=1)
        run.assert_failed_in_one_line("nowhere.invalid", "not known", "setting", "api_url")
        self.assert_nothing_was_read(run)

    @of_the_core
    def test_host_that_does_not_answer(self, sandbox: Sandbox, run_tap: TapRunner) -> None:
        """It accepts connections and says nothing."""
        sandbox.delay(30_000)
        run = run_tap(request_timeout_seconds=1, max_retries=1)
        run.assert_failed_in_one_line("127.0.0.1", "no answer", "setting")
        self.assert_nothing_was_read(run)

    def test_another_server_at_that_address(self, sandbox: Sandbox, run_tap: TapRunner) -> None:
        """It knows none of the paths: that is no vendor without data."""
        run = run_tap(api_url=f"{sandbox.url}/elsewhere", max_retries=1)
        run.assert_failed_in_one_line("/elsewhere", "setting")
        self.assert_nothing_was_read(run)

    @of_the_core
    def test_missing_setting(self, run_tap: TapRunner, required_setting: str) -> None:
        """It is named, with the variable that would set it."""
        run = run_tap(**{required_setting: None})
        variable = variable_of(self.tap.command, required_setting)
        run.assert_failed_in_one_line(required_setting, variable)
        assert run.stdout == b""

    @of_the_core
    @pytest.mark.parametrize("setting", ["settle_days", *map(long, list(MALFORMED)[1:])])
    def test_malformed_setting(self, run_tap: TapRunner, setting: str) -> None:
        """It is named, and what is wrong with it."""
        malformed: dict[str, Any] = {setting: MALFORMED[setting]}
        run = run_tap(**malformed)
        run.assert_failed_in_one_line(setting)
        assert run.stdout == b""

    def test_texts_for_other_types(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every setting: read, or named with the form it takes, from a variable and from a file."""
        for name, kind in self.kinds().items():
            variable = variable_of(self.tap.command, name)
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

    @of_the_core
    def test_variables_alone(self, run_tap: TapRunner, first_run: FirstRun) -> None:
        """They are enough; an empty one is a setting that is not given."""
        texts = {n: v if isinstance(v, str) else json.dumps(v) for n, v in run_tap.settings.items()}
        env = {variable_of(self.tap.command, name): text for name, text in texts.items()}
        env[variable_of(self.tap.command, "settle_days")] = ""
        run = run_tap.plain("--config", "ENV", env=env).assert_good()
        self.assert_equals(self.load(run), first_run.truth)

    @of_the_core
    def test_a_variable_that_holds_no_list(self, run_tap: TapRunner) -> None:
        """One line, whatever else is missing."""
        name = next((n for n, kind in self.kinds().items() if kind == "array"), "settle_days")
        variable = variable_of(self.tap.command, name)
        run = run_tap.plain("--config", "ENV", env={variable: "demo,other"})
        form = form_of(self.tap.tap_class.config_jsonschema, name)
        run.assert_failed_in_one_line(name, variable, form)
        assert run.stdout == b""

    @of_the_core
    def test_malformed_secret_is_not_shown(self, run_tap: TapRunner, secret_setting: str) -> None:
        """Not even to say what is wrong with it."""
        malformed: dict[str, Any] = {secret_setting: [WRONG]}
        run = run_tap(**malformed)
        run.assert_failed_in_one_line(secret_setting)
        assert WRONG not in run.stderr
        assert run.stdout == b""

    @pytest.mark.parametrize("ending", ["\nx", long("\u20ac"), long("\0")], ids=ascii)
    def test_secret_that_no_header_can_hold(
        self, run_tap: TapRunner, secret_setting: str, ending: str
    ) -> None:
        """A second line comes along with copy and paste; nothing of the value is said."""
        malformed: dict[str, Any] = {secret_setting: WRONG + ending}
        run = run_tap(**malformed)
        run.assert_failed_in_one_line(secret_setting)
        assert WRONG not in run.stderr
        self.assert_nothing_was_read(run)

    @of_the_core
    @pytest.mark.parametrize("content", ["{", *map(long, ("", "[]", '"text"'))], ids=repr)
    def test_config_file_that_is_no_object(
        self, run_tap: TapRunner, content: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """A file that was cut, or another file."""
        path = tmp_path_factory.mktemp("config") / "config.json"
        path.write_text(content)
        run = run_tap.plain("--config", str(path))
        run.assert_failed_in_one_line("config")
        assert run.stdout == b""

    @of_the_core
    def test_config_file_that_does_not_exist(self, run_tap: TapRunner) -> None:
        """Its path is named."""
        run = run_tap.plain("--config", "no-such-file.json")
        assert run.exit_code != 0
        assert "no-such-file.json" in run.last_line
        assert "Traceback" not in run.stderr
        assert run.stdout == b""

    @of_the_core
    @pytest.mark.parametrize(
        "content", ["", *map(long, ("{", "[]", "7", '{"bookmarks": [1]}'))], ids=repr
    )
    def test_unusable_state_file(self, sandbox: Sandbox, run_tap: TapRunner, content: str) -> None:
        """Starting anew without a word could cost a day; so it is for the user to say so."""
        run = run_tap(state=content)
        run.assert_failed_in_one_line("state")
        assert run.stdout == b""
        assert sandbox.request_count() == 0

    @of_the_core
    @pytest.mark.parametrize("bookmark", ["soon", *map(long, (20260101, {"a": 1}, ""))], ids=repr)
    def test_bookmark_that_is_no_time(
        self, sandbox: Sandbox, run_tap: TapRunner, bookmarked_stream: str, bookmark: object
    ) -> None:
        """The stream is named."""
        state = {"bookmarks": {bookmarked_stream: {"replication_key_value": bookmark}}}
        run = run_tap(state=state)
        run.assert_failed_in_one_line("state", bookmarked_stream)
        assert run.stdout == b""
        assert sandbox.request_count() == 0

    @of_the_core
    @pytest.mark.parametrize("content", ["{", *map(long, ("", "[]", '{"streams": 3}'))], ids=repr)
    def test_unusable_catalog_file(self, run_tap: TapRunner, content: str) -> None:
        """A file that was cut, or another file."""
        run = run_tap(catalog=content)
        run.assert_failed_in_one_line("catalog")
        assert run.stdout == b""

    @of_the_core
    def test_unknown_stream_in_state_is_no_mistake(
        self, first_run: FirstRun, run_tap: TapRunner
    ) -> None:
        """A state may be older, or newer, than the tap."""
        state = {"bookmarks": {"gone_since": {"replication_key_value": "2020-01-01"}}}
        self.assert_equals(self.load(run_tap(state=state).assert_good()), first_run.truth)

    def at(self, netloc: str, run_tap: TapRunner) -> str:
        """Return the API's address at another host."""
        address: str = run_tap.settings["api_url"]
        return urlsplit(address)._replace(netloc=netloc).geturl()


class Secrecy(Promises):
    """What is never said, however much is said."""

    def test_nothing_secret_or_personal_is_logged(
        self,
        sandbox: Sandbox,
        run_tap: TapRunner,
        first_run: FirstRun,
        situation: str,
        tmp_path: Path,
    ) -> None:
        """At the level DEBUG, by any handler of any logger; in good runs and in failing ones."""
        settings = SITUATIONS[situation](self, sandbox, first_run)
        logs = configured_logs(self.tap.command, tmp_path)
        env = {"LOGLEVEL": "DEBUG", "SINGER_SDK_LOG_CONFIG": str(logs["config"])}
        run = run_tap(env=env, max_retries=1, **settings)
        assert "| DEBUG " in run.stderr
        assert (run.exit_code == 0) is (situation in GOOD), run.stderr
        written = [run.stderr, *(logs[name].read_text() for name in ("plain", "json"))]
        assert all(written)
        said = "\n".join(written).casefold()
        for name in self.tap.secret_settings:
            assert str(run_tap.settings[name]).casefold() not in said, name
        for text in self.secrets_of_rows(sandbox):
            assert text.casefold() not in said
        left = said.replace("***@***", "").split()
        assert [word for word in left if "@" in word or "%40" in word] == []

    def secrets_of_rows(self, sandbox: Sandbox) -> set[str]:
        """Return the passwords and codes in the vendor's answers; short ones are ordinary words."""
        shortest = 6
        return {
            str(row[column])
            for name in self.tap.streams
            for column in self.tap.secret_columns(name)
            for row in sandbox.truth(name, include_secrets=True)
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


def _good(suite: Promises, sandbox: Sandbox, first_run: FirstRun) -> Record:
    del suite, sandbox, first_run
    return {}


def _with_secrets(suite: Promises, sandbox: Sandbox, first_run: FirstRun) -> Record:
    del suite, sandbox, first_run
    return {"include_secrets": True}


def _mapped(suite: Promises, sandbox: Sandbox, first_run: FirstRun) -> Record:
    del sandbox, first_run
    return {"stream_maps": {next(iter(suite.tap.parted_streams)): {"copied": "str(read_at)"}}}


def _broken(kind: str) -> Callable[[Promises, Sandbox, FirstRun], Record]:
    def situation(suite: Promises, sandbox: Sandbox, first_run: FirstRun) -> Record:
        stream = next(iter(suite.tap.parted_streams))
        part, *_ = first_run.parts(stream)
        sandbox.break_address(part.address, kind)
        return {}

    return situation


def _refused(suite: Promises, sandbox: Sandbox, first_run: FirstRun) -> Record:
    """The right key, and a vendor that refuses it."""
    del suite, first_run
    sandbox.break_path(".", "403")
    return {}


def _in_the_address(suite: Promises, sandbox: Sandbox, first_run: FirstRun) -> Record:
    """Pasted to where it does not belong: addresses are logged, by the HTTP library too."""
    del first_run
    pasted = "/".join(str(sandbox.settings[name]) for name in suite.tap.secret_settings)
    return {"api_url": f"{sandbox.url}/elsewhere/{pasted}/someone@example.org"}


SITUATIONS: dict[str, Callable[[Promises, Sandbox, FirstRun], Record]] = {
    "good": _good,
    "good, with secrets": _with_secrets,
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
