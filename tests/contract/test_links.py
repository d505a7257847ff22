# SPDX-License-Identifier: Apache-2.0
"""The way from page to page: links and cursors, what is told of the whole list, and how a client prefers it counted."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import created, found, refused
from tests.contract.bodies import individual
from tests.contract.conftest import Deploy
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import INDIVIDUAL, INDIVIDUAL_V5

SORTS = ["", "sort=familyName", "sort=-familyName,birthDate", "sort=-birthDate", "sort=gender,-id", "sort=-id"]
IN_ARRAYS = ["sort=contactMedium.characteristic.city", "sort=-contactMedium.0.characteristic.city"]


def in_city(city: str) -> dict[str, Any]:
    """A contact medium with that city."""
    return {"mediumType": "postalAddress", "characteristic": {"city": city}}


@pytest.fixture
def people(client: httpx.Client) -> list[str]:
    """The ids of eleven individuals, some of whom have the same name, and some none of what others have."""
    bodies = [
        individual(
            familyName="ABC"[number % 3],
            **({"birthDate": f"19{80 + number % 4}-01-01T00:00:00Z"} if number % 2 else {}),
            **({"gender": "female"} if number % 3 else {}),
            contactMedium=[in_city("xyz"[number % 3]), in_city("y")][: number % 4],
        )
        for number in range(11)
    ]
    return [created(client, INDIVIDUAL, body)["id"] for body in bodies]


@pytest.fixture(scope="module")
def small(deploy: Deploy) -> httpx.Client:
    """A deployment with short lists and five individuals."""
    server = deploy(default_limit=2, max_limit=3)
    for number in range(5):
        created(server, INDIVIDUAL, individual(title=str(number)))
    return server


def ids(answer: httpx.Response) -> list[str]:
    return [item["id"] for item in answer.json()]


def walked(
    client: httpx.Client, url: str, relation: str = "next", between: Callable[[], object] = lambda: None
) -> list[httpx.Response]:
    """The answers from `url` on along the links of one relation."""
    answers = [client.get(url)]
    while relation in answers[-1].links:
        between()
        answers.append(client.get(answers[-1].links[relation]["url"]))
    return answers


def seen(answers: list[httpx.Response]) -> list[str]:
    return [id for answer in answers for id in ids(answer)]


def placed(answer: httpx.Response) -> dict[str | None, str]:
    """The offsets that the links of an answer lead to."""
    return {name: parse_qs(urlsplit(link["url"]).query)["offset"][0] for name, link in answer.links.items()}


@pytest.mark.parametrize("sort", SORTS + IN_ARRAYS)
@pytest.mark.parametrize("limit", [1, 3, 4, 11])
def test_who_follows_the_links_sees_the_list(client: httpx.Client, people: list[str], sort: str, limit: int) -> None:
    whole = found(client, INDIVIDUAL, sort)
    assert sorted(whole) == sorted(people)
    forth = walked(client, f"{INDIVIDUAL}?{sort}&limit={limit}")
    assert seen(forth) == whole
    assert ids(client.get(forth[0].links["last"]["url"])) == ids(forth[-1])
    back = walked(client, str(forth[-1].url), "prev")
    assert seen(back[::-1]) == whole
    assert ids(client.get(back[0].links["first"]["url"])) == ids(forth[0])


@EACH_COLLECTION
def test_the_links_of_every_collection_lead_through_it(client: httpx.Client, collection: Collection) -> None:
    made = [created(client, collection.path, collection.creates["minimal"])["id"] for _ in range(5)]
    answers = walked(client, f"{collection.path}?limit=2")
    assert seen(answers) == made
    assert [answer.status_code for answer in answers] == [206] * 3
    assert seen(walked(client, f"{collection.path}?sort=-@type&limit=2")) == made[::-1]


@pytest.mark.parametrize("sort", SORTS)
def test_others_who_come_and_go_do_not_disturb_who_follows_the_links(
    client: httpx.Client, people: list[str], sort: str
) -> None:
    order = found(client, INDIVIDUAL, sort)
    doomed, fresh = iter(order), []

    def others() -> None:
        client.delete(f"{INDIVIDUAL}/{next(doomed)}")
        fresh.append(created(client, INDIVIDUAL, individual(familyName="B"))["id"])

    reached = seen(walked(client, f"{INDIVIDUAL}?{sort}&limit=2", between=others))
    assert [id for id in reached if id not in fresh] == order
    assert len(set(reached)) == len(reached)


def test_the_links_keep_what_was_asked_for(client: httpx.Client, people: list[str]) -> None:
    query = "familyName=A,B&limit=02&fields=familyName%2C&sort=-familyName"
    answer = client.get(f"{INDIVIDUAL}?{query}".replace("%2C", ",title"))
    kept = "familyName=A,B&limit=2&fields=familyName,title&sort=-familyName&offset="
    for name, offset in {"self": 0, "first": 0, "last": 6}.items():
        assert answer.links[name]["url"] == f"{client.base_url}{INDIVIDUAL}?{kept}{offset}"
    assert answer.links["next"]["url"].startswith(f"{client.base_url}{INDIVIDUAL}?{kept}2&cursor=")
    assert "prev" not in answer.links


@pytest.mark.parametrize(
    ("query", "links", "range"),
    [
        ("", {}, None),
        ("familyName=A", {}, None),
        ("limit=11", {"self": "0", "first": "0", "last": "0"}, None),
        ("limit=0", {}, "items */11"),
        ("limit=5", {"self": "0", "first": "0", "next": "5", "last": "10"}, "items 1-5/11"),
        ("limit=5&offset=5", {"self": "5", "first": "0", "prev": "0", "next": "10", "last": "10"}, "items 6-10/11"),
        ("limit=5&offset=10", {"self": "10", "first": "0", "prev": "5", "last": "10"}, "items 11-11/11"),
        ("offset=3", {"self": "3", "first": "0", "prev": "0", "last": "3"}, "items 4-11/11"),
        ("limit=5&offset=99", {"self": "99", "first": "0", "prev": "9", "last": "9"}, None),
        ("limit=3&familyName=A", {"self": "0", "first": "0", "next": "3", "last": "3"}, "items 1-3/4"),
        ("limit=3&familyName=Nobody", {"self": "0", "first": "0", "last": "0"}, None),
    ],
)
def test_an_answer_tells_its_part_and_where_the_others_are(
    client: httpx.Client, people: list[str], query: str, links: dict[str, str], range: str | None
) -> None:
    answer = client.get(f"{INDIVIDUAL}?{query}")
    assert placed(answer) == links
    assert answer.headers.get("content-range") == range


def test_a_list_that_the_server_cuts_short_leads_on(small: httpx.Client) -> None:
    answer = small.get(INDIVIDUAL)
    assert (answer.status_code, answer.headers["content-range"]) == (200, "items 1-2/5")
    answers = walked(small, INDIVIDUAL)
    assert [[item["title"] for item in each.json()] for each in answers] == [["0", "1"], ["2", "3"], ["4"]]
    assert [each.status_code for each in answers] == [200, 206, 206]


def test_a_limit_that_was_lowered_is_lowered_in_the_links(small: httpx.Client) -> None:
    assert "limit=3&offset=3" in small.get(f"{INDIVIDUAL}?limit=99").links["next"]["url"]


def cursor(answer: httpx.Response) -> str:
    return parse_qs(urlsplit(answer.links["next"]["url"]).query)["cursor"][0]


@pytest.mark.parametrize("sort", IN_ARRAYS)
def test_where_a_document_has_several_values_pages_are_found_by_offset(
    client: httpx.Client, people: list[str], sort: str
) -> None:
    assert "cursor" not in client.get(f"{INDIVIDUAL}?{sort}&limit=2").links["next"]["url"]


@pytest.mark.parametrize(
    "query",
    [
        "offset=3",
        "offset=3&sort=familyName",
        "offset=2&sort=-familyName",
        "offset=2&familyName=A,B&sort=familyName",
        "",
    ],
)
def test_a_cursor_of_another_page_or_list_changes_nothing(client: httpx.Client, people: list[str], query: str) -> None:
    other = cursor(client.get(f"{INDIVIDUAL}?sort=familyName&limit=2"))
    plain = client.get(f"{INDIVIDUAL}?{query}&limit=4")
    assert ids(client.get(f"{INDIVIDUAL}?{query}&limit=4&cursor={other}")) == ids(plain)


def test_a_cursor_of_one_version_changes_nothing_in_the_other(client: httpx.Client, people: list[str]) -> None:
    path = INDIVIDUAL_V5
    ours, others = (cursor(client.get(f"{each}?limit=2")) for each in (path, INDIVIDUAL))
    client.delete(f"{INDIVIDUAL}/{people[0]}")
    assert ids(client.get(f"{path}?offset=2&limit=2&cursor={ours}")) == people[2:4]
    assert ids(client.get(f"{path}?offset=2&limit=2&cursor={others}")) == people[3:5]


@pytest.mark.parametrize("text", ["x", "null", "e30", "%00", "é", "W10=", "a" * 3000])
def test_what_is_no_cursor_is_refused(client: httpx.Client, clean_database: str, text: str) -> None:
    assert "is no cursor" in refused(client.get(f"{INDIVIDUAL}?offset=2&cursor={text}"), 400, "28")


def test_an_empty_cursor_is_none(client: httpx.Client, people: list[str]) -> None:
    assert ids(client.get(f"{INDIVIDUAL}?cursor=&limit=2")) == people[:2]


@pytest.mark.parametrize(
    "query", ["", "familyName=A,B,C", "limit=3", "limit=3&offset=9", "limit=0", "familyName=A&limit=1"]
)
@pytest.mark.parametrize(
    "preferred", ["count=exact", "count=estimated", 'respond-async, COUNT="Exact"; x=y, count=none']
)
def test_few_resources_are_counted_unless_nobody_wants_to_know(
    client: httpx.Client, people: list[str], query: str, preferred: str
) -> None:
    plain = client.get(f"{INDIVIDUAL}?{query}")
    answer = client.get(f"{INDIVIDUAL}?{query}", headers={"Prefer": preferred})
    assert answer.headers["preference-applied"] == ("count=estimated" if "estimated" in preferred else "count=exact")
    assert "preference-applied" not in plain.headers
    for name in ("x-total-count", "x-result-count", "content-range"):
        assert answer.headers.get(name) == plain.headers.get(name)
    assert (answer.status_code, ids(answer)) == (plain.status_code, ids(plain))


@pytest.mark.parametrize(
    ("query", "range", "links"),
    [
        ("", None, {}),
        ("limit=3", "items 1-3/*", {"self": "0", "first": "0", "next": "3"}),
        ("limit=3&offset=9", "items 10-11/*", {"self": "9", "first": "0", "prev": "6"}),
        ("limit=0", None, {}),
    ],
)
def test_who_does_not_want_to_know_is_not_told_how_many_there_are(
    client: httpx.Client, people: list[str], query: str, range: str | None, links: dict[str, str]
) -> None:
    plain = client.get(f"{INDIVIDUAL}?{query}")
    answer = client.get(f"{INDIVIDUAL}?{query}", headers={"Prefer": "count=none"})
    assert answer.headers["preference-applied"] == "count=none"
    assert "x-total-count" not in answer.headers
    assert answer.headers.get("content-range") == range
    assert (answer.status_code, ids(answer), placed(answer)) == (plain.status_code, ids(plain), links)


def test_who_does_not_want_to_know_still_reaches_the_end(client: httpx.Client, people: list[str]) -> None:
    client.headers["Prefer"] = "count=none"
    try:
        assert seen(walked(client, f"{INDIVIDUAL}?limit=11")) == people
        assert seen(walked(client, f"{INDIVIDUAL}?limit=4")) == people
    finally:
        del client.headers["Prefer"]


@pytest.mark.parametrize(
    "preferred", ["count=some", "count", "return=minimal", "respond-async", "", ";;,=", "counts=none"]
)
def test_other_preferences_are_passed_over(client: httpx.Client, people: list[str], preferred: str) -> None:
    answer = client.get(f"{INDIVIDUAL}?limit=3", headers={"Prefer": preferred})
    assert (answer.status_code, answer.headers["x-total-count"]) == (206, "11")
    assert "preference-applied" not in answer.headers


def test_preferences_in_several_lines_are_one_list(client: httpx.Client, people: list[str]) -> None:
    answer = client.get(INDIVIDUAL, headers=[("Prefer", "respond-async"), ("Prefer", "count=none")])
    assert answer.headers["preference-applied"] == "count=none"


def test_an_unfiltered_list_is_truly_counted(
    client: httpx.Client, people: list[str], mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    mongo[clean_database]["individual"].delete_many({"_id": {"$in": people[:5]}})
    assert client.get(f"{INDIVIDUAL}?limit=2").headers["x-total-count"] == "6"
