"""JSON on the wire."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from starlette.responses import Response

Json: TypeAlias = Any
"""Whatever JSON can hold; its types only show when it is read."""

Row: TypeAlias = dict[str, Any]
"""A row of truth: the columns of a stream."""


def json_response(value: Json, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")
