# SPDX-License-Identifier: Apache-2.0
"""The objects within v4 resources: each line of the mapping of their members, seen through an individual."""

from typing import Any

import pytest

from app.apis.party_v4 import INDIVIDUAL
from app.domain.mapping.step import Members
from tests.unit.within import shown_in, stored_in


def test_an_external_reference_is_stored_as_an_identifier() -> None:
    stored = stored_in("externalReference", {"name": "http://x/1", "externalReferenceType": "facebookId"})
    assert stored == {"@type": "ExternalIdentifier", "id": "http://x/1", "externalIdentifierType": "facebookId"}
    assert INDIVIDUAL.path(("externalReference", "name")) == ("externalReference", "id")
    shown_type = ("externalReference", "0", "externalReferenceType")
    assert INDIVIDUAL.path(shown_type) == ("externalReference", "0", "externalIdentifierType")


def test_an_external_reference_keeps_its_own_id_beside() -> None:
    stored = stored_in("externalReference", {"name": "http://x/1", "id": "7"})
    assert stored["id"] == "http://x/1"
    assert stored["_v4"] == {"set": {"id": "7"}}


def test_the_owner_of_an_identifier_is_shown() -> None:
    assert shown_in("externalReference", {"id": "1", "owner": "me"}) == {"name": "1", "owner": "me"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", "StringCharacteristic"),
        (1, "IntegerCharacteristic"),
        (1.5, "NumberCharacteristic"),
        (True, "BooleanCharacteristic"),
        ({"a": 1}, "ObjectCharacteristic"),
        (["a"], "StringArrayCharacteristic"),
        ([1], "IntegerArrayCharacteristic"),
        ([1, 2.5], "NumberArrayCharacteristic"),
        ([True], "BooleanArrayCharacteristic"),
        ([{}], "ObjectArrayCharacteristic"),
        ([1, "a"], "Characteristic"),
        ([[1]], "Characteristic"),
        ([], "Characteristic"),
        (None, "Characteristic"),
    ],
)
def test_a_characteristic_is_classed_by_its_value(value: Any, kind: str) -> None:
    sent = {"name": "n", "valueType": "number", "value": value}
    assert stored_in("partyCharacteristic", sent) == {**sent, "@type": kind}


def test_a_characteristic_may_claim_a_wider_class() -> None:
    wide = {"name": "n", "value": 1, "@type": "FloatCharacteristic"}
    assert stored_in("partyCharacteristic", wide)["@type"] == "FloatCharacteristic"
    none = {"name": "n", "value": [], "@type": "StringArrayCharacteristic"}
    assert stored_in("partyCharacteristic", none)["@type"] == "StringArrayCharacteristic"


def test_a_characteristic_cannot_claim_a_class_that_its_value_contradicts() -> None:
    sent = {"name": "n", "value": "a", "@type": "IntegerCharacteristic"}
    assert stored_in("partyCharacteristic", sent)["@type"] == "StringCharacteristic"


def test_relationships_of_characteristics_get_their_class() -> None:
    sent = {"value": "a", "characteristicRelationship": [{"id": "1"}]}
    stored = stored_in("partyCharacteristic", sent)
    assert stored["characteristicRelationship"] == [{"id": "1", "@type": "CharacteristicRelationship"}]


def test_a_contact_medium_is_stored_flat() -> None:
    sent = {
        "preferred": True,
        "mediumType": "TelephoneNumber",
        "characteristic": {"phoneNumber": "01 09 75 83 51", "contactType": "homePhone"},
    }
    assert stored_in("contactMedium", sent) == {
        "@type": "PhoneContactMedium",
        "preferred": True,
        "mediumType": "TelephoneNumber",
        "phoneNumber": "01 09 75 83 51",
        "contactType": "homePhone",
    }
    shown = ("contactMedium", "characteristic", "emailAddress")
    assert INDIVIDUAL.path(shown) == ("contactMedium", "emailAddress")
    assert INDIVIDUAL.path(("contactMedium", "1", *shown[1:])) == ("contactMedium", "1", "emailAddress")
    assert INDIVIDUAL.path(("contactMedium", "mediumType")) == ("contactMedium", "mediumType")


@pytest.mark.parametrize(
    ("member", "kind", "shown_type"),
    [
        ("emailAddress", "EmailContactMedium", "email"),
        ("phoneNumber", "PhoneContactMedium", "telephoneNumber"),
        ("faxNumber", "FaxContactMedium", "faxNumber"),
        ("socialNetworkId", "SocialContactMedium", "socialNetwork"),
        ("city", "GeographicAddressContactMedium", "postalAddress"),
    ],
)
def test_a_contact_medium_is_classed_by_its_members(member: str, kind: str, shown_type: str) -> None:
    assert stored_in("contactMedium", {"mediumType": "?", "characteristic": {member: "x"}})["@type"] == kind
    shown = {"mediumType": shown_type, "characteristic": {member: "x"}}
    assert shown_in("contactMedium", {"@type": kind, member: "x"}) == shown


@pytest.mark.parametrize(
    ("medium_type", "kind"),
    [
        ("E-Mail", "EmailContactMedium"),
        ("Mobile Phone", "PhoneContactMedium"),
        ("fax_number", "FaxContactMedium"),
        ("Social", "SocialContactMedium"),
        ("MailingAddress", "GeographicAddressContactMedium"),
        ("pigeon", "ContactMedium"),
    ],
)
def test_a_contact_medium_without_telling_members_is_classed_by_its_medium_type(medium_type: str, kind: str) -> None:
    sent = {"mediumType": medium_type, "characteristic": {"contactType": "home"}}
    assert stored_in("contactMedium", sent)["@type"] == kind


def test_a_contact_medium_of_several_kinds_is_one_medium() -> None:
    several = {"emailAddress": "a@b", "phoneNumber": "1"}
    stored = stored_in("contactMedium", {"mediumType": "phone", "characteristic": several})
    assert stored == {"mediumType": "phone", "@type": "PhoneContactMedium", **several}
    assert stored_in("contactMedium", {"characteristic": several})["@type"] == "EmailContactMedium"


def test_unknown_members_of_a_contact_mediums_characteristic_stay_in_it() -> None:
    sent = {"mediumType": "email", "characteristic": {"emailAddress": "a@b", "verified": True}}
    assert stored_in("contactMedium", sent)["characteristic"] == {"verified": True}


def test_a_contact_medium_always_has_a_characteristic_in_v4() -> None:
    shown = {"mediumType": "email", "characteristic": {}}
    assert shown_in("contactMedium", {"@type": "EmailContactMedium"}) == shown


def test_a_related_party_is_stored_as_a_reference_with_a_role() -> None:
    sent = {"id": "128", "role": "employee", "name": "Coffee", "@referredType": "Organization"}
    assert stored_in("relatedParty", sent) == {
        "@type": "RelatedPartyOrPartyRole",
        "role": "employee",
        "partyOrPartyRole": {
            "@type": "PartyRef",
            "id": "128",
            "name": "Coffee",
            "@referredType": "Organization",
        },
    }
    for name in ("id", "href", "name", "@referredType", "partyId"):
        assert INDIVIDUAL.path(("relatedParty", name)) == ("relatedParty", "partyOrPartyRole", name)
    assert INDIVIDUAL.path(("relatedParty", "0", "role")) == ("relatedParty", "0", "role")


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ({"@referredType": "Individual"}, "PartyRef"),
        ({}, "PartyRef"),
        ({"@referredType": "Customer"}, "PartyRoleRef"),
        ({"@referredType": "Party", "partyName": "Jane"}, "PartyRoleRef"),
    ],
)
def test_a_related_party_refers_to_a_party_or_a_role(reference: Members, kind: str) -> None:
    assert stored_in("relatedParty", {"id": "1", **reference})["partyOrPartyRole"]["@type"] == kind


@pytest.mark.parametrize(
    ("reference", "referred_type"),
    [
        ({"@type": "PartyRef", "href": "https://h/party/v5/organization/1"}, "Organization"),
        ({"@type": "PartyRef", "href": "https://h/party/v5/individual/1"}, "Individual"),
        ({"@type": "PartyRef"}, "Party"),
        ({"@type": "PartyRoleRef"}, "PartyRole"),
    ],
)
def test_a_related_party_always_has_a_referred_type_in_v4(reference: Members, referred_type: str) -> None:
    assert shown_in("relatedParty", {"partyOrPartyRole": reference})["@referredType"] == referred_type


def test_an_embedded_party_shows_as_a_reference_to_it() -> None:
    embedded = {"@type": "Individual", "id": "1", "givenName": "Jane", "familyName": "Smith", "gender": "f"}
    shown = shown_in("relatedParty", {"role": "friend", "partyOrPartyRole": embedded})
    assert shown == {"role": "friend", "id": "1", "name": "Jane Smith", "@referredType": "Individual"}


def test_an_embedded_party_survives_patches_of_what_is_around_it() -> None:
    embedded = {"@type": "Individual", "id": "1", "givenName": "Jane", "familyName": "Smith", "gender": "f"}
    other = {"@type": "RelatedPartyOrPartyRole", "role": "r", "partyOrPartyRole": {"@type": "PartyRef", "id": "2"}}
    related = {"@type": "RelatedPartyOrPartyRole", "role": "friend", "partyOrPartyRole": embedded}
    before = {"@type": "Individual", "relatedParty": [other, related]}
    shown = INDIVIDUAL.to_version(before)["relatedParty"]
    after = INDIVIDUAL.update_stored(before, {"@type": "Individual", "relatedParty": [{**shown[1], "role": "wife"}]})
    assert after == {"@type": "Individual", "relatedParty": [{**related, "role": "wife"}]}


def test_an_embedded_party_does_not_survive_being_replaced() -> None:
    embedded = {"@type": "Individual", "id": "1", "givenName": "Jane", "gender": "f"}
    before = {"relatedParty": [{"@type": "RelatedPartyOrPartyRole", "partyOrPartyRole": embedded}]}
    another = {"relatedParty": [{"id": "2", "@referredType": "Individual"}]}
    assert INDIVIDUAL.update_stored(before, another) == INDIVIDUAL.to_stored(another)


@pytest.mark.parametrize(
    ("attachment", "kind"),
    [
        ({"url": "http://x"}, "Attachment"),
        ({"id": "1", "url": "http://x"}, "AttachmentRef"),
        ({"id": "1", "url": "http://x", "mimeType": "text/plain"}, "Attachment"),
        ({"name": "a", "@referredType": "Document"}, "AttachmentRef"),
        ({"name": "a", "@type": "AttachmentRef"}, "AttachmentRef"),
        ({"name": "a", "@type": "AttachmentRefOrValue"}, "Attachment"),
    ],
)
def test_an_attachment_is_a_reference_or_a_value(attachment: Members, kind: str) -> None:
    assert stored_in("individualIdentification", {"attachment": attachment})["attachment"]["@type"] == kind
