# SPDX-License-Identifier: Apache-2.0
"""Customers in v4: each line of the mapping of their attributes."""

import json

import pytest

from app.apis.customer_v4 import CUSTOMER
from tests.specs import SPECS

SAMPLE = SPECS / "samples" / "Customer.example.json"


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the official samples are not here")
def test_the_official_sample_comes_back() -> None:
    sample = json.loads(SAMPLE.read_text())
    assert CUSTOMER.normalise(sample) == sample
    assert CUSTOMER.to_version(CUSTOMER.to_stored(sample)) == sample


def test_the_engaged_party_is_a_party_reference() -> None:
    sent = {"engagedParty": {"id": "1", "name": "Jane", "@referredType": "Individual"}}
    stored = CUSTOMER.to_stored(sent)
    assert stored == {"engagedParty": {**sent["engagedParty"], "@type": "PartyRef"}}
    assert CUSTOMER.to_version(stored) == sent
    assert CUSTOMER.path(("engagedParty", "id")) == ("engagedParty", "id")


@pytest.mark.parametrize(
    ("href", "referred_type"),
    [
        ("https://h/tmf-api/party/v5/individual/1", "Individual"),
        ("/tmf-api/party/v5/organization/1/", "Organization"),
        ("urn:1", "Party"),
    ],
)
def test_the_engaged_party_always_has_a_referred_type_in_v4(href: str, referred_type: str) -> None:
    stored = {"engagedParty": {"@type": "PartyRef", "id": "1", "href": href}}
    assert CUSTOMER.to_version(stored)["engagedParty"] == {"id": "1", "href": href, "@referredType": referred_type}


def test_the_role_of_the_engaged_party_is_stored_as_that_of_the_customer() -> None:
    sent = {"engagedParty": {"id": "1", "role": "buyer", "@referredType": "Individual"}}
    stored = CUSTOMER.to_stored(sent)
    assert stored["role"] == "buyer"
    assert "role" not in stored["engagedParty"]
    assert CUSTOMER.to_version(stored) == sent
    assert CUSTOMER.path(("engagedParty", "role")) == ("role",)


def test_a_role_in_open_content_does_not_meet_that_of_the_engaged_party() -> None:
    sent = {"engagedParty": {"id": "1", "role": "buyer", "@referredType": "Individual"}, "role": {"mine": 1}}
    stored = CUSTOMER.to_stored(sent)
    assert stored["role"] == "buyer"
    assert CUSTOMER.to_version(stored) == sent


def test_a_role_in_open_content_comes_back_alone() -> None:
    sent = {"engagedParty": {"id": "1", "@referredType": "Individual"}, "role": "mine"}
    assert CUSTOMER.to_version(CUSTOMER.to_stored(sent)) == sent


def test_a_role_in_open_content_may_be_patched_in() -> None:
    before = CUSTOMER.to_stored({"engagedParty": {"id": "1", "role": "buyer", "@referredType": "Individual"}})
    wanted = {**CUSTOMER.to_version(before), "role": "mine"}
    after = CUSTOMER.update_stored(before, wanted)
    assert after["role"] == "buyer"
    assert CUSTOMER.to_version(after) == wanted


def test_the_role_of_the_engaged_party_may_be_patched_out_beside_one_in_open_content() -> None:
    party = {"id": "1", "@referredType": "Individual"}
    before = CUSTOMER.to_stored({"engagedParty": {**party, "role": "buyer"}, "role": "mine"})
    wanted = {"engagedParty": party, "role": "mine"}
    assert CUSTOMER.update_stored(before, wanted) == CUSTOMER.to_stored(wanted)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("account", "AccountRef"),
        ("agreement", "AgreementRef"),
        ("creditProfile", "CreditProfile"),
        ("paymentMethod", "PaymentMethodRef"),
    ],
)
def test_objects_within_get_their_class(name: str, kind: str) -> None:
    sent = {name: [{"id": "1", "name": "n", "description": "d"}]}
    stored = CUSTOMER.to_stored(sent)
    assert stored == {name: [{**sent[name][0], "@type": kind}]}
    assert CUSTOMER.to_version(stored) == sent


def test_an_account_without_a_name_goes_by_its_id() -> None:
    stored = {"account": [{"@type": "AccountRef", "id": "8251"}]}
    assert CUSTOMER.to_version(stored) == {"account": [{"id": "8251", "name": "8251"}]}


def test_the_name_that_an_account_goes_by_is_never_stored() -> None:
    stored = {"account": [{"@type": "AccountRef", "id": "8251"}]}
    shown = {"account": [{"id": "8251", "name": "8251", "description": "new"}, {"id": "2", "name": "two"}]}
    assert CUSTOMER.update_stored(stored, shown)["account"] == [
        {"@type": "AccountRef", "id": "8251", "description": "new"},
        {"@type": "AccountRef", "id": "2", "name": "two"},
    ]


def test_characteristics_are_typed() -> None:
    stored = CUSTOMER.to_stored({"characteristic": [{"name": "fidelity", "value": True}]})
    assert stored == {"characteristic": [{"name": "fidelity", "value": True, "@type": "BooleanCharacteristic"}]}


def test_the_characteristic_of_a_contact_medium_is_not_that_of_the_customer() -> None:
    assert CUSTOMER.path(("characteristic", "value")) == ("characteristic", "value")
    assert CUSTOMER.path(("contactMedium", "characteristic", "city")) == ("contactMedium", "city")


def test_contact_media_and_related_parties_are_those_of_every_party() -> None:
    sent = {
        "contactMedium": [{"mediumType": "email", "characteristic": {"emailAddress": "a@b"}}],
        "relatedParty": [{"id": "1", "@referredType": "Customer"}],
    }
    stored = CUSTOMER.to_stored(sent)
    assert stored["contactMedium"][0]["@type"] == "EmailContactMedium"
    assert stored["relatedParty"][0]["partyOrPartyRole"]["@type"] == "PartyRoleRef"
    assert CUSTOMER.to_version(stored) == sent


def test_attributes_that_only_v5_knows_are_shown_as_they_are() -> None:
    stored = {"description": "d", "partyRoleSpecification": {"@type": "PartyRoleSpecificationRef", "id": "1"}}
    assert CUSTOMER.to_version(stored) == stored


def test_a_customer_from_v5_loses_nothing_to_a_patch_through_v4() -> None:
    before = {
        "@type": "Customer",
        "name": "Moon",
        "role": "buyer",
        "description": "d",
        "engagedParty": {"@type": "PartyRef", "id": "1"},
        "account": [{"@type": "AccountRef", "id": "2"}],
        "characteristic": [{"@type": "FloatCharacteristic", "name": "n", "value": 1}],
        "contactMedium": [{"@type": "GeographicAddressContactMedium", "geographicAddress": {"id": "3"}}],
        "relatedParty": [{"@type": "RelatedPartyRefOrPartyRoleRef", "partyOrPartyRole": {"@type": "Individual"}}],
    }
    assert CUSTOMER.update_stored(before, {**CUSTOMER.to_version(before), "name": "Sun"}) == {**before, "name": "Sun"}
