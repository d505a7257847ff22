# SPDX-License-Identifier: Apache-2.0
"""Whose a document is: the filter of a list, and the predicate on the document, say the same of every document."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from app.domain.restriction import ANY_ROLE, RELATED, OwnerPath, Restriction, owner_predicate
from app.resources.lists.filtering import filter_of
from tests.served import NEWEST

PARTIES = st.sampled_from(["1", "2", "3", "", "2024-01-01", "Ada"])
ROLES = st.sampled_from(["dealer", "customer", "signatory", "*", ""])
VERBS = st.lists(st.sampled_from(RELATED), unique=True)
LEFT_OUT = object()

party = st.fixed_dictionaries({}, optional={"id": st.one_of(PARTIES, st.just(1), st.none()), "name": PARTIES})
related = st.fixed_dictionaries({}, optional={"role": ROLES, "partyOrPartyRole": party, "id": PARTIES})
documents = st.fixed_dictionaries(
    {}, optional={"engagedParty": party, "relatedParty": st.lists(related, max_size=3), "name": PARTIES}
)
rows = st.lists(documents, min_size=1, max_size=12)
paths = st.one_of(
    st.just(OwnerPath(("id",))),
    st.just(OwnerPath(("engagedParty", "id"))),
    st.builds(
        OwnerPath,
        st.just(("relatedParty", "partyOrPartyRole", "id")),
        st.just(("relatedParty", "role")),
        st.dictionaries(st.one_of(ROLES, st.just(ANY_ROLE)), VERBS, max_size=3),
    ),
)


@pytest.fixture(scope="module")
def scratch(mongo: MongoClient[dict[str, Any]], database_name: str) -> Any:
    collection = mongo[database_name]["owner_predicates"]
    yield collection
    collection.drop()


@settings(max_examples=60, deadline=None)
@given(rows, st.lists(paths, max_size=3), st.frozensets(PARTIES, max_size=3), st.lists(ROLES, max_size=2))
def test_lists_and_documents_agree_on_whose_a_document_is(
    scratch: Any, contents: list[Any], owners: list[OwnerPath], parties: frozenset[str], unmet: list[str]
) -> None:
    resource = NEWEST["Customer"]
    stored = {f"{number}": {"document": content} for number, content in enumerate(contents)}
    scratch.delete_many({})
    scratch.insert_many([{"_id": id, **row} for id, row in stored.items()])
    owned = {verb: owner_predicate(owners, parties, verb, unmet) for verb in RELATED}
    restriction = Restriction(owned)
    for verb, predicate in owned.items():
        found = {row["_id"] for row in scratch.find(filter_of(resource, predicate))}
        assert found == {id for id, row in stored.items() if restriction.permits(verb, id, row["document"])}
        assert parties or not found


@given(documents, st.lists(paths, max_size=3), st.frozensets(PARTIES, min_size=1), ROLES)
def test_a_role_without_its_credentials_allows_nothing(
    document: Any, owners: list[OwnerPath], parties: frozenset[str], role: str
) -> None:
    with_role = [each for each in owners if each.role]
    alone = {
        **document,
        "relatedParty": [each for each in document.get("relatedParty", ()) if each.get("role") == role],
    }
    for verb in RELATED:
        predicate = owner_predicate(with_role, parties, verb, [role])
        assert not Restriction({verb: predicate}).permits(verb, "none", alone)
