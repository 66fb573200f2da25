"""The report in a real browser, with the network off, on a phone and on a desk."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest

from scripts.report.__main__ import main
from scripts.taps import ROOT
from tests.browser import NARROW, TOP, WIDE, Browser, browser, find_browser, troubles
from tests.made_up_marts import make_warehouse
from tests.test_report import two_vendors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURE = ROOT / "docs" / "report.png"  # in the README
PICTURE_BYTES = 300_000


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not (program := find_browser()):
        message = "no Chrome or Chromium was found, so nothing has looked at the report"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with browser(program, tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with long names, all kinds of charts, and something missing."""
    folder = tmp_path_factory.mktemp("report")
    rows = two_vendors()
    names = (f"{number} Donaudampfschifffahrtsgesellschaftskapitän " * 4 for number in range(20))
    funnel = {"registered": 9_876_543, "attended": 123_456, "engaged": 1, "show_up_rate": 0.999}
    rows["mart_event_funnel"] += [
        {"vendor": "accelevents", "event_name": f"{name}{'x' * 99}", **funnel} for name in names
    ]
    make_warehouse(folder, **rows).close()
    assert main([f"--folder={folder}"]) == 0
    return folder / "report.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_a_page_is_whole_quiet_and_accessible(
    looking: Browser, page: Path, width: int, scheme: str
) -> None:
    assert troubles(looking, page, width, scheme) == []


def test_an_empty_page_is_whole_quiet_and_accessible(looking: Browser, tmp_path: Path) -> None:
    make_warehouse(tmp_path).close()
    assert main([f"--folder={tmp_path}"]) == 0
    assert troubles(looking, tmp_path / "report.html", NARROW, "light") == []


def test_whoever_looks_sees_trouble(looking: Browser, tmp_path: Path) -> None:
    """The checks themselves: a page that does everything wrong."""
    wrong = tmp_path / "wrong.html"
    wrong.write_text("""<!doctype html><title>x</title><img src="https://example.org/x.png">
        <h1 style="color: #eee; background: #fff">pale</h1>
        <h2 style="position: absolute; top: 0">one</h2>
        <h2 style="position: absolute; top: 0">two</h2>
        <p style="overflow: hidden; width: 20px">wwwwwwwwwwwwwwwwww</p>
        <p style="width: 2000px">broad</p>
        <script>console.log("said"); missing()</script>""")
    found = troubles(looking, wrong, NARROW, "light")
    for text in (
        "fetched:",
        "axe: color-contrast",
        "on each other: one | two",
        "cut off: www",
        "console:",
        "error:",
    ):
        assert any(trouble.startswith(text) for trouble in found), text
    assert "it scrolls sideways" in found


def test_the_readme_shows_the_top_of_a_page(looking: Browser, page: Path) -> None:
    """Made anew as tests/browser.py says; here that this can be done, and that it was."""
    looking.open(page, WIDE)
    for picture in (looking.picture(TOP), PICTURE.read_bytes()):
        assert picture.startswith(b"\x89PNG")
        assert struct.unpack(">II", picture[16:24]) == (WIDE, TOP)
        assert len(picture) < PICTURE_BYTES
    assert f"({PICTURE.relative_to(ROOT)})" in (ROOT / "README.md").read_text()
