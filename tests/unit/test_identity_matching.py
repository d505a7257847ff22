# SPDX-License-Identifier: Apache-2.0
"""Laws of matching: what makes no difference to a comparison, and what its explanation adds up to."""

import copy
import time
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.identity.matching import Record, load_rules
from app.identity.matching.normal_forms import fold_text
from app.identity.matching.rules import GRADES, MISSING
from app.spec.schemas import Schemas
from tests.served import DOCUMENTS

RULES = load_rules(None)
Document = dict[str, Any]

GIVEN = ["Ngozi", "Renée", "José", "Jan", "Jana", "Юлия", "Γιώργος", "محمد", "Okafor", "J", "Anne-Marie", "Mohammed"]
FAMILY = ["Okafor", "Eze", "Müller", "Mueller", "Щербаков", "Παπαδόπουλος", "أحمد", "van Dijk", "O'Brien", "Ngozi"]
DAYS = ["1984-03-17", "1984-03-18", "1958-03-17", "1984-12-03", "1984-03-12", "2001-07-30"]
STREETS = ["Veerkade 12", "Veerkade 14", "12 Veerkade", "Mill Lane 3", "Улица Ленина 5"]
NUMBERS = ["NX4471902", "NX4471903", "P00881726", "nx 4471902"]
MAILS = ["n.okafor@gmail.com", "N.Okafor+shop@gmail.com", "eze@example.org", "eze@example.com"]
PHONES = ["+31 10 555 0142", "010 555 0142", "+44 7700 900123", "+49 30 1234567"]


def element(values: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries({}, optional=values)


MEDIA = st.one_of(
    element(
        {
            "street1": st.sampled_from(STREETS),
            "street2": st.sampled_from(["Third floor", "Flat 2"]),
            "city": st.sampled_from(["Rotterdam", "ROTTERDAM", "Москва"]),
            "postCode": st.sampled_from(["3016 DE", "3016DE", "3017 AB"]),
        }
    ),
    st.builds(lambda mail: {"emailAddress": mail}, st.sampled_from(MAILS)),
    st.builds(lambda phone: {"phoneNumber": phone}, st.sampled_from(PHONES)),
)
IDENTIFICATIONS = element(
    {
        "identificationId": st.sampled_from(NUMBERS),
        "identificationType": st.sampled_from(["passport", "Passport", "identityCard"]),
        "issuingAuthority": st.sampled_from(["Ministry of the Interior", "Rotterdam"]),
    }
)
INDIVIDUALS = element(
    {
        "givenName": st.sampled_from(GIVEN),
        "familyName": st.sampled_from(FAMILY),
        "birthDate": st.builds(lambda day: f"{day}T00:00:00Z", st.sampled_from(DAYS)),
        "otherName": st.lists(
            element({"givenName": st.sampled_from(GIVEN), "familyName": st.sampled_from(FAMILY)}), max_size=2
        ),
        "contactMedium": st.lists(MEDIA, max_size=4),
        "individualIdentification": st.lists(IDENTIFICATIONS, max_size=3),
    }
).map(lambda body: {"@type": "Individual", **body})
ORGANIZATIONS = element(
    {
        "name": st.sampled_from(
            ["Delta Shipping B.V.", "Delta Shipping", "Shipping Delta", "ООО Дельта", "Deltas Ltd"]
        ),
        "tradingName": st.sampled_from(["Delta", "Maas Loyalty GmbH"]),
        "contactMedium": st.lists(MEDIA, max_size=4),
        "organizationIdentification": st.lists(IDENTIFICATIONS, max_size=3),
    }
).map(lambda body: {"@type": "Organization", **body})
PARTIES = INDIVIDUALS | ORGANIZATIONS


def record(document: Document) -> Record:
    """The record of a document with something to compare."""
    made = RULES.record({**document, "contactMedium": [*document.get("contactMedium", []), {"city": "Enugu"}]})
    assert made is not None
    return made


@given(PARTIES, PARTIES)
def test_a_comparison_is_the_same_whichever_stands_first(one: Document, other: Document) -> None:
    assert RULES.compare(record(one), record(other)) == RULES.compare(record(other), record(one))


@given(st.tuples(INDIVIDUALS, INDIVIDUALS) | st.tuples(ORGANIZATIONS, ORGANIZATIONS))
def test_the_weights_of_all_attributes_sum_up_to_the_score(pair: tuple[Document, Document]) -> None:
    compared = RULES.compare(*map(record, pair))
    assert sum(weight for _, _, weight in compared.attributes) == compared.score
    assert [name for name, _, _ in compared.attributes] == list(record(pair[0]).values)
    assert compared.grade in GRADES


@given(PARTIES)
def test_a_party_is_at_its_best_with_itself(document: Document) -> None:
    compared = RULES.compare(record(document), record(document))
    assert {level for _, level, _ in compared.attributes} <= {"exact", MISSING}


def texts_changed(value: Any, change: Any) -> Any:
    """A document with each name and word in it changed."""
    if isinstance(value, dict):
        return {
            key: inner if key.startswith("@") or key == "birthDate" else texts_changed(inner, change)
            for key, inner in value.items()
        }
    return [texts_changed(inner, change) for inner in value] if isinstance(value, list) else change(value)


def without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each))


def only_latin(text: str) -> str:
    return without_accents(text) if without_accents(text).isascii() else text


def in_latin_letters(text: str) -> str:
    return text if "@" in text or text[0] in "+0" else fold_text(text)


@pytest.mark.parametrize("change", [str.upper, str.lower, only_latin, in_latin_letters])
@given(document=INDIVIDUALS)
def test_case_accents_and_script_make_no_difference(change: Any, document: Document) -> None:
    assert record(texts_changed(document, change)) == record(document)


@given(PARTIES, st.randoms())
def test_the_order_of_elements_makes_no_difference(document: Document, random: Any) -> None:
    shuffled = copy.deepcopy(document)
    for value in shuffled.values():
        if isinstance(value, list):
            random.shuffle(value)
    assert record(shuffled) == record(document)
    assert RULES.keys(record(shuffled)) == RULES.keys(record(document))


@settings(max_examples=200)
@given(INDIVIDUALS, INDIVIDUALS, st.data())
def test_what_is_missing_counts_no_more_than_what_disagrees_least(one: Document, other: Document, data: Any) -> None:
    first, second = record(one), record(other)
    compared = RULES.compare(first, second)
    name, _, weight = data.draw(st.sampled_from(compared.attributes))
    without = RULES.compare(Record(first.resource, {**first.values, name: ()}), second)
    levels = {each: level for each, level, _ in without.attributes}
    assert levels[name] == MISSING
    assert without.score <= compared.score - weight


@given(INDIVIDUALS)
def test_a_missing_attribute_has_no_key_and_adds_none(document: Document) -> None:
    whole = record(document)
    for name in whole.values:
        assert RULES.keys(Record(whole.resource, {**whole.values, name: ()})) <= RULES.keys(whole)
    assert all(len(key) == 16 and key.isalnum() for key in RULES.keys(whole))


PLACEHOLDERS: list[Document] = [
    {"otherName": [{"givenName": "TEST"}, {"familyName": "Unknown"}]},
    {"otherName": [{"givenName": "неизвестно"}]},
    {"contactMedium": [{"emailAddress": "Info@example.com"}, {"phoneNumber": "+49 30 00000000"}]},
    {"contactMedium": [{"street1": "n/a", "city": "Unknown", "postCode": "00000"}]},
    {"individualIdentification": [{"identificationType": "passport", "identificationId": "000000000"}]},
    {"individualIdentification": [{"identificationType": "passport", "identificationId": "N/A"}]},
]


@given(INDIVIDUALS, st.sampled_from(PLACEHOLDERS))
def test_a_placeholder_changes_nothing(document: Document, placeholder: Document) -> None:
    key, values = next(iter(placeholder.items()))
    if key == "otherName":  # Names that are there: what counts only where there is no other is another matter.
        document = {"givenName": "Ngozi", "familyName": "Eze", **document}
    assert record({**document, key: [*document.get(key, []), *values]}) == record(document)


@pytest.mark.parametrize("day", ["1900-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "soon", ""])
def test_a_birth_date_that_is_none_is_missing(day: str) -> None:
    assert RULES.record({"@type": "Individual", "birthDate": day}) is None


@pytest.mark.parametrize(
    "born",
    [
        "1984-03-17",
        "1984-03-17T00:00:00+01:00",
        "1984-03-16T23:00:00Z",
        "1984-03-17T05:00:00.000Z",
        "1984-03-16T18:30:00Z",
        datetime(1984, 3, 17),
        datetime(1984, 3, 16, 22),
        datetime(1984, 3, 17, tzinfo=UTC),
    ],
)
def test_a_birth_date_is_the_day_whose_midnight_it_was(born: Any) -> None:
    assert record({"@type": "Individual", "birthDate": born}).values["birthDate"][0].text == "1984-03-17"


@pytest.mark.parametrize(
    "name",
    [{"name": "Ngozi Okafor"}, {"formattedName": "Okafor, Ngozi"}, {"legalName": "Ngozi Okafor"}],
)
def test_a_full_name_stands_in_for_its_parts(name: Document) -> None:
    parts = record({"@type": "Individual", "givenName": "Ngozi", "familyName": "Okafor"})
    assert record({"@type": "Individual", **name}) == parts


def declared_paths() -> list[tuple[str, str]]:
    """The paths of the default rules, each with its resource."""
    return sorted(
        {
            (resource, ".".join((*source.parents, leaf)))
            for resource, rules in RULES.rule_sets.items()
            for attribute in rules.attributes
            for source in (*attribute.sources, *attribute.otherwise)
            for leaf in filter(None, (*source.leaves, source.scope, source.authority))
        }
    )


@pytest.mark.parametrize(("resource", "path"), declared_paths())
def test_the_default_rules_name_attributes_of_the_stored_shape(resource: str, path: str) -> None:
    attribute = Schemas(DOCUMENTS["party-v5"]).tree(resource).along(tuple(path.split(".")))[-1]
    assert attribute.kind in ("string", "date-time")


def test_a_comparison_takes_no_longer_for_what_is_huge() -> None:
    huge = [
        {
            "@type": "Individual",
            "givenName": letter * 400_000,
            "familyName": f"{letter} " * 200_000,
            "otherName": [{"givenName": f"{letter}{number}" * 99} for number in range(2_000)],
            "contactMedium": [{"street1": f"{letter}{number} " * 99} for number in range(1_000)],
        }
        for letter in "ab"
    ]
    first, second = map(record, huge)
    begin = time.process_time()
    RULES.compare(first, second)
    assert RULES.keys(first)
    assert time.process_time() - begin < 2


def test_a_class_of_a_deployment_has_the_rules_of_the_one_that_it_extends() -> None:
    names = {"givenName": "Ngozi", "familyName": "Okafor"}
    extension = RULES.record({"@type": "Subscriber", "@baseType": "Individual", **names})
    assert extension == RULES.record({"@type": "Individual", **names})


def test_there_is_no_record_without_rules_or_values_and_no_match_across_classes() -> None:
    assert RULES.record({"@type": "Robot", "givenName": "Marvin"}) is None
    assert RULES.record({"@type": "Individual", "gender": "female"}) is None
    compared = RULES.compare(record({"@type": "Individual"}), record({"@type": "Organization"}))
    assert (compared.grade, compared.attributes) == ("no", ())


def levels(one: Document, other: Document, kind: str = "Individual") -> dict[str, str]:
    first, second = record({"@type": kind, **one}), record({"@type": kind, **other})
    return {name: level for name, level, _ in RULES.compare(first, second).attributes}


def passport(number: str, authority: str = "", kind: str = "passport") -> Document:
    return {"identificationType": kind, "identificationId": number, "issuingAuthority": authority}


@pytest.mark.parametrize(
    ("ones", "others", "level"),
    [
        ([passport("NX4471902")], [passport("nx-447 1902")], "exact"),
        ([passport("NX4471902")], [passport("NX4471920")], "near"),
        ([passport("NX4471902")], [passport("PA0088172")], "different"),
        ([passport("NX4471902")], [passport("NX4471902", kind="identityCard")], MISSING),
        ([passport("NX4471902", "Ghana")], [passport("NX4471902", "Nigeria")], MISSING),
        ([passport("NX4471902", "Ghana")], [passport("NX4471902")], "exact"),
        (
            [passport("NX4471902"), passport("1", kind="card")],
            [passport("NX4471902"), passport("2", kind="card")],
            "exact",
        ),
        (
            [passport("NX4471902"), passport("8812", kind="card")],
            [passport("NX4471902"), passport("9931", kind="card")],
            "mixed",
        ),
    ],
)
def test_identifiers_are_compared_within_their_type_and_authority(
    ones: list[Document], others: list[Document], level: str
) -> None:
    identified = levels({"individualIdentification": ones}, {"individualIdentification": others})
    assert identified["identifier"] == level


@pytest.mark.parametrize(
    ("attribute", "one", "other", "level"),
    [
        ("email", {"emailAddress": "N.Okafor+a@gmail.com"}, {"emailAddress": "nokafor@GMAIL.com"}, "exact"),
        ("email", {"emailAddress": "n.okafor@x.org"}, {"emailAddress": "nokafor@x.org"}, "oneOff"),
        ("email", {"emailAddress": "n.okafor@x.org"}, {"emailAddress": "n.okafor@other.net"}, "sameLocalPart"),
        ("phone", {"phoneNumber": "+31 10 555 0142"}, {"phoneNumber": "0031105550142"}, "sameEnd"),
        ("phone", {"phoneNumber": "+31 (10) 555-0142"}, {"phoneNumber": "+31105550142"}, "exact"),
        ("street", {"street1": "12 Veerkade"}, {"street1": "Veerkade 12"}, "exact"),
        ("street", {"street1": "12 Veerkade"}, {"street1": "Veerkde 12"}, "close"),
    ],
)
def test_contacts_are_compared_in_their_normal_form(attribute: str, one: Document, other: Document, level: str) -> None:
    assert levels({"contactMedium": [one]}, {"contactMedium": [other]})[attribute] == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1984-03-12", "1984-12-03", "swapped"),
        ("1984-03-17", "1984-03-18", "oneDigit"),
        ("1984-03-17", "1983-03-17", "oneDigit"),
        ("1984-03-17", "1954-03-17", "sameDayAndMonth"),
        ("1984-03-17", "1984-11-29", "sameYear"),
        ("1984-03-17", "1990-11-29", "different"),
    ],
)
def test_birth_dates_agree_in_their_parts(one: str, other: str, level: str) -> None:
    assert levels({"birthDate": one}, {"birthDate": other})["birthDate"] == level


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("Adaeze", "Okafor"), ("Okafor", "Adaeze"), ("crossed", "crossed")),
        (("Adaeze", "Okafor"), ("Okafor", "Bamidele"), ("halfCrossed", "halfCrossed")),
        (("A.", "Okafor"), ("Adaeze", "van Okafor"), ("initial", "exact")),
        (("Dr Adaeze", "Okafor"), ("Adaeze", "Okafro"), ("exact", "close")),
        (("Jan", "Okafor"), ("Jana", "Bamidele"), ("vowelEnding", "different")),
        (("Jason", "Okafor"), ("Mason", "Okafor"), ("rhyme", "exact")),
        (("Bryan", "Okafor"), ("Ryan", "Okafor"), ("rhyme", "exact")),
        (("Mitchell", "Okafor"), ("Mithchel", "Okafor"), ("twoOff", "exact")),
        (("Joseph", "Okafor"), ("Josephine", "Okafor"), ("similar", "exact")),
    ],
)
def test_names_agree_in_some_way(one: tuple[str, str], other: tuple[str, str], expected: tuple[str, str]) -> None:
    left, right = ({"givenName": given, "familyName": family} for given, family in (one, other))
    agreement = levels(left, right)
    assert (agreement["givenName"], agreement["familyName"]) == expected
