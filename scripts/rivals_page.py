"""What docs/benchmarks.md shows of benchmarks/rivals.json: tables, charts, and what we lose."""

from __future__ import annotations

import json
from html import escape
from typing import Any, NamedTuple

from scripts.blocks import markdown_table
from scripts.taps import ROOT

RESULTS = ROOT / "benchmarks" / "rivals.json"
CHARTS = ROOT / "docs" / "benchmarks"

TABLE = {
    "rows_per_s": ("rows a second", ",.0f"),
    "wall_s": ("seconds", ",.1f"),
    "read_s": ("without start", ",.1f"),
    "cpu_s": ("CPU seconds", ",.1f"),
    "peak_mb": ("peak MB", ",.0f"),
    "state_bytes": ("longest STATE, bytes", ",.0f"),
}
"""The figures of a case's table, their heading and form."""

NOTICEABLE = 1.05
"""Less than this is no difference."""


class Bar(NamedTuple):
    """A bar of a chart."""

    label: str
    value: float
    text: str


def load() -> dict[str, Any]:
    """Return the results."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def is_ours(contender: str) -> bool:
    """Say whether a contender is this project's."""
    return "ours" in contender


def blocks(results: dict[str, Any]) -> dict[str, str]:
    """Return the generated parts of the page by name."""
    speed = results["speed"]
    return {
        "bench-when": _when(results),
        "bench-goals": _goals(speed),
        **{f"bench-{name}": _case(speed[name]) for name in ("bulk", "latency", "parents")},
        "bench-memory": _memory(speed["memory"]["contenders"], speed["bulk"]["contenders"]),
        "bench-loading": _loading(results["loading"]),
        "bench-faults": _faults(results["faults"]["faults"]),
        "bench-nights": _nights(results["faults"]["nights"]),
        "bench-losses": "\n".join(f"- {loss}" for loss in losses(results)),
    }


def _when(results: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items())
    machine = f"{results['machine']}, Python {results['python']}"
    small = (
        "**A quick run, too small for its figures to mean anything.** " if results["quick"] else ""
    )
    return f"{small}Measured on {results['date']} ({machine}) with {versions}."


def _goals(speed: dict[str, Any]) -> str:
    rows = []
    for name, case in speed.items():
        for goal in case["ratios"]:
            figure, _, who = goal["what"].partition(": ")
            limit = goal["goal"].replace(">=", "at least").replace("<=", "at most")
            what = f"{name}: {who}" + (" (without start)" if figure == "read_s" else "")
            verdict = "reached" if goal["met"] else _missed(who, figure, case["contenders"])
            rows.append([what, f"{goal['value']:.2f}", limit, verdict])
    return markdown_table(["times of", "measured", "goal", ""], rows)


def _missed(who: str, figure: str, contenders: dict[str, Any]) -> str:
    """Say how far from the goal even bare requests are, which write nothing."""
    rival = who.partition(" / ")[0]
    floor = next(name for name in contenders if name.startswith("floor"))
    best = contenders[rival][figure] / contenders[floor][figure]
    return "**missed**" + (f"; {floor} itself: {best:.2f}" if rival != floor else "")


def _case(case: dict[str, Any]) -> str:
    found = case["contenders"]
    columns = [each for each in TABLE if any(figures.get(each) for figures in found.values())]
    rows = [
        [
            f"**{name}**" if is_ours(name) else name,
            *(
                format(figures[each], TABLE[each][1]) if figures.get(each) else ""
                for each in columns
            ),
        ]
        for name, figures in found.items()
    ]
    servers = " ".join(f"{server}." for server in case["servers"])
    return f"{servers}\n\n" + markdown_table(["", *(TABLE[each][0] for each in columns)], rows)


def _memory(small: dict[str, Any], whole: dict[str, Any]) -> str:
    rows = []
    for name, figures in small.items():
        less, more = figures["peak_mb"], whole[name]["peak_mb"]
        rows.append([name, f"{less:,.0f}", f"{more:,.0f}", f"{more / less:.2f}"])
    return markdown_table(["peak MB", "a quarter of bulk", "bulk", "times"], rows)


def _loading(loading: dict[str, Any]) -> str:
    figures = ("seconds", "cpu_seconds", "peak_mb", "rows_per_s")
    found = loading["contenders"].items()
    rows = [[name, *(f"{one[figure]:,.0f}" for figure in figures)] for name, one in found]
    of = f"{loading['rows']:,} rows of {loading['bytes_a_row']:,} bytes"
    return markdown_table([of, "seconds", "CPU seconds", "peak MB", "rows a second"], rows)


def _faults(faults: dict[str, Any]) -> str:
    engines = [*next(iter(faults.values()))["verdicts"]]
    rows, said = [], []
    for fault in faults.values():
        what = fault["what"].removesuffix(".")
        cells = [_bold_if_silent(fault["verdicts"][engine]["verdict"]) for engine in engines]
        rows.append([what, *cells])
        for engine in engines:
            verdict = fault["verdicts"][engine]
            if verdict["exit_code"] and verdict["last_words"]:
                said.append([engine, what, "`" + verdict["last_words"].replace("`", "'") + "`"])
    last_words = markdown_table(["", "", "last words"], said)
    return markdown_table(["the API answers", *engines], rows) + "\n\n" + last_words


def _bold_if_silent(verdict: str) -> str:
    return f"**{verdict}**" if "silently" in verdict or "not end" in verdict else verdict


def _nights(nights: dict[str, Any]) -> str:
    whats = [*next(iter(nights.values()))["missing"]]
    rows = [["requests of the first night", *(str(n["first_requests"]) for n in nights.values())]]
    rows.append(["requests of the second night", *(str(n["requests"]) for n in nights.values())])
    for what in whats:
        missing = [night["missing"][what] for night in nights.values()]
        rows.append([what, *(f"**{n} of {of} missing**" if n else "right" for n, of in missing)])
    return markdown_table(["", *nights], rows)


def losses(results: dict[str, Any]) -> list[str]:
    """Return in what a rival is better than we are."""
    found = []
    for name, case in results["speed"].items():
        for figure in ("wall_s", "cpu_s", "peak_mb"):
            found += _lost(name, figure, case["contenders"])
    for name in ("DuckDB", "PostgreSQL"):
        both = results["loading"]["contenders"]
        ours, theirs = (both[f"{name}, {who}"]["seconds"] for who in ("ours", "dlt"))
        if ours > theirs * NOTICEABLE:
            found.append(f"loading into {name}: seconds: ours {ours:.0f}, dlt {theirs:.0f}")
    for fault in results["faults"]["faults"].values():
        right = [who for who, verdict in fault["verdicts"].items() if verdict["is_right"]]
        if right and "ours" not in right:
            of_ours = fault["verdicts"]["ours"]["verdict"]
            found.append(f"{fault['what']} Ours: {of_ours}; right: {', '.join(right)}")
    nights = results["faults"]["nights"]
    for what, (missing, of) in nights["ours"]["missing"].items():
        right = [who for who, night in nights.items() if not night["missing"][what][0]]
        if missing and right:
            found.append(f"{what}: {missing} of {of} rows missing; right: {', '.join(right)}")
    return found


def _lost(case: str, figure: str, contenders: dict[str, Any]) -> list[str]:
    """Compare the best of ours with what reads the same and writes it; the floor writes nothing."""
    best = min(figures[figure] for name, figures in contenders.items() if is_ours(name))
    heading, form = TABLE[figure]
    return [
        f"{case}: {heading}: ours {best:{form}}, {name} {figures[figure]:{form}}"
        for name, figures in contenders.items()
        if not is_ours(name) and "floor" not in name and figures[figure] * NOTICEABLE < best
    ]


def charts(results: dict[str, Any]) -> dict[str, str]:
    """Return the charts by the names of their files."""
    found = {}
    for name, figure, title in (
        ("bulk", "rows_per_s", "Rows a second, no latency (longer is better)"),
        ("latency", "rows_per_s", "Rows a second, 50 ms latency (longer is better)"),
        ("parents", "wall_s", "Seconds for many parents (shorter is better)"),
        ("bulk", "peak_mb", "Peak memory in MB (shorter is better)"),
    ):
        bars = [
            Bar(who, figures[figure], format(figures[figure], TABLE[figure][1]))
            for who, figures in results["speed"][name]["contenders"].items()
        ]
        found[f"{name}-{figure.replace('_', '-')}.svg"] = chart(title, bars)
    bars = [
        Bar(who, one["seconds"], f"{one['seconds']:,.0f}")
        for who, one in results["loading"]["contenders"].items()
    ]
    found["loading.svg"] = chart("Seconds from a tap's output to tables (shorter is better)", bars)
    return found


def chart(title: str, bars: list[Bar]) -> str:
    """Draw bars, in colours that can be read on white and on black."""
    most, height = max(bar.value for bar in bars), 24
    size = f'width="640" height="{30 + height * len(bars)}"'
    text = 'font-family="sans-serif" font-size="13" fill="#768390"'
    label = f'role="img" aria-label="{escape(title)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {label} {text}>',
        f'<text x="0" y="16" font-weight="bold">{escape(title)}</text>',
    ]
    for place, bar in enumerate(bars):
        top, width = 26 + height * place, max(1.0, 430 * bar.value / most)
        colour = "#2f81f7" if is_ours(bar.label) else "#8b949e"
        lines += [
            f'<text x="118" y="{top + 15}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect x="126" y="{top + 2}" width="{width:.0f}" height="18" fill="{colour}"/>',
            f'<text x="{132 + width:.0f}" y="{top + 15}">{escape(bar.text)}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
