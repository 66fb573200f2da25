"""The rival in rivals.py: dlt loads one stream of a tap's output, in an environment of its own."""

import sys
from collections.abc import Iterator
from typing import Any

import dlt  # type: ignore[import-not-found] # it is only in the environment that runs this
from dlt.common import json  # type: ignore[import-not-found]

PAGE = 1_000
TYPES = {"integer": "bigint", "number": "double", "boolean": "bool", "string": "text"}
FORMATS = {"date-time": "timestamp", "date": "date"}


def pages(output: str, stream: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the stream's records, many at once as dlt recommends."""
    page = []
    with open(output, "rb") as lines:  # noqa: PTH123 - as dlt's pages do
        for line in lines:
            message = json.loadb(line)
            if message["type"] == "RECORD" and message["stream"] == stream:
                page.append(message["record"])
                if len(page) == PAGE:
                    yield page
                    page = []
    yield page


def declared(output: str, stream: str) -> dict[str, Any]:
    """Return the stream's SCHEMA message."""
    with open(output, "rb") as lines:  # noqa: PTH123 - as dlt's pages do
        for line in lines:
            message: dict[str, Any] = json.loadb(line)
            if message["type"] == "SCHEMA" and message["stream"] == stream:
                return message
    raise SystemExit(stream)


def data_type(spec: dict[str, Any]) -> str:
    """Return dlt's type of a column; what is nested stays JSON."""
    types = spec["type"] if isinstance(spec["type"], list) else [spec["type"]]
    (kind,) = (name for name in types if name != "null")
    return FORMATS.get(spec.get("format", ""), TYPES.get(kind, "json"))


def main() -> None:
    """Load; the arguments are the output, the stream, the kind of database and where it is."""
    output, stream, kind, where = sys.argv[1:]
    schema = declared(output, stream)
    columns = {
        name: {"name": name, "data_type": data_type(spec)}
        for name, spec in schema["schema"]["properties"].items()
    }
    resource = dlt.resource(
        pages(output, stream),
        name=stream,
        primary_key=schema["key_properties"],
        write_disposition="merge",
        columns=columns,
    )
    destination = getattr(dlt.destinations, kind)(where)
    pipeline = dlt.pipeline("rival", destination=destination, dataset_name="loaded")
    pipeline.run(resource).raise_on_failed_jobs()


if __name__ == "__main__":
    main()
