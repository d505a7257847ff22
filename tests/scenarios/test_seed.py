# SPDX-License-Identifier: Apache-2.0
"""An invented operator's data, loaded both ways."""

from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from pymongo import MongoClient

from app.cli import main
from app.settings import Settings
from tests.contract.documents import V4
from tests.paths import CUSTOMER, INTERACTION

Mongo = MongoClient[dict[str, Any]]
VARYING = ("id", "href", "lastUpdate")


def seed(settings: Settings, *options: str) -> str:
    result = CliRunner().invoke(main, ["seed", "--customers", "40", *options], env=settings.environment())
    assert result.exit_code == 0, result.output
    return result.output


def contents(client: httpx.Client) -> list[Any]:
    """Everything there is, without what each run gives anew."""
    return [_without_identity(client.get(collection.path, params={"limit": 1000}).json()) for collection in V4]


def _without_identity(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_identity(member) for name, member in value.items() if name not in VARYING}
    return [_without_identity(element) for element in value] if isinstance(value, list) else value


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data(
    client: httpx.Client, settings: Settings, mongo: Mongo
) -> None:
    def loaded(*options: str) -> list[Any]:
        for collection in mongo[settings.database].list_collection_names():
            mongo[settings.database][collection].delete_many({})
        seed(settings, *options)
        return contents(client)

    first = loaded("--seed", "7")
    assert loaded("--seed", "7") == first
    assert loaded("--seed", "8") != first


def test_the_data_hang_together(client: httpx.Client, settings: Settings) -> None:
    seed(settings)
    assert client.get(CUSTOMER).headers["X-Total-Count"] == "40"
    for customer in client.get(CUSTOMER).json():
        assert client.get(customer["engagedParty"]["href"]).status_code == 200
    interactions = client.get(INTERACTION, params={"limit": 1000}).json()
    links = [link for each in interactions for link in each.get("interactionRelationship", [])]
    assert links
    assert {link["id"] for link in links} <= {each["id"] for each in interactions}


def test_seeded_data_are_announced_like_any_other(settings: Settings, mongo: Mongo, clean_database: str) -> None:
    seed(settings)
    database = mongo[clean_database]
    for collection in V4:
        rows = list(database[collection.kept_in].find())
        assert rows
        assert all(row["pending"][0]["events"][0]["kind"] == "Create" for row in rows)


@pytest.mark.parametrize("over_http", [False, True])
def test_the_summary_says_how_many_there_are_of_each(client: httpx.Client, settings: Settings, over_http: bool) -> None:
    told = seed(settings, *(["--url", str(client.base_url)] if over_http else []))
    paths = {each.kept_in: each.path for each in V4}
    counts = {name: int(client.get(path, params={"limit": 1}).headers["X-Total-Count"]) for name, path in paths.items()}
    assert counts["customer"] == 40
    summary = told.splitlines()[-1]
    assert summary.startswith(f"{sum(counts.values())} resources created in ")
    made = summary.partition(": ")[2].split(", ")
    assert made == [f"{counts[name]} {name}" for name in sorted(counts)]


def test_a_server_that_does_not_answer_is_named(settings: Settings) -> None:
    result = CliRunner().invoke(main, ["seed", "--customers", "1", "--url", "http://127.0.0.1:1"])
    assert result.exit_code == 1
    assert "http://127.0.0.1:1/tmf-api/" in result.output
