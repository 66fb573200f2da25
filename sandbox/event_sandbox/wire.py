"""JSON on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from starlette.responses import HTMLResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

LOGIN_PATH: Final = "/login"
"""Where vendors that redirect the unauthorised send them, on another host name."""

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


def login_redirect(request: Request) -> Response:
    """Lead to the page where users sign in, on this host's other name."""
    other = "127.0.0.1" if request.url.hostname == "localhost" else "localhost"
    return RedirectResponse(f"http://{other}:{request.url.port}{LOGIN_PATH}", 302)


def url_of(request: Request) -> str:
    """Give the path and the query that were asked for."""
    return f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"


class Refusal(Exception):
    """An answer without data, raised from wherever that is found out."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response
