# SPDX-License-Identifier: Apache-2.0
"""The engine of satisfaction surveys: whom one may ask, and that an answer stays as it was given."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain import dates
from app.domain.origin import UNKNOWN, Origin
from app.domain.restriction import UPDATE
from app.domain.violations import Violation, refusal
from app.errors import Conflict, NotFound
from app.interactions.privacy_profiles import live_profiles
from app.interactions.survey_policies import SurveyPolicies
from app.interactions.survey_texts import supported_language
from app.resources.create import validated_body
from app.resources.engine import Engine, ResourceView
from app.resources.references import Reference, targets
from app.resources.relationships import NewRelated
from app.resources.resource import Document, Draft
from app.resources.restricted_engine import RestrictedCollection, RestrictedEngine
from app.storage.documents.receipts import Key, Receipt
from app.storage.documents.referential_integrity import DanglingReference
from app.storage.documents.repository import Repository
from app.storage.documents.rows import Change, StoredDocument
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact

ASKED, ANSWERED, EXPIRED = "asked", "answered", "expired"
RESPONDENT = ("respondent", "id")


class SurveyEngine(Engine):
    """The operations on surveys in one API version. A create with the state `asked` puts it to its respondent."""

    def __init__(
        self,
        *parts: Any,
        policies: SurveyPolicies,
        database: Database,
        parties: Mapping[str, Repository],
        profiles: RestrictedCollection | None,
        **more: Any,
    ) -> None:
        """`parts` are those of any `Engine`; `parties` have the documents of each kind of party, and `profiles` are
        their privacy profiles, if the server has any."""
        super().__init__(*parts, **more)
        self._policies = policies
        self._database = database
        self._parties = parties
        self._profiles = profiles

    async def create(self, body: Document, origin: Origin = UNKNOWN, key: Key | None = None) -> ResourceView:
        """See `Engine`. Raises `Conflict` for a party that was asked lately, or does not want to be asked."""
        if key and (first := await self._receipts.find(key)):
            return await self._replay(first)
        return await super().create(await self._complete(body), origin, key)

    def expiry(self, survey: Mapping[str, Any]) -> datetime:
        """Until when a survey can be answered: as it says, else by the policy from its beginning."""
        expires: datetime | None = survey.get("expirationDate")
        if expires is not None:
            return expires
        begun: datetime = survey.get("creationDate", dates.now())
        return begun + self._policies.surveys[survey["surveyType"]].to_answer

    async def _complete(self, body: Document) -> Document:
        """The body with its language and, if it is to be asked, with its expiry."""
        shown = validated_body(self.resource, body)
        if not self._awaits_answer(shown):
            return body
        more = {}
        if "language" not in shown:
            more["language"] = await self._language(shown.get("respondent")) or self._policies.language
        if "expirationDate" not in shown:
            more["expirationDate"] = dates.text(dates.now() + self._policies.surveys[shown["surveyType"]].to_answer)
        return {**body, **more}

    async def _language(self, respondent: Mapping[str, Any] | None) -> str | None:
        """The language that a party prefers (`languageAbility`), if the page has it."""
        documents = self._parties.get(str(respondent.get("@referredType"))) if respondent else None
        if documents is None or respondent is None:
            return None
        try:
            party = await documents.get(respondent["id"], ("languageAbility",))
        except NotFound:
            return None  # Whether there must be such a party is decided with the other references.
        abilities = party.document.get("languageAbility", ())
        favourite = sorted(abilities, key=lambda each: not each.get("isFavouriteLanguage"))
        return supported_language(*(each.get("languageCode") for each in favourite))

    def _awaits_answer(self, survey: Mapping[str, Any]) -> bool:
        """Whether a survey is in the state in which somebody is asked; it may come in any spelling."""
        lifecycle = self.resource.lifecycle
        return lifecycle.state(survey.get(lifecycle.field, lifecycle.initial)) == ASKED

    def _prepare_create(self, body: Document, origin: Origin) -> tuple[StoredDocument, Change, list[Reference], Draft]:
        """See `Engine`. Who is asked must exist here, as their wishes do."""
        new, announced, references, draft = super()._prepare_create(body, origin)
        respondent = new.document.get("respondent")
        if respondent and self._awaits_answer(new.document):
            reference = self._respondent_reference(respondent)
            references = [*(each for each in references if each.target != reference.target), reference]
        return new, announced, references, draft

    def _respondent_reference(self, respondent: Mapping[str, Any]) -> Reference:
        kind = respondent.get("@referredType")
        if kind not in self._parties:
            told = f"should be {' or '.join(self._parties)}, as who is asked has to be a party here"
            raise refusal([Violation("/respondent/@referredType", told, rule="respondent")])
        return Reference(("respondent",), str(kind), respondent["id"], respondent["id"])

    async def _keep(
        self,
        new: StoredDocument,
        announced: Change,
        references: Sequence[Reference],
        key: Key | None,
        related: NewRelated | None,
        origin: Origin,
    ) -> Receipt | None:
        """See `Engine`. All that ask a party write its row, so that of two at a time the second sees the first."""
        respondent = new.document.get("respondent")
        if not respondent or not self._awaits_answer(new.document):
            return await super()._keep(new, announced, references, key, related, origin)

        async def attempt(session: Session) -> None:
            await self._documents.insert_within(new.id, new.document, announced, targets(references), session)
            await self.refuse_unwilling(respondent["id"], session)
            await self._refuse_tired(new, respondent["id"], session)

        try:
            if key is not None:
                return await self._receipts.keep(key, new._asdict(), attempt)
            await transact(self._database, attempt)
        except DanglingReference as nowhere:
            raise self._dangling_error(references, nowhere.existing) from None
        return None

    async def refuse_unwilling(self, party: str, session: Session | None = None) -> None:
        """Raise `Conflict` for a party whose privacy profiles say that it is not to be asked."""
        if self._profiles is None:
            return
        live = await live_profiles(self._profiles, party, session)
        if not self._policies.consent.permits(live):
            told = "has not agreed to be asked" if self._policies.consent.required else "does not want to be asked"
            raise Conflict(f"The party {told} how satisfied it is, by its privacy profile")

    async def _refuse_tired(self, new: StoredDocument, party: str, session: Session) -> None:
        """Raise `Conflict` for a party that was asked less long ago than the policy says (contact fatigue)."""
        between = self._policies.surveys[new.document["surveyType"]].between
        earlier = await self._documents.naming(RESPONDENT, party, session=session)
        instants = [each.document["creationDate"] for each in earlier if each.id != new.id]
        last = max(instants, default=None)
        if last is not None and last + between > new.changed:
            raise Conflict(
                f"The party was asked on {last:%Y-%m-%d} and may be asked once in {between.days} days by the policy; "
                f"ask it from {dates.text(last + between)} on"
            )

    def _admit(self, verb: str, stored: StoredDocument) -> None:
        """See `Engine`. Raises `Conflict` for a change of a survey that has ended."""
        super()._admit(verb, stored)
        if verb == UPDATE and self.resource.lifecycle.is_over(stored.document):
            raise Conflict(f"The survey is {stored.document['status']}; what was said then stays as it is")


class RestrictedSurveyEngine(SurveyEngine, RestrictedEngine):
    """The operations on surveys within the restriction of a principal: a party's own."""
