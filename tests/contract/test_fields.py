"""Attribute selection on lists and on single resources."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import INDIVIDUAL, individual
from tests.contract.documents import COLLECTIONS, Collection

ALWAYS = {"id", "href", "@type"}
MEDIUM = {"mediumType": "email", "preferred": True, "characteristic": {"emailAddress": "a@b.c", "contactType": "home"}}
BODY = individual(
    title="Dr", contactMedium=[MEDIUM, {"mediumType": "fax"}], x={"a": {"b": 1, "@type": "X"}, "c": [{"d": 2, "e": 3}]}
)

SELECTIONS: list[tuple[str, dict[str, Any]]] = [
    ("fields=title", {"title": "Dr"}),
    ("fields=title,givenName", {"title": "Dr", "givenName": "Ngozi"}),
    ("fields=title&fields=givenName", {"title": "Dr", "givenName": "Ngozi"}),
    ("fields=title%2CgivenName", {"title": "Dr", "givenName": "Ngozi"}),
    ("fields=%20title%20,%20givenName", {"title": "Dr", "givenName": "Ngozi"}),
    ("fields=id", {}),
    ("fields=id,href,@type", {}),
    ("fields=%40type", {}),
    ("fields=none", {}),
    ("fields=none,title", {"title": "Dr"}),
    ("fields=nothingHasThis", {}),
    ("fields=title,nothingHasThis.either", {"title": "Dr"}),
    ("fields=contactMedium", {"contactMedium": BODY["contactMedium"]}),
    ("fields=contactMedium.mediumType", {"contactMedium": [{"mediumType": "email"}, {"mediumType": "fax"}]}),
    (
        "fields=contactMedium.characteristic.emailAddress",
        {"contactMedium": [{"characteristic": {"emailAddress": "a@b.c"}}, {"characteristic": {}}]},
    ),
    ("fields=contactMedium.mediumType,contactMedium", {"contactMedium": BODY["contactMedium"]}),
    ("fields=contactMedium,contactMedium.mediumType", {"contactMedium": BODY["contactMedium"]}),
    ("fields=x.a.b", {"x": {"a": {"b": 1, "@type": "X"}}}),
    ("fields=x.a.nothing", {"x": {"a": {"@type": "X"}}}),
    ("fields=x.c.d", {"x": {"c": [{"d": 2}]}}),
    ("fields=title.deeper", {"title": "Dr"}),
]


@pytest.mark.parametrize(("query", "expected"), SELECTIONS)
def test_a_selection_shows_what_it_names_and_the_identity(
    client: httpx.Client, query: str, expected: dict[str, Any]
) -> None:
    shown = created(client, INDIVIDUAL, BODY)
    identity = {name: shown[name] for name in ALWAYS}
    whole = without_empty_media(client.get(f"{shown['href']}?{query}").json())
    assert whole == without_empty_media({**identity, **expected})
    listed = client.get(f"{INDIVIDUAL}?{query}&title=Dr").json()
    assert [without_empty_media(item) for item in listed] == [whole]


def without_empty_media(shown: dict[str, Any]) -> dict[str, Any]:
    """The view with media that have nothing left in their characteristic as if they had none."""
    media = [
        {name: value for name, value in medium.items() if (name, value) != ("characteristic", {})}
        for medium in shown.get("contactMedium", [])
    ]
    return {**shown, "contactMedium": media} if "contactMedium" in shown else shown


@pytest.mark.parametrize("query", ["fields=", "fields=%20", "fields=&fields=", ""])
def test_a_blank_selection_selects_everything(client: httpx.Client, query: str) -> None:
    shown = created(client, INDIVIDUAL, BODY)
    assert client.get(f"{shown['href']}?{query}").json() == shown
    assert client.get(f"{INDIVIDUAL}?{query}").json() == [shown]


@pytest.mark.parametrize(
    "selection",
    ["title,", ",", "a..b", ".a", "a.", "note[0]", "note[?(@.author=='X')]", "a{b}", "*", "a(b)", "title,,x"],
)
def test_a_selection_that_is_no_list_of_names_is_refused(client: httpx.Client, selection: str) -> None:
    shown = created(client, INDIVIDUAL, BODY)
    for path in (INDIVIDUAL, shown["href"]):
        assert "fields" in refused(client.get(path, params={"fields": selection}), 400, "28")


@pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
def test_each_first_level_attribute_can_be_selected_by_itself(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    always = {name: value for name, value in shown.items() if name in {*ALWAYS, "@baseType", "@schemaLocation"}}
    wrong = [
        name
        for name, value in shown.items()
        if client.get(shown["href"], params={"fields": name}).json() != {**always, name: value}
        or client.get(collection.path, params={"fields": name}).json() != [{**always, name: value}]
    ]
    assert wrong == []


@pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
def test_what_is_written_can_be_selected_too(client: httpx.Client, collection: Collection) -> None:
    identity = {*ALWAYS, "@baseType", "@schemaLocation"}
    answer = client.post(f"{collection.path}?fields=status", json=collection.creates["full"])
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == answer.json()["href"]
    whole = client.get(answer.json()["href"]).json()
    assert answer.json() == {name: value for name, value in whole.items() if name in {*identity, "status"}}
    changed = client.patch(f"{whole['href']}?fields=remark", json={"remark": {"a": 1}, "x": 2})
    assert changed.json() == {**{name: whole[name] for name in identity & whole.keys()}, "remark": {"a": 1}}
    assert client.patch(f"{whole['href']}?fields=none", json={}).json().keys() <= identity
    assert client.get(whole["href"]).json()["x"] == 2
    assert "etag" not in {**answer.headers, **changed.headers}


@pytest.mark.parametrize("collection", COLLECTIONS, ids=str)
def test_a_write_with_a_selection_that_is_no_list_of_names_is_not_done(
    client: httpx.Client, collection: Collection
) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    refused(client.post(f"{collection.path}?fields=a..b", json=collection.creates["full"]), 400, "28")
    refused(client.patch(f"{shown['href']}?fields=a..b", json={"remark": 1}), 400, "28")
    assert client.get(collection.path).json() == [shown]
