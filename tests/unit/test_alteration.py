# SPDX-License-Identifier: Apache-2.0
"""A patched document: it shares with the one before all that the patch left alone, and is shown as it is kept."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.json_text import FEW_OBJECTS, MOST_OBJECTS
from app.domain.json_values import equal, unlike
from app.domain.media_types import JSON_PATCH, JSON_PATCH_QUERY, MERGE
from app.errors import InvalidField, PayloadTooLarge
from app.resources.create import new_document, validated_body
from app.resources.engine import apply_update, validated_result
from app.resources.resource import Resource
from tests.served import DOCUMENT_OF, DOCUMENTS, EACH_SERVED, EACH_VERSION, RESOURCES, share, versions_of
from tests.unit.examples import full_example
from tests.unit.queries import change

Document = dict[str, Any]

CREATED = datetime(2024, 5, 1, 10, tzinfo=UTC)
PATCHED = datetime(2024, 5, 2, 10, tzinfo=UTC)
CUSTOMER = RESOURCES["Customer", "v4"]


@cache
def kept(name: str, version: str) -> Document:
    """The document of the full example of a resource."""
    resource = RESOURCES[name, version]
    body = full_example(DOCUMENTS[DOCUMENT_OF[name, version]], name)
    return new_document(resource, validated_body(resource, body), CREATED)


def stored(resource: Resource) -> Document:
    """The same in a dictionary of its own."""
    return dict(kept(resource.name, resource.version))


def patched(resource: Resource, before: Document, patch: Any, media_type: str = MERGE) -> tuple[Document, Document]:
    """What a patch makes of the stored document, and the view that answers it."""
    shown = resource.to_view("1", before)
    document = apply_update(resource, before, shown, validated_result(resource, shown, patch, media_type), PATCHED)
    return document, resource.refresh_view(shown, before, document)


REASONS = {
    MERGE: {"statusReason": "new"},
    JSON_PATCH: [change("add", "/statusReason", "new")],
    JSON_PATCH_QUERY: [change("add", "$.statusReason", "new")],
}


@EACH_VERSION
@pytest.mark.parametrize("media_type", REASONS)
def test_a_patched_document_shares_all_that_the_patch_left_alone(version: str, media_type: str) -> None:
    resource = RESOURCES["Customer", version]
    before = stored(resource)
    after, _ = patched(resource, before, REASONS[media_type], media_type)
    assert unlike(before, after) == {"statusReason"}
    assert after == {**before, "statusReason": "new"}


@EACH_SERVED
@settings(max_examples=share(320, RESOURCES), deadline=None)
@given(st.data())
def test_a_patch_is_answered_with_what_is_kept(name: str, version: str, data: st.DataObject) -> None:
    resource, other = RESOURCES[name, version], RESOURCES[name, data.draw(st.sampled_from(versions_of(name)))]
    before = stored(other)
    donor = resource.to_view("2", stored(resource))
    names = data.draw(st.sets(st.sampled_from(sorted(donor.keys() - set(resource.rules.fixed)))))
    patch = {each: donor[each] for each in names} | data.draw(st.sampled_from([{}, {"remark": 1}, {"status": None}]))
    try:
        after, answer = patched(resource, before, patch)
    except InvalidField:
        return
    assert answer == resource.to_view("1", after)
    assert {each for each in unlike(before, after) if equal(before.get(each), after.get(each))} <= patch.keys()


def test_a_reference_is_shown_as_the_version_has_it_however_a_patch_spells_it() -> None:
    older, newer = RESOURCES["Individual", "v4"].url, RESOURCES["Individual", "v5"].url
    related = {"role": "owner", "id": "7", "@type": "PartyRef", "@referredType": "Individual"}
    _, answer = patched(CUSTOMER, stored(CUSTOMER), {"relatedParty": [{**related, "href": f"{newer}/7"}]})
    assert answer["relatedParty"][0]["href"] == f"{older}/7"


@EACH_VERSION
def test_a_date_that_a_patch_meets_or_not_stays_an_instant(version: str) -> None:
    resource = RESOURCES["Customer", version]
    before = stored(resource)
    for patch, media_type in (
        ({"validFor": {"remark": "met"}}, MERGE),
        ([change("add", "/validFor/remark", "met")], JSON_PATCH),
        ([change("add", "$.validFor.remark", "met")], JSON_PATCH_QUERY),
    ):
        after, answer = patched(resource, before, patch, media_type)
        assert after == {**before, "validFor": {**before["validFor"], "remark": "met"}}
        assert isinstance(answer["validFor"]["startDateTime"], datetime)


def test_a_state_that_a_patch_moves_is_answered_with_the_time_of_the_move() -> None:
    resource = RESOURCES["PartyInteraction", "v5"]
    state = resource.lifecycle.initial
    before = {**stored(resource), "status": state}
    after, answer = patched(resource, before, {"status": min(resource.lifecycle.moves[state])})
    assert answer == resource.to_view("1", after)
    assert answer["statusChangeDate"] == after["statusChangeDate"] == PATCHED


@EACH_VERSION
def test_what_was_wrong_before_does_not_stop_a_patch_of_something_else(version: str) -> None:
    resource = RESOURCES["Customer", version]
    before = {**stored(resource), "contactMedium": [5], "agreement": "none"}
    after, _ = patched(resource, before, {"statusReason": "new"})
    assert after["contactMedium"] is before["contactMedium"]
    with pytest.raises(InvalidField, match="/account must be an array"):
        patched(resource, before, {"account": "none"})


@EACH_VERSION
def test_many_patches_make_no_document_that_one_body_could_not(version: str) -> None:
    resource = RESOURCES["Customer", version]
    before = {**stored(resource), "x": [{}] * (MOST_OBJECTS - FEW_OBJECTS)}
    patched(resource, before, {"y": [{}] * (FEW_OBJECTS // 2)})
    with pytest.raises(PayloadTooLarge, match="too many for one document"):
        patched(resource, before, {"y": [{}] * FEW_OBJECTS})
    with pytest.raises(PayloadTooLarge, match="too many for one document"):
        patched(resource, {**before, "y": [{}] * FEW_OBJECTS}, [change("add", "/x/0", {})], JSON_PATCH)
