"""A real browser, driven over the DevTools protocol: pages are opened with the network off.

The picture in the README is made by it, after ./dev demo --fresh:
.venv/bin/python -m tests.browser output/report.html docs/report.png
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
OPTIONS = (
    "--headless",
    "--remote-debugging-pipe",  # commands come by descriptor 3, answers go by 4
    "--no-sandbox",  # which root may not have; the pages are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
PATIENCE_SECONDS = 60
NARROW, WIDE = 360, 1400
TOP = 900  # pixels of the page are in the picture

# Words that leave the window, are cut off, or lie on other words.
CUT = """(() => {
  const found = [];
  const words = [...document.querySelectorAll(
    'h1, h2, dt, dd, figcaption, .name, .facts > span, .head, .cell, .tick, .level, .axis')]
    .filter(element => element.checkVisibility() && element.textContent.trim());
  const boxes = words.map(element => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect();
  });
  boxes.forEach((box, i) => {
    const text = words[i].textContent.trim();
    if (box.left < 0 || box.right > innerWidth + 1) found.push(`outside: ${text}`);
    boxes.forEach((other, j) => {
      if (i < j && !words[i].contains(words[j])
          && box.left < other.right - 1 && other.left < box.right - 1
          && box.top < other.bottom - 3 && other.top < box.bottom - 3)
        found.push(`on each other: ${text} | ${words[j].textContent.trim()}`);
    });
  });
  document.querySelectorAll('body *:not(.scroll)').forEach(element => {
    if (getComputedStyle(element).overflowX != 'visible'
        && element.scrollWidth > element.clientWidth + 1)
      found.push(`cut off: ${element.textContent.trim().slice(0, 80)}`);
  });
  return found;
})()"""
AXE = """axe.run().then(result => result.violations
  .filter(found => ['serious', 'critical'].includes(found.impact))
  .flatMap(found => found.nodes.map(node => `${found.id}: ${node.html} ${node.failureSummary}`)))"""


def find_browser() -> str | None:
    """Return the Chrome that is there, if any."""
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path), None)


@dataclass
class Browser:
    """A page in a browser, and what it has said since it was opened."""

    commands: int
    answers: int
    session: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)  # events of the protocol
    _number: int = 0
    _unread: bytes = b""

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Give a command, and return its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self.said.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self.answers], [], [], PATIENCE_SECONDS)
            assert ready, f"the browser has not answered for {PATIENCE_SECONDS} seconds"
            new = os.read(self.answers, 2**16)
            assert new, "the browser has ended"
            self._unread += new
        message, _, self._unread = self._unread.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        return read

    def open(self, page: Path, width: int, *, scheme: str = "light") -> None:
        """Open a page, with the network off, in a window of this width."""
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        attached = self.do("Target.attachToTarget", targetId=target, flatten=True)
        self.session, self.said = attached["sessionId"], []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.do(f"{domain}.enable")
        limits = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.do("Network.emulateNetworkConditions", offline=True, **limits)
        screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.do("Emulation.setDeviceMetricsOverride", **screen)
        scheme_of_page = {"name": "prefers-color-scheme", "value": scheme}
        self.do("Emulation.setEmulatedMedia", features=[scheme_of_page])
        self.do("Page.navigate", url=page.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.said):
            self.said.append(self._read())

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression, awaited if it is a promise."""
        answer = self.do(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def picture(self, height: int | None = None) -> bytes:
        """Return the page as a PNG: its top, or all of it."""
        size = self.do("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"]}
        answer = self.do(
            "Page.captureScreenshot", clip={**clip, "scale": 1}, captureBeyondViewport=True
        )
        return base64.b64decode(answer["data"])

    def events(self, method: str) -> list[dict[str, Any]]:
        """Return what the page has said of a kind."""
        return [event["params"] for event in self.said if event.get("method") == method]


@contextmanager
def browser(program: str, folder: Path) -> Iterator[Browser]:
    """Run a browser whose profile is in this folder; it ends with the block."""
    commands_in, commands_out = os.pipe()
    answers_in, answers_out = os.pipe()
    # A shell puts the pipes where the browser looks for them.
    shell = f'exec "$0" "$@" 3<&{commands_in} 4>&{answers_out}'
    process = subprocess.Popen(
        ["bash", "-c", shell, program, *OPTIONS, f"--user-data-dir={folder}"],  # noqa: S607 - wherever bash is
        pass_fds=(commands_in, answers_out),
        stderr=subprocess.DEVNULL,
    )
    os.close(commands_in)
    os.close(answers_out)
    try:
        yield Browser(commands_out, answers_in)
    finally:
        process.terminate()
        process.wait(10)
        os.close(commands_out)
        os.close(answers_in)


def troubles(looking: Browser, page: Path, width: int, scheme: str) -> list[str]:
    """Return what is wrong with a page in a window of this width."""
    looking.open(page, width, scheme=scheme)
    found = [f"console: {event}" for event in looking.events("Runtime.consoleAPICalled")]
    found += [f"error: {event}" for event in looking.events("Runtime.exceptionThrown")]
    found += [f"log: {event['entry']['text']}" for event in looking.events("Log.entryAdded")]
    asked = {event["request"]["url"] for event in looking.events("Network.requestWillBeSent")}
    found += [f"fetched: {url}" for url in asked - {page.resolve().as_uri()}]
    found += looking.evaluate(CUT)  # as it is opened,
    looking.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true })")
    found += looking.evaluate(CUT)  # and with all tables
    if looking.evaluate("document.documentElement.scrollWidth") > width:
        found.append("it scrolls sideways")
    package = find_spec("axe_playwright_python")
    assert package
    assert package.origin
    looking.evaluate(Path(package.origin).with_name("axe.min.js").read_text("utf-8") + "; 0")
    return found + [f"axe: {text}" for text in looking.evaluate(AXE)]


def main() -> None:
    """Make a picture of the top of a page."""
    page, picture = map(Path, sys.argv[1:])
    program = find_browser()
    assert program, "no Chrome or Chromium was found"
    with tempfile.TemporaryDirectory() as folder, browser(program, Path(folder)) as looking:
        looking.open(page, WIDE)
        picture.write_bytes(looking.picture(TOP))


if __name__ == "__main__":
    main()
