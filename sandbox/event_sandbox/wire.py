"""JSON on the wire."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from starlette.responses import HTMLResponse, Response

Json: TypeAlias = Any
"""Whatever JSON can hold; its types only show when it is read."""

Row: TypeAlias = dict[str, Any]
"""A row of truth: the columns of a stream."""


def json_response(value: Json, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def error_page(status: int) -> Response:
    """Answer with a page, as a proxy in front of an API does."""
    page = f"<!doctype html><html><body><h1>{status}</h1></body></html>"
    return HTMLResponse(page, status)


class Refusal(Exception):
    """An answer without data, raised from wherever that is found out."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response
