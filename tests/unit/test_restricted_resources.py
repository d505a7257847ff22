# SPDX-License-Identifier: Apache-2.0
"""A resource without its sensitive attributes: they are in no view of it, and every change leaves them as they were."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates
from app.domain.media_types import MERGE
from app.domain.patching import apply_patch
from app.domain.query.attributes import ANY, ANYTHING
from app.domain.restriction import Restriction
from app.errors import Forbidden
from app.resources.create import new_document
from app.resources.restricted_resource import RestrictedResource
from tests.served import DOCUMENT_OF, DOCUMENTS, PARTS, RESOURCES
from tests.unit.examples import full_example

SENSITIVE = [
    (name, version) for (_, version), part in PARTS.items() for name in part.resources if part.declared[name].sensitive
]
EACH = pytest.mark.parametrize(("name", "version"), SENSITIVE, ids=map("-".join, SENSITIVE))
NOW = dates.instant("2026-01-01T00:00:00Z")


def part_of(name: str, version: str) -> Any:
    return next(part for (_, of), part in PARTS.items() if of == version and name in part.resources)


def stored(name: str, version: str) -> dict[str, Any]:
    """A stored document with almost every attribute, with content that only one version shows."""
    resource = RESOURCES[name, version]
    body = json.loads(json.dumps(full_example(DOCUMENTS[DOCUMENT_OF[name, version]], name)))
    body |= {"x-note": "kept", "status": body.get("status", "")}
    body = {member: value for member, value in body.items() if value != ""}
    return new_document(resource, resource.attributes.with_instants(resource.view.normalise(body)), NOW)


@EACH
@given(data=st.data())
def test_what_is_hidden_is_in_no_view_and_stays(name: str, version: str, data: st.DataObject) -> None:
    resource, declared = RESOURCES[name, version], part_of(name, version).declared[name].sensitive
    hidden = {each: declared[each] for each in data.draw(st.sets(st.sampled_from(sorted(declared)), min_size=1))}
    restricted = RestrictedResource.of(resource, Restriction(hidden=hidden))
    before = stored(name, data.draw(st.sampled_from(sorted(of for each, of in SENSITIVE if each == name))))
    whole, shown = resource.to_view("1", before), restricted.to_view("1", before)
    assert shown == {member: value for member, value in whole.items() if member not in hidden}
    texts = [each for each in shown if resource.attributes.members.get(each, ANYTHING).kind in ("string", ANY)]
    names = st.sampled_from([*sorted({*texts} - {"id", "href"}), "x-new"])
    patch = data.draw(st.dictionaries(names, st.one_of(st.none(), st.just("changed")), max_size=3))
    after = restricted.update_stored(before, shown, apply_patch(shown, patch, MERGE))
    assert after == resource.update_stored(before, whole, apply_patch(whole, patch, MERGE))
    with pytest.raises(Forbidden):
        restricted.update_stored(before, shown, {**shown, next(iter(hidden)): []})


@EACH
def test_a_hidden_attribute_cannot_be_named(name: str, version: str) -> None:
    resource, declared = RESOURCES[name, version], part_of(name, version).declared[name].sensitive
    restricted = RestrictedResource.of(resource, Restriction(hidden=declared))
    for attribute, scope in declared.items():
        for path in ((attribute,), (attribute, "id"), (attribute, "0", "id")):
            with pytest.raises(Forbidden, match=scope):
                restricted.attributes.along(path)
    assert restricted.attributes.along(("id",))
