# SPDX-License-Identifier: Apache-2.0
"""Answers to failures: TMF Errors, also for what a framework or the database fails with, and 500 for all else."""

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.json_text import dump
from app.errors import BadRequest, InternalError, MethodNotAllowed, NotFound, TmfError, shorten
from app.http.denials import Denials
from app.http.messages import Response
from app.storage.mongod import failures

log = structlog.get_logger()


class ErrorMiddleware:
    """The middleware that answers failures of inner layers with TMF Errors.

    After a failure within an answer the server closes the connection, as no second answer can be sent.
    """

    def __init__(self, app: ASGIApp, denials: Denials | None = None) -> None:
        """`denials` are told of each of them; None where none can be."""
        self._app = app
        self._denials = denials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        try:
            await self._app(scope, receive, send)
        except Exception as failure:  # noqa: BLE001 - it is answered, and logged if nobody foresaw it
            await self._response(failure, scope).send(scope, send)

    def _response(self, failure: Exception, scope: Scope) -> Response:
        # Where it was raised through, a variable that holds it would be a reference cycle.
        error = _foreseen(failure)
        if self._denials is not None:
            self._denials.note(error, scope)
        return error_response(error)


def error_response(error: TmfError) -> Response:
    """The response that tells an error."""
    return Response(error.status, dump(error.body()), error.headers)


def _foreseen(failure: Exception) -> TmfError:
    """The TMF Error for a failure. One that nobody foresaw is logged, and 500."""
    error = as_tmf_error(failure)
    if error is None:
        log.error("request failed", exc_info=failure)
        return InternalError("The server failed; the failure is logged with this request's correlation id")
    return error


def as_tmf_error(failure: Exception) -> TmfError | None:
    """The TMF Error for a failure that is one, or is of a framework or the database; None for any other."""
    if isinstance(failure, TmfError):
        return failure
    if isinstance(failure, HTTPException):
        return error_for_status(failure.status_code, str(failure.detail), (failure.headers or {}).get("Allow", ""))
    return failures.as_tmf_error(failure)


def error_for_status(status: int, detail: str, allow: str) -> TmfError:
    """The TMF Error for an error `status` of a framework, with its `detail` and the value of `Allow`."""
    if status == 404:
        return NotFound("There is nothing at this path")
    if status == 405:
        return MethodNotAllowed(f"This path takes {allow or 'other methods'}", {"Allow": allow})
    if 400 <= status < 500:
        return BadRequest(shorten(detail))
    return InternalError("The server failed")
