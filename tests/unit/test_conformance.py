# SPDX-License-Identifier: Apache-2.0
"""Which stored documents conform: all that clients can create; not those of other states, kinds, or dates as text."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.dates import now, with_text_dates
from app.domain.json_pointers import pointer
from app.domain.json_values import without
from app.resources.conformance import conformance_digest, is_left_out, violations
from app.resources.create import draft, validated_body
from app.resources.resource import Resource
from app.seed.generator import generate
from app.storage.documents.rows import StoredDocument
from tests.contract.documents import COLLECTIONS
from tests.served import NEWEST, RESOURCES

CREATED = [
    pytest.param(collection.resource, collection.version, body, id=f"{collection} {name}")
    for collection in COLLECTIONS
    for name, body in collection.creates.items()
]
FULL = {each.resource: each.creates["full"] for each in COLLECTIONS if each.version == "v5"}
EACH_RESOURCE = pytest.mark.parametrize("name", FULL)


def stored(resource: Resource, body: dict[str, Any]) -> StoredDocument:
    """What is stored of the body of a create."""
    return StoredDocument("1", 1, draft(resource, validated_body(resource, body), now()).document, now())


def full(name: str) -> StoredDocument:
    """The stored document of the example with almost every attribute."""
    return stored(NEWEST[name], FULL[name])


def versions(name: str) -> Iterator[Resource]:
    """A resource in each version."""
    yield from (resource for (each, _), resource in RESOURCES.items() if each == name)


def refused(name: str, document: StoredDocument) -> set[str]:
    """The places at which some version finds something wrong."""
    return {
        each.place
        for resource in versions(name)
        for each in violations(resource, document)
        if not is_left_out(resource, each)
    }


@pytest.mark.parametrize(("name", "version", "body"), CREATED)
def test_what_is_created_in_one_version_conforms_in_every_one(name: str, version: str, body: dict[str, Any]) -> None:
    assert refused(name, stored(RESOURCES[name, version], body)) == set()


def test_generated_data_conform() -> None:
    reference = {"id": "1", "href": "http://elsewhere.example/1", "@referredType": "Organization", "name": "North"}
    for household in generate(50, seed=3, now=datetime(2026, 1, 1, tzinfo=UTC)):
        kind, party = household.party
        bodies = [(kind.capitalize(), party), ("Customer", household.customer(reference))]
        profiles = household.privacy_profiles(reference, reference)
        bodies += [("PartyPrivacyProfile", body) for body in profiles]
        bodies += [("PartyPrivacyAgreement", household.privacy_agreement(body, reference)) for body in profiles]
        bodies += [("PartyInteraction", each.body) for each in household.interactions(reference, reference)]
        for name, body in bodies:
            assert refused(name, stored(RESOURCES[name, "v4"], body)) == set()


@EACH_RESOURCE
def test_each_date_that_is_kept_as_text_is_told(name: str) -> None:
    document = full(name)
    dated = {pointer(place) for place in instants(document.document)}
    assert dated
    assert refused(name, document._replace(document=with_text_dates(document.document))) == dated


def instants(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where in a stored document instants are."""
    if isinstance(value, datetime):
        yield place
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from instants(inner, (*place, step))


@EACH_RESOURCE
def test_an_instant_in_the_place_of_text_is_told(name: str) -> None:
    document = full(name)
    text = next(each for each, kind in NEWEST[name].stored.members.items() if kind.kind == "string" and each[0] != "@")
    assert f"/{text}" in refused(name, document._replace(document={**document.document, text: now()}))


@EACH_RESOURCE
@pytest.mark.parametrize("state", ["gone for ever", None, 7])
def test_what_is_in_no_declared_state_is_told(name: str, state: Any) -> None:
    document, field = full(name), NEWEST[name].lifecycle.field
    told = {f"/{each.lifecycle.shown_field}" for each in versions(name)}
    assert refused(name, document._replace(document={**document.document, field: state})) == told
    assert refused(name, document._replace(document=without({field}, document.document))) == told


@EACH_RESOURCE
def test_each_attribute_of_the_first_level_is_held_to_its_kind_in_the_version_that_is_stored(name: str) -> None:
    document, resource = full(name), NEWEST[name]
    kinds = {each: attribute.kind for each, attribute in resource.stored.members.items()}
    for member in document.document.keys() & kinds.keys() - {"@type", "@baseType", "@schemaLocation"}:
        if kinds[member] in ("string", "object", "boolean", "date-time"):
            wrong = {**document.document, member: 5}
            assert f"/{member}" in {each.place for each in violations(resource, document._replace(document=wrong))}


@EACH_RESOURCE
def test_the_digest_of_a_resource_follows_what_decides_over_its_documents(name: str) -> None:
    every = list(versions(name))
    lifecycle = every[-1].lifecycle
    changed = [
        replace(every[-1], lifecycle=replace(lifecycle, moves={**lifecycle.moves, "resting": frozenset()})),
        replace(every[-1], lifecycle=replace(lifecycle, aliases={**lifecycle.aliases, "asleep": lifecycle.initial})),
        replace(every[-1], whole=every[-1].new),
        replace(every[-1], class_digest="another"),
    ]
    digests = {conformance_digest(each) for each in (every, every[-1:], *([*every[:-1], each] for each in changed))}
    assert len(digests) == len({len(every), 1}) + len(changed)
    moved = replace(every[-1], lifecycle=replace(lifecycle, moves=dict.fromkeys(lifecycle.moves, frozenset())))
    assert conformance_digest([*every[:-1], moved]) == conformance_digest(every)
