# SPDX-License-Identifier: Apache-2.0
"""Parts of a list: `offset` and `limit`, what they answer, and what the headers tell."""

from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.conftest import Deploy
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import INDIVIDUAL

FIVE = "abcde"


@pytest.fixture
def five(client: httpx.Client) -> list[str]:
    """The ids of five individuals, in order of their creation."""
    return [created(client, INDIVIDUAL, individual(title=title))["id"] for title in FIVE]


@pytest.fixture(scope="module")
def small(deploy: Deploy) -> httpx.Client:
    """A deployment with short lists and seven individuals."""
    server = deploy(default_limit=3, max_limit=5)
    for number in range(7):
        created(server, INDIVIDUAL, individual(title=str(number)))
    return server


@pytest.mark.parametrize(
    ("query", "status", "start", "end"),
    [
        ("", 200, 0, 5),
        ("offset=0", 200, 0, 5),
        ("limit=5", 200, 0, 5),
        ("limit=6", 200, 0, 5),
        ("limit=999999999999", 200, 0, 5),
        ("limit=1000&offset=0", 200, 0, 5),
        ("offset=&limit=", 200, 0, 5),
        ("limit=2", 206, 0, 2),
        ("offset=2", 206, 2, 5),
        ("offset=1&limit=2", 206, 1, 3),
        ("limit=2&offset=4", 206, 4, 5),
        ("offset=0003&limit=1", 206, 3, 4),
        ("limit=2&limit=2", 206, 0, 2),
        ("offset=4&limit=1", 206, 4, 5),
        ("limit=0", 206, 0, 0),
    ],
)
def test_a_part_of_a_list_is_what_was_asked_for(
    client: httpx.Client, five: list[str], query: str, status: int, start: int, end: int
) -> None:
    answer = client.get(f"{INDIVIDUAL}?{query}")
    assert (answer.status_code, [item["id"] for item in answer.json()]) == (status, five[start:end])
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("5", str(end - start))


@pytest.mark.parametrize("offset", [5, 6, 1000, 2**31 - 1])
@pytest.mark.parametrize("query", ["", "familyName=Okafor"])
def test_past_the_end_there_is_an_empty_list_with_the_total(
    client: httpx.Client, five: list[str], offset: int, query: str
) -> None:
    answer = client.get(f"{INDIVIDUAL}?offset={offset}&{query}")
    assert answer.json() == []
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("5", "0")
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["", "limit=0", "offset=0", "offset=3", "limit=1", "familyName=Nobody&limit=3"])
def test_an_empty_list_is_complete(client: httpx.Client, query: str) -> None:
    answer = client.get(f"{INDIVIDUAL}?{query}")
    assert (answer.status_code, answer.json(), answer.headers["x-total-count"]) == (200, [], "0")


@pytest.mark.parametrize(
    ("query", "total", "titles", "status"),
    [
        ("title=a,c,e", 3, "ace", 200),
        ("title=a,c,e&limit=2", 3, "ac", 206),
        ("title=a,c,e&offset=1&limit=2", 3, "ce", 206),
        ("title=a,c,e&limit=0", 3, "", 206),
        ("title=b&limit=1", 1, "b", 200),
        ("limit=1&fields=title&title=d", 1, "d", 200),
    ],
)
def test_a_filtered_list_has_a_total_of_its_own(
    client: httpx.Client, five: list[str], query: str, total: int, titles: str, status: int
) -> None:
    answer = client.get(f"{INDIVIDUAL}?{query}")
    assert (answer.status_code, "".join(item["title"] for item in answer.json())) == (status, titles)
    assert answer.headers["x-total-count"] == str(total)


@pytest.mark.parametrize("name", ["offset", "limit"])
@pytest.mark.parametrize(
    "value",
    [
        "-1",
        "1.0",
        "1.5",
        "1e2",
        "a",
        "0x1",
        "%201",
        "1%20",
        "+1",
        "%2B1",
        "9" * 19,
        "9" * 5000,
        "²",
        "\u0661",
        "1,2",
        "NaN",
        "null",
    ],
)
def test_what_is_no_whole_number_from_0_is_refused(client: httpx.Client, name: str, value: str) -> None:
    assert name in refused(client.get(f"{INDIVIDUAL}?{name}={value}"), 400, "28")


def test_an_offset_beyond_what_the_database_counts_is_refused(client: httpx.Client) -> None:
    assert "2147483647" in refused(client.get(f"{INDIVIDUAL}?offset={2**31}"), 400, "28")


@pytest.mark.parametrize("query", ["limit=1&limit=2", "offset=1&offset=0"])
def test_two_different_values_are_refused(client: httpx.Client, query: str) -> None:
    assert "twice" in refused(client.get(f"{INDIVIDUAL}?{query}"), 400, "28")


@EACH_COLLECTION
def test_the_pages_of_a_list_make_the_list(client: httpx.Client, collection: Collection) -> None:
    for _ in range(7):
        created(client, collection.path, collection.creates["minimal"])
    whole = client.get(collection.path).json()
    pages = [client.get(f"{collection.path}?offset={start}&limit=3").json() for start in (0, 3, 6)]
    assert [item for page in pages for item in page] == whole


@pytest.mark.parametrize(
    ("query", "status", "titles"),
    [
        ("", 200, "012"),
        ("limit=4", 206, "0123"),
        ("limit=5", 206, "01234"),
        ("limit=6", 206, "01234"),
        ("limit=99999999", 206, "01234"),
        ("offset=5", 206, "56"),
        ("title=0,1,2,3,4,5", 200, "012"),
    ],
)
def test_a_deployment_sets_the_usual_and_the_greatest_length(
    small: httpx.Client, query: str, status: int, titles: str
) -> None:
    answer = small.get(f"{INDIVIDUAL}?{query}")
    assert (answer.status_code, "".join(item["title"] for item in answer.json())) == (status, titles)
    assert answer.headers["x-result-count"] == str(len(titles))


def test_by_default_a_list_has_100_and_at_most_1000(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    stored = mongo[clean_database]["individual"]
    created(client, INDIVIDUAL, individual())
    kept = stored.find_one() or {}
    stored.insert_many([{**kept, "_id": f"{kept['_id']}-{number:04}"} for number in range(1000)])
    unpaged, greatest = client.get(INDIVIDUAL), client.get(f"{INDIVIDUAL}?limit=100000")
    assert (unpaged.status_code, len(unpaged.json()), unpaged.headers["x-total-count"]) == (200, 100, "1001")
    assert (greatest.status_code, len(greatest.json()), greatest.headers["x-total-count"]) == (206, 1000, "1001")
