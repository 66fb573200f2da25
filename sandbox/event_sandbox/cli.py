"""The command line."""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import json
import sys
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from event_sandbox import state
from event_sandbox.breakage import BREAK
from event_sandbox.errors import SurroundingsError, UserError
from event_sandbox.faults import FaultPlan
from event_sandbox.grains import GRAINS
from event_sandbox.registry import VENDORS, find_vendor
from event_sandbox.sandbox import Sandbox
from event_sandbox.server import describe, listen, serve
from event_sandbox.state import Origin
from event_sandbox.switches import parse_switch
from event_sandbox.world import SIZES, Size, World

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEED: Final = 7
_MISTAKE: Final = 2
_FAILURE: Final = 1

_SIZES: Final = {
    "sessions": "its size in sessions",
    "people": "its size in people",
    "events": "its size in online events",
    "registrants": "people on each online event's list",
    "hub_events": "events of the event hub",
    "hub_sessions": "sessions of each of them",
}
_SERVE_TEXT: Final = """\
Serve the vendors' APIs until SIGINT or SIGTERM. Once listening, one line of JSON on stdout says
where: {"url": ..., "vendors": {NAME: {"api_url": ..., "settings": {...}}}}.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; give the exit code: 0 good, 1 failed, 2 asked for something impossible."""
    options = _parser().parse_args(argv)
    try:
        options.run(options)
    except UserError as error:
        sys.stderr.write(f"event-sandbox: {error}\n")
        return _FAILURE if isinstance(error, SurroundingsError) else _MISTAKE
    except BrokenPipeError:
        # The reader of our output has seen enough (`| head`); nothing is wrong.
        sys.stderr.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="event-sandbox",
        description="Event platforms' APIs on loopback, over one invented world with known truth.",
    )
    parser.add_argument("--version", action="version", version=version("event-sandbox"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="serve the APIs", description=_SERVE_TEXT)
    serving.set_defaults(run=_serve)
    serving.add_argument("--host", default="127.0.0.1", help="default: %(default)s")
    serving.add_argument("--port", type=int, default=0, help="default: any free port")
    _add_world_options(serving)
    _add_serving_options(serving)

    truth = commands.add_parser("truth", help="print what a perfect extraction holds")
    truth.set_defaults(run=_truth)
    truth.add_argument(
        "of",
        metavar="VENDOR|GRAIN",
        help=f"{', '.join(VENDORS)}; or, across vendors: {', '.join(GRAINS)}",
    )
    truth.add_argument("stream", metavar="STREAM", nargs="?", help="a vendor's, such as sessions")
    truth.add_argument("--url", help="ask this running sandbox instead of making a world")
    truth.add_argument("--include-secrets", action="store_true", help="with passwords and codes")
    truth.add_argument(
        "--all-columns",
        action="store_true",
        help="also those that a tap can only find by looking (meetengage)",
    )
    _add_world_options(truth)

    advancing = commands.add_parser("advance", help="let time pass in a running sandbox")
    advancing.set_defaults(run=_advance)
    advancing.add_argument("--url", required=True, help="the running sandbox")
    advancing.add_argument("--steps", type=int, default=1, help="days (default: %(default)s)")

    switches = commands.add_parser("switches", help="list what the vendors' documents leave open")
    switches.set_defaults(run=_switches)
    switches.add_argument("vendor", metavar="VENDOR", nargs="?", help="only this vendor's")
    return parser


def _add_world_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("the world")
    group.add_argument("--world", choices=sorted(SIZES), help="its size (default: small)")
    for name, what in _SIZES.items():
        option = f"--{name.replace('_', '-')}"
        group.add_argument(option, type=int, metavar="N", help=what)
    group.add_argument("--seed", type=int, help=f"other seeds, other worlds (default: {_SEED})")
    group.add_argument(
        "--today",
        type=_day,
        metavar="YYYY-MM-DD",
        help="the day around which everything lies (default: today in UTC)",
    )
    group.add_argument(
        "--switch",
        action="extend",
        nargs="+",
        default=[],
        metavar="VENDOR.NAME=POSITION",
        help="any number; see `event-sandbox switches`",
    )


def _add_serving_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("serving")
    group.add_argument("--latency-ms", type=float, default=0, help="added to every vendor answer")
    group.add_argument(
        "--prepare-seconds",
        type=float,
        default=1,
        help="from the first request for a report until it is ready (default: %(default)s)",
    )
    group.add_argument("--fault-rate", type=float, default=0, help="from 0 to 1 (default: 0)")
    group.add_argument(
        "--fault-kinds",
        default="429_seconds,500,reset",
        metavar="KIND,...",
        help=f"among {', '.join(BREAK)} (default: %(default)s)",
    )
    group.add_argument("--fault-seed", type=int, default=1, help="default: %(default)s")
    group.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="remember the world here, to go on from where it was at the next start",
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a day (YYYY-MM-DD): {text!r}") from None


def _serve(options: argparse.Namespace) -> None:
    def remember(world: World) -> None:
        if options.state:
            state.save(options.state, world)

    world = _make_world(options, state.load(options.state) if options.state else None)
    sandbox = Sandbox(world, on_advance=remember)
    sandbox.set_switches(_switches_of(options))
    sandbox.latency_seconds = max(0.0, options.latency_ms) / 1000
    sandbox.preparation.seconds = max(0.0, options.prepare_seconds)
    kinds = tuple(kind for kind in options.fault_kinds.split(",") if kind)
    sandbox.faults.set(FaultPlan(options.fault_rate, kinds, options.fault_seed))
    listening = listen(options.host, options.port)
    remember(world)
    serve(sandbox, listening, lambda: _say(json.dumps(describe(sandbox, listening))))


def _truth(options: argparse.Namespace) -> None:
    if options.url:
        columns = "all" if options.all_columns else "declared"
        query = f"include_secrets={int(options.include_secrets)}&columns={columns}"
        stream = f"/{options.stream}" if options.stream else ""
        lines = _ask(options.url, f"/_sandbox/truth/{options.of}{stream}?{query}")
    else:
        sandbox = Sandbox(_make_world(options, None))
        sandbox.set_switches(_switches_of(options))
        if options.stream is None:
            lines = sandbox.grain(options.of)
        else:
            lines = sandbox.truth(
                options.of,
                options.stream,
                include_secrets=options.include_secrets,
                all_columns=options.all_columns,
            )
    sys.stdout.buffer.write(lines)
    sys.stdout.buffer.flush()


def _advance(options: argparse.Namespace) -> None:
    body = json.dumps({"steps": options.steps}).encode()
    _say(_ask(options.url, "/_sandbox/advance", body).decode())


def _switches(options: argparse.Namespace) -> None:
    vendors = [find_vendor(options.vendor)] if options.vendor else VENDORS.values()
    for vendor in vendors:
        for switch in vendor.switches:
            others = ", ".join(switch.positions[1:])
            _say(f"{vendor.name}.{switch.name}: {switch.default} (default), {others}")
            _say(f"    {switch.gap}")


def _switches_of(options: argparse.Namespace) -> dict[str, dict[str, str]]:
    wanted: dict[str, dict[str, str]] = {}
    for text in options.switch:
        vendor, name, position = parse_switch(text)
        wanted.setdefault(vendor, {})[name] = position
    return wanted


def _make_world(options: argparse.Namespace, remembered: Origin | None) -> World:
    """Make the world that the options ask for, or go on with the one that was remembered."""
    size = SIZES[options.world or "small"]
    names = ("seed", "today", *Size.__struct_fields__)
    asked: dict[str, Any] = {name: getattr(options, name) for name in names}
    if options.world:
        for name in ("sessions", "people", "events"):
            asked[name] = getattr(size, name) if asked[name] is None else asked[name]
    if remembered is None:
        today = dt.datetime.now(dt.UTC).date()
        default = Origin(seed=_SEED, today=today, **msgspec.structs.asdict(size))
        given = {name: value for name, value in asked.items() if value is not None}
        return msgspec.structs.replace(default, **given).build()
    for name, value in asked.items():
        kept = getattr(remembered, name)
        if value is not None and value != kept:
            raise UserError(
                f"the state file holds a world with {name} {kept}, not {value};"
                f" leave --{name} out, or start with another --state file"
            )
    return remembered.build()


def _say(line: str) -> None:
    """Print a line at once: whoever started the server waits for it."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _ask(url: str, path: str, body: bytes | None = None) -> bytes:
    """Ask a running sandbox's control API; GET without a body, else POST."""
    if not url.startswith(("http://", "https://")):
        raise UserError(f"not the URL of a sandbox: {url!r}")
    try:
        request = urllib.request.Request(url.rstrip("/") + path, data=body)  # noqa: S310 - checked above
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - checked above
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise UserError(_reason(error)) from None
    except (http.client.InvalidURL, ValueError) as error:
        raise UserError(f"not the URL of a sandbox: {url!r} ({error})") from None
    except OSError as error:
        raise SurroundingsError(f"cannot reach {url}: {getattr(error, 'reason', error)}") from None


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answered {error.code}"
