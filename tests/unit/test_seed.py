# SPDX-License-Identifier: Apache-2.0
"""The seed data is reproducible, believable and made of valid v4 create bodies."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import pytest

from app.seed.generator import Household, generate
from app.seed.interactions import Interaction
from app.seed.organizations import Reference

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TELL = """
from datetime import UTC, datetime
from app.seed.generator import generate
print([(h.party, h.kin) for h in generate(50, 7, datetime(2026, 3, 1, tzinfo=UTC))])
"""
SHARES = {
    "Active": 0.78,
    "Terminated": 0.07,
    "Suspended": 0.05,
    "Approved": 0.03,
    "Created": 0.02,
    "Rejected": 0.015,
    "Closed": 0.015,
    "CreditCheckDone": 0.01,
    "Prospect": 0.01,
}
FICTITIOUS = re.compile(
    r"\+1-\d{3}-555-01\d\d|\+44 (7700 900\d{3}|20 7946 0\d{3}|1[36]1 496 0\d{3})|\+353 20 91\d \d{4}"
    r"|\+49 (171 39200\d\d|176 040690\d\d|30 23125\d{3}|40 66969\d{3}|89 99998\d{3})"
    r"|\+33 (6 39 98|1 99 00|4 65 71) \d\d \d\d"
    r"|\+46 (70 174 06 \d\d|8 465 004 \d\d)|\+61 (491 570 \d{3}|[237] 5550 \d{4})"
)


ASKED = {"id": "1", "href": "http://localhost/1", "name": "Privacy"}
"""The reference to the specification of privacy profiles."""


class Loaded(NamedTuple):
    """One household as a loader sees it, with invented references."""

    household: Household
    party: dict[str, Any]
    customer: dict[str, Any]
    roles: list[dict[str, Any]]
    profiles: list[dict[str, Any]]
    agreements: list[dict[str, Any]]
    interactions: list[Interaction]


def reference(kind: str, body: dict[str, Any], id: str) -> Reference:
    name = body.get("fullName") or body["name"]
    return {"id": id, "href": f"http://localhost/{kind}/{id}", "name": name, "@referredType": kind.capitalize()}


def loaded(household: Household) -> Loaded:
    kin = [reference(one.kind, one.body, id=f"kin{place}") for place, one in enumerate(household.kin)]
    party = household.party_naming(kin)
    engaged = reference(household.party[0], party, id=f"p{household.number}")
    customer = household.customer(engaged)
    buyer = reference("customer", customer, id=f"c{household.number}")
    profiles = household.privacy_profiles(engaged, ASKED)
    agreements = [household.privacy_agreement(each, {"id": f"a{household.number}"}) for each in profiles]
    roles, history = household.roles(engaged, buyer), household.interactions(engaged, buyer)
    return Loaded(household, party, customer, roles, profiles, agreements, history)


@cache
def operator() -> tuple[Loaded, ...]:
    return tuple(map(loaded, generate(2000, seed=1, now=NOW)))


def bodies(customers: int, seed: int) -> list[Any]:
    return [(one.household.kin, *one[1:]) for one in map(loaded, generate(customers, seed, NOW))]


def every_interaction() -> Iterator[dict[str, Any]]:
    return (interaction.body for one in operator() for interaction in one.interactions)


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, name)
    else:
        yield name, value


def moments() -> list[tuple[str, str]]:
    """Every date-time of every body, with the attribute's name."""
    all_bodies = [
        [one.party, one.customer, *one.roles, *one.profiles, *one.agreements, *(each.body for each in one.interactions)]
        for one in operator()
    ]
    return [(name, value) for name, value in leaves(all_bodies) if name.endswith(("Date", "DateTime"))]


def test_the_same_seed_gives_the_same_data() -> None:
    assert bodies(60, seed=7) == bodies(60, seed=7)


def test_another_process_gives_the_same_data() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", TELL], env={**os.environ, "PYTHONHASHSEED": salt}, capture_output=True, check=True
        ).stdout
        for salt in ("1", "2")
    }
    assert len(told) == 1
    assert b"@example." in told.pop()


def test_another_seed_gives_other_data() -> None:
    assert all(one != other for one, other in zip(bodies(20, seed=7), bodies(20, seed=8), strict=True))


def test_a_longer_run_begins_with_the_shorter_one() -> None:
    assert bodies(30, seed=7)[:10] == bodies(10, seed=7)


def test_the_stream_is_not_made_in_advance() -> None:
    assert [one.number for one in islice(generate(10**12, seed=1, now=NOW), 3)] == [1, 2, 3]


def test_the_same_moment_in_another_zone_gives_the_same_data() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    assert [h.party for h in generate(5, 1, elsewhere)] == [h.party for h in generate(5, 1, NOW)]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        generate(1, seed=1, now=datetime(2026, 3, 1))


def test_asking_for_interactions_first_changes_nothing() -> None:
    early, late = generate(2, seed=3, now=NOW)
    assert early.number < late.number
    someone = {"id": "1", "href": "h", "name": "n", "@referredType": "Individual"}
    first = late.interactions(someone, someone)
    assert late.party
    assert late.interactions(someone, someone) == first


def test_every_customer_state_occurs_with_a_plausible_share() -> None:
    states = Counter(one.customer["status"] for one in operator())
    assert set(states) == set(SHARES)
    for state, share in SHARES.items():
        assert states[state] / 2000 == pytest.approx(share, abs=0.03)


def test_most_customers_are_individuals() -> None:
    kinds = Counter(one.household.party[0] for one in operator())
    assert kinds["individual"] / 2000 == pytest.approx(0.85, abs=0.03)


def test_some_individuals_are_not_validated_and_some_died() -> None:
    states = Counter(one.party["status"] for one in operator() if one.household.party[0] == "individual")
    assert set(states) == {"initialized", "validated", "deceased"}
    assert states["initialized"] > 50


def test_some_organizations_have_contact_persons_and_some_a_parent() -> None:
    organizations = [one.party for one in operator() if one.household.party[0] == "organization"]
    assert 0.5 < sum("relatedParty" in body for body in organizations) / len(organizations) < 0.95
    parents = [
        body["organizationParentRelationship"] for body in organizations if "organizationParentRelationship" in body
    ]
    assert parents
    assert all(parent["organization"]["id"] for parent in parents)


def test_kin_must_be_answered_with_as_many_references() -> None:
    related = next(one.household for one in operator() if one.household.kin)
    with pytest.raises(ValueError, match="shorter"):
        related.party_naming([])


def test_individuals_and_organizations_have_their_mandatory_names() -> None:
    parties = [(one.household.party[0], one.party) for one in operator()]
    parties += [(kin.kind, kin.body) for one in operator() for kin in one.household.kin]
    for kind, body in parties:
        for name in ("givenName", "familyName") if kind == "individual" else ("tradingName", "name"):
            assert body[name].strip()


def test_customers_have_their_mandatory_attributes_at_every_depth() -> None:
    nested = {
        "account": ("name",),
        "agreement": ("id",),
        "paymentMethod": ("id",),
        "characteristic": ("name", "value"),
        "contactMedium": ("mediumType", "characteristic"),
        "creditProfile": ("creditProfileDate", "validFor"),
    }
    for one in operator():
        assert one.customer["name"]
        assert one.customer["engagedParty"]["id"] == f"p{one.household.number}"
        assert one.customer["engagedParty"]["@referredType"].lower() == one.household.party[0]
        for attribute, mandatory in nested.items():
            assert all(element[name] for element in one.customer.get(attribute, []) for name in mandatory)


def test_some_companies_play_another_role_that_names_their_party_and_their_customer() -> None:
    companies = [one for one in operator() if one.party.get("organizationType") == "company"]
    assert sum(len(one.roles) for one in companies) / len(companies) == pytest.approx(0.5, abs=0.08)
    assert {kind for one in companies for kind in (each["@type"] for each in one.roles)} == {
        "Supplier",
        "BusinessPartner",
        "Producer",
    }
    for one in operator():
        for role in one.roles:
            assert one in companies
            assert role["engagedParty"]["id"] == f"p{one.household.number}"
            assert [each["id"] for each in role["relatedParty"]] == [f"c{one.household.number}"]
            assert role["validFor"]["startDateTime"] >= one.customer["validFor"]["startDateTime"]
            assert (role["status"] == "Terminated") is ("endDateTime" in one.customer["validFor"])


def test_some_private_customers_in_service_have_a_privacy_profile_and_an_agreement_on_it() -> None:
    asked = [one for one in operator() if one.household.about.individual and one.household.about.reached_service]
    assert sum(len(one.profiles) for one in asked) / len(asked) == pytest.approx(0.35, abs=0.04)
    assert sum(len(one.profiles) for one in operator()) == sum(len(one.profiles) for one in asked)
    for one in asked:
        for profile, agreement in zip(one.profiles, one.agreements, strict=True):
            assert profile["agreedByParty"]["id"] == f"p{one.household.number}"
            assert profile["partyPrivacyProfileSpecification"] == ASKED
            assert [each["id"] for each in agreement["partyPrivacyProfile"]] == [f"a{one.household.number}"]
            assert [each["id"] for each in agreement["engagedParty"]] == [f"p{one.household.number}"]
            assert (profile["status"] == "terminated") is ("endDateTime" in one.customer["validFor"])
    answers = {each["value"] for one in asked for body in one.profiles for each in answers_of(body)}
    assert answers == {"opted in", "opted out"}


def answers_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """What is allowed, and what is not."""
    found: list[dict[str, Any]] = body["partyPrivacyProfileCharacteristic"]
    return found


def test_interactions_have_their_mandatory_attributes_at_every_depth() -> None:
    for body in every_interaction():
        assert body["reason"]
        assert body["direction"] in ("inbounds", "outbounds")
        assert body["channel"]
        assert all(channel["id"] for channel in body["channel"])
        assert all(party["id"] and party["@referredType"] and party["role"] for party in body["relatedParty"])
        assert all(item["item"]["role"] and item["item"]["@type"] for item in body["interactionItem"])


def test_customers_have_about_three_interactions_and_at_most_twelve() -> None:
    numbers = [len(one.interactions) for one in operator()]
    assert sum(numbers) / 2000 == pytest.approx(3, abs=0.4)
    assert (min(numbers), max(numbers)) == (0, 12)


def test_interactions_lie_within_two_years_in_order_and_end_before_now() -> None:
    earliest, latest = "2024-03-01T12:00:00Z", "2026-03-01T12:00:00Z"
    for one in operator():
        periods = [interaction.body["interactionDate"] for interaction in one.interactions]
        starts = [when["startDateTime"] for when in periods]
        assert starts == sorted(starts)
        assert all(earliest <= when["startDateTime"] <= when["endDateTime"] <= latest for when in periods)


def test_an_interaction_follows_only_an_earlier_one_about_the_same() -> None:
    followed = 0
    for one in operator():
        for place, interaction in enumerate(one.interactions):
            if interaction.follows is not None:
                followed += 1
                assert 0 <= interaction.follows < place
                assert one.interactions[interaction.follows].body["reason"] == interaction.body["reason"]
    assert followed > 100


def test_a_linked_interaction_names_the_earlier_one() -> None:
    interaction = next(one.interactions[0] for one in operator() if one.interactions)
    linked = interaction.with_relationship({"id": "9", "href": "http://localhost/9"})
    assert linked["interactionRelationship"] == [
        {"id": "9", "href": "http://localhost/9", "relationshipType": "followUp"}
    ]
    assert "interactionRelationship" not in interaction.body


def test_older_interactions_are_finished_and_some_recent_ones_are_open() -> None:
    states = Counter(body["status"] for body in every_interaction())
    assert set(states) == {"opened", "inProgress", "completed", "cancelled"}
    assert states["completed"] / states.total() > 0.8
    month_ago = "2026-02-01T12:00:00Z"
    older = {body["status"] for body in every_interaction() if body["creationDate"] < month_ago}
    assert older == {"completed", "cancelled"}


def test_contacts_come_by_many_channels_both_ways() -> None:
    kinds = {body["channel"][0]["@referredType"] for body in every_interaction()}
    assert kinds == {"RetailShop", "CallCentre", "WebChat", "MobileApp", "Email", "FieldVisit"}
    assert {body["direction"] for body in every_interaction()} == {"inbounds", "outbounds"}


def test_a_channel_keeps_its_id() -> None:
    names = {(body["channel"][0]["id"], body["channel"][0]["name"]) for body in every_interaction()}
    assert len(names) == len({id for id, _ in names}) == len({name for _, name in names})


def test_telephones_and_mail_addresses_reach_nobody() -> None:
    told = [leaf for one in operator() for leaf in leaves(one.party)]
    phones = [value for name, value in told if name == "phoneNumber"]
    mails = [value for name, value in told if name == "emailAddress"]
    assert [phone for phone in phones if not FICTITIOUS.fullmatch(phone)] == []
    assert [mail for mail in mails if not re.fullmatch(r"[a-z0-9.-]+@example\.(com|org|net)", mail)] == []
    assert len(set(mails)) == len(mails)


def test_date_times_are_utc_and_to_the_second() -> None:
    dates = moments()
    assert dates
    assert [value for _, value in dates if not MOMENT.fullmatch(value)] == []


def test_nothing_begins_after_now() -> None:
    assert max(value for name, value in moments() if name != "endDateTime") <= "2026-03-01T12:00:00Z"


def test_nobody_lives_before_birth_or_is_a_customer_as_a_child() -> None:
    for one in operator():
        if one.household.party[0] == "individual":
            since = datetime.fromisoformat(one.customer["validFor"]["startDateTime"])
            assert since - datetime.fromisoformat(one.party["birthDate"]) > timedelta(days=18 * 365)


def test_only_an_ended_relation_has_an_end() -> None:
    for one in operator():
        ended = one.customer["status"] in ("Terminated", "Rejected", "Closed")
        assert ("endDateTime" in one.customer["validFor"]) is ended


def test_nobody_has_the_identification_of_somebody_else() -> None:
    found = Counter(
        (each["identificationType"], each["identificationId"])
        for one in generate(20_000, 1, NOW)
        for name in ("individualIdentification", "organizationIdentification")
        for each in one.party[1].get(name, ())
    )
    assert len(found) > 10_000
    assert {each: times for each, times in found.items() if times > 1} == {}
