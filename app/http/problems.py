"""Turns whatever goes wrong on the way of a request into the TMF Error body."""

import structlog
from connexion.exceptions import ProblemException
from connexion.lifecycle import ConnexionRequest, ConnexionResponse
from connexion.middleware import ConnexionMiddleware
from starlette.exceptions import HTTPException

from app.domain.media_types import JSON
from app.errors import BadRequest, InternalError, MethodNotAllowed, NotFound, TmfError, shortened
from app.http.binding import AllowedMethods
from app.http.bodies import dump
from app.storage import failures

log = structlog.get_logger()


def tell_errors(app: ConnexionMiddleware, allowed: AllowedMethods) -> None:
    """Register the handlers on the stack: ours, Connexion's, Starlette's, and everything unforeseen."""

    async def known(_request: ConnexionRequest, error: TmfError) -> ConnexionResponse:
        return answer(error)

    async def framework(request: ConnexionRequest, error: HTTPException) -> ConnexionResponse:
        return answer(translated(error.status_code, str(error.detail), allowed.of(request.scope["path"])))

    async def connexion(request: ConnexionRequest, error: ProblemException) -> ConnexionResponse:
        return answer(translated(error.status, str(error.detail), allowed.of(request.scope["path"])))

    async def unforeseen(_request: ConnexionRequest, error: Exception) -> ConnexionResponse:
        if told := failures.told(error):
            return answer(told)
        log.error("request failed", exc_info=error)
        return answer(InternalError("The server failed; the failure is logged with this request's correlation id"))

    app.add_error_handler(TmfError, known)
    app.add_error_handler(HTTPException, framework)
    app.add_error_handler(ProblemException, connexion)
    app.add_error_handler(Exception, unforeseen)


def translated(status: int, detail: str, allow: str) -> TmfError:
    """A framework's own error as one of ours."""
    if status == 404:
        return NotFound("There is nothing at this path")
    if status == 405:
        return MethodNotAllowed(f"This path takes {allow or 'other methods'}", {"Allow": allow})
    if 400 <= status < 500:
        return BadRequest(shortened(detail))
    return InternalError("The server failed")


def answer(error: TmfError) -> ConnexionResponse:
    """The answer that tells `error`."""
    return ConnexionResponse(
        status_code=error.status, mimetype=JSON, content_type=JSON, body=dump(error.body()), headers=error.headers
    )
