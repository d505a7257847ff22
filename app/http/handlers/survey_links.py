# SPDX-License-Identifier: Apache-2.0
"""The handler of the link by which a party answers a survey, for whoever sends it."""

from app.domain import dates
from app.domain.json_text import dump
from app.http.messages import Request, Response
from app.interactions.surveys import Surveys
from app.resources.engine import Engine


class SurveyLinkHandlers:
    """Makes links to surveys that a principal sees."""

    def __init__(self, engine: Engine, surveys: Surveys) -> None:
        self._engine = engine
        self._surveys = surveys

    async def create(self, request: Request) -> Response:
        """A new link to the survey of the path; the links that were made before stay valid."""
        principal = request.principal
        engine = self._engine if principal is None else self._engine.for_principal(principal)
        made = await self._surveys.link(request.id, engine)
        shown = {
            "@type": "SurveyLink",
            "link": made.link,
            "language": made.language,
            "expirationDate": dates.text(made.expires),
        }
        return Response(201, dump(shown), {"Cache-Control": "no-store"})
