"""The control API, beside the vendors' paths: what a test or a demo tells the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from event_sandbox.errors import UserError
from event_sandbox.faults import FaultPlan
from event_sandbox.registry import find_vendor
from event_sandbox.wire import Json, json_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from event_sandbox.sandbox import Sandbox

_MOST_STEPS: Final = 3660
"""Ten years: nobody else is answered while days pass."""


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    steps: int = 1


class _Latency(msgspec.Struct, forbid_unknown_fields=True):
    ms: float


class _Preparation(msgspec.Struct, forbid_unknown_fields=True):
    seconds: float


class _Vanish(msgspec.Struct, forbid_unknown_fields=True):
    vendor: str
    session_id: str | None = None
    after_requests: int = 0


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    vendor: str
    kind: str
    after_requests: int = 0


def _world(sandbox: Sandbox) -> Json:
    world = sandbox.world
    counts = dict(world.counts())
    return {"seed": world.seed, "step": world.step, "today": world.today, "counts": counts}


def _advance(sandbox: Sandbox, asked: _Advance) -> Json:
    if not 1 <= asked.steps <= _MOST_STEPS:
        raise UserError(f"steps must be 1 to {_MOST_STEPS}, not {asked.steps}")
    changes = sandbox.advance(asked.steps)
    return {"step": sandbox.world.step, "changes": dict(changes)}


def _set_latency(sandbox: Sandbox, asked: _Latency) -> Json:
    sandbox.latency_seconds = max(0.0, asked.ms) / 1000
    return asked


def _prepare(sandbox: Sandbox, asked: _Preparation) -> None:
    sandbox.preparation.seconds = max(0.0, asked.seconds)


def _preparation(sandbox: Sandbox) -> Json:
    return {"seconds": sandbox.preparation.seconds, "reports": sandbox.preparation.reports()}


def _vanish(sandbox: Sandbox, asked: _Vanish) -> Json:
    asked.session_id = sandbox.vanish(asked.vendor, asked.session_id, asked.after_requests)
    return asked


def _change(sandbox: Sandbox, asked: _Change) -> Json:
    sandbox.change(asked.vendor, asked.kind, asked.after_requests)
    return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """What can be told at a path, by a POST or a DELETE, and what is answered then or to a GET."""

    show: Callable[[Sandbox], Json] | None = None
    body: Any = None
    """Type of what is posted."""
    post: Callable[[Sandbox, Any], Json] | None = None
    """Its answer stands for what is shown, if it has one."""
    delete: Callable[[Sandbox], object] | None = None

    def route(self, path: str, sandbox: Sandbox) -> Route:
        """Make the route; all run on the server's one thread: none sees a half-made change."""

        async def answer(request: Request) -> Response:
            answered = None
            if self.post and request.method == "POST":
                answered = self.post(sandbox, _read(await request.body(), self.body))
            elif self.delete and request.method == "DELETE":
                self.delete(sandbox)
            return json_response(self.show(sandbox) if self.show and not answered else answered)

        known = {"GET": self.show, "POST": self.post, "DELETE": self.delete}
        return Route(path, answer, methods=[name for name, what in known.items() if what])


_RESOURCES: Final = {
    "/_sandbox/world": _Resource(show=_world, delete=lambda sandbox: sandbox.start_over()),
    "/_sandbox/advance": _Resource(body=_Advance, post=_advance),
    "/_sandbox/switches": _Resource(
        show=lambda sandbox: sandbox.switches.all(),
        body=dict[str, dict[str, str]],
        post=lambda sandbox, wanted: sandbox.set_switches(wanted),
        delete=lambda sandbox: sandbox.restore_switches(),
    ),
    "/_sandbox/faults": _Resource(
        show=lambda sandbox: sandbox.faults.plan,
        body=FaultPlan,
        post=lambda sandbox, plan: sandbox.faults.set(plan),
        delete=lambda sandbox: sandbox.faults.set(FaultPlan()),
    ),
    "/_sandbox/requests": _Resource(
        show=lambda sandbox: sandbox.log.entries(), delete=lambda sandbox: sandbox.log.clear()
    ),
    "/_sandbox/requests/count": _Resource(show=lambda sandbox: {"count": len(sandbox.log)}),
    "/_sandbox/limits": _Resource(
        show=lambda sandbox: {name: limit.counts() for name, limit in sandbox.limits.items()},
        delete=lambda sandbox: sandbox.forget_calls(),
    ),
    "/_sandbox/counters": _Resource(show=lambda sandbox: dict(sandbox.counters)),
    "/_sandbox/latency": _Resource(body=_Latency, post=_set_latency),
    "/_sandbox/preparation": _Resource(
        show=_preparation,
        body=_Preparation,
        post=_prepare,
        delete=lambda sandbox: sandbox.preparation.forget(),
    ),
    "/_sandbox/vanish": _Resource(body=_Vanish, post=_vanish),
    "/_sandbox/change": _Resource(body=_Change, post=_change),
}


def make_control(sandbox: Sandbox) -> Starlette:
    """Make the control API of this sandbox."""

    async def truth(request: Request) -> Response:
        lines = sandbox.truth(
            **request.path_params,
            include_secrets=request.query_params.get("include_secrets", "0") in ("1", "true"),
            all_columns=request.query_params.get("columns") == "all",
        )
        return Response(lines, media_type="application/x-ndjson")

    async def grain(request: Request) -> Response:
        lines = sandbox.grain(request.path_params["grain"])
        return Response(lines, media_type="application/x-ndjson")

    async def streams(request: Request) -> Response:
        return json_response(list(find_vendor(request.path_params["vendor"]).streams))

    return Starlette(
        routes=[
            Route("/_sandbox/truth/{vendor}/{stream}", truth),
            Route("/_sandbox/truth/{grain}", grain),
            Route("/_sandbox/streams/{vendor}", streams),
            *(one.route(path, sandbox) for path, one in _RESOURCES.items()),
        ],
        exception_handlers={UserError: _bad_request},
    )


def _read(body: bytes, kind: Any) -> Any:
    """Read a request's body strictly: a mistyped name must not pass for a default."""
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise UserError(f"cannot use this request body: {error}") from None


async def _bad_request(request: Request, error: Exception) -> Response:
    del request
    return json_response({"error": str(error)}, 400)
