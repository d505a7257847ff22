# SPDX-License-Identifier: Apache-2.0
"""A deployment's own classes over HTTP: kept, checked, found, sorted and patched, in both versions."""

import json
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import created, found, patched, refused
from tests.contract.bodies import customer, individual
from tests.contract.conftest import Deploy
from tests.contract.documents import each_version_of
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5, ORGANIZATION

SCORED = """
$id: https://schemas.example.com/scored.json
title: ScoredCustomer
required: [score]
properties:
  '@baseType': {const: Customer}
  score: {type: number, maximum: 100}
  since: {type: string, format: date-time}
  award:
    type: array
    items:
      type: object
      properties:
        name: {type: string}
        rank: {type: integer}
        at: {type: string, format: date-time}
"""
RISKY = """
title: RiskyCustomer
properties:
  '@baseType': {const: ScoredCustomer}
  risk: {type: object, required: [level], properties: {level: {enum: [low, high]}}}
"""
CHAT = """
title: ChatContactMedium
required: [handle]
properties:
  '@baseType': {const: ContactMedium}
  handle: {type: string, pattern: '^@'}
  verified: {type: string, format: date-time}
"""


@pytest.fixture(scope="module")
def own(deploy: Deploy, tmp_path_factory: pytest.TempPathFactory) -> httpx.Client:
    """A deployment with classes of its own."""
    folder = tmp_path_factory.mktemp("schemas")
    for index, text in enumerate([SCORED, RISKY, CHAT]):
        (folder / f"{index}.yaml").write_text(text, encoding="utf-8")
    return deploy(schemas=str(folder))


@pytest.fixture
def database(own: httpx.Client, mongo: MongoClient[dict[str, Any]]) -> Any:
    """The database of that deployment, emptied."""
    kept = mongo[f"liaison_test_{own.base_url.port}"]
    for name in ("customer", "individual"):
        kept[name].delete_many({})
    return kept


def scored(path: str = CUSTOMER, **more: Any) -> dict[str, Any]:
    """A customer of the class ScoredCustomer, as it is created in the version of `path`."""
    party = {"@type": "PartyRef", "id": "7301", "@referredType": "Organization"}
    version = {"engagedParty": party} if path == CUSTOMER_V5 else {}
    return customer(**{"@type": "ScoredCustomer", "score": 50, **version, **more})


@each_version_of("Customer")
def test_an_object_of_a_registered_class_comes_back_as_it_was_sent(own: httpx.Client, path: str) -> None:
    body = scored(
        path,
        **{"@baseType": "Customer", "@schemaLocation": "https://schemas.example.com/scored.json"},
        since="2026-03-01T09:00:00Z",
        award=[{"name": "loyal", "rank": 1, "at": "2026-01-01T00:00:00Z"}],
        free={"any": ["thing"]},
    )
    shown = created(own, path, body)
    assert {name: shown[name] for name in body} == body | {"engagedParty": shown["engagedParty"]}
    assert own.get(shown["href"]).json() == shown


@each_version_of("Customer")
def test_an_answer_tells_of_the_class_what_the_client_did_not(own: httpx.Client, path: str) -> None:
    shown = created(own, path, scored(path))
    told = {"@baseType": "Customer", "@schemaLocation": "https://schemas.example.com/scored.json"}
    assert {name: shown[name] for name in told} == told
    again = {name: value for name, value in shown.items() if name not in ("id", "href")}
    assert {name: created(own, path, again)[name] for name in told} == told
    risky = created(own, path, scored(path, **{"@type": "RiskyCustomer"}))
    assert (risky["@baseType"], risky.get("@schemaLocation")) == ("ScoredCustomer", None)


def test_its_date_times_are_kept_as_dates(own: httpx.Client, database: Any) -> None:
    at = "2026-03-01T09:00:00+02:00"
    created(own, CUSTOMER, scored(since=at, award=[{"at": at}], contactMedium=[chat(verified=at)]))
    document = database["customer"].find_one()["document"]
    kept = (document["since"], document["award"][0]["at"], document["contactMedium"][0]["verified"])
    assert {each.isoformat() for each in kept} == {"2026-03-01T07:00:00+00:00"}


def chat(**more: Any) -> dict[str, Any]:
    """A contact medium of the class ChatContactMedium."""
    return {"@type": "ChatContactMedium", "mediumType": "chat", "handle": "@delta", "characteristic": {}, **more}


@pytest.mark.parametrize("reading", [CUSTOMER, CUSTOMER_V5])
@each_version_of("Customer")
def test_its_attributes_are_filtered_in_each_version(own: httpx.Client, database: Any, path: str, reading: str) -> None:
    early = scored(path, score=7.5, since="2026-01-31T23:30:00Z", award=[{"rank": 2, "name": "a"}, {"rank": 9}])
    late = scored(
        path, score=70, since="2026-02-01T00:30:00+02:00", contactMedium=[chat(verified="2026-05-01T00:00:00Z")]
    )
    one, other = (created(own, path, body)["id"] for body in (early, late))
    risky = created(own, path, scored(path, **{"@type": "RiskyCustomer", "risk": {"level": "high"}}))["id"]
    for query, expected in {
        "score=7.5": [one],
        "score.gte=50": [other, risky],
        "score=70.0,7.5": [one, other],
        "since=2026-01-31": [one, other],
        "since.gt=2026-01-31T23:00:00Z": [one],
        "since=2026-01-31T22:30:00Z": [other],
        "award.rank=9&award.name=a": [one],
        "award.rank.gt=9": [],
        "risk.level=high": [risky],
        "contactMedium.handle=@delta": [other],
        "contactMedium.verified.lt=2026-05-02": [other],
        "@type=RiskyCustomer": [risky],
    }.items():
        assert sorted(found(own, reading, query)) == sorted(expected), query


@each_version_of("Customer")
def test_its_attributes_are_sorted_by_and_selected(own: httpx.Client, database: Any, path: str) -> None:
    bodies = [
        scored(path, name="b", score=9, since="2026-02-01T00:00:00Z"),
        scored(path, name="a", score=10, since="2026-01-01T00:00:00Z"),
    ]
    nine, ten = (created(own, path, body)["id"] for body in bodies)
    assert found(own, path, "sort=score") == [nine, ten]
    assert found(own, path, "sort=-score") == found(own, path, "sort=since") == [ten, nine]
    selected = own.get(f"{path}?fields=score&sort=score").json()
    assert [each["score"] for each in selected] == [9, 10]
    assert "name" not in selected[0]


@pytest.mark.parametrize(
    "query", ["scor=1", "award.rnk=1", "risk.levl=high", "score=many", "since=yesterday", "contactMedium.handl=x"]
)
def test_an_attribute_that_no_class_declares_is_refused_in_a_filter(own: httpx.Client, query: str) -> None:
    refused(own.get(f"{CUSTOMER}?{query}"), 400, "28")


WRONG = [
    ({"score": "high"}, "/score must be a number, not 'high'"),
    ({"score": 101}, "/score 101 is greater than the maximum of 100"),
    ({"since": "2026-03-01"}, "/since must be a date-time with an offset"),
    ({"award": [{"rank": 1}, {"rank": "first"}]}, "/award/1/rank must be an integer, not 'first'"),
    ({"contactMedium": [chat(handle="delta")]}, "/contactMedium/0/handle"),
]


@each_version_of("Customer")
@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_what_its_schema_forbids_is_refused(own: httpx.Client, path: str, wrong: dict[str, Any], told: str) -> None:
    assert told in refused(own.post(path, json=scored(path, **wrong)), 400, "24")
    shown = created(own, path, scored(path))
    assert told in refused(own.patch(shown["href"], json=wrong), 400, "24")
    assert own.get(shown["href"]).json() == shown


@each_version_of("Customer")
def test_what_its_schema_demands_is_mandatory(own: httpx.Client, path: str) -> None:
    body = {name: value for name, value in scored(path).items() if name != "score"}
    assert refused(own.post(path, json=body), 400, "23") == "/score is mandatory"
    shown = created(own, path, scored(path))
    assert "/score is mandatory" in refused(own.patch(shown["href"], json={"score": None}), 400, "24")
    risky = {"@type": "RiskyCustomer", "risk": {}}
    assert "/risk/level is mandatory" in refused(own.post(path, json=scored(path, **risky)), 400, "23")
    assert "/contactMedium/0/handle" in refused(
        own.post(path, json=scored(path, contactMedium=[chat(handle=None)])), 400, "23"
    )


def test_a_json_patch_is_checked_alike(own: httpx.Client) -> None:
    shown = created(own, CUSTOMER_V5, scored(CUSTOMER_V5, award=[{"rank": 1}]))
    wrong = [{"op": "replace", "path": "/award/0/rank", "value": "first"}]
    headers = {"Content-Type": "application/json-patch+json"}
    answer = own.patch(shown["href"], content=json.dumps(wrong), headers=headers)
    assert refused(answer, 400, "24") == "/award/0/rank must be an integer, not 'first'"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (INDIVIDUAL, individual(**{"@type": "ScoredCustomer", "score": 1})),
        (INDIVIDUAL_V5, individual(**{"@type": "RiskyCustomer", "score": 1})),
        (ORGANIZATION, {"@type": "ChatContactMedium", "tradingName": "Delta", "handle": "@d"}),
    ],
)
def test_a_class_belongs_into_one_collection_only(own: httpx.Client, path: str, body: dict[str, Any]) -> None:
    root = "ContactMedium" if body["@type"] == "ChatContactMedium" else "Customer"
    assert f"'{body['@type']}' is a class of {root}" in refused(own.post(path, json=body), 400, "24")


@pytest.mark.parametrize(
    "wrong",
    [
        {"@schemaLocation": "https://schemas.example.com/other.json"},
        {"@type": "Customer", "@schemaLocation": "https://schemas.example.com/scored.json"},
        {"@type": "OwnCustomer", "@schemaLocation": "https://schemas.example.com/scored.json"},
        {"@baseType": "PartyRole"},
    ],
)
def test_class_base_class_and_schema_location_go_together(own: httpx.Client, wrong: dict[str, Any]) -> None:
    for path in (CUSTOMER, CUSTOMER_V5):
        told = refused(own.post(path, json=scored(path, **wrong)), 400, "24")
        assert told.startswith(("/@schemaLocation", "/@baseType"))


@each_version_of("Customer")
def test_what_is_not_registered_stays_open_content(own: httpx.Client, path: str) -> None:
    body = {
        "@type": "OwnCustomer",
        "@schemaLocation": "https://example.com/own.json",
        "score": "high",
        "since": "long ago",
        "award": "none",
        "contactMedium": [chat(**{"@type": "PigeonContactMedium", "handle": 5})],
    }
    shown = created(own, path, scored(path, **body))
    plain = body.keys() - {"contactMedium"}
    assert {name: shown[name] for name in plain} == {name: body[name] for name in plain}
    assert shown["contactMedium"][0]["handle"] == 5
    assert patched(own, shown, {"since": "longer ago"})["since"] == "longer ago"


@each_version_of("Customer")
def test_what_was_kept_before_its_class_was_registered_is_read_and_patched(
    own: httpx.Client, database: Any, path: str
) -> None:
    shown = created(own, path, scored(path, **{"@type": "Unregistered", "score": "high", "since": "long ago"}))
    database["customer"].update_one({"_id": shown["id"]}, {"$set": {"document.@type": "ScoredCustomer"}})
    assert own.get(shown["href"]).json()["score"] == "high"
    assert patched(own, shown, {"name": "Sigma"})["since"] == "long ago"
    assert "/score" in refused(own.patch(shown["href"], json={"score": "low"}), 400, "24")
    assert patched(own, shown, {"score": 5})["score"] == 5


def test_a_class_that_one_version_wrote_is_checked_in_the_other(own: httpx.Client) -> None:
    shown = created(own, CUSTOMER, scored(contactMedium=[chat()]))
    newer = shown["href"].replace("/v4/", "/v5/")
    medium = own.get(newer).json()["contactMedium"][0]
    assert (medium["@type"], medium["handle"]) == ("ChatContactMedium", "@delta")
    told = refused(own.patch(newer, json={"contactMedium": [{**medium, "handle": 5}]}), 400, "24")
    assert told == "/contactMedium/0/handle must be a string, not 5"


def test_without_registration_its_attributes_are_unknown(client: httpx.Client) -> None:
    assert created(client, CUSTOMER, scored(score="high"))["score"] == "high"
    refused(client.get(f"{CUSTOMER}?score=1"), 400, "28")
