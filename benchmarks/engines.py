"""The engines that are compared: where each is installed, and how it is told to read an API.

Each rival has an environment of its own in output/rivals, made of the one line that
`rival_requirements.txt` has of it; once installed it stays. All take `--config FILE`, a JSON object
with `api_url`, and read `/parents` and `/parents/ID/rows`.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from benchmarks.worlds import write_json

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
HOME = ROOT / "output" / "rivals"
REQUIREMENTS = HERE / "rival_requirements.txt"

Command = tuple[str, ...]

OURS: Command = (sys.executable, str(HERE / "our_tap.py"))
STOCK_PYTHON = str(HOME / "singer-sdk" / "bin" / "python")
STOCK: Command = (STOCK_PYTHON, "-m", "benchmarks.stock_tap")
TUNED: Command = (STOCK_PYTHON, "-c", "from benchmarks import stock_tap as s; s.TunedTap.cli()")
DLT_PYTHON = str(HOME / "dlt" / "bin" / "python")
DLT: Command = (DLT_PYTHON, str(HERE / "rival_dlt.py"))


def install(say: Callable[[str], None]) -> dict[str, str]:
    """Install the rivals that are not there yet; return the version of each."""
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    found = {}
    for requirement in (line for line in lines if not line.startswith("#")):
        name, version = re.split(r"(?:\[.*\])?==", requirement)
        folder, stamp = HOME / name, HOME / name / "installed"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != requirement:
            say(f"installing {requirement} from PyPI into {folder.relative_to(ROOT)}")
            uv = str(Path(sys.executable).parent / "uv")
            subprocess.run(  # noqa: S603 - ours
                [uv, "venv", "--quiet", "--clear", f"--python={sys.executable}", str(folder)],
                check=True,
            )
            install = [uv, "pip", "install", "--quiet", f"--python={folder}", requirement]
            subprocess.run(install, check=True)  # noqa: S603 - ours
            stamp.write_text(requirement, encoding="utf-8")
        found[name] = version
    return found


def airbyte(
    folder: Path,
    *,
    incremental: bool = False,
    has_token: bool = False,
    has_parent_id: bool = True,
) -> Command:
    """Write Airbyte's manifest and catalog into a folder; return its command."""
    manifest = yaml.safe_load((HERE / "rival_airbyte.yaml").read_text(encoding="utf-8"))
    definitions = manifest["definitions"]
    options, streams = definitions.pop("options"), ("parents", "rows")
    schema = json.loads((HERE / "schema.json").read_text(encoding="utf-8"))
    definitions["rows"]["schema_loader"]["schema"] = schema
    (parents,) = definitions["rows"]["retriever"]["partition_router"]["parent_stream_configs"]
    parents["incremental_dependency"] = incremental
    if not has_parent_id:
        del definitions["rows"]["transformations"]
    for stream in streams:
        if has_token:
            definitions[stream]["retriever"]["requester"] |= {"authenticator": options["token"]}
        if incremental:
            definitions[stream]["incremental_sync"] = options[stream]
    mode = "incremental" if incremental else "full_refresh"
    catalog = {"streams": [_configured(definitions[stream], mode) for stream in streams]}
    program = HOME / "airbyte-cdk" / "bin"
    return (
        *(str(program / "python"), str(program / "source-declarative-manifest"), "read"),
        *("--manifest-path", write_json(folder / "manifest.json", manifest)),
        *("--catalog", write_json(folder / "catalog.json", catalog)),
    )


def _configured(stream: dict[str, Any], mode: str) -> dict[str, Any]:
    """Return a stream as Airbyte's catalog has it."""
    described = {
        "name": stream["name"],
        "json_schema": stream["schema_loader"]["schema"],
        "supported_sync_modes": [mode],
    }
    return {"stream": described, "sync_mode": mode, "destination_sync_mode": "append"}
