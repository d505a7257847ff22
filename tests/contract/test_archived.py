# SPDX-License-Identifier: Apache-2.0
"""An id in the archive: 410 with a link to its bundle for those who may know, for others as if it had never been."""

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.contract.answers import refused
from tests.contract.bodies import customer
from tests.contract.documents import DOCUMENTS, violations
from tests.identity_provider import IdentityProvider, bearer
from tests.paths import CUSTOMER, CUSTOMER_V5

NEVER = "never-was-there"
BUNDLES = "/archiveBundle/{id}"
READING = "customer:read"


@pytest.fixture
def caller(guarded: str, clean_database: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded) as client:
        yield client


def archive(settings: Settings, id: str) -> None:
    """Archive a customer, once its changes are logged."""

    async def run() -> None:
        liaison = Liaison(settings, connect(settings))
        relay = relay_of(liaison)
        async with liaison.client:
            while await relay.drain():
                pass
            assert liaison.archive
            await liaison.archive.archive("Customer", id, "customer")

    asyncio.run(run())


@pytest.fixture
def archived(settings: Settings, caller: httpx.Client, provider: IdentityProvider, clean_database: str) -> str:
    """The id of an archived customer."""
    headers = bearer(provider.token("customer:create"))
    made = caller.post(CUSTOMER, json=customer(status="Closed"), headers=headers)
    assert made.status_code == 201, made.text
    archive(dataclasses.replace(settings, database=clean_database), made.json()["id"])
    return str(made.json()["id"])


@pytest.mark.parametrize("path", [CUSTOMER, CUSTOMER_V5])
def test_who_may_read_bundles_is_led_to_the_bundle(
    caller: httpx.Client, provider: IdentityProvider, archived: str, path: str
) -> None:
    answer = caller.get(f"{path}/{archived}", headers=bearer(provider.token(READING, "archiveBundle:read")))
    assert archived in refused(answer, 410, "70")
    bundle = answer.json()["referenceError"]
    assert answer.headers["link"] == f'<{bundle}>; rel="archives"'
    shown = caller.get(bundle, headers=bearer(provider.token("archiveBundle:read")))
    assert shown.status_code == 200
    assert shown.json()["subject"]["id"] == archived
    assert violations(DOCUMENTS["archive-v5"], BUNDLES, "get", 200, shown.json()) == []
    listed = caller.get(bundle.rpartition("/")[0], params={"subject.id": archived}, headers=shown.request.headers)
    assert listed.json() == [shown.json()]


@pytest.mark.parametrize("claims", [{}, {"party_id": "7301"}], ids=["anybody", "a party"])
def test_for_others_it_is_as_if_it_had_never_been(
    caller: httpx.Client, provider: IdentityProvider, archived: str, claims: dict[str, Any]
) -> None:
    headers = bearer(provider.token(READING, **claims))
    answers = [caller.get(f"{CUSTOMER}/{id}", headers=headers) for id in (archived, NEVER)]
    bodies = [answer.text.replace(id, "") for answer, id in zip(answers, (archived, NEVER), strict=True)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert bodies[0] == bodies[1]
    assert "link" not in answers[0].headers
    for method in ("PATCH", "DELETE"):
        scopes = provider.token("customer:update", "customer:delete", "archiveBundle:read", **claims)
        assert caller.request(method, f"{CUSTOMER}/{archived}", json={}, headers=bearer(scopes)).status_code == 404
