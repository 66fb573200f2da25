"""What the project's pages say: their headings, links, and the commands in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.taps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)$", re.MULTILINE)
COMMENT = re.compile(r" +# .*$")


def pages() -> list[Path]:
    """Return the pages of the project, but not those from which a tap's are made."""
    patterns = ("*.md", "[a-z]*/README.md", "docs/*.md")
    return [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]


@dataclass(frozen=True)
class Page:
    """A page of Markdown."""

    path: Path

    @property
    def name(self) -> str:
        """Where it is."""
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """All that it says."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """What it says outside of blocks of code."""
        return FENCE.sub("", self.text)

    @property
    def anchors(self) -> set[str]:
        """What a link can name behind `#`, as GitHub makes it of headings."""
        found: set[str] = set()
        for heading in HEADING.findall(self.prose):
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
            plain = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            again = sum(1 for one in found if re.fullmatch(rf"{re.escape(plain)}(-\d+)?", one))
            found.add(f"{plain}-{again}" if again else plain)
        return found

    @property
    def links(self) -> list[str]:
        """What it links to, but pages on the web."""
        return [to for to in LINK.findall(self.prose) if not re.match(r"https?:|mailto:", to)]

    def blocks(self, language: str) -> list[str]:
        """Return its blocks of code in a language."""
        return [text for named, text in FENCE.findall(self.text) if named == language]

    @property
    def commands(self) -> list[str]:
        """What it tells to type, in order; a script counts as one."""
        typed = [one for block in self.blocks("console") for one in COMMAND.findall(block)]
        return [COMMENT.sub("", one) for one in typed] + self.blocks("bash")
