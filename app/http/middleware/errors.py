"""Turns whatever goes wrong on the way of a request into the TMF Error body."""

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.json_text import dump
from app.errors import BadRequest, InternalError, MethodNotAllowed, NotFound, TmfError, shortened
from app.http.messages import Response
from app.storage.mongod import failures

log = structlog.get_logger()


class ErrorMiddleware:
    """The layer that answers in the place of what fails behind it.

    What fails after its answer began stays unanswered: the server takes no second one, and hangs up.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            await self._app(scope, receive, send)
        except Exception as failure:  # noqa: BLE001 - it is answered, and logged if nobody foresaw it
            await _answer(failure).send(scope, send)


def _answer(failure: Exception) -> Response:
    """The TMF Error that tells of a failure. What nobody foresaw is logged."""
    error = as_tmf_error(failure)
    if error is None:
        log.error("request failed", exc_info=failure)
        error = InternalError("The server failed; the failure is logged with this request's correlation id")
    return Response(error.status, dump(error.body()), error.headers)


def as_tmf_error(failure: Exception) -> TmfError | None:
    """The failure as a TMF Error, if it is one, or one of the frameworks or the database; None if it is unforeseen."""
    if isinstance(failure, TmfError):
        return failure
    if isinstance(failure, HTTPException):
        return translated(failure.status_code, str(failure.detail), (failure.headers or {}).get("Allow", ""))
    return failures.as_tmf_error(failure)


def translated(status: int, detail: str, allow: str) -> TmfError:
    """A framework's own error as one of ours."""
    if status == 404:
        return NotFound("There is nothing at this path")
    if status == 405:
        return MethodNotAllowed(f"This path takes {allow or 'other methods'}", {"Allow": allow})
    if 400 <= status < 500:
        return BadRequest(shortened(detail))
    return InternalError("The server failed")
