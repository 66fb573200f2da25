"""The control API, beside the vendors' paths: what a test or a demo tells the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from event_sandbox.errors import UserError
from event_sandbox.faults import PermanentFault
from event_sandbox.registry import find_vendor
from event_sandbox.wire import json_response

if TYPE_CHECKING:
    from starlette.requests import Request

    from event_sandbox.sandbox import Sandbox

T = TypeVar("T")


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    steps: int = 1


class _Latency(msgspec.Struct, forbid_unknown_fields=True):
    ms: float


class _PermanentFault(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    kind: str


class _Faults(msgspec.Struct, forbid_unknown_fields=True):
    rate: float = 0.0
    kinds: list[str] = msgspec.field(default_factory=lambda: ["429_seconds", "500", "reset"])
    seed: int = 1
    permanent: list[_PermanentFault] = []
    words: str = ""


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


def make_control(sandbox: Sandbox) -> Starlette:
    """Make the control API of this sandbox."""
    control = _Control(sandbox)
    return Starlette(
        routes=[
            Route("/_sandbox/truth/{vendor}/{stream}", control.truth),
            Route("/_sandbox/truth/{grain}", control.grain),
            Route("/_sandbox/streams/{vendor}", control.streams),
            Route("/_sandbox/world", control.world, methods=["GET", "DELETE"]),
            Route("/_sandbox/advance", control.advance, methods=["POST"]),
            Route("/_sandbox/switches", control.switches, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/faults", control.faults, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/requests", control.requests, methods=["GET", "DELETE"]),
            Route("/_sandbox/requests/count", control.request_count),
            Route("/_sandbox/limits", control.limits, methods=["GET", "DELETE"]),
            Route("/_sandbox/counters", control.counters),
            Route("/_sandbox/latency", control.latency, methods=["POST"]),
            Route("/_sandbox/preparation", control.preparation, methods=["GET", "POST", "DELETE"]),
            Route("/_sandbox/vanish", control.vanish, methods=["POST", "DELETE"]),
            Route("/_sandbox/change", control.change, methods=["POST"]),
        ],
        exception_handlers={UserError: _bad_request},
    )


class _Control:
    """The handlers; all run on the server's one thread, so that none sees a half-made change."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def truth(self, request: Request) -> Response:
        secrets = request.query_params.get("include_secrets", "0") in ("1", "true")
        lines = self._sandbox.truth(
            request.path_params["vendor"],
            request.path_params["stream"],
            include_secrets=secrets,
            all_columns=request.query_params.get("columns") == "all",
        )
        return Response(lines, media_type="application/x-ndjson")

    async def grain(self, request: Request) -> Response:
        lines = self._sandbox.grain(request.path_params["grain"])
        return Response(lines, media_type="application/x-ndjson")

    async def streams(self, request: Request) -> Response:
        return json_response(list(find_vendor(request.path_params["vendor"]).streams))

    async def world(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._sandbox.start_over()
        world = self._sandbox.world
        return json_response(
            {
                "seed": world.seed,
                "step": world.step,
                "today": world.today,
                "counts": dict(world.counts()),
            }
        )

    async def advance(self, request: Request) -> Response:
        steps = (await _body(request, _Advance)).steps
        if steps < 1:
            raise UserError(f"steps must be 1 or more, not {steps}")
        changes = self._sandbox.advance(steps)
        return json_response({"step": self._sandbox.world.step, "changes": dict(changes)})

    async def switches(self, request: Request) -> Response:
        if request.method == "POST":
            self._sandbox.set_switches(await _body(request, dict[str, dict[str, str]]))
        elif request.method == "DELETE":
            self._sandbox.restore_switches()
        return json_response(self._sandbox.switches.all())

    async def faults(self, request: Request) -> Response:
        plan = self._sandbox.faults
        if request.method == "POST":
            body = await _body(request, _Faults)
            permanent = [PermanentFault(fault.path, fault.kind) for fault in body.permanent]
            plan.set(body.rate, body.kinds, body.seed, permanent, body.words)
        elif request.method == "DELETE":
            plan.clear()
        return json_response(
            {
                "rate": plan.rate,
                "kinds": plan.kinds,
                "seed": plan.seed,
                "permanent": plan.permanent,
                "words": plan.words,
            }
        )

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._sandbox.log.clear()
        return Response(self._sandbox.log.encode(), media_type="application/json")

    async def request_count(self, request: Request) -> Response:
        del request
        return json_response({"count": len(self._sandbox.log)})

    async def limits(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._sandbox.forget_calls()
        limits = self._sandbox.limits.items()
        return json_response({name: limit.counts() for name, limit in limits})

    async def counters(self, request: Request) -> Response:
        del request
        return json_response(dict(self._sandbox.counters))

    async def latency(self, request: Request) -> Response:
        body = await _body(request, _Latency)
        self._sandbox.latency_seconds = max(0.0, body.ms) / 1000
        return json_response({"ms": body.ms})

    async def preparation(self, request: Request) -> Response:
        preparation = self._sandbox.preparation
        if request.method == "POST":
            preparation.seconds = max(0.0, (await _body(request, _Preparation)).seconds)
        elif request.method == "DELETE":
            preparation.forget()
        return json_response({"seconds": preparation.seconds, "reports": preparation.reports()})

    async def vanish(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._sandbox.bring_back()
            return json_response({})
        body = await _body(request, _Vanish)
        key = self._sandbox.vanish(body.vendor, body.session_id, body.after_requests)
        return json_response(
            {"vendor": body.vendor, "session_id": key, "after_requests": body.after_requests}
        )

    async def change(self, request: Request) -> Response:
        body = await _body(request, _Change)
        self._sandbox.change(body.vendor, body.kind, body.after_requests)
        return json_response(body)


async def _body(request: Request, kind: type[T]) -> T:
    """Read the request's body strictly: a mistyped name must not pass for a default."""
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise UserError(f"cannot use this request body: {error}") from None


async def _bad_request(request: Request, error: Exception) -> Response:
    del request
    return json_response({"error": str(error)}, 400)
