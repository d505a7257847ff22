# SPDX-License-Identifier: Apache-2.0
"""Where whoever has the link of a survey answers it, without a login: a page for browsers, JSON for programs.

The token in the link is all that counts: there is no cookie or other credential that a browser adds of itself, so a
foreign page can have nobody answer unknowingly (CSRF). GET changes nothing, as scanners of mail follow links.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.json_text import dump, parse_object
from app.domain.media_types import JSON
from app.domain.origin import Origin
from app.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Gone,
    InvalidBody,
    InvalidField,
    MethodNotAllowed,
    NotFound,
    TmfError,
    UnsupportedMediaType,
)
from app.http.handlers.survey_page import message_page, question_page
from app.http.messages import CORRELATION, ClientGone, Request, Response
from app.interactions.survey_texts import supported_language, survey_texts
from app.interactions.surveys import Surveys

PATH = "/survey"
FORM = "application/x-www-form-urlencoded"
ACTOR = "survey link"
"""Who the event log says answered: whoever had the link."""

_OWN_SITE = ("", "same-origin", "none")
"""What `Sec-Fetch-Site` says of a form of the page itself, or of a client that does not say it."""

_MESSAGES: dict[type[TmfError], str] = {Conflict: "answered", Gone: "expired", NotFound: "invalid"}
_MOST_FIELDS = 10


class _Submission(NamedTuple):
    token: str
    score: object = None
    comment: str = ""
    language: str = ""


def survey_answers(surveys: Surveys, prefix: str, max_body_bytes: int) -> Callable[[ASGIApp], ASGIApp]:
    """The middleware that answers at `/survey`, below `prefix` (`LIAISON_PATH_PREFIX`), too."""
    paths = frozenset({PATH, prefix.rstrip("/") + PATH})
    return partial(SurveyAnswers, surveys=surveys, paths=paths, max_body_bytes=max_body_bytes)


class SurveyAnswers:
    """Takes answers by link; other requests go on to the next application. To be behind the operations."""

    def __init__(self, app: ASGIApp, surveys: Surveys, paths: frozenset[str], max_body_bytes: int) -> None:
        self._app = app
        self._surveys = surveys
        self._paths = paths
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._paths:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, self._max_body_bytes)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise MethodNotAllowed("This path takes GET, HEAD, POST", {"Allow": "GET, HEAD, POST"})
        try:
            response = await self._respond(request, Origin(scope.get(CORRELATION), ACTOR), scope["method"] == "POST")
        except ClientGone:
            return
        await response.send(scope, send)

    async def _respond(self, request: Request, origin: Origin, answers: bool) -> Response:
        """The response to a request that asks, or `answers`: for browsers a page, whatever fails."""
        if "text/html" not in request.header(b"accept"):
            sent = await _of_body(request) if answers else _of_query(request)
            return await self._json(sent, origin if answers else None)
        accepted = [each.partition(";")[0] for each in request.header(b"accept-language").split(",")]
        language = supported_language(*accepted) or _ENGLISH
        try:
            sent = await _of_body(request) if answers else _of_query(request)
            language = supported_language(sent.language) or language
            return await self._page(sent, origin if answers else None, language)
        except TmfError as error:
            named = (name for kind, name in _MESSAGES.items() if isinstance(error, kind))
            return message_page(next(named, "failed"), language, error.status)

    async def _json(self, sent: _Submission, origin: Origin | None) -> Response:
        """The question, or the acceptance of an answer, for a program. Raises what `Surveys` does."""
        if origin is not None:
            await self._surveys.answer(sent.token, sent.score, sent.comment, origin)
            return Response(200, dump({"@type": "SurveyAnswer", "status": "answered"}), _UNCACHED)
        question = await self._surveys.question(sent.token)
        language = supported_language(sent.language, question.language) or _ENGLISH
        shown = {
            "@type": "SurveyQuestion",
            "surveyType": question.kind,
            "language": language,
            "question": survey_texts()[language][question.kind]["question"],
            "minimum": question.bounds.minimum,
            "maximum": question.bounds.maximum,
        }
        return Response(200, dump(shown), _UNCACHED)

    async def _page(self, sent: _Submission, origin: Origin | None, language: str) -> Response:
        """The page that asks, or thanks. Raises what `Surveys` does, but for a number that was not chosen."""
        if origin is None:
            question = await self._surveys.question(sent.token)
            return question_page(question, supported_language(sent.language, question.language) or language, sent.token)
        try:
            await self._surveys.answer(sent.token, sent.score, sent.comment, origin)
            return message_page("thanks", language, 200)
        except InvalidField as wrong:
            question = await self._surveys.question(sent.token)
            bounds = question.bounds
            if isinstance(sent.score, int) and bounds.minimum <= sent.score <= bounds.maximum:
                raise  # Only who does not use the form can send a comment that is too long.
            return question_page(question, language, sent.token, wrong=True, comment=sent.comment, status=wrong.status)


_UNCACHED = {"Cache-Control": "no-store"}
_ENGLISH = "en"


def _of_query(request: Request) -> _Submission:
    sent = _fields(request.query)
    return _Submission(sent.get("token", ""), language=sent.get("lang", ""))


async def _of_body(request: Request) -> _Submission:
    """What a form or a program sent. Raises `Forbidden` for a form of another site, and what is wrong with the body."""
    if request.media_type == FORM:
        if request.header(b"sec-fetch-site") not in _OWN_SITE:
            raise Forbidden("The answer comes from another site; open the link of the survey")
        try:
            sent: dict[str, Any] = dict(_fields((await request.body()).decode()))
        except UnicodeDecodeError:
            raise InvalidBody("The form is not in UTF-8") from None
        score = sent.get("score", "")
        sent["score"] = int(score) if score.isascii() and score.isdecimal() and len(score) < 4 else None
        sent["comment"] = sent.get("comment", "").replace("\r\n", "\n")
    elif request.media_type == JSON:
        sent = parse_object(await request.body())
    else:
        raise UnsupportedMediaType(f"Send the answer as {JSON} or {FORM}")
    texts = {name: sent.get(name, "") for name in ("token", "comment", "lang")}
    if wrong := [name for name, value in texts.items() if not isinstance(value, str)]:
        raise InvalidField(f"/{wrong[0]} should be a text")
    return _Submission(texts["token"], sent.get("score"), texts["comment"], texts["lang"])


def _fields(text: str) -> dict[str, str]:
    """The fields of a query or a form, the first of each name."""
    try:
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=_MOST_FIELDS).items()}
    except ValueError:
        raise BadRequest(f"There are more than {_MOST_FIELDS} fields") from None
