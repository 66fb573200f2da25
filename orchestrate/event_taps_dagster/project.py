"""The Meltano project as files: which taps it has, their settings, and the streams with a model.

Project    the folder, Meltano's environment, and where everything in it is
Tap        an extractor of meltano.yml: its settings, its schema, its streams
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dotenv
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

DESTINATION = "target-postgres"
"""The loader that bears several runs at once."""

READ_LOG = "read_log"


class ProjectError(Exception):
    """A file of the project cannot be used: which, and why, in a line."""


@dataclass(frozen=True)
class Tap:
    """An extractor of meltano.yml."""

    name: str
    schema: str
    """The schema of its views (Meltano's `load_schema`); what was loaded is in `loaded_` of it."""

    settings: frozenset[str]
    secrets: frozenset[str]
    """Those of the settings that nobody may see."""

    needs: tuple[frozenset[str], ...]
    """Settings that it cannot do without: one of these groups."""

    streams: Mapping[str, str]
    """By name, what each holds."""

    owner: str
    """The column that says whose data these are, first in every key: a setting, too."""


@dataclass(frozen=True)
class Project:
    """A folder with a meltano.yml; `environment` is Meltano's."""

    root: Path
    environment: str

    @classmethod
    def from_environment(cls) -> Project:
        """Return the project that MELTANO_PROJECT_ROOT and MELTANO_ENVIRONMENT name.

        What its `.env` says is then in the environment, as dbt does not look there; but not what
        is for Dagster itself, which would not see it.

        Raises:
            ProjectError: If that file is no text.
        """
        root = Path(os.environ.get("MELTANO_PROJECT_ROOT") or ".").resolve()
        for name, value in cls(root, "").variables().items():
            if not name.startswith("DAGSTER_") and name != "MELTANO_PROJECT_ROOT":
                os.environ.setdefault(name, value)
        return cls(root, os.environ.get("MELTANO_ENVIRONMENT") or "prod")

    @property
    def accounts(self) -> Path:
        """The file that says what is read."""
        return Path(os.environ.get("EVENT_TAPS_ACCOUNTS") or self.root / "accounts.yml")

    @property
    def plugins(self) -> Path:
        """The file that `prepare` writes, which meltano.yml includes."""
        return self.root / "accounts" / "accounts.meltano.yml"

    @property
    def dbt(self) -> Path:
        """The dbt project."""
        return self.root / "transform"

    @property
    def dbt_target(self) -> Path:
        """Where dbt writes to, `manifest.json` among others."""
        return self.root / "output" / "dbt-postgres"

    def variables(self) -> Mapping[str, str]:
        """Return the environment variables as Meltano sees them, with those of `.env`.

        Raises:
            ProjectError: If that file is no text.
        """
        path = self.root / ".env"
        try:
            kept = dotenv.dotenv_values(path)
        except UnicodeDecodeError as error:
            raise ProjectError(f"{path}: {error}") from error
        return {name: value for name, value in kept.items() if value} | {**os.environ}

    @cached_property
    def taps(self) -> dict[str, Tap]:
        """The extractors of meltano.yml that have models, by name.

        Raises:
            ProjectError: If the file is not what Meltano wants.
        """
        taps = (self._tap(plugin) for plugin in self._extractors if "inherit_from" not in plugin)
        return {tap.name: tap for tap in taps if tap.streams}

    @property
    def extractor_names(self) -> frozenset[str]:
        """The names of all extractors of meltano.yml, which Meltano prefers to included ones."""
        return frozenset(plugin["name"] for plugin in self._extractors)

    @property
    def environments(self) -> list[str]:
        """The environments of meltano.yml.

        Raises:
            ProjectError: See `taps`.
        """
        return [
            one["name"] for one in self._named(self._content.get("environments"), "environment")
        ]

    @cached_property
    def _content(self) -> dict[str, Any]:
        content = read_yaml(self._file)
        if not isinstance(content, dict):
            raise ProjectError(f"{self._file}: not as Meltano wants it")
        return content

    @property
    def _file(self) -> Path:
        return self.root / "meltano.yml"

    @cached_property
    def _extractors(self) -> list[dict[str, Any]]:
        plugins = self._content.get("plugins") or {}
        if not isinstance(plugins, dict):
            raise ProjectError(f"{self._file}: plugins is no mapping")
        return self._named(plugins.get("extractors"), "extractor")

    def _named(self, entries: Any, kind: str) -> list[dict[str, Any]]:
        """Return a list of Meltano's of which each entry has a name."""
        entries = [] if entries is None else entries
        if not isinstance(entries, list):
            raise ProjectError(f"{self._file}: {kind}s is no list")
        for number, entry in enumerate(entries, 1):
            if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                raise ProjectError(f"{self._file}: {kind} {number} of {len(entries)} has no name")
        return entries

    def _tap(self, plugin: Mapping[str, Any]) -> Tap:
        try:
            schema = plugin.get("load_schema") or plugin.get("namespace") or plugin["name"]
            path = self.dbt / "models" / schema / "schema.yml"
            settings = plugin.get("settings") or []
            names = frozenset(setting["name"] for setting in settings)
            needs = tuple(map(frozenset, plugin.get("settings_group_validation") or ()))
        except (KeyError, TypeError) as error:
            raise ProjectError(
                f"{self._file}: the settings of {plugin['name']} are not as Meltano wants them"
            ) from error
        try:
            models = read_yaml(path)["models"] if path.exists() else []
            of_streams = {model["name"].removeprefix(f"{schema}__"): model for model in models}
            log = of_streams.pop(READ_LOG, None)
            return Tap(
                plugin["name"],
                schema,
                names,
                frozenset(setting["name"] for setting in settings if setting.get("sensitive")),
                needs,
                {name: model["description"] for name, model in sorted(of_streams.items())},
                log["columns"][0]["name"] if log else "",
            )
        except (AttributeError, IndexError, KeyError, TypeError) as error:
            raise ProjectError(
                f"{path}: not as `./dev docs` writes it: each model has a name, a description "
                "and columns"
            ) from error


def read_yaml(path: Path) -> Any:
    """Read a file of ours, as each run does: ten times as fast where PyYAML has its C library.

    Raises:
        ProjectError: If it is no YAML.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProjectError(f"{path}:{line}: no YAML: {error.problem}") from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise ProjectError(f"{path}: {' '.join(str(error).split())}") from error
