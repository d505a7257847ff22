# SPDX-License-Identifier: Apache-2.0
"""A list tells what is there now, whatever it told before."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created
from tests.contract.bodies import individual
from tests.contract.documents import each_version_of
from tests.paths import INDIVIDUAL, INDIVIDUAL_V5

MERGE = {"Content-Type": "application/merge-patch+json"}


def listed(client: httpx.Client, path: str, query: str = "") -> list[Any]:
    answer: list[Any] = client.get(path + query).json()
    return answer


@each_version_of("Individual")
@pytest.mark.parametrize("query", ["", "?fields=givenName,href", "?familyName=Okafor&sort=-id"])
def test_what_was_changed_since_is_listed_as_it_is(client: httpx.Client, path: str, query: str) -> None:
    own = created(client, path, {"@type": "Individual", **individual()})["href"]
    for name in ("Ada", "Augusta", "Ada"):
        client.patch(own, json={"givenName": name}, headers=MERGE).raise_for_status()
        alone = client.get(own, params={"fields": "givenName,href"} if "fields" in query else None).json()
        assert listed(client, path, query) == listed(client, path, query) == [alone]
        assert alone["givenName"] == name


def test_versions_list_one_resource_each_in_its_own_way(client: httpx.Client) -> None:
    own = created(client, INDIVIDUAL_V5, {"@type": "Individual", **individual()})["href"]
    for _ in range(2):
        assert listed(client, INDIVIDUAL_V5) == [client.get(own).json()]
        assert listed(client, INDIVIDUAL) == [client.get(own.replace("/v5/", "/v4/")).json()]


def test_the_successor_of_a_deleted_resource_is_listed_in_its_place(client: httpx.Client) -> None:
    for name in ("Ada", "Augusta"):
        body = {"@type": "Individual", **individual(), "id": "lovelace", "givenName": name}
        own = created(client, INDIVIDUAL_V5, body)["href"]
        assert [each["givenName"] for each in listed(client, INDIVIDUAL_V5)] == [name]
        client.delete(own).raise_for_status()
    assert listed(client, INDIVIDUAL_V5) == []
