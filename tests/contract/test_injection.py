# SPDX-License-Identifier: Apache-2.0
"""Attempts to smuggle operators of the database into names, values, ids and bodies: all harmless."""

import re
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, refused
from tests.contract.bodies import customer, individual
from tests.paths import CUSTOMER, INDIVIDUAL


@pytest.mark.parametrize(
    "query",
    [
        "$where=sleep(5000)",
        "%24where=1",
        "$or=1",
        "$expr=1",
        "status[$ne]=x",
        "status%5B%24ne%5D=x",
        "status.$ne=x",
        "status.%24gt=",
        "contactMedium.$elemMatch=1",
        "contactMedium.characteristic.$regex=.",
        "status%00=x",
        "document.status=initialized",
        "_id[$gt]=",
        "id.$gt=",
        "id.x=1",
        "$where=~x",
        "$expr>1",
        "status.$regex.ne=x",
        "status.$not.exists=true",
    ],
)
def test_an_operator_in_a_name_is_refused(client: httpx.Client, query: str) -> None:
    created(client, INDIVIDUAL, individual())
    refused(client.get(f"{INDIVIDUAL}?{query}"), 400, "28")


@pytest.mark.parametrize(
    "query", ["$[?(@['$where']=='x')]", "note[?(@['$gt']>1)]", "contactMedium[?(@['characteristic.$ne']=='x')]"]
)
def test_an_operator_in_a_name_of_a_json_path_does_not_reach_the_database(client: httpx.Client, query: str) -> None:
    created(client, INDIVIDUAL, individual())
    refused(client.get(INDIVIDUAL, params={"filter": query}), 501, "2")


@pytest.mark.parametrize(
    "value",
    ['{"$gt":""}', '{"$ne":null}', "[$ne]", "/.*/", ".*", "$where", "$title", "null", "undefined", "\x00", "'||1"],
)
@pytest.mark.parametrize("name", ["givenName", "id", "href", "contactMedium.mediumType", "partyCharacteristic.value"])
def test_an_operator_in_a_value_is_text(client: httpx.Client, name: str, value: str) -> None:
    created(client, INDIVIDUAL, individual(partyCharacteristic=[{"name": "x", "value": [None]}]))
    answer = client.get(INDIVIDUAL, params={name: value})
    assert (answer.status_code, answer.json()) == (200, [])
    assert "is not a known status" in refused(client.get(INDIVIDUAL, params={"status": value}), 400, "28")


@pytest.mark.parametrize("operator", ["gt", "gte", "ne", "regex"])
@pytest.mark.parametrize("value", ['{"$gt":""}', "$where", "$title", "$$ROOT"])
def test_an_operator_in_a_value_is_text_whatever_it_is_compared_with(
    client: httpx.Client, operator: str, value: str
) -> None:
    shown = created(client, INDIVIDUAL, individual(title=value))
    answer = client.get(INDIVIDUAL, params={f"title.{operator}": re.escape(value) if operator == "regex" else value})
    assert (answer.status_code, answer.json()) == (200, [shown] if operator in ("gte", "regex") else [])


@pytest.mark.parametrize("value", ['{"$gt":""}', "$title", "a.b", "/x/", "\x00", "\ufeff", "' or 1=1"])
def test_a_value_that_looks_like_an_operator_is_found_as_text(client: httpx.Client, value: str) -> None:
    created(client, INDIVIDUAL, individual())
    shown = created(client, INDIVIDUAL, individual(title=value))
    answer = client.get(INDIVIDUAL, params={"title": value})
    assert answer.json() == [shown]


@pytest.mark.parametrize("id", ['{"$gt":""}', "[$ne]=1", "$gt", "%00", "null", "*", "...."])
def test_an_operator_in_an_id_is_an_id_that_nothing_has(client: httpx.Client, id: str) -> None:
    shown = created(client, INDIVIDUAL, individual())
    refused(client.delete(f"{INDIVIDUAL}/{id}"), 404, "60")
    assert client.get(INDIVIDUAL).json() == [shown]


@pytest.mark.parametrize("patch", [{"$set": {"status": "x"}}, {"x": {"$inc": 1}}, {"engagedParty": {"$unset": ""}}])
def test_an_operator_in_a_patch_is_refused(client: httpx.Client, patch: dict[str, Any]) -> None:
    shown = created(client, CUSTOMER, customer())
    refused(client.patch(shown["href"], json=patch), 400, "24")
    assert client.get(shown["href"]).json() == shown


def test_a_path_as_a_name_is_one_name(client: httpx.Client) -> None:
    shown = created(client, CUSTOMER, customer())
    answer = client.patch(shown["href"], json={"engagedParty.id": "stolen", "status.x": 1})
    assert answer.json() == {**shown, "engagedParty.id": "stolen", "status.x": 1}
    assert found(client, CUSTOMER, "engagedParty.id=stolen") == []
