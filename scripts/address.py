"""Where this repository is: one setting in the root's pyproject.toml, and what follows from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from scripts.taps import ROOT


@dataclass(frozen=True)
class Address:
    """The repository's address on GitHub."""

    repository: str

    @property
    def owner(self) -> str:
        """Whose the repository is; small letters make it the hub's name of a plugin's variant."""
        return self.repository.split("/")[-2]

    @property
    def owner_page(self) -> str:
        """The page of whose it is."""
        return self.repository.rpartition("/")[0]

    def folder(self, path: str) -> str:
        """Return the page of a folder, which shows its README."""
        return f"{self.repository}/tree/main/{path}"

    def file(self, path: str) -> str:
        """Return the page of a file."""
        return f"{self.repository}/blob/main/{path}"

    def content(self, path: str) -> str:
        """Return where a program gets a file."""
        name = self.repository.removeprefix("https://github.com/")
        return f"https://raw.githubusercontent.com/{name}/main/{path}"


def configured() -> Address:
    """Return the address as the setting says."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["event-taps"]
    return Address(settings["repository"])
