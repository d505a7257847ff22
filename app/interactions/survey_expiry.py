# SPDX-License-Identifier: Apache-2.0
"""The expiry of satisfaction surveys that nobody answers: noted when their stored instant has come."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from app.domain import dates
from app.domain.media_types import MERGE
from app.domain.origin import Origin
from app.errors import Conflict, NotFound
from app.interactions.survey_engine import ASKED, EXPIRED, SurveyEngine
from app.storage.interactions.due_surveys import due_surveys
from app.storage.mongod.durable import Database

ORIGIN = Origin(actor="survey expiry")


class SurveyExpiry:
    """Moves surveys on to `expired`.

    Several at a time, and one that begins again after a crash, do no harm: each move is one write with its event, over
    the revision that was seen, and out of `asked` alone.
    """

    def __init__(self, database: Database, engine: SurveyEngine, clock: Callable[[], datetime] = dates.now) -> None:
        self._database, self._engine, self._clock = database, engine, clock

    async def note(self) -> int:
        """Note all whose time is over, and return how many these were.

        One without an expiry, as by an import, gets that of the policy, by which it is found from then on.
        """
        now, noted = self._clock(), 0
        async for id in due_surveys(self._database, self._engine.resource.name, ASKED, now):
            # Somebody who answered, put the end off, or erased it at this moment was first.
            with suppress(Conflict, NotFound):
                shown = await self._engine.patch(id, partial(self._end, now), MERGE, _any_revision, ORIGIN)
                noted += shown.view["status"] == EXPIRED
        return noted

    def _end(self, now: datetime, survey: dict[str, Any]) -> dict[str, Any]:
        """The patch of a survey as it is when it is written."""
        expiry = self._engine.expiry(survey)
        dated = {} if "expirationDate" in survey else {"expirationDate": dates.text(expiry)}
        return {**dated, **({"status": EXPIRED} if expiry <= now else {})}


def _any_revision(_revision: object) -> None:
    """The precondition of who does not know the revision."""
