"""What a night's build costs after a year: `./dev bench --nights`.

Two nights of the demo world are loaded by the taps. The nights that follow hold what the second
one held, read a day later each: the files of a month are taken in and compressed by one build,
those of the last night by a build of their own, which is compared with the second night's.
"""

import argparse
import gzip
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from scripts.processes import exit_on_signals
from scripts.project import Project
from scripts.sandbox import serving
from scripts.warehouse import archive

READ_AT = re.compile(rb'"read_at": ?"([^"]+)"')
NIGHTS_A_BUILD = 30
KB_PER_MB = 1024


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def build(project: Project) -> Cost:
    """Build in a process of its own, as a night does."""
    folder, transform = project.root / "output", project.root / "transform"
    dbt = project.root / ".meltano" / "utilities" / "dbt-duckdb" / "venv" / "bin" / "dbt"
    options = [f"--project-dir={transform}", f"--profiles-dir={transform}"]
    options.append("--exclude-resource-type=unit_test")  # as meltano.yml has it
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - the project's own dbt
        [str(dbt), "--quiet", "build", *options, f"--target-path={folder / 'building'}"],
        env={**project.environment(), "EVENTS_FOLDER": str(folder)},
    )
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("the build failed")
    return Cost(
        time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / KB_PER_MB
    )


def read_later(night: dict[Path, bytes], days: int) -> int:
    """Write a night's files as if all had been read so many days later; return their bytes."""
    size = 0
    for path, content in night.items():
        stream, _, when = path.name.removesuffix(".jsonl.gz").rpartition("-")
        moment = datetime.fromisoformat(when) + timedelta(days=days)
        later = READ_AT.sub(lambda found: _later(found[1], days), content)
        path.with_name(f"{stream}-{moment:%Y%m%dT%H%M%S}.jsonl").write_bytes(later)
        size += len(later)
    return size


def _later(read_at: bytes, days: int) -> bytes:
    moment = datetime.fromisoformat(read_at.decode()) + timedelta(days=days)
    return f'"read_at":"{moment.isoformat()}"'.encode()


def measure(project: Project, nights: int, world: str) -> None:
    """Load night after night, and print what the second and the last one cost."""
    raw = project.root / "output" / "raw"
    with serving(world, project.root / "output" / "sandbox.json") as sandbox:
        taps = Project(project.root, {**project.extra, **sandbox.tap_environment()})
        tasks = [f"{path.parent.name}" for path in sorted(project.root.glob("tap-*/meltano.yml"))]
        for night in (1, 2):
            for tap in tasks:
                taps.run("run", tap, "target-jsonl")
            second = build(project)
            known = set(raw.glob("*/*.jsonl.gz"))
            archive(project.root / "output", float("inf"))
            say(f"night {night}: {second.seconds:.1f} s")
            sandbox.advance()
    files = set(raw.glob("*/*.jsonl.gz")) - known
    contents = {path: gzip.decompress(path.read_bytes()) for path in files}
    for night in range(3, nights):
        size = read_later(contents, night - 2)
        if night % NIGHTS_A_BUILD == 0 or night == nights - 1:
            build(project)
            archive(project.root / "output", float("inf"))
            say(f"night {night}: taken in")
    read_later(contents, nights - 2)
    last = build(project)
    say(f"a night's files: {size / 1e6:.1f} MB; {len(list(raw.glob('*/*.gz'))):,} files before")
    say(f"{'':12}{'seconds':>10}{'cpu':>10}{'peak MB':>10}")
    for name, cost in (("night 2", second), (f"night {nights}", last)):
        say(f"{name:12}{cost.seconds:10.1f}{cost.cpu_seconds:10.1f}{cost.peak_mb:10.0f}")
    for figure, most in (("seconds", 1.3), ("cpu_seconds", 1.3), ("peak_mb", 1.2)):
        ratio = getattr(last, figure) / getattr(second, figure)
        say(f"{'ok' if ratio <= most else 'MISSED':7}{figure}: {ratio:.2f} (goal <= {most})")


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench --nights", description=__doc__)
    parser.add_argument("--nights", type=int, default=365, nargs="?", const=365, metavar="N")
    parser.add_argument("--world", default="demo")
    arguments = parser.parse_args()
    exit_on_signals()
    home = Project()
    home.install(say)
    with tempfile.TemporaryDirectory() as folder:
        measure(home.copy(Path(folder)), arguments.nights, arguments.world)
    return 0


if __name__ == "__main__":
    sys.exit(main())
