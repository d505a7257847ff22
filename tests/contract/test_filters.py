# SPDX-License-Identifier: Apache-2.0
"""Filters by equality: every declared attribute, of every type, in arrays and out of them; and what is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.domain.query.operators import SUFFIXES
from tests.contract.answers import created, found, refused, settled
from tests.contract.bodies import customer, individual, interaction
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION

Leaf = tuple[str, Any]


def leaves(value: Any, path: str = "") -> Iterator[Leaf]:
    """(path, value) of everything in a resource that is neither an object nor an array."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for element in value:
            yield from leaves(element, path)
    else:
        yield path, value


def spelled(value: Any) -> str:
    """A value as a query spells it."""
    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="")


def asked(path: str) -> str:
    """The attribute at a path as a query names it; one that is called like an operator takes another operator."""
    return quote(f"{path}.eq" if path.rpartition(".")[2] in SUFFIXES else path)


@EACH_COLLECTION
def test_every_attribute_of_the_full_example_finds_it(client: httpx.Client, collection: Collection) -> None:
    created(client, collection.path, collection.creates["minimal"])
    shown = created(client, collection.path, collection.creates["full"])
    queries = [f"{asked(path)}={spelled(value)}" for path, value in leaves(settled(shown))]
    assert len(queries) > 30
    assert [query for query in queries if shown["id"] not in found(client, collection.path, query)] == []


@EACH_COLLECTION
def test_another_value_of_an_attribute_finds_nothing(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    texts = {path for path, value in leaves(shown) if isinstance(value, str) and not value.endswith("Z")}
    texts -= {collection.state}
    wrong = [path for path in texts if found(client, collection.path, f"{asked(path)}=nothing-has-this")]
    assert wrong == []


@EACH_COLLECTION
def test_all_attributes_of_the_full_example_together_find_it(client: httpx.Client, collection: Collection) -> None:
    created(client, collection.path, collection.creates["minimal"])
    shown = created(client, collection.path, collection.creates["full"])
    values = dict(leaves(settled(shown)))
    assert found(client, collection.path, joined(values)) == [shown["id"]]
    assert found(client, collection.path, joined(values | {collection.state: another_state(collection, values)})) == []


def another_state(collection: Collection, values: dict[str, Any]) -> str:
    other: str = next(state for state in collection.lifecycle["moves"] if state != values[collection.state])
    return other


def joined(conditions: dict[str, Any]) -> str:
    """A query on which all conditions must hold."""
    return "&".join(f"{asked(path)}={spelled(value)}" for path, value in conditions.items())


@pytest.fixture
def parties(client: httpx.Client) -> dict[str, str]:
    """Three individuals; their ids by given name."""
    bodies = [
        individual(
            givenName="Ada",
            title="a,b",
            birthDate="1984-03-17T22:30:00Z",
            creditRating=[{"ratingScore": 712}],
            languageAbility=[{"languageCode": "nl", "isFavouriteLanguage": True}],
            partyCharacteristic=[{"name": "size", "value": 4}, {"name": "vip", "value": True}],
        ),
        individual(
            givenName="Bea",
            title="a",
            birthDate="1984-03-18T00:00:00.500Z",
            creditRating=[{"ratingScore": 600}, {"ratingScore": 71}],
            languageAbility=[{"languageCode": "en", "isFavouriteLanguage": False}],
            partyCharacteristic=[{"name": "size", "value": "4"}, {"name": "vip", "value": "true"}],
        ),
        individual(givenName="C & D; ä+%", title="b", familyName="Eze"),
    ]
    return {body["givenName"][0]: created(client, INDIVIDUAL, body)["id"] for body in bodies}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("givenName=Ada", "A"),
        ("givenName==Ada", "A"),
        ("givenName.eq=Ada", "A"),
        ("givenName=ada", ""),
        ("givenName=Ad", ""),
        ("givenName=Ada,Bea", "AB"),
        ("givenName=Ada&givenName=Bea", "AB"),
        ("givenName=Ada,Nobody&givenName=Bea", "AB"),
        ("familyName=Okafor&givenName=Ada", "A"),
        ("familyName=Eze&givenName=Ada", ""),
        ("givenName=C%20%26%20D%3B%20%C3%A4%2B%25", "C"),
        ("givenName=C+%26+D%3B+ä%2B%25", "C"),
        ("title=a,b", "BC"),
        ("title=a%2Cb", "A"),
        ("title=a%2Cb,b", "AC"),
        ("title=", ""),
        ("creditRating.ratingScore=712", "A"),
        ("creditRating.ratingScore=71", "B"),
        ("creditRating.ratingScore=712.0", "A"),
        ("creditRating.ratingScore=71,712", "AB"),
        ("creditRating.ratingScore=99999999999999999999", ""),
        ("creditRating.0.ratingScore=71", ""),
        ("creditRating.1.ratingScore=71", "B"),
        ("languageAbility.isFavouriteLanguage=true", "A"),
        ("languageAbility.isFavouriteLanguage=false", "B"),
        ("languageAbility.isFavouriteLanguage=true,false", "AB"),
        ("partyCharacteristic.value=4", "AB"),
        ("partyCharacteristic.value=true", "AB"),
        ("partyCharacteristic.name=size&partyCharacteristic.value=true", "AB"),
        ("birthDate=1984-03-17T22:30:00Z", "A"),
        ("birthDate=1984-03-17T22:30:00.000Z", "A"),
        ("birthDate=1984-03-17T22:30:00.0004Z", "A"),
        ("birthDate=1984-03-17T23:30:00%2B01:00", "A"),
        ("birthDate=1984-03-17T23:30:00+01:00", "A"),
        ("birthDate=1984-03-17T17:30:00-05:00", "A"),
        ("birthDate=1984-03-18T00:00:00Z", ""),
        ("birthDate=1984-03-18T00:00:00.500Z", "B"),
        ("birthDate=1984-03-17", "A"),
        ("birthDate=1984-03-18", "B"),
        ("birthDate=1984-03-16,1984-03-18", "B"),
        ("birthDate=1984-03-17,1984-03-18", "AB"),
        ("birthDate=1984-03-16", ""),
        ("birthDate=9999-12-31", ""),
        ("@type=Individual", "ABC"),
        ("%40type=Individual", "ABC"),
        ("@type=individual", "ABC"),
        ("@type=Organization", ""),
        ("givenName=Ada&&", "A"),
    ],
)
def test_a_filter_finds_what_it_says(client: httpx.Client, parties: dict[str, str], query: str, names: str) -> None:
    answer = client.get(f"{INDIVIDUAL}?{query}")
    assert answer.status_code == 200, answer.text
    assert [item["id"] for item in answer.json()] == [parties[name] for name in names]
    assert answer.headers["x-total-count"] == answer.headers["x-result-count"] == str(len(names))


def test_ids_and_addresses_are_found_one_by_one_or_together(client: httpx.Client, parties: dict[str, str]) -> None:
    first, second, third = parties.values()
    address = f"{client.base_url}{INDIVIDUAL}"
    assert found(client, INDIVIDUAL, f"id={first}") == [first]
    assert found(client, INDIVIDUAL, f"id={third},{first}") == [first, third]
    assert found(client, INDIVIDUAL, f"href={address}/{second}") == [second]
    assert found(client, INDIVIDUAL, f"href={quote(f'{address}/{second}', safe='')}") == [second]
    assert found(client, INDIVIDUAL, f"href={address}/{second},{address}/{third}") == [second, third]
    assert found(client, INDIVIDUAL, f"id={first}&href={address}/{second}") == []
    assert found(client, INDIVIDUAL, f"href=https://elsewhere.example.com{INDIVIDUAL}/{first}") == []


def test_two_dates_around_a_day_are_not_on_that_day(client: httpx.Client) -> None:
    dates = [{"date": "2024-05-01T23:59:59Z"}, {"date": "2024-05-03T00:00:00Z"}]
    item = {"itemDate": {"startDateTime": "2024-05-01T00:00:00Z", "endDateTime": "2024-05-04T00:00:00Z"}, "note": dates}
    created(client, INTERACTION, interaction(note=dates, interactionItem=[item]))
    for path in ("note.date", "interactionItem.note.date"):
        assert found(client, INTERACTION, f"{path}=2024-05-02") == []
        assert len(found(client, INTERACTION, f"{path}=2024-05-01")) == 1
        assert len(found(client, INTERACTION, f"{path}=2024-05-02,2024-05-03")) == 1
        assert found(client, INTERACTION, f"{path}=2024-05-02&reason=Question") == []
        assert found(client, INTERACTION, path.replace("note.", "note.0.") + "=2024-05-03") == []
        assert len(found(client, INTERACTION, path.replace("note.", "note.1.") + "=2024-05-03")) == 1


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        (INDIVIDUAL, "statsu=x", "did you mean 'status'"),
        (INDIVIDUAL, "familyname=x", "did you mean 'familyName'"),
        (INDIVIDUAL, "contactMedium.characteristic.email=x", "did you mean 'emailAddress'"),
        (INDIVIDUAL, "contactMedium.mediumtype=x", "did you mean 'mediumType'"),
        (INDIVIDUAL, "tradingName=x", "not a known attribute"),
        (INDIVIDUAL, "qqqq=x", "known: "),
        (INDIVIDUAL, "title.x=1", "not a known attribute"),
        (INDIVIDUAL, "relatedParty.partyOrPartyRole.id=x", "not a known attribute"),
        (INTERACTION, "relatedChannel.channel.id=x", "not a known attribute"),
        (INDIVIDUAL, "_id=x", "not a known attribute"),
        (INDIVIDUAL, "_v4.set.x=x", "not a known attribute"),
        (INDIVIDUAL, "revision=1", "not a known attribute"),
        (CUSTOMER, "engagedParty.0.id=x", "not a known attribute"),
        (INDIVIDUAL, "birthDate=yesterday", "2024-05-01"),
        (INDIVIDUAL, "birthDate=2024-05-01T10:00:00", "2024-05-01T10:00:00Z"),
        (INDIVIDUAL, "birthDate=2024-02-30", "there is no day 2024-02-30"),
        (INDIVIDUAL, "birthDate=", "2024-05-01"),
        (INDIVIDUAL, "languageAbility.isFavouriteLanguage=yes", "true or false"),
        (INDIVIDUAL, "languageAbility.isFavouriteLanguage=1", "true or false"),
        (INDIVIDUAL, "creditRating.ratingScore=high", "number"),
        (INDIVIDUAL, "creditRating.ratingScore=NaN", "number"),
        (INDIVIDUAL, f"creditRating.ratingScore={'9' * 5000}", "number"),
        (INDIVIDUAL, "givenName", "asks nothing"),
        (INDIVIDUAL, "givenName.foo=x", "'foo' is no operator"),
        (INDIVIDUAL, "givenName.gte>x", "two operators"),
        (INDIVIDUAL, "givenName!=x", "givenName.ne=value"),
        (INDIVIDUAL, "givenName=a;familyname=b", "did you mean 'familyName'"),
        (INDIVIDUAL, "familyname.exists=true", "did you mean 'familyName'"),
        (INDIVIDUAL, "familyname.ne=a", "did you mean 'familyName'"),
        (INDIVIDUAL, "familyname>a", "did you mean 'familyName'"),
        (INDIVIDUAL, "birthDate>yesterday", "2024-05-01"),
        (INDIVIDUAL, "birthDate.ne=2024-05-01T10:00:00", "2024-05-01T10:00:00Z"),
        (INDIVIDUAL, "birthDate=~2024", "regular expressions are for text"),
        (INDIVIDUAL, "creditRating.ratingScore.regex=7", "regular expressions are for text"),
        (INDIVIDUAL, "creditRating.ratingScore<high", "number"),
        (INDIVIDUAL, "languageAbility.isFavouriteLanguage>false", "has no order"),
        (INDIVIDUAL, "languageAbility.isFavouriteLanguage=~t", "regular expressions are for text"),
        (INDIVIDUAL, "relatedParty>a", "compare an attribute within it, as relatedParty."),
        (INDIVIDUAL, "contactMedium=email", "compare an attribute within it, as contactMedium."),
        (CUSTOMER, "engagedParty.ne=x", "compare an attribute within it, as engagedParty."),
        (CUSTOMER, "status=Actve", "did you mean 'Active'? It is one of: Prospect, Created"),
        (INDIVIDUAL, "relatedParty.href=~individual", "filter by 'relatedParty.id'"),
        (INDIVIDUAL, "href>a", "filter by 'id'"),
        (INDIVIDUAL, "href=~a", "filter by 'id'"),
        (INDIVIDUAL, "givenName.exists=yes", "true or false"),
        (INDIVIDUAL, ".=x", "name of an attribute"),
        (INDIVIDUAL, "=x", "name of an attribute"),
        (INDIVIDUAL, f"partyCharacteristic.value.{'.'.join('a' * 300)}=x", "64 names"),
        (INDIVIDUAL, "a..b=x", "name of an attribute"),
    ],
)
def test_a_filter_that_is_not_understood_is_refused(client: httpx.Client, path: str, query: str, told: str) -> None:
    created(client, INDIVIDUAL, individual())
    assert told in refused(client.get(f"{path}?{query}"), 400, "28")


@pytest.mark.parametrize("name", ["depth", "expand"])
@EACH_COLLECTION
def test_a_control_word_that_is_not_offered_is_said_so(client: httpx.Client, collection: Collection, name: str) -> None:
    assert name in refused(client.get(f"{collection.path}?{name}=status"), 501, "2")


def test_an_open_attribute_is_filtered_at_any_depth(client: httpx.Client) -> None:
    value = {"quay": {"name": "Veerkade", "numbers": [2, 4]}}
    shown = created(client, CUSTOMER, customer(characteristic=[{"name": "place", "value": value}]))
    for query in ("quay.name=Veerkade", "quay.numbers=4", "quay.numbers.0=2"):
        assert found(client, CUSTOMER, f"characteristic.value.{query}") == [shown["id"]]
    assert found(client, CUSTOMER, "characteristic.value.quay.name=Maas") == []
