# SPDX-License-Identifier: Apache-2.0
"""The customers that `make bench` measures with are such as the server takes."""

from typing import Any

import httpx
from pymongo import MongoClient

from app.domain.identifiers import new_id
from tests.bench.customer import CREATED, body, group
from tests.bench.kept import Kept
from tests.paths import CUSTOMER


def test_the_measured_customers_are_copies_that_can_all_be_there(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    kept = Kept(mongo, clean_database, new_id, within="document", announcing=True)
    client.post(CUSTOMER, json=body()).raise_for_status()
    ids = kept.multiply(10)
    found = client.get(CUSTOMER, params={"name": group(0)}).json()
    assert sorted(each["id"] for each in found) == sorted(ids)

    for number in range(2):
        client.post(CUSTOMER, json=body(party=f"party-{number}")).raise_for_status()
    assert len(client.get(CUSTOMER, params={"name": CREATED}).json()) == kept.created() == 2
