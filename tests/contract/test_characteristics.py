# SPDX-License-Identifier: Apache-2.0
"""Characteristics over HTTP: a value is of the type that it claims, in both versions."""

from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5

CHARACTERISTICS = [
    (CUSTOMER, "characteristic"),
    (CUSTOMER_V5, "characteristic"),
    (INDIVIDUAL, "partyCharacteristic"),
    (INDIVIDUAL_V5, "partyCharacteristic"),
]


@pytest.mark.parametrize(("path", "name"), CHARACTERISTICS)
def test_the_value_of_a_characteristic_is_of_its_type(client: httpx.Client, path: str, name: str) -> None:
    def body(*values: tuple[str, Any]) -> dict[str, Any]:
        party = {"@type": "PartyRef", "id": "7301", "@referredType": "Organization"}
        plain = individual() if "individual" in path else customer(engagedParty=party)
        kind = "Individual" if "individual" in path else "Customer"
        told = [{"@type": "Characteristic", "name": "n", "valueType": each, "value": value} for each, value in values]
        return {**plain, "@type": kind, name: told}

    good = [("integer", 5), ("number", "5"), ("stringArray", ["a"]), ("date", "2026-05-04"), ("own words", 5)]
    shown = created(client, path, body(*good))
    message = refused(client.post(path, json=body(("string", "a"), ("integer", "five"))), 400, "24")
    assert message == f"/{name}/1/value must be an integer, as its valueType 'integer' says, not 'five'"
    mistyped = [{**shown[name][0], "valueType": "boolean"}, *shown[name][1:]]
    assert f"/{name}/0/value must be true or false" in refused(
        client.patch(shown["href"], json={name: mistyped}), 400, "24"
    )


def test_a_mistyped_characteristic_from_before_stops_no_patch_of_something_else(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    shown = created(client, INDIVIDUAL, individual(partyCharacteristic=[{"name": "n", "value": "five"}]))
    mistyped = {"$set": {"document.partyCharacteristic.0.valueType": "integer"}}
    mongo[database_name]["individual"].update_one({"_id": shown["id"]}, mistyped)
    assert patched(client, shown, {"title": "Dr"})["partyCharacteristic"][0]["valueType"] == "integer"
