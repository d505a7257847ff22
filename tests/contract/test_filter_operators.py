# SPDX-License-Identifier: Apache-2.0
"""Filters by order, difference, existence and regular expression, in both versions, on attributes of every type."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.domain.query.query import MOST_EXPRESSIONS
from tests.contract.answers import created, found, refused
from tests.contract.bodies import customer, interaction
from tests.contract.documents import each_version_of
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL, INTERACTION, INTERACTION_V5


def day(number: int, hour: int = 0) -> str:
    return f"2024-05-{number:02}T{hour:02}:00:00Z"


@pytest.fixture
def parties(client: httpx.Client) -> dict[str, str]:
    """Four individuals; their ids by given name."""
    bodies: list[dict[str, Any]] = [
        {
            "givenName": "Ada",
            "birthDate": day(1, 12),
            "creditRating": [{"ratingScore": 712}, {"ratingScore": 3}],
            "languageAbility": [{"languageCode": "nl", "isFavouriteLanguage": True}],
            "partyCharacteristic": [{"name": "size", "value": 4}],
        },
        {
            "givenName": "Bea",
            "title": "x,y",
            "birthDate": day(2),
            "creditRating": [{"ratingScore": 600}],
            "languageAbility": [{"languageCode": "en", "isFavouriteLanguage": False}, {"languageCode": "nl"}],
            "partyCharacteristic": [{"name": "size", "value": "4"}, {"name": "quay", "value": {"tags": [1, 9]}}],
        },
        {"givenName": "Cem", "title": "x", "partyCharacteristic": [{"name": "vip", "value": True}]},
        {"givenName": "ada", "title": "y", "birthDate": day(3), "familyName": "Şen"},
    ]
    path, names = INDIVIDUAL, ["A", "B", "C", "a"]
    return {
        name: created(client, path, {"familyName": "Okafor", **b})["id"] for name, b in zip(names, bodies, strict=True)
    }


@each_version_of("Individual")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("givenName.ne=Ada", "BCa"),
        ("givenName.ne=Ada,Bea", "Ca"),
        ("givenName.nin=Ada,Bea", "Ca"),
        ("givenName.in=Ada,Bea", "AB"),
        ("givenName>Bea", "Ca"),
        ("givenName%3EBea", "Ca"),
        ("givenName.gt=Bea", "Ca"),
        ("givenName>=Bea", "BCa"),
        ("givenName%3E%3DBea", "BCa"),
        ("givenName<Bea", "A"),
        ("givenName.lt=Bea", "A"),
        ("givenName<=Bea", "AB"),
        ("givenName.lte=Bea", "AB"),
        ("givenName>Ada&givenName<a", "BC"),
        ("givenName.lt=Bea,Ada", "A"),
        ("title.exists=true", "BCa"),
        ("title.exists=false", "A"),
        ("title.ne=x", "ABa"),
        ("title.ne=x%2Cy", "ACa"),
        ("title=x;givenName=Ada", "AC"),
        ("title=x%2Cy;title=y", "Ba"),
        ("title=x,y;givenName=Ada", "ACa"),
        ("title=x;title=y&givenName=Ada", "C"),
        ("givenName=Ada;givenName=Bea;givenName=Nobody", "AB"),
        ("givenName*=^[AB]", "AB"),
        ("givenName=~^[AB]", "AB"),
        ("givenName.regex=%5E%5BAB%5D", "AB"),
        ("givenName.regex=d", "Aa"),
        ("givenName.regex=^d", ""),
        ("givenName.regex=a$", "ABa"),
        ("givenName.regex=^ada$", "a"),
        ("givenName.regex=(?i)^ADA$", "Aa"),
        ("givenName.regex=^B,^C", "BC"),
        ("title.regex=^x%2C", "B"),
        ("title.regex=%5E.%24", "Ca"),
        ("familyName.regex=(?i)^şen$", "a"),
        ("birthDate>2024-05-01", "Ba"),
        ("birthDate>2024-04-30", "ABa"),
        ("birthDate>2024-05-02", "a"),
        ("birthDate>=2024-05-02", "Ba"),
        ("birthDate<2024-05-02", "A"),
        ("birthDate<=2024-05-02", "AB"),
        ("birthDate.gt=2024-05-01&birthDate.lt=2024-05-03", "B"),
        ("birthDate.gte=2024-05-01&birthDate.lte=2024-05-01", "A"),
        ("birthDate%3C2024-05-02;birthDate%3E2024-05-02", "Aa"),
        ("birthDate>=2024-05-01T14:00:00%2B02:00", "ABa"),
        ("birthDate>=2024-05-01T14:00:00+02:00", "ABa"),
        ("birthDate>2024-05-01T12:00:00Z", "Ba"),
        ("birthDate.ne=2024-05-01", "BCa"),
        ("birthDate.ne=2024-05-02T00:00:00Z", "ACa"),
        ("birthDate.exists=false", "C"),
        ("creditRating.ratingScore>600", "A"),
        ("creditRating.ratingScore>=600", "AB"),
        ("creditRating.ratingScore<10", "A"),
        ("creditRating.ratingScore>5&creditRating.ratingScore<700", "AB"),
        ("creditRating.ratingScore>1e2", "AB"),
        ("creditRating.0.ratingScore<10", ""),
        ("creditRating.1.ratingScore<10", "A"),
        ("creditRating.ratingScore.ne=3", "BCa"),
        ("creditRating.ratingScore.exists=false", "Ca"),
        ("creditRating.exists=true", "AB"),
        ("languageAbility.isFavouriteLanguage.ne=true", "BCa"),
        ("languageAbility.isFavouriteLanguage.exists=true", "AB"),
        ("languageAbility.languageCode.regex=^n", "AB"),
        ("partyCharacteristic.value>3", "AB"),
        ("partyCharacteristic.value.gt=4", ""),
        ("partyCharacteristic.value.ne=4", "Ca"),
        ("partyCharacteristic.value.ne=true", "ABa"),
        ("partyCharacteristic.value.regex=4", "B"),
        ("partyCharacteristic.value.tags>8", "B"),
        ("partyCharacteristic.value.tags.exists=true", "B"),
        ("@type.ne=individual", ""),
        ("%40type.regex=^Ind", "ABCa"),
        ("id.exists=true", "ABCa"),
        ("href.exists=false", ""),
        ("href.ne=nothing", "ABCa"),
    ],
)
def test_a_filter_finds_what_it_says(
    client: httpx.Client, parties: dict[str, str], path: str, query: str, names: str
) -> None:
    assert found(client, path, query) == [parties[name] for name in names]


@each_version_of("Individual")
def test_ids_are_compared_like_texts_and_addresses_for_equality(
    client: httpx.Client, parties: dict[str, str], path: str
) -> None:
    first, *others = parties.values()
    assert found(client, path, f"id.ne={first}") == others
    assert found(client, path, f"id>{first}") == others
    assert found(client, path, f"id.lte={first}") == [first]
    assert found(client, path, f"id.regex=^{first}$") == [first]
    assert found(client, path, f"href.ne={client.base_url}{path}/{first}") == others


@pytest.fixture
def vectors(client: httpx.Client) -> dict[str, str]:
    """The documents of the published test vectors as interactions: `status` is their `description`."""
    notes = [{"author": "P", "text": "t1"}, {"author": "Q", "text": "t2"}]
    bodies = [
        interaction(description="x", interactionDate={"startDateTime": day(5)}, note=notes),
        interaction(description="y", interactionDate={"startDateTime": day(10)}),
        interaction(description="x,y", interactionDate={"startDateTime": day(7)}),
    ]
    return {str(number): created(client, INTERACTION, body)["id"] for number, body in enumerate(bodies, start=1)}


N = "interactionDate.startDateTime"


@pytest.mark.parametrize("path", [INTERACTION, INTERACTION_V5])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("description=x", "1"),
        ("description=x,y", "12"),
        ("description=x%2Cy", "3"),
        ("description=x&description=y", "12"),
        (f"description=x;{N}=2024-05-10", "12"),
        (f"{N}%3E2024-05-05&{N}%3C2024-05-10", "3"),
        (f"{N}>2024-05-05&{N}<2024-05-10", "3"),
        (f"{N}.gt=2024-05-05&{N}.lt=2024-05-10", "3"),
        (f"{N}>=2024-05-05&description=x", "1"),
        (f"{N}%3C2024-05-06;{N}%3E2024-05-09", "12"),
        ("note.author=P&note.text=t2", "1"),
        ("filter=note[?(@.author=='P' %26%26 @.text=='t2')]", ""),
        ("filter=note[?(@.author=='P' && @.text=='t2')]", ""),
        ("filter=note[?(@.author=='P' && @.text=='t1')]", "1"),
        ("filter=note[?(@.author=='P' || @.text=='t2')]", "1"),
        ("filter=note[?(!(@.author=='P'))]", "1"),
        ("filter=note[?(@.author!='P' && @.author!='Q')]", ""),
        ("filter=note[?(@.author=~/^[PQ]$/)]", "1"),
        ("filter=note[*]", "1"),
        ("filter=note[1].author", "1"),
        ("filter=note[2]", ""),
        ("filter=$[?(@.description=='x')]", "1"),
        ("filter=[?(@.description=='x' || @.description=='y')]", "12"),
        (f"filter=$[?(@.{N}>'2024-05-05')]", "23"),
        ("filter=$[?(!(@.note))]", "23"),
        ("filter=$[?(length(@.note)>1)]", "1"),
        ("filter=$[?(length(@.note)<3)]", "1"),
        ("filter=$[?(length(@.description)==3)]", "3"),
        ("filter=note[?(length(@.text)==2)]", "1"),
        ("filter=note[?(@.author=='P')]&description=y", ""),
        ("filter=note[?(@.author=='P')]&description=x", "1"),
        ("filter=channel[?(@.role=='x')]", ""),
        ("description.regex=%5Ex", "13"),
        ("description*=^x", "13"),
        ("description=~^x", "13"),
        ("description=zzz", ""),
    ],
)
def test_the_published_vectors_find_what_they_should(
    client: httpx.Client, vectors: dict[str, str], path: str, query: str, numbers: str
) -> None:
    if path == INTERACTION_V5:
        query = query.replace("channel[?(@.role", "relatedChannel[?(@.role")
    assert found(client, path, query) == [vectors[number] for number in numbers]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (INTERACTION, "filter=channel[?(@.id=='shop-7' && @.role=='contact')]"),
        (INTERACTION, "filter=relatedParty[?(@.name=='Ngozi' && @.role=='buyer')]"),
        (INTERACTION, "filter=relatedParty[?(@['@referredType']=='individual' && @.role=='buyer')]"),
        (INTERACTION_V5, "filter=relatedChannel[?(@.channel.id=='shop-7' && @.role=='contact')]"),
        (INTERACTION_V5, "filter=relatedParty[?(@.partyOrPartyRole.name=='Ngozi' && @.role=='buyer')]"),
    ],
)
def test_an_element_is_asked_for_as_each_version_shows_it(client: httpx.Client, path: str, query: str) -> None:
    channels = [{"id": "shop-7", "role": "contact"}, {"id": "shop-8", "role": "other"}]
    related = [
        {"id": "1", "name": "Ngozi", "role": "buyer", "@referredType": "Individual"},
        {"id": "2", "name": "Ada", "role": "payer", "@referredType": "Organization"},
    ]
    shown = created(client, INTERACTION, interaction(channel=channels, relatedParty=related))
    assert found(client, path, query) == [shown["id"]]
    crossed = query.replace("contact", "other").replace("buyer", "payer")
    assert found(client, path, crossed) == []


@each_version_of("Individual")
@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(a|a)*$",
        "([a-zA-Z]+)*x",
        "(a|aa)+$",
        "(.*a){20}",
        "(?=a)",
        r"(a)\1",
        "[",
        "a" * 257,
        "a?" * 30,
    ],
)
def test_a_catastrophic_expression_is_refused_and_the_next_request_is_answered(
    client: httpx.Client, path: str, pattern: str
) -> None:
    shown = created(client, INDIVIDUAL, {"givenName": "a" * 40 + "!", "familyName": "x"})
    assert "expression" in refused(client.get(path, params={"givenName.regex": pattern}), 400, "28")
    assert found(client, path, "givenName.regex=a!$") == [shown["id"]]


@pytest.mark.parametrize("path", [INTERACTION, INTERACTION_V5])
@pytest.mark.parametrize(
    "query",
    [
        "description=~^(ab)*c",
        "description=zzz&description=~^(ab)*c;description=~^(ab)*c",
        "note.text=~^(ab)*c",
        "note.1.text=~^(ab)*c",
        "filter=note[?(@.text=~/^(ab)*c/)]",
        "filter=$[?(!(@.note[?(@.author=='P' && @.text=~/^(ab)*c/)]))]",
    ],
)
def test_a_text_that_the_database_cannot_search_through_is_not_overlooked(
    client: httpx.Client, path: str, query: str
) -> None:
    short, long = "ababc", "ab" * 5000
    shown = created(client, INTERACTION, interaction(description=short, note=[{"text": "x"}, {"text": short}]))
    plain = query.replace("zzz", short).replace("&description=~^(ab)*c;", ";")
    assert found(client, path, plain) == [shown["id"]]
    created(client, INTERACTION, interaction(description=long, note=[{"text": "x"}, {"text": long, "author": "P"}]))
    assert "write a simpler one" in refused(client.get(f"{path}?{query}"), 400, "28")


PARTY_V5 = {"@type": "PartyRef", "id": "1", "@referredType": "Individual"}
PLACES: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"@type": "Customer", "name": "D", "engagedParty": PARTY_V5, "contactMedium": [{"@type": "ababc"}]},
        [
            "contactMedium.mediumType=~^(ab)*c",
            "contactMedium.0.mediumType=~^(ab)*c",
            "filter=contactMedium[?(@.mediumType=~/^(ab)*c/)]",
            "filter=$[?(!(@.contactMedium[?(@.mediumType=~/^(ab)*c/ && @.mediumType!='x')]))]",
            "contactMedium.@type=~^(ab)*c",
        ],
    ),
    (
        customer(contactMedium=[{"mediumType": "ababc", "characteristic": {}}]),
        ["contactMedium.mediumType=~^(ab)*c"],
    ),
    (
        {
            "@type": "Customer",
            "name": "D",
            "engagedParty": PARTY_V5,
            "account": [{"@type": "AccountRef", "id": "ababc"}],
        },
        ["account.name=~^(ab)*c"],
    ),
    (
        customer(relatedParty=[{"id": "1", "@type": "ababc", "@referredType": "ababc"}]),
        ["relatedParty.@type=~^(ab)*c", "relatedParty.@referredType=~^(ab)*c"],
    ),
]
"""Bodies that keep a text in one of the places of an attribute, and queries of v4 that search it."""


@pytest.mark.parametrize(("body", "query"), [(body, query) for body, queries in PLACES for query in queries])
def test_a_text_in_one_of_several_places_is_not_overlooked_either(
    client: httpx.Client, body: dict[str, Any], query: str
) -> None:
    path = CUSTOMER_V5 if "@type" in body else CUSTOMER
    shown = created(client, path, body)
    assert found(client, CUSTOMER, query) == ([] if "!" in query else [shown["id"]])
    created(client, path, json.loads(json.dumps(body).replace("ababc", "ab" * 5000)))
    assert "write a simpler one" in refused(client.get(f"{CUSTOMER}?{query}"), 400, "28")


def test_more_expressions_than_a_query_may_have_are_refused(client: httpx.Client) -> None:
    patterns = ["^a"] * MOST_EXPRESSIONS
    assert found(client, INTERACTION, f"description.regex={','.join(patterns)}") == []
    answer = client.get(f"{INTERACTION}?description.regex={','.join([*patterns, 'b'])}")
    assert "expressions are too many; 20 are allowed" in refused(answer, 400, "28")


def test_an_expression_in_a_filter_is_checked_alike(client: httpx.Client) -> None:
    query = quote("note[?(@.author=~/(a+)+$/)]")
    assert "repeats a group" in refused(client.get(f"{INTERACTION}?filter={query}"), 400, "28")


@pytest.mark.parametrize(
    ("query", "status", "code", "told"),
    [
        ("filter=note[?(@.autor=='x')]", 400, "28", "did you mean 'author'"),
        ("filter=nota[?(@.author=='x')]", 400, "28", "did you mean 'note'"),
        ("filter=reason[?(@.x=='y')]", 400, "28", "is no array"),
        ("filter=note[?(@.date=='May')]", 400, "28", "2024-05-01"),
        ("filter=note[?(@.date=~/2024/)]", 400, "28", "regular expressions are for text"),
        ("filter=$[?(length(@.interactionDate)>1)]", 400, "28", "has no length"),
        ("filter=note[", 400, "28", "JSONPath"),
        ("filter=$..author", 501, "2", "'..'"),
        ("filter=note[-1].author", 501, "2", "[-1]"),
    ],
)
def test_a_path_that_cannot_be_followed_is_refused(
    client: httpx.Client, query: str, status: int, code: str, told: str
) -> None:
    assert told in refused(client.get(f"{INTERACTION}?{query}"), status, code)


def test_two_elements_around_a_range_are_told_from_one_within(client: httpx.Client) -> None:
    around = created(client, INTERACTION, interaction(note=[{"date": day(1)}, {"date": day(9)}]))["id"]
    within = created(client, INTERACTION, interaction(note=[{"date": day(5)}]))["id"]
    assert found(client, INTERACTION, "note.date>2024-05-03&note.date<2024-05-07") == [around, within]
    query = quote("note[?(@.date>'2024-05-03' && @.date<'2024-05-07')]")
    assert found(client, INTERACTION, f"filter={query}") == [within]


@each_version_of("Individual")
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("partyCharacteristic[?(@.value[?@<3])]", 501, "2"),
        ("partyCharacteristic[?(@.value[0]==5)]", 501, "2"),
        ("partyCharacteristic[?@[0]==5]", 501, "2"),
        ("partyCharacteristic[?(@.value['0']==5)]", 501, "2"),
        ("['']", 501, "2"),
        ("$[?(@.givenName==True)]", 400, "28"),
        (" givenName", 400, "28"),
        ("$[?(@.givenName==$.a]", 400, "28"),
    ],
)
def test_a_filter_is_answered_by_the_standard_or_not_at_all(
    client: httpx.Client, path: str, query: str, status: int, code: str
) -> None:
    refused(client.get(path, params={"filter": query}), status, code)
