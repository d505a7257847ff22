# SPDX-License-Identifier: Apache-2.0
"""A member that one version does not declare and the other does is not taken for its namesake."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain import dates
from app.domain.patching import apply_patch
from app.domain.query.attributes import Attribute
from app.errors import BadRequest
from app.resources.resource import Document, Resource
from tests.contract.documents import VERSIONS
from tests.served import RESOURCES, share

MERGE_PATCH = "application/merge-patch+json"

WAYS = [
    pytest.param(
        RESOURCES[new.resource, writer], RESOURCES[new.resource, reader], bodies, id=f"{new.resource} {writer}"
    )
    for old, new in VERSIONS
    for writer, reader, bodies in (("v4", "v5", old.creates), ("v5", "v4", new.creates))
]
EITHER_WAY = pytest.mark.parametrize(("writer", "reader", "bodies"), WAYS)

VALUES: tuple[Any, ...] = (5, "text", None, {}, [{"id": 5}], {"id": "1"}, "2024-05-01T10:00:00Z", [{"@type": 1}])


def undeclared(writer: Resource, reader: Resource) -> set[str]:
    """Every name that one of the versions declares somewhere in the resource."""
    return {*_names(writer.attributes), *_names(reader.attributes)}


def _names(attribute: Attribute, deep: int = 4) -> set[str]:
    inner = attribute.members.items() if deep else ()
    return {each for name, member in inner for each in (name, *_names(member, deep - 1))}


def objects(value: Any, declared: Attribute, here: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Attribute]]:
    """The places of the objects in a body, with what is declared of each."""
    if isinstance(value, dict) and declared.members:
        yield here, declared
        for name, member in value.items():
            if name in declared.members:
                yield from objects(member, declared.members[name], (*here, name))
    elif isinstance(value, list):
        yield from chain.from_iterable(objects(each, declared, (*here, number)) for number, each in enumerate(value))


def at(document: Any, place: tuple[str | int, ...]) -> Any:
    for step in place:
        document = document[step]
    return document


def stored(resource: Resource, body: Document) -> Document:
    """The document of a created body."""
    body = resource.view.normalise(body)
    return resource.to_stored(resource.attributes.with_instants(body))


def shown(resource: Resource, document: Document) -> Document:
    """The view of a document, as JSON."""
    view: Document = dates.with_text_dates(resource.view.to_version(document))
    return view


def altered(resource: Resource, document: Document, patch: Document) -> Document:
    """The document after a merge patch."""
    before = resource.view.to_version(document)
    wanted = resource.view.normalise(apply_patch(before, resource.view.normalise(patch), MERGE_PATCH), before)
    return resource.update_stored(document, before, resource.attributes.with_instants(wanted))


def refuse_wrong(resource: Resource, before: Document, after: Document) -> None:
    """Fail when a version shows what its document does not declare, and did not before."""
    try:
        resource.whole.check_change(before, after)
    except BadRequest as wrong:
        pytest.fail(f"{resource.version}: {wrong}")


@EITHER_WAY
def test_what_a_client_sent_is_shown_to_it_and_ill_typed_to_no_other(
    writer: Resource, reader: Resource, bodies: dict[str, Document]
) -> None:
    body = bodies["full"]
    own, before = (shown(each, stored(writer, body)) for each in (writer, reader))
    for place, declared in objects(body, writer.attributes):
        names = sorted(undeclared(writer, reader) - declared.members.keys() - {"id", "href"})
        for value in VALUES:
            sent, added = deepcopy(body), dict.fromkeys(names, value)
            at(sent, place).update(added)
            document = stored(writer, sent)
            assert at(shown(writer, document), place) == {**at(own, place), **added}, place
            refuse_wrong(reader, before, shown(reader, document))


@EITHER_WAY
@settings(max_examples=share(200, WAYS), deadline=None)
@given(data=st.data())
def test_a_merge_patch_changes_exactly_the_members_that_it_names(
    writer: Resource, reader: Resource, bodies: dict[str, Document], data: st.DataObject
) -> None:
    document = stored(writer, bodies[data.draw(st.sampled_from(["minimal", "full"]))])
    both = {**writer.attributes.members, **reader.attributes.members}
    for _ in range(data.draw(st.integers(1, 5))):
        caller, other = data.draw(st.permutations([writer, reader]))
        names = [*sorted(both.keys() - caller.attributes.members.keys()), "remark"]
        patch = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from(VALUES), min_size=1, max_size=2))
        before, elsewhere = shown(caller, document), shown(other, document)
        document = altered(caller, document, patch)
        assert shown(caller, document) == apply_patch(before, patch, MERGE_PATCH)
        declared = other.attributes.members.keys() - patch.keys()
        after = shown(other, document)
        assert {n: after.get(n) for n in declared} == {n: elsewhere.get(n) for n in declared}
        refuse_wrong(other, elsewhere, after)


@pytest.mark.parametrize(("version", "own", "foreign"), [("v4", "fullName", "name"), ("v5", "name", "fullName")])
def test_the_name_of_an_individual_in_one_version_is_not_that_in_the_other(
    version: str, own: str, foreign: str
) -> None:
    resource = RESOURCES["Individual", version]
    other = RESOURCES["Individual", "v5" if version == "v4" else "v4"]
    body = {"@type": "Individual", "givenName": "L", "familyName": "L"}
    document = stored(resource, {**body, own: "Q"})
    for value in ("R", "S"):
        document = altered(resource, document, {foreign: value})
        assert (shown(resource, document)[own], shown(resource, document)[foreign]) == ("Q", value)
        assert foreign not in shown(other, document) or shown(other, document)[foreign] == "Q"
    document = altered(other, document, {foreign: "T"})
    assert (shown(resource, document)[own], shown(resource, document)[foreign]) == ("T", "S")
    document = altered(resource, document, {foreign: None})
    assert foreign not in shown(resource, document)
    assert shown(resource, document)[own] == "T"


def test_an_attribute_that_one_version_declares_has_one_value_in_both() -> None:
    v4, v5 = RESOURCES["Customer", "v4"], RESOURCES["Customer", "v5"]
    document = stored(v4, {"name": "Delta", "engagedParty": {"id": "1", "@referredType": "Party"}, "description": 5})
    assert shown(v4, document)["description"] == 5
    assert "description" not in shown(v5, document)
    document = altered(v5, document, {"description": "five"})
    assert shown(v4, document)["description"] == shown(v5, document)["description"] == "five"
    document = altered(v4, document, {"description": [5]})
    assert shown(v4, document)["description"] == [5]
    assert "description" not in shown(v5, document)
    document = altered(v4, document, {"description": None})
    assert "description" not in shown(v4, document)
