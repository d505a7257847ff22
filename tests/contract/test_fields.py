# SPDX-License-Identifier: Apache-2.0
"""Attribute selection on lists and on single resources."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.documents import EACH_COLLECTION, VERSIONS, Collection, each_version_of
from tests.paths import INDIVIDUAL

ALWAYS = {"id", "href", "@type"}
IDENTITY = {*ALWAYS, "@baseType", "@schemaLocation"}
MEDIUM = {"mediumType": "email", "preferred": True, "characteristic": {"emailAddress": "a@b.c", "contactType": "home"}}
BODY = individual(
    title="Dr",
    contactMedium=[MEDIUM, {"mediumType": "fax"}],
    x={"a": {"b": 1, "@type": "X"}, "c": [{"d": 2, "e": 3}]},
    **{"US$": 4, "a.b": 5, "0": 6},
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
    ("fields=x.c.0.d", {"x": {"c": [{"d": 2}]}}),
    ("fields=x.c.1.d", {"x": {"c": []}}),
    ("fields=contactMedium.1.mediumType", {"contactMedium": [{"mediumType": "fax"}]}),
    ("fields=contactMedium[1].mediumType", {"contactMedium": [{"mediumType": "fax"}]}),
    ("fields=contactMedium[?(@.mediumType=='email')].preferred", {"contactMedium": [{"preferred": True}]}),
    ("fields=$.contactMedium[?(@.mediumType=='email'%26%26@.preferred==true)]", {"contactMedium": [MEDIUM]}),
    ("fields=contactMedium[?(@.mediumType=='a,b')].preferred,title", {"title": "Dr"}),
    ("fields=contactMedium[*].mediumType", {"contactMedium": [{"mediumType": "email"}, {"mediumType": "fax"}]}),
    ("fields=$.contactMedium.mediumType", {"contactMedium": [{"mediumType": "email"}, {"mediumType": "fax"}]}),
    ("fields=$['title','x']", {"title": "Dr", "x": BODY["x"]}),
    ("fields=title&fields=x.c[?(@.d>1)].e", {"title": "Dr", "x": {"c": [{"e": 3}]}}),
    ("fields=x.a[*]", {"x": {"a": {"b": 1, "@type": "X"}}}),
    ("fields=title.deeper", {"title": "Dr"}),
    ("fields=title,document,_id,_v4,pending,revision", {"title": "Dr"}),
    ("fields=US$", {"US$": 4}),
    ("fields=a.b,0", {"0": 6}),
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
    [
        *("title,", ",", "a.", "a{b}", "a(b)", "title,,x", "note[", "a\0", "$where", "note.$", "note[?(@.a==True)]"),
        *(
            "note[?(@type=='X')]",
            "note[?(@.a=~/(/)]",
            "$.note ==",
            "a[?(" + "@.a||" * 100 + "@.a)]",
            ".".join("a" * 3500),
        ),
    ],
)
def test_a_selection_that_is_neither_names_nor_json_path_is_refused(client: httpx.Client, selection: str) -> None:
    shown = created(client, INDIVIDUAL, BODY)
    for path in (INDIVIDUAL, shown["href"]):
        assert "fields" in refused(client.get(path, params={"fields": selection}), 400, "28")


@pytest.mark.parametrize(
    ("selection", "construct"),
    [("$..note", ".."), ("a..b", ".."), ("*", ".*"), ("note[0:2]", "[0:2:1]"), ("title,note[-1]", "[-1]")],
)
def test_json_path_that_cannot_be_selected_is_named_at_every_door(
    client: httpx.Client, selection: str, construct: str
) -> None:
    shown = created(client, INDIVIDUAL, BODY)
    asked: dict[str, Any] = {"params": {"fields": selection}}
    told = [
        *(client.get(path, **asked) for path in (INDIVIDUAL, shown["href"])),
        client.post(INDIVIDUAL, json=BODY, **asked),
        client.patch(shown["href"], json={"title": "Prof"}, **asked),
    ]
    assert [refused(answer, 501, "2") for answer in told] == [f"'{construct}' is not supported in 'fields'"] * 4
    assert client.get(INDIVIDUAL).json() == [shown]


@each_version_of("Individual")
def test_a_path_compares_dates_as_filters_do(client: httpx.Client, path: str) -> None:
    spans = [{"startDateTime": f"2024-05-0{day}T23:00:00+02:00"} for day in (1, 2)]
    media = [{"@type": "EmailContactMedium", "mediumType": "email", "validFor": span} for span in spans]
    shown = created(client, path, {**individual(), "@type": "Individual", "contactMedium": media})
    for condition in ("== '2024-05-01'", "== '2024-05-01T21:00:00Z'", "< '2024-05-02'"):
        asked = {"fields": f"contactMedium[?(@.validFor.startDateTime {condition})]"}
        assert client.get(shown["href"], params=asked).json()["contactMedium"] == shown["contactMedium"][:1]
        assert client.get(path, params=asked).json()[0]["contactMedium"] == shown["contactMedium"][:1]


def test_what_is_written_is_answered_with_what_a_path_selects(client: httpx.Client) -> None:
    asked = {"fields": "contactMedium[?(@.mediumType=='fax')].mediumType"}
    answer = client.post(INDIVIDUAL, json=BODY, params=asked)
    assert answer.status_code == 201
    changed = client.patch(answer.json()["href"], json={"title": "Prof"}, params=asked)
    for told in (answer, changed):
        assert told.json() == {**with_only(ALWAYS, told.json()), "contactMedium": [{"mediumType": "fax"}]}


def test_a_selection_by_path_has_a_tag_of_its_own(client: httpx.Client) -> None:
    href = created(client, INDIVIDUAL, BODY)["href"]
    paths = ("title", "title,x.c[0]", "x.c[0],title", "title,x.c[1]")
    tags = [client.get(href, params={"fields": path}).headers["ETag"] for path in paths]
    assert tags[1] == tags[2]
    assert len(set(tags)) == 3
    same = client.get(href, params={"fields": paths[1]}, headers={"If-None-Match": tags[2]})
    assert same.status_code == 304


@EACH_COLLECTION
def test_a_path_selects_what_names_select(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    names = sorted(shown.keys() - IDENTITY)
    got = {name: client.get(shown["href"], params={"fields": f"$['{name}']"}).json() for name in names}
    assert got == {name: with_only({*IDENTITY, name}, shown) for name in names}
    listed = client.get(collection.path, params={"fields": ",".join(f"$.{name}" for name in names)}).json()
    assert listed == [shown]


@EACH_COLLECTION
def test_each_first_level_attribute_can_be_selected_by_itself(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    always = {name: value for name, value in shown.items() if name in IDENTITY}
    wrong = [
        name
        for name, value in shown.items()
        if client.get(shown["href"], params={"fields": name}).json() != {**always, name: value}
        or client.get(collection.path, params={"fields": name}).json() != [{**always, name: value}]
    ]
    assert wrong == []


@EACH_COLLECTION
def test_each_attribute_within_another_can_be_selected_by_itself(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    always = {name: value for name, value in shown.items() if name in IDENTITY}
    inner = [(name, member) for name, value in shown.items() for member in members(value)]
    wrong = [
        f"{name}.{member}"
        for name, member in inner
        if client.get(shown["href"], params={"fields": f"{name}.{member}"}).json()
        != {**always, name: with_only({member, "@type"}, shown[name])}
    ]
    assert inner
    assert wrong == []


def members(value: Any) -> set[str]:
    """The names within an object or within the objects of an array."""
    return (
        set().union(*map(members, value)) if isinstance(value, list) else set(value if isinstance(value, dict) else ())
    )


def with_only(names: set[str], value: Any) -> Any:
    """An object, or the objects of an array, without any other names."""
    if isinstance(value, list):
        return [with_only(names, each) for each in value]
    return {name: each for name, each in value.items() if name in names}


@EACH_COLLECTION
def test_every_way_to_write_a_selection(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    one, other, *_ = sorted(shown.keys() - IDENTITY)
    always, both = with_only(IDENTITY, shown), with_only({*IDENTITY, one, other}, shown)
    asked = {
        **dict.fromkeys(("none", "id", "href,@type", "nobodyHasThis", "nobody.has.this", "none&fields=none"), always),
        **dict.fromkeys(
            (f"{one},{other}", f"{other}&fields={one}", f"none,{one}%2C{other}", f"0,{one},x,{other}"), both
        ),
        **dict.fromkeys(("", "%20", "&fields="), shown),
    }
    got = {fields: client.get(f"{shown['href']}?fields={fields}").json() for fields in asked}
    listed = {fields: client.get(f"{collection.path}?fields={fields}").json() for fields in asked}
    assert got == asked
    assert listed == {fields: [expected] for fields, expected in asked.items()}


@pytest.mark.parametrize(("old", "new"), VERSIONS, ids=str)
def test_a_version_selects_the_same_of_what_the_other_has_written(
    client: httpx.Client, old: Collection, new: Collection
) -> None:
    for writer, reader in ((old, new), (new, old)):
        id = created(client, writer.path, writer.creates["full"])["id"]
        shown = client.get(f"{reader.path}/{id}").json()
        wrong = [
            name
            for name in shown
            if client.get(f"{reader.path}/{id}?fields={name}").json() != with_only({*IDENTITY, name}, shown)
        ]
        assert wrong == []


@each_version_of("Individual")
def test_a_list_is_filtered_and_sorted_by_what_it_does_not_show(client: httpx.Client, path: str) -> None:
    for family, given in (("B", "Ada"), ("A", "Cem"), ("B", "Eve"), ("B", "Bo")):
        created(client, path, {"@type": "Individual", "givenName": given, "familyName": family, "title": f"Dr {given}"})
    listed = client.get(f"{path}?familyName=B&sort=-givenName&fields=title").json()
    assert [item["title"] for item in listed] == ["Dr Eve", "Dr Bo", "Dr Ada"]
    assert all(item.keys() <= {*IDENTITY, "title"} for item in listed)


@EACH_COLLECTION
def test_what_is_written_can_be_selected_too(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(f"{collection.path}?fields=status", json=collection.creates["full"])
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == answer.json()["href"]
    whole = client.get(answer.json()["href"]).json()
    assert answer.json() == {name: value for name, value in whole.items() if name in {*IDENTITY, "status"}}
    changed = client.patch(f"{whole['href']}?fields=remark", json={"remark": {"a": 1}, "x": 2})
    assert changed.json() == {**with_only(IDENTITY, whole), "remark": {"a": 1}}
    assert client.patch(f"{whole['href']}?fields=none", json={}).json() == with_only(IDENTITY, whole)
    assert client.get(whole["href"]).json()["x"] == 2


@EACH_COLLECTION
def test_a_write_with_a_selection_that_is_none_is_not_done(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    refused(client.post(f"{collection.path}?fields=a[[", json=collection.creates["full"]), 400, "28")
    refused(client.patch(f"{shown['href']}?fields=a[[", json={"remark": 1}), 400, "28")
    assert client.get(collection.path).json() == [shown]
