# SPDX-License-Identifier: Apache-2.0
"""Answers to failures: TMF Errors, also for what a framework or the database fails with, and 500 for all else."""

import structlog
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.domain.json_text import dump
from app.errors import BadRequest, InternalError, MethodNotAllowed, NotFound, TmfError, shorten
from app.http.denials import Denials
from app.http.messages import Response
from app.storage.mongod import failures

log = structlog.get_logger()


def answer_to(failure: Exception, scope: Scope, denials: Denials | None = None) -> Response:
    """The response to a failure of a request, of which `denials` are told. One that nobody foresaw is logged, and 500.

    It holds no failure in the frames that it was raised through: that would be a reference cycle.
    """
    error = as_tmf_error(failure)
    if error is None:
        log.error("request failed", exc_info=failure)
        error = InternalError("The server failed; the failure is logged with this request's correlation id")
    if denials is not None:
        denials.note(error, scope)
    return error_response(error)


def error_response(error: TmfError) -> Response:
    """The response that tells an error."""
    return Response(error.status, dump(error.body()), error.headers)


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
