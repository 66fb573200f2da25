"""The rival dlt: its rest_api source as its documentation shows it, in an environment of its own.

https://dlthub.com/docs/dlt-ecosystem/verified-sources/rest_api: a dependent resource, which is
`parallelized`, and a merge by key. Settings: `api_url`; `stage`, how far it goes (extract,
normalize, load); `concurrency`, the workers (dlt's default without it); `token_url`;
`incremental`; `folder`, where everything is kept.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"  # it talks to nobody but the API

import dlt  # type: ignore[import-not-found] # it is only in the environment that runs this
from dlt.sources.helpers.rest_client.auth import (  # type: ignore[import-not-found] # likewise
    OAuth2ClientCredentials,
)
from dlt.sources.rest_api import rest_api_source  # type: ignore[import-not-found] # likewise


def source(config: dict[str, Any]) -> Any:
    """Return parents, and the rows of each."""
    pages = {"type": "cursor", "cursor_path": "next_page", "cursor_param": "page"}
    client = {"base_url": config["api_url"], "paginator": pages}
    if "token_url" in config:
        known = dict.fromkeys(("client_id", "client_secret"), "bench")
        client["auth"] = OAuth2ClientCredentials(access_token_url=config["token_url"], **known)
    parents: dict[str, Any] = {"path": "parents", "data_selector": "data"}
    if config.get("incremental"):
        since = {"type": "incremental", "cursor_path": "ended_at"}
        parents["params"] = {"since": {**since, "initial_value": "2000-01-01T00:00:00Z"}}
    rows = {"path": "parents/{resources.parents.id}/rows", "data_selector": "data"}
    resources = [
        {"name": "parents", "primary_key": "id", "endpoint": parents},
        {
            "name": "rows",
            "primary_key": ["_parents_id", "id"],
            "include_from_parent": ["id"],
            "parallelized": True,
            "endpoint": rows,
        },
    ]
    defaults = {"write_disposition": "merge"}
    return rest_api_source(
        {"client": client, "resource_defaults": defaults, "resources": resources}
    )


def run(config: dict[str, Any], folder: str) -> None:
    """Go as far as asked; after extracting, print the number of rows."""
    destination = dlt.destinations.duckdb(str(Path(folder) / "events.duckdb"))
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=folder, destination=destination, dataset_name="loaded"
    )
    if config["stage"] == "load":
        pipeline.run(source(config)).raise_on_failed_jobs()
        return
    found = pipeline.extract(source(config))
    if config["stage"] == "normalize":
        pipeline.normalize()
    (steps,) = found.metrics.values()
    tables = [step["table_metrics"] for step in steps]  # one step is dlt's own state
    count = sum(table["rows"].items_count for table in tables if "rows" in table)
    sys.stdout.write(f"{count}\n")


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True, help="JSON")
    config = json.loads(parser.parse_args().config.read_text(encoding="utf-8"))
    if "concurrency" in config:
        os.environ["EXTRACT__WORKERS"] = str(config["concurrency"])
    if "folder" in config:
        run(config, config["folder"])
        return
    with tempfile.TemporaryDirectory(prefix="dlt-") as folder:
        run(config, folder)


if __name__ == "__main__":
    main()
