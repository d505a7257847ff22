# SPDX-License-Identifier: Apache-2.0
"""The order of lists: `sort`, alone and together with filters, selections and paging."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, found, refused
from tests.contract.bodies import individual, interaction
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INDIVIDUAL_V5, INTERACTION

PEOPLE: dict[str, dict[str, Any]] = {
    "a": {"familyName": "Okafor", "givenName": "Ngozi", "birthDate": "1990-05-01T00:00:00Z", "gender": "female"},
    "b": {"familyName": "Eze", "givenName": "Uche", "birthDate": "1985-01-01T01:00:00+02:00", "gender": "male"},
    "c": {"familyName": "Okafor", "givenName": "Chidi", "birthDate": "1985-01-01T00:00:00Z"},
    "d": {"familyName": "adeyemi", "givenName": "Ade", "gender": "female"},
}
MEDIA = {"a": ["m", "b"], "b": ["c", "z"], "c": [], "d": ["a"]}


@pytest.fixture
def people(client: httpx.Client) -> dict[str, str]:
    """Four individuals: their names by their ids, in the order of their creation."""
    ids = {}
    for name, body in PEOPLE.items():
        media = [{"mediumType": "email", "characteristic": {"emailAddress": f"{each}@x.y"}} for each in MEDIA[name]]
        ids[created(client, INDIVIDUAL, individual(**body, title=name, contactMedium=media))["id"]] = name
    return ids


SORTS = [
    ("", "abcd"),
    ("sort=", "abcd"),
    ("sort=familyName", "bacd"),
    ("sort=-familyName", "dcab"),
    ("sort=familyName,givenName", "bcad"),
    ("sort=+familyName,-givenName", "bacd"),
    ("sort=%2BfamilyName,%2DgivenName", "bacd"),
    ("sort=familyName&sort=givenName", "bcad"),
    ("sort=-familyName,-givenName", "dacb"),
    ("sort=%20familyName%20,%20givenName", "bcad"),
    ("sort=birthDate", "dbca"),
    ("sort=-birthDate", "acbd"),
    ("sort=gender", "cadb"),
    ("sort=-gender", "bdac"),
    ("sort=id", "abcd"),
    ("sort=-id", "dcba"),
    ("sort=-href", "dcba"),
    ("sort=-id,familyName", "dcba"),
    ("sort=@type", "abcd"),
    ("sort=-@type", "dcba"),
    ("sort=contactMedium.characteristic.emailAddress", "cdab"),
    ("sort=-contactMedium.characteristic.emailAddress", "badc"),
    ("sort=contactMedium.0.characteristic.emailAddress", "cdba"),
    ("sort=-familyName&givenName=Ngozi,Chidi,Uche", "cab"),
    ("sort=-title&fields=none", "dcba"),
    ("sort=-title&fields=givenName", "dcba"),
    ("sort=-title&limit=2", "dc"),
    ("sort=-title&offset=1&limit=2", "cb"),
    ("familyName=Okafor&sort=givenName;gender=female", "dca"),
]


@pytest.mark.parametrize(("query", "order"), SORTS)
def test_a_list_comes_in_the_order_that_is_asked_for(
    client: httpx.Client, people: dict[str, str], query: str, order: str
) -> None:
    assert "".join(people[id] for id in found(client, INDIVIDUAL, query)) == order


@pytest.mark.parametrize(
    ("query", "order"),
    [("sort=contactMedium.emailAddress", "cdab"), ("sort=-familyName,birthDate", "dcab"), ("sort=-id", "dcba")],
)
def test_each_version_sorts_by_its_own_names(
    client: httpx.Client, people: dict[str, str], query: str, order: str
) -> None:
    assert "".join(people[id] for id in found(client, INDIVIDUAL_V5, query)) == order


def test_a_selection_shows_nothing_of_what_only_the_order_needs(client: httpx.Client, people: dict[str, str]) -> None:
    shown = client.get(f"{INDIVIDUAL}?sort=-title&fields=givenName").json()
    assert [set(item) for item in shown] == [{"id", "href", "@type", "givenName"}] * 4


@EACH_COLLECTION
def test_every_collection_is_sorted(client: httpx.Client, collection: Collection) -> None:
    ids = [created(client, collection.path, collection.creates["minimal"])["id"] for _ in range(3)]
    assert found(client, collection.path, "sort=-id") == ids[::-1]
    assert found(client, collection.path, f"sort={collection.lifecycle.get('field', 'status')},-href") == ids[::-1]


@pytest.mark.parametrize(
    ("sort", "told"),
    [
        ("familyNam", "did you mean 'familyName'?"),
        ("-contactMedium.mediumTyp", "did you mean 'mediumType'?"),
        ("contactMedium", "is an object; sort by an attribute within it: "),
        ("contactMedium.validFor", "endDateTime, startDateTime"),
        ("contactMedium.characteristic.city,externalReference.name", "different arrays; sort by one of them"),
        ("title,title", "stands twice in 'sort'"),
        ("title,-title", "stands twice in 'sort'"),
        ("title,", "'' in 'sort' is no attribute"),
        ("-", "'-' in 'sort' is no attribute"),
        ("title..x", "in 'sort' is no attribute"),
        ("$where", "in 'sort' is no attribute"),
        ("contactMedium[*].mediumType", "in 'sort' is no attribute"),
        ("a\0", "in 'sort' is no attribute"),
        ("a,b,c,d,e,f,g,h,i", "'sort' names 9 attributes; 8 are the most"),
        ("x" * 3000, "is not a known attribute"),
    ],
)
def test_what_nothing_can_be_sorted_by_is_refused(
    client: httpx.Client, clean_database: str, sort: str, told: str
) -> None:
    assert told in refused(client.get(INDIVIDUAL, params={"sort": sort}), 400, "28")


def test_what_is_ill_typed_for_the_declaring_version_disturbs_no_order(client: httpx.Client) -> None:
    """What v4 declares nothing of may be anything, and v5, which declares a text there, does not show it."""
    body: dict[str, Any] = {"name": "A", "engagedParty": {"id": "1", "@referredType": "Individual"}}
    odd = created(client, CUSTOMER, {**body, "description": ["a", "b"], "role": ["c", "d"]})["id"]
    mandatory = {"@type": "Customer", **body, "engagedParty": {"@type": "PartyRef", **body["engagedParty"]}}
    made = [created(client, CUSTOMER_V5, {**mandatory, "description": text, "role": "r"})["id"] for text in "ab"]
    assert found(client, CUSTOMER_V5, "sort=description,role") == [odd, *made]


def test_dates_are_sorted_as_instants(client: httpx.Client) -> None:
    days = ["2024-05-01T10:00:00+05:00", "2024-05-01T06:00:00Z", "2024-05-01T01:00:00-06:00"]
    made = [created(client, INTERACTION, interaction(interactionDate={"startDateTime": day}))["id"] for day in days]
    assert found(client, INTERACTION, "sort=interactionDate.startDateTime") == made
    assert found(client, INTERACTION, "sort=-interactionDate.startDateTime") == made[::-1]


def medium(shown: str | None, **stored: Any) -> dict[str, Any]:
    """A contact medium in which v4 clients write its type."""
    return {"characteristic": {}, **stored, **({"mediumType": shown} if shown else {})}


@pytest.fixture
def media(client: httpx.Client) -> dict[str, str]:
    """Individuals whose contact media have types that v4 sent, and some that it derives: names by their ids."""
    made = {
        created(client, INDIVIDUAL, individual(title=name, contactMedium=media))["id"]: name
        for name, media in {"a": [medium("m"), medium("b")], "b": [medium("z")], "c": []}.items()
    }
    newer = [{"@type": "EmailContactMedium", "emailAddress": "a@x.y"}, {"@type": "FaxContactMedium", "faxNumber": "1"}]
    for name, each in zip("de", newer, strict=True):
        body = {"@type": "Individual", **individual(title=name, contactMedium=[each])}
        made[created(client, INDIVIDUAL_V5, body)["id"]] = name
    return made


DERIVED = [
    ("sort=contactMedium.mediumType", "cadeb"),
    ("sort=-contactMedium.mediumType", "baedc"),
    ("sort=contactMedium.0.mediumType", "cdeab"),
    ("sort=-contactMedium.mediumType,title&fields=none", "baedc"),
    ("sort=givenName,-contactMedium.mediumType", "baedc"),
    ("sort=contactMedium.mediumType&contactMedium.mediumType=email,fax,b,faxNumber", "ade"),
]


@pytest.mark.parametrize("counted", ["exact", "none"])
@pytest.mark.parametrize(("query", "order"), DERIVED)
def test_what_a_version_derives_is_ordered_by_what_it_shows(
    client: httpx.Client, media: dict[str, str], query: str, order: str, counted: str
) -> None:
    """Page by page, too: by offset, as no stored value tells a place."""
    preferred = {"Prefer": f"count={counted}"}
    answers = [client.get(f"{INDIVIDUAL}?{query}&limit=2", headers=preferred)]
    while "next" in answers[-1].links:
        assert "cursor" not in answers[-1].links["next"]["url"]
        answers.append(client.get(answers[-1].links["next"]["url"], headers=preferred))
    items = [item for answer in answers for item in answer.json()]
    assert "".join(media[item["id"]] for item in items) == order
    assert not any(name.startswith("_") for item in items for name in item)
    if counted == "exact":
        assert {answer.headers["X-Total-Count"] for answer in answers} == {str(len(order))}


def test_what_every_resource_shows_alike_leaves_the_order_to_the_ids(
    client: httpx.Client, media: dict[str, str]
) -> None:
    assert "".join(media[id] for id in found(client, INDIVIDUAL_V5, "sort=@baseType")) == "abcde"
    assert "".join(media[id] for id in found(client, INDIVIDUAL_V5, "sort=-@baseType")) == "edcba"


def test_a_reference_of_ours_is_sorted_and_found_by_the_type_that_its_address_tells(client: httpx.Client) -> None:
    party = created(client, INDIVIDUAL, individual())
    references = [{"id": party["id"], "href": party["href"]}, {"id": "1"}]
    made = [
        created(
            client,
            CUSTOMER_V5,
            {"@type": "Customer", "name": "A", "engagedParty": {"@type": "PartyRef", **r}},
        )["id"]
        for r in references
    ]
    shown = [item["engagedParty"]["@referredType"] for item in client.get(f"{CUSTOMER}?sort=id").json()]
    assert shown == ["Individual", "Party"]
    assert found(client, CUSTOMER, "sort=-engagedParty.@referredType") == made[::-1]
    assert found(client, CUSTOMER, "engagedParty.@referredType=Individual") == made[:1]
