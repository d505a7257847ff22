# SPDX-License-Identifier: Apache-2.0
"""What a document says of `null` in a merge patch is what the server does with it (RFC 7396)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.domain.events import lower_camel
from app.spec.removal import merge_patch_schema
from app.spec.schemas import PREFIX, Schema, Schemas, component_name
from tests.contract.documents import DOCUMENTS
from tests.served import DOCUMENT_OF
from tests.unit.examples import full_example

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
RESOURCES = [(name, resource) for (resource, _), name in DOCUMENT_OF.items()]


def nulls(known: Schemas, schema: Schema, example: Any) -> Iterator[tuple[Any, bool]]:
    """Each merge patch that gives one member null, and whether the document allows it."""
    for name, member in known.properties(schema).items():
        typed = {"type", "allOf", "anyOf", "$ref"} & member.keys()
        yield {name: None}, bool(member.get("nullable")) or not typed
        for branch in (*member.get("allOf", ()), *member.get("anyOf", ())):
            nested = example.get(name)
            if "$ref" in branch and component_name(branch).endswith(("_Update", "_MVO")) and isinstance(nested, dict):
                yield from (({name: patch}, allowed) for patch, allowed in nulls(known, branch, nested))


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_a_document_allows_null_where_the_server_takes_it(name: str, resource: str, client: httpx.Client) -> None:
    document = DOCUMENTS[name]
    example = full_example(document, resource)
    collection = f"{document['servers'][0]['url']}/{lower_camel(resource)}"
    said, done = {}, {}
    for patch, allowed in nulls(
        Schemas(document), {"$ref": PREFIX + str(merge_patch_schema(document, resource))}, example
    ):
        made = client.post(collection, json=example)
        assert made.status_code == 201, made.text
        answer = client.patch(f"{collection}/{made.json()['id']}", json=patch, headers=MERGE_PATCH)
        said[str(patch)], done[str(patch)] = allowed, answer.status_code == 200
        assert answer.status_code in (200, 400, 409), answer.text
    assert len(said) > 10
    assert {patch for patch in said if said[patch] and not done[patch]} == set()
    # What names a class stays, but where there is none, null removes nothing; and objects share what they are made of.
    unsaid = {patch for patch in said if done[patch] and not said[patch]}
    assert all("@" in patch or patch.count("{") > 1 for patch in unsaid), unsaid
