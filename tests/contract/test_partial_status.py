# SPDX-License-Identifier: Apache-2.0
"""A part of a list is 206, or 200 for clients that know no other success."""

import httpx
import pytest

from tests.contract.answers import created
from tests.contract.conftest import Deploy
from tests.contract.documents import COLLECTIONS, EACH_COLLECTION, Collection


@EACH_COLLECTION
@pytest.mark.parametrize(
    ("preferred", "status", "heeded"),
    [
        ("status=200", 200, "status=200"),
        ('return=minimal, status="200"; x=y', 200, "status=200"),
        ("count=exact, status=200", 200, "count=exact, status=200"),
        ("status=206", 206, None),
        ("status=204", 206, None),
        ("status", 206, None),
        ("count=exact", 206, "count=exact"),
    ],
)
def test_a_client_may_prefer_a_part_to_be_200(
    client: httpx.Client, collection: Collection, preferred: str, status: int, heeded: str | None
) -> None:
    for example in ("full", "minimal"):  # Twice the same would be refused: some identifiers are unique.
        created(client, collection.path, collection.creates[example])
    part = client.get(f"{collection.path}?limit=1", headers={"Prefer": preferred})
    assert (part.status_code, part.headers.get("Preference-Applied")) == (status, heeded)
    usual = client.get(f"{collection.path}?limit=1")
    assert (usual.status_code, usual.json()) == (206, part.json())
    told = ("X-Total-Count", "X-Result-Count", "Content-Range", "Link")
    assert [part.headers[name] for name in told] == [usual.headers[name] for name in told]


def test_a_deployment_may_answer_every_part_with_200(deploy: Deploy) -> None:
    client = deploy(partial_status=200)
    for collection in COLLECTIONS:
        for _ in range(2):
            created(client, collection.path, collection.creates["minimal"])
        part = client.get(f"{collection.path}?limit=1")
        assert (part.status_code, len(part.json())) == (200, 1)
        assert part.headers["Content-Range"].startswith("items 1-1/")
        document = client.get(f"{collection.path.rpartition('/')[0]}/openapi.json").json()
        answers = [found for item in document["paths"].values() for part in item.values() for found in of(part)]
        assert "200" in answers
        assert "206" not in answers


def of(operation: object) -> list[str]:
    """The statuses of an operation."""
    return list(operation.get("responses", ())) if isinstance(operation, dict) else []
