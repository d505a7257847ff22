# SPDX-License-Identifier: Apache-2.0
"""The insight into interactions: answers a question about them, for whoever may see all that it is made of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.access.principal import Principal
from app.access.restrictions import Restrictions
from app.domain import dates
from app.domain.channels import UNKNOWN
from app.errors import Forbidden, Unavailable
from app.interactions.facts import survey_facts
from app.interactions.insight.answer_blocks import Answer, Block, Place, blocks, month_of, next_month
from app.interactions.insight.packed_facts import unpack
from app.interactions.insight.questions import Question, read_question
from app.interactions.insight.slices import Slices
from app.storage.interactions.channels import channel_kinds
from app.storage.interactions.fact_rows import FactRows, answered_surveys
from app.storage.mongod.durable import Database

SCOPE = "interactionInsight:read"
SURVEY_TYPES = ("CES", "CSAT", "NPS")
INTERACTION = "PartyInteraction"


class InteractionInsight:
    """Figures about interactions: volumes, times, breaches and backlog; and of the answers about them.

    `restrictions` say who sees which attributes of what the figures are made of; `least` answers are told of together.
    """

    def __init__(
        self,
        database: Database,
        rows: FactRows,
        restrictions: Sequence[Restrictions],
        least: int,
        timeout_ms: int,
    ) -> None:
        self.rows = rows
        self._database = database
        self._restrictions = restrictions
        self._least = least
        self._timeout = timeout_ms

    async def answer(self, query: str, principal: Principal | None) -> dict[str, Any]:
        """The answer to an undecoded query string.

        Raises `InvalidQuery`, `Forbidden` for whoever does not see all, and `Unavailable` while rows are prepared.
        """
        require_whole_view(principal, self._restrictions)
        now = dates.now()
        question = read_question(query, now)
        if not await self.rows.is_complete():
            told = "Interactions that were stored before are being prepared for this; ask again in a while"
            raise Unavailable(told, {"Retry-After": "30"})
        slices = Slices(question, await channel_kinds(self._database))
        async for batch in self.rows.created_between(question.begin, question.end):
            slices.add(batch)
        async for batch in self.rows.open_at(question.begin):
            slices.add(batch)
        slices.add_answers(await self._blocks(question, slices))
        return {
            "@type": "InteractionInsight",
            "groupBy": list(question.group_by),
            **({"period": question.period} if question.period else {}),
            "timeZone": question.zone.key,
            "from": question.begin,
            "to": question.end,
            "asOf": question.as_of,
            "minimumAnswers": self._least,
            "slice": slices.documents(),
        }

    async def _blocks(self, question: Question, slices: Slices) -> list[Block]:
        """The blocks of answers of all months that the question touches."""
        begin, end = month_of(question.begin), next_month(month_of(question.end))
        answers: list[Answer] = []
        async for batch in answered_surveys(self._database, SURVEY_TYPES, begin, end, self._timeout):
            answers += await self._answers(batch, slices)
        return blocks(answers, self._least, dates.now())

    async def _answers(self, batch: Sequence[tuple[str, dict[str, Any]]], slices: Slices) -> list[Answer]:
        found = [(id, facts) for id, document in batch if (facts := survey_facts(document)).score is not None]
        rated = {facts.rated_id for _, facts in found if facts.rated_type == INTERACTION}
        about = {id: slices.place_of(unpack(each["of"])) for id, each in (await self.rows.of_ids(rated)).items()}
        return [
            Answer(facts.answered, id, facts.kind, facts.score, self._place(facts.rated_type, facts.rated_id, about))
            for id, facts in found
            if facts.answered is not None and facts.score is not None
        ]

    def _place(self, kind: str, id: str, about: Mapping[str, Place]) -> Place:
        return (about.get(id) if kind == INTERACTION else None) or Place(UNKNOWN, "", ("",))


def require_whole_view(principal: Principal | None, restrictions: Iterable[Restrictions]) -> None:
    """Raise `Forbidden` for a principal that does not see all documents and attributes that figures are made of."""
    if principal is None:
        return
    if principal.parties is not None:
        raise Forbidden("A token that is bound to a party has no figures: they are made of others' data", SCOPE)
    for each in restrictions:
        if (restriction := each.of(principal)) is not None:
            hidden = {
                **restriction.hidden,
                **{element.attribute: element.scope for element in restriction.hidden_elements},
            }
            name, scope = next(iter(hidden.items()))
            told = f"Figures are made of all attributes of a {each.name}; to see its {name} needs the scope {scope}"
            raise Forbidden(told, scope)
