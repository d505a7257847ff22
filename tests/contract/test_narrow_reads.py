# SPDX-License-Identifier: Apache-2.0
"""What the database is asked to read for a selection, as its own profiler tells it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import created
from tests.contract.bodies import customer, individual
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL

Read = Callable[[str], list[set[str]]]

ALWAYS = {"@type", "@baseType", "@schemaLocation"}
BODY = customer(
    **{"@type": "Customer", "engagedParty": {"@type": "PartyRef", "id": "7", "@referredType": "Organization"}}
)
"""Valid in both versions."""


@pytest.fixture
def read(client: httpx.Client, mongo: MongoClient[dict[str, Any]], database_name: str) -> Iterator[Read]:
    """A function that tells what each search of a collection has read of the documents: names, or `document` for all.

    Searches that read nothing of the documents are left out. It begins with the test.
    """
    database = mongo[database_name]

    def told(collection: str) -> list[set[str]]:
        commands = database["system.profile"].find(
            {"$or": [{"command.find": collection}, {"command.aggregate": collection}]}, sort=[("ts", 1)]
        )
        return [
            names
            for each in commands
            if (names := {path.removeprefix("document.") for path in projection(each["command"]) if _is_content(path)})
        ]

    database.command("profile", 2)
    try:
        yield told
    finally:
        database.command("profile", 0)
        database["system.profile"].drop()


def _is_content(path: str) -> bool:
    """Whether a path is within the document, and not beside it in the row."""
    return path.startswith("document")


def projection(command: dict[str, Any]) -> dict[str, int]:
    """What a search reads, which is a pipeline where it counts, too; nothing for a command that only counts."""
    found = command.get("projection") or [stage.get("$project") for stage in command["pipeline"]]
    return found if isinstance(found, dict) else next(filter(None, found), {})


@pytest.mark.parametrize(
    ("path", "fields", "wanted"),
    [
        (CUSTOMER_V5, "name", {"name", "_v5"}),
        (CUSTOMER, "name", {"name", "_v4"}),
        (CUSTOMER, "engagedParty.role", {"engagedParty", "role", "_v4"}),
        (CUSTOMER_V5, "engagedParty.role,nobodyHasThis", {"engagedParty", "nobodyHasThis", "_v5"}),
        (CUSTOMER_V5, "none", {"_v5"}),
        (CUSTOMER_V5, "id,href", {"_v5"}),
        (CUSTOMER, "none", {"_v4"}),
    ],
)
def test_a_selection_reads_no_more_than_it_shows(
    client: httpx.Client, read: Read, path: str, fields: str, wanted: set[str]
) -> None:
    shown = created(client, path, BODY)
    assert client.get(f"{path}?fields={fields}&limit=5").status_code == 200
    assert read("customer") == [ALWAYS | wanted]
    assert client.get(f"{shown['href']}?fields={fields}").status_code == 200
    assert read("customer") == [ALWAYS | wanted] * 2


@pytest.mark.parametrize(
    ("path", "query", "wanted"),
    [
        (CUSTOMER_V5, "fields=name&status=Created&sort=engagedParty.name,-name", {"name", "engagedParty", "_v5"}),
        (CUSTOMER, "fields=engagedParty.id&sort=engagedParty.role,engagedParty.id", {"engagedParty", "role", "_v4"}),
    ],
)
def test_a_list_reads_what_it_is_sorted_by_beside_what_it_shows(
    client: httpx.Client, read: Read, path: str, query: str, wanted: set[str]
) -> None:
    shown = created(client, path, BODY)
    assert [item["id"] for item in client.get(f"{path}?{query}").json()] == [shown["id"]]
    assert read("customer") == [ALWAYS | wanted]


def test_an_attribute_of_another_name_is_read_where_it_is_stored(client: httpx.Client, read: Read) -> None:
    shown = created(client, INDIVIDUAL, individual(fullName="Ngozi Okafor"))
    assert client.get(f"{shown['href']}?fields=fullName").json()["fullName"] == "Ngozi Okafor"
    assert read("individual") == [ALWAYS | {"fullName", "name", "_v4"}]


@pytest.mark.parametrize("query", ["", "?fields="])
def test_without_a_selection_the_whole_document_is_read(client: httpx.Client, read: Read, query: str) -> None:
    shown = created(client, CUSTOMER, customer())
    assert client.get(f"{shown['href']}{query}").json() == shown
    assert client.get(f"{CUSTOMER}{query}").json() == [shown]
    assert read("customer") == [{"document"}] * 2


def test_a_patch_reads_the_whole_document_whatever_it_shows(client: httpx.Client, read: Read) -> None:
    shown = created(client, CUSTOMER, customer(description="old"))
    client.patch(f"{shown['href']}?fields=name", json={"name": "Delta Shipping"})
    assert read("customer") == [{"document"}]
    assert client.get(shown["href"]).json() == {**shown, "name": "Delta Shipping"}
