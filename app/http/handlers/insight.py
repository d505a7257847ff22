# SPDX-License-Identifier: Apache-2.0
"""Handler of insight: figures about interactions, in one document."""

from app.domain.json_text import dump
from app.events.api_version import Insight
from app.http.messages import Request, Response


class InsightHandlers:
    """The handler of GET at `/interactionInsight`."""

    def __init__(self, insight: Insight) -> None:
        self._insight = insight

    async def list(self, request: Request) -> Response:
        request.require_json_accepted()
        return Response(200, dump(await self._insight.answer(request.query, request.principal)))
