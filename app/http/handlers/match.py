# SPDX-License-Identifier: Apache-2.0
"""Handler of a match: who may be the same as a party. Nothing is created, so that it is 200."""

from app.domain.json_text import dump
from app.events.api_version import Matcher
from app.http.handlers.resources import read_object
from app.http.messages import Request, Response


class MatchHandlers:
    """The handler of POST at `/match`."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    async def create(self, request: Request) -> Response:
        body = await read_object(request)
        return Response(200, dump(await self._matcher.match(body, request.principal)))
