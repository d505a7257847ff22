# SPDX-License-Identifier: Apache-2.0
"""Satisfaction surveys by link: a party is invited, and answers once without a login (CSAT, NPS, CES; eTOM 1.6.9)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from app.domain import dates
from app.domain.media_types import MERGE
from app.domain.origin import UNKNOWN, Origin
from app.domain.ranges import Bounds
from app.errors import Conflict, Gone, InvalidField, NotFound
from app.interactions.survey_engine import ANSWERED, ASKED, EXPIRED, SurveyEngine
from app.interactions.survey_links import INVALID, LinkedSurvey, SurveyTokens
from app.interactions.survey_texts import supported_language
from app.resources.engine import Engine, ResourceView

SURVEY = "SatisfactionSurvey"
"""The resource of the surveys."""

LINK_VARIABLE = "survey_link"
"""What templates of messages call the link of a survey."""

OVER = "The time to answer this survey is over"

View = Mapping[str, Any]


class Invitation(NamedTuple):
    """A survey that was put to a party: its view, the link to send, and the language of both."""

    survey: View
    link: str
    language: str
    expires: datetime


class Question(NamedTuple):
    """What the page of a link asks: nothing of who is asked, about what, or what was answered."""

    kind: str
    language: str | None
    bounds: Bounds


class Surveys:
    """Invites to surveys, and takes the answers of those who have the link."""

    def __init__(
        self, engine: SurveyEngine, tokens: SurveyTokens, page: str, clock: Callable[[], datetime] = dates.now
    ) -> None:
        """`page` is the URL of the page on which surveys are answered."""
        self._engine = engine
        self._tokens = tokens
        self._page = page
        self._clock = clock
        (ranged,) = engine.resource.rules.ranges
        self._bounds = ranged.bounds

    async def invite(self, body: dict[str, Any], origin: Origin = UNKNOWN) -> Invitation:
        """Put a survey to a party, as a create of this `body` does, and make the link to send.

        Raises `Conflict` where the policy or the party's privacy profile stands against it.
        """
        return self._invitation((await self._engine.create(body, origin)).view)

    async def link(self, id: str, engine: Engine | None = None) -> Invitation:
        """A link for a survey that is there, as `engine`, that of a principal, shows it.

        Raises `NotFound`, and `Conflict` once it is answered, its time is over, or the party does not want to be asked
        any more: who makes the link when it is sent heeds what was said until then.
        """
        survey = (await (engine or self._engine).get(id)).view
        if survey["status"] != ASKED or self._engine.expiry(survey) <= self._clock():
            raise Conflict(f"The survey is {survey['status']}, and until {self._engine.expiry(survey):%Y-%m-%d}")
        if respondent := survey.get("respondent"):
            await self._engine.refuse_unwilling(respondent["id"])
        return self._invitation(survey)

    def _invitation(self, survey: View) -> Invitation:
        expires = self._engine.expiry(survey)
        token = self._tokens.make(LinkedSurvey(survey["id"], expires))
        language = supported_language(survey.get("language")) or "en"
        return Invitation(survey, f"{self._page}?token={token}", language, expires)

    async def question(self, token: str) -> Question:
        """What a link asks. Raises `NotFound` for one that is not valid, `Conflict` and `Gone` as `answer` does.

        Changes nothing: whoever checks mail for malice, or shows a preview, follows links, too.
        """
        shown, expires = await self._open(token)
        survey = shown.view
        if survey["status"] == ANSWERED:
            raise Conflict("This survey has been answered; its link can be used once")
        if survey["status"] == EXPIRED or expires <= self._clock():
            raise Gone(OVER)
        kind = survey["surveyType"]
        return Question(kind, supported_language(survey.get("language")), self._bounds[kind])

    async def answer(self, token: str, score: object, comment: str = "", origin: Origin = UNKNOWN) -> None:
        """Keep the answer of who has the link. The same answer again changes nothing.

        Raises `InvalidField` for a score out of the range of the kind, `NotFound` for a link that is not valid,
        `Conflict` where another answer was first, and `Gone` after the expiry, which is noted.
        """
        shown, expires = await self._open(token)
        id = shown.view["id"]
        said = {"score": score, **({"comment": comment.strip()} if comment.strip() else {})}
        if shown.view["status"] == ASKED and expires <= self._clock():
            await self._expire(id, origin)
            raise Gone(OVER)
        if shown.view["status"] == ASKED:
            if not isinstance(score, int) or isinstance(score, bool):
                bounds = self._bounds[shown.view["surveyType"]]
                raise InvalidField(f"/score should be a whole number from {bounds.minimum} to {bounds.maximum}")
            # Another request may be first all the same: the write is over what it has seen, in any process.
            with suppress(Conflict):
                await self._engine.patch(id, {"status": ANSWERED, **said}, MERGE, _any_revision, origin)
                return
            shown, _ = await self._open(token)
        if shown.view["status"] == EXPIRED:
            raise Gone(OVER)
        if {name: shown.view[name] for name in ("score", "comment") if name in shown.view} != said:
            raise Conflict("This survey has been answered otherwise; its link can be used once")

    async def _open(self, token: str) -> tuple[ResourceView, datetime]:
        """The survey of a token, and until when it can be answered by that."""
        linked = self._tokens.read(token)
        try:
            shown = await self._engine.get(linked.id)
        except NotFound:
            raise NotFound(INVALID) from None  # As for a made-up link: nobody learns that there was one.
        return shown, min(linked.expires, self._engine.expiry(shown.view))

    async def _expire(self, id: str, origin: Origin) -> None:
        with suppress(Conflict):  # Somebody was first, and noted the same or an answer.
            await self._engine.patch(id, {"status": EXPIRED}, MERGE, _any_revision, origin)


def _any_revision(_revision: object) -> None:
    """The precondition of who does not know the revision."""
