# SPDX-License-Identifier: Apache-2.0
"""Match: which stored parties may be the same as one that is described, or stored; nothing is kept of the question."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from app.access.principal import Principal
from app.domain import dates
from app.domain.json_values import without
from app.domain.nulls import without_nulls
from app.domain.restriction import Restriction
from app.domain.scopes import MATCH, covers
from app.domain.violations import refusal
from app.errors import Forbidden, InvalidField, MissingField, shorten
from app.identity.duplicate_search import MOST_CANDIDATES, TURN
from app.identity.explanation import weighty_levels
from app.identity.matching import Comparison
from app.identity.matching.rules import GRADES
from app.identity.party_rules import PartyRules
from app.resources.create import new_document
from app.resources.resource import Document, Resource
from app.resources.restricted_engine import RestrictedCollection
from app.spec.validation import Validator
from app.storage.identity.match_keys import MatchKeys
from app.storage.mongod.durable import Database

PARTY = "party"
REFERENCE = "PartyRef"
"""The class of `party` where it is the reference to a stored one."""


class PartyMatch:
    """The operation `match` (FHIR calls it so, and HL7's patient matching has the same answers).

    `resources` are those of each class by version, `collections` what principals may see of them, and `request` the
    validator of the body.
    """

    def __init__(
        self,
        database: Database,
        rules: PartyRules,
        resources: Mapping[tuple[str, str], Resource],
        collections: Mapping[str, RestrictedCollection],
        request: Validator,
    ) -> None:
        self._rules = rules
        self._keys = MatchKeys(database, rules)
        self._resources = resources
        self._collections = collections
        self._request = request

    async def match(self, body: Document, principal: Principal | None) -> Document:
        """The parties that match, best first, and why, by the rules in force.

        Raises `InvalidField` and `MissingField` for a wrong body, and `Forbidden` for a principal that does not see
        every party of the class: it must not learn of others.
        """
        self._request.check(body)
        name, version = body["resource"], body.get("version", "v5")
        hidden = self._hidden_attributes(name, principal)
        document, own = await self._document(self._resource(name, version), body)
        record = self._rules.record(name, without(hidden, document))
        keys = {own: self._rules.keys(record)}
        found = (await self._keys.candidates(name, keys, MOST_CANDIDATES)).get(own)
        ids = found.ids if found else frozenset()
        grades = GRADES[: GRADES.index(body.get("minimumGrade", GRADES[1])) + 1]
        matches = []
        for number, each in enumerate(await self._keys.parties(name, ids), start=1):
            other = self._rules.record(name, without(hidden, each.document))
            if record and other and (compared := self._rules.compare(record, other)).grade in grades:
                matches.append((each.id, compared))
            if number % TURN == 0:
                await asyncio.sleep(0)
        matches.sort(key=lambda each: (GRADES.index(each[1].grade), -each[1].score, each[0]))
        return {
            "@type": "Match",
            "match": [_view(self._resource(name, version), *each) for each in matches],
            "rulesVersion": self._rules.rules.version,
            "rulesDigest": self._rules.digest,
            "capped": bool(found and found.capped),
            "complete": await self._keys.is_complete(name),
        }

    def _resource(self, name: str, version: str) -> Resource:
        if (name, version) in self._resources and name in self._rules.resources:
            return self._resources[name, version]
        known = sorted({f"{each} ({of})" for each, of in self._resources if each in self._rules.resources})
        place = "/resource" if name not in self._rules.resources else "/version"
        raise InvalidField(f"{place} is not matched here; there are {', '.join(known)}")

    def _hidden_attributes(self, name: str, principal: Principal | None) -> set[str]:
        """The stored attributes that a principal does not see, which take no part in what it asks."""
        if principal is None:
            return set()
        if principal.parties is not None:
            raise Forbidden("A token that is bound to a party may match none: it would learn of others", MATCH)
        if name not in self._collections:
            return set()
        restrictions = self._collections[name].restrictions
        if not covers(principal.scopes, restrictions.scope):
            message = (
                f"To match parties needs the scope {restrictions.scope}, too, which the access token does not grant"
            )
            raise Forbidden(message, restrictions.scope)
        restriction = restrictions.of(principal) or Restriction()
        return {*restriction.hidden, *(each.attribute for each in restriction.hidden_elements)}

    async def _document(self, resource: Resource, body: Document) -> tuple[Document, str]:
        """The document to match, and its id, if it is that of a stored party; empty for one that is described."""
        party = body[PARTY]
        if party.get("@type") != REFERENCE:
            return self._new_document(resource, party), ""
        id = party.get("id")
        if not isinstance(id, str):
            raise (MissingField if id is None else InvalidField)(f"/{PARTY}/id should be the id of a stored party")
        stored = await self._keys.parties(resource.name, {id})
        if not stored:
            raise InvalidField(f"/{PARTY}/id '{shorten(id)}' is no {resource.name} here")
        return stored[0].document, id

    def _new_document(self, resource: Resource, party: Document) -> Document:
        """The document that a create of this body would make."""
        view = resource.view.normalise(without_nulls(party, resource.attributes))
        if wrong := resource.new.violations(view):
            raise refusal([replace(each, place=f"/{PARTY}{each.place}") for each in wrong])
        try:
            return new_document(resource, resource.attributes.with_instants(view), dates.now())
        except InvalidField as wrong_value:
            raise InvalidField(f"/{PARTY}{wrong_value.message}") from None


def _view(resource: Resource, id: str, compared: Comparison) -> Document:
    explanation = [
        {"attribute": name, "level": level, "weight": weight} for name, level, weight in weighty_levels(compared)
    ]
    return {
        "id": id,
        "href": resource.href(id),
        "@type": "PartyMatch",
        "@referredType": resource.name,
        "grade": compared.grade,
        "score": compared.score,
        "explanation": explanation,
        "veto": list(compared.vetoes),
    }
