# SPDX-License-Identifier: Apache-2.0
"""Matching of parties, composed: the search that the relay runs, and what is asked by HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.composition.api_resources import ApiVersion
from app.identity.duplicate_search import DuplicateSearch
from app.identity.matching import load_rules
from app.identity.party_match import PartyMatch
from app.identity.party_rules import PartyRules
from app.resources.restricted_engine import RestrictedCollection
from app.settings import Settings
from app.spec.schemas import PREFIX
from app.spec.validation import Validator
from app.storage.mongod.durable import Database

IDENTITY = "identity"
"""The API that asks for matches."""


@dataclass(frozen=True)
class Matching:
    """The search for duplicates, and matches that are only asked for; `asked` is None where no such API is served."""

    search: DuplicateSearch
    asked: PartyMatch | None


def party_rules(settings: Settings, parts: Sequence[ApiVersion]) -> PartyRules:
    """The rules for the resources that the documents declare as matched. Raises `DocumentsError` for a wrong file."""
    return PartyRules(load_rules(settings.identity_rules), matchable_resources(parts))


def matchable_resources(parts: Sequence[ApiVersion]) -> list[str]:
    """The resources with parties that are matched (`x-matchable`)."""
    return sorted({name for part in parts for name, declared in part.declared.items() if declared.matchable})


def matching_of(
    settings: Settings,
    database: Database,
    parts: Sequence[ApiVersion],
    collections: Mapping[str, RestrictedCollection],
) -> Matching | None:
    """What matches parties; None where that is switched off. Raises `DocumentsError` for a wrong rule file."""
    if not settings.matching:
        return None
    rules = party_rules(settings, parts)
    resources = {(name, part.contract.version): each for part in parts for name, each in part.resources.items()}
    document = next((part.contract.document for part in parts if part.contract.api.name == IDENTITY), None)
    asked = None
    if document:
        request = Validator(document, {"$ref": f"{PREFIX}Match_FVO"})
        asked = PartyMatch(database, rules, resources, collections, request)
    return Matching(DuplicateSearch(database, rules), asked)
