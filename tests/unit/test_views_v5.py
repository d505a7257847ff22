# SPDX-License-Identifier: Apache-2.0
"""Resources in v5: nearly what is stored; and each line of the mapping, written in v5 and read in v4."""

from typing import Any

import pytest

from app.apis import customer_v4, party_interaction_v4, party_v4
from app.apis.customer_v5 import CUSTOMER
from app.apis.party_interaction_v5 import PARTY_INTERACTION
from app.apis.party_v5 import INDIVIDUAL, ORGANIZATION
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.step import Members


def in_v4(name: str, element: Members) -> Members:
    """What a v4 client sees of an `element` that a v5 client put into an individual's array `name`."""
    stored = INDIVIDUAL.to_stored(INDIVIDUAL.normalise({name: [element]}))
    shown: Members = party_v4.INDIVIDUAL.to_version(stored)[name][0]
    return shown


@pytest.mark.parametrize(
    ("view", "kind", "base"),
    [(INDIVIDUAL, "Individual", "Party"), (ORGANIZATION, "Organization", "Party"), (CUSTOMER, "Customer", "PartyRole")],
)
def test_a_resource_shows_its_class_and_base_class(view: VersionMapping, kind: str, base: str) -> None:
    assert view.to_version({}) == {"@type": kind, "@baseType": base}
    assert view.to_version({"@type": "VipCustomer", "@baseType": "Odd"}) == {"@type": "VipCustomer", "@baseType": "Odd"}
    assert "@baseType" not in view.to_stored({"@type": kind})


def test_an_interaction_has_no_base_class() -> None:
    assert PARTY_INTERACTION.to_version({}) == {"@type": "PartyInteraction"}


@pytest.mark.parametrize(
    ("view", "name", "kind"),
    [
        (INDIVIDUAL, "creditRating", "PartyCreditProfile"),
        (INDIVIDUAL, "externalReference", "ExternalIdentifier"),
        (INDIVIDUAL, "individualIdentification", "IndividualIdentification"),
        (INDIVIDUAL, "relatedParty", "RelatedPartyOrPartyRole"),
        (INDIVIDUAL, "taxExemptionCertificate", "TaxExemptionCertificate"),
        (ORGANIZATION, "organizationChildRelationship", "OrganizationChildRelationship"),
        (ORGANIZATION, "organizationIdentification", "OrganizationIdentification"),
        (ORGANIZATION, "organizationParentRelationship", "OrganizationParentRelationship"),
        (ORGANIZATION, "otherName", "OtherNameOrganization"),
        (CUSTOMER, "account", "AccountRef"),
        (CUSTOMER, "agreement", "AgreementRef"),
        (CUSTOMER, "creditProfile", "CreditProfile"),
        (CUSTOMER, "engagedParty", "PartyRef"),
        (CUSTOMER, "partyRoleSpecification", "PartyRoleSpecificationRef"),
        (CUSTOMER, "paymentMethod", "PaymentMethodRef"),
        (PARTY_INTERACTION, "externalIdentifier", "ExternalIdentifier"),
        (PARTY_INTERACTION, "interactionItem", "InteractionItem"),
        (PARTY_INTERACTION, "interactionRelationship", "InteractionRelationship"),
        (PARTY_INTERACTION, "note", "Note"),
        (PARTY_INTERACTION, "relatedChannel", "RelatedChannel"),
        (PARTY_INTERACTION, "relatedParty", "RelatedPartyOrPartyRole"),
    ],
)
def test_an_object_without_class_gets_that_of_its_place(view: VersionMapping, name: str, kind: str) -> None:
    assert view.to_version({name: {"x": 1}})[name] == view.to_stored({name: {"x": 1}})[name] == {"x": 1, "@type": kind}
    assert view.to_version({name: {"@type": "Own"}})[name] == {"@type": "Own"}


@pytest.mark.parametrize(
    ("view", "stored", "kinds"),
    [
        (INDIVIDUAL, {"contactMedium": {"faxNumber": "1", "geographicAddress": {}}}, {"FaxContactMedium"}),
        (INDIVIDUAL, {"contactMedium": {"geographicAddress": {}}}, {"GeographicAddressRef", "ContactMedium"}),
        (INDIVIDUAL, {"partyCharacteristic": {"value": 1.5}}, {"NumberCharacteristic"}),
        (
            INDIVIDUAL,
            {"partyCharacteristic": {"value": "", "characteristicRelationship": [{}]}},
            {"CharacteristicRelationship"},
        ),
        (INDIVIDUAL, {"relatedParty": {"partyOrPartyRole": {"partyId": "1"}}}, {"PartyRoleRef"}),
        (INDIVIDUAL, {"taxExemptionCertificate": {"attachment": {}, "taxDefinition": [{}]}}, {"TaxDefinition"}),
        (INDIVIDUAL, {"individualIdentification": {"attachment": {"id": "1"}}}, {"AttachmentRef"}),
        (ORGANIZATION, {"organizationParentRelationship": {"organization": {}}}, {"OrganizationRef"}),
        (PARTY_INTERACTION, {"relatedChannel": {"channel": {}}}, {"ChannelRef"}),
        (PARTY_INTERACTION, {"interactionItem": {"item": {"entity": {}}}}, {"RelatedEntityRefOrValue", "EntityRef"}),
        (PARTY_INTERACTION, {"interactionItem": {"relatedParty": {}}}, {"RelatedPartyRefOrPartyRoleRef"}),
        (PARTY_INTERACTION, {"interactionItem": {"interactionItemRelationship": {}}}, {"InteractionItemRelationship"}),
    ],
)
def test_an_object_further_down_gets_a_class_too(view: VersionMapping, stored: Members, kinds: set[str]) -> None:
    assert kinds <= classes(view.to_version(stored))


def classes(value: Any) -> set[Any]:
    """Every class that is named in `value`."""
    if isinstance(value, dict):
        return {value.get("@type")}.union(*map(classes, value.values()))
    return set().union(*map(classes, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", ["disability", "languageAbility", "skill", "otherName", "existsDuring"])
def test_an_object_that_needs_no_class_gets_none(name: str) -> None:
    assert INDIVIDUAL.to_version({name: [{"x": 1}]})[name] == [{"x": 1}]


def test_what_only_v4_can_say_is_never_shown() -> None:
    stored = party_interaction_v4.PARTY_INTERACTION.to_stored(
        {"channel": [{"id": "1", "@type": "store"}], "note": [{}]}
    )
    assert "_v4" in str(stored)
    assert "_v4" not in str(PARTY_INTERACTION.to_version(stored))


@pytest.mark.parametrize(
    ("view", "sent", "mended"),
    [
        (INDIVIDUAL, {"fullName": "J"}, {"fullName": "J"}),
        (INDIVIDUAL, {"externalReference": [{"name": "x"}]}, {"externalReference": [{"name": "x", "id": "x"}]}),
        (INDIVIDUAL, {"externalReference": [{"name": "x", "id": 1}]}, {"externalReference": [{"name": "x", "id": 1}]}),
        (PARTY_INTERACTION, {"lastUpdateDate": "d"}, {"lastUpdateDate": "d"}),
        (PARTY_INTERACTION, {"note": [{"@type": "Note "}]}, {"note": [{"@type": "Note"}]}),
        (CUSTOMER, {"@type": " customer"}, {"@type": "Customer"}),
        (CUSTOMER, {"engagedParty": 1, "account": [1, [{}]]}, {"engagedParty": 1, "account": [1, [{}]]}),
    ],
)
def test_the_spellings_of_tm_forums_examples_are_mended(view: VersionMapping, sent: Members, mended: Members) -> None:
    assert view.normalise(sent) == mended


@pytest.mark.parametrize("outer", ["RelatedPartyOrPartyRole", "RelatedPartyRefOrPartyRoleRef"])
def test_either_class_of_a_related_party_stays_as_it_was_sent(outer: str) -> None:
    sent = {"relatedParty": [{"@type": outer, "role": "r", "partyOrPartyRole": {"@type": "PartyRef", "id": "1"}}]}
    stored = INDIVIDUAL.to_stored(sent)
    assert INDIVIDUAL.to_version(stored)["relatedParty"] == sent["relatedParty"]
    shown = party_v4.INDIVIDUAL.to_version(stored)
    shown["relatedParty"][0]["role"] = "s"
    assert party_v4.INDIVIDUAL.update_stored(stored, shown)["relatedParty"] == [
        {**sent["relatedParty"][0], "role": "s"}
    ]


def test_the_paths_of_filters_are_those_that_are_stored() -> None:
    assert INDIVIDUAL.path(("relatedParty", "partyOrPartyRole", "id")) == ("relatedParty", "partyOrPartyRole", "id")
    assert INDIVIDUAL.value(("relatedParty", "partyOrPartyRole", "@referredType"), "organization") == "Organization"


def test_the_name_of_v5_is_the_full_name_of_v4() -> None:
    assert party_v4.INDIVIDUAL.to_version(INDIVIDUAL.to_stored({"@type": "Individual", "name": "Jane"})) == {
        "@type": "Individual",
        "fullName": "Jane",
    }


def test_an_organization_has_both_names_in_v4() -> None:
    names = {"name": "N", "tradingName": "T"}
    assert party_v4.ORGANIZATION.to_version(ORGANIZATION.to_stored(names)) == {**names, "@type": "Organization"}


def test_the_role_of_a_customer_is_that_of_its_engaged_party_in_v4() -> None:
    sent = {"role": "buyer", "engagedParty": {"@type": "PartyRef", "id": "1", "href": "/organization/1"}}
    shown = customer_v4.CUSTOMER.to_version(CUSTOMER.to_stored(sent))
    assert shown["engagedParty"] == {
        "id": "1",
        "href": "/organization/1",
        "role": "buyer",
        "@referredType": "Organization",
    }
    assert "role" not in shown


def test_what_only_v5_knows_of_a_customer_passes_through() -> None:
    sent = {"description": "d", "partyRoleSpecification": {"@type": "PartyRoleSpecificationRef", "id": "1"}}
    assert sent.items() <= customer_v4.CUSTOMER.to_version(CUSTOMER.to_stored(sent)).items()


def test_an_account_goes_by_its_id_in_v4() -> None:
    shown = customer_v4.CUSTOMER.to_version(CUSTOMER.to_stored({"account": [{"@type": "AccountRef", "id": "8"}]}))
    assert shown["account"] == [{"id": "8", "name": "8"}]


def test_a_related_channel_is_a_channel_in_v4() -> None:
    inner = {"@type": "ChannelRef", "id": "5", "name": "Madrid Store", "@referredType": "store"}
    sent = {"relatedChannel": [{"@type": "RelatedChannel", "role": "creation", "channel": inner}]}
    assert party_interaction_v4.PARTY_INTERACTION.to_version(PARTY_INTERACTION.to_stored(sent)) == {
        "@type": "PartyInteraction",
        "channel": [{"id": "5", "name": "Madrid Store", "role": "creation", "@referredType": "store"}],
    }


def test_the_entity_of_an_item_is_the_item_in_v4() -> None:
    entity = {"@type": "ProductOrder", "id": "3", "role": "its own", "amount": 2}
    item = {"@type": "RelatedEntityRefOrValue", "role": "bought", "entity": entity}
    sent = {"interactionItem": [{"@type": "InteractionItem", "item": item, "interactionItemType": "t"}]}
    shown = party_interaction_v4.PARTY_INTERACTION.to_version(PARTY_INTERACTION.to_stored(sent))
    assert shown["interactionItem"] == [
        {"item": {"role": "bought", "@type": "ProductOrder", "id": "3", "amount": 2}, "interactionItemType": "t"}
    ]


def test_an_external_identifier_is_an_external_reference_in_v4() -> None:
    sent = {"@type": "ExternalIdentifier", "id": "1", "externalIdentifierType": "t", "owner": "o"}
    assert in_v4("externalReference", sent) == {"name": "1", "externalReferenceType": "t", "owner": "o"}
    assert in_v4("externalReference", {"name": "1"}) == {"name": "1"}


@pytest.mark.parametrize(
    ("characteristic", "shown"),
    [
        ({"@type": "StringCharacteristic", "value": "a"}, {"value": "a"}),
        ({"@type": "FloatCharacteristic", "value": 1}, {"value": 1}),
        ({"@type": "IntegerArrayCharacteristic", "value": [1]}, {"value": [1]}),
        ({"@type": "OwnCharacteristic", "value": 1}, {"@type": "OwnCharacteristic", "value": 1}),
    ],
)
def test_a_characteristic_shows_its_class_in_v4_when_it_is_none_of_tm_forums(
    characteristic: Members, shown: Members
) -> None:
    assert in_v4("partyCharacteristic", characteristic) == shown


@pytest.mark.parametrize(
    ("kind", "member", "medium_type"),
    [
        ("EmailContactMedium", "emailAddress", "email"),
        ("PhoneContactMedium", "phoneNumber", "telephoneNumber"),
        ("FaxContactMedium", "faxNumber", "faxNumber"),
        ("SocialContactMedium", "socialNetworkId", "socialNetwork"),
        ("GeographicAddressContactMedium", "street1", "postalAddress"),
    ],
)
def test_a_contact_medium_has_its_members_in_a_bag_in_v4(kind: str, member: str, medium_type: str) -> None:
    sent = {"@type": kind, "preferred": True, "contactType": "home", member: "x"}
    shown = {"mediumType": medium_type, "preferred": True, "characteristic": {"contactType": "home", member: "x"}}
    assert in_v4("contactMedium", sent) == shown
    assert in_v4("contactMedium", {**sent, "mediumType": "own"})["mediumType"] == "own"


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        ({"@type": "PartyRef", "id": "1"}, {"id": "1", "@referredType": "Party"}),
        (
            {"@type": "PartyRoleRef", "id": "1", "partyId": "2", "partyName": "n"},
            {"id": "1", "partyId": "2", "partyName": "n", "@referredType": "PartyRole"},
        ),
        (
            {"@type": "Organization", "id": "1", "tradingName": "T", "status": "validated"},
            {"id": "1", "name": "T", "@referredType": "Organization"},
        ),
    ],
)
def test_a_related_party_is_a_flat_reference_in_v4(inner: Members, shown: Members) -> None:
    sent = {"@type": "RelatedPartyOrPartyRole", "role": "r", "partyOrPartyRole": inner}
    assert in_v4("relatedParty", sent) == {"role": "r", **shown}


@pytest.mark.parametrize("kind", ["Attachment", "AttachmentRef"])
def test_an_attachment_comes_back_from_v4_in_its_class(kind: str) -> None:
    sent = {"@type": kind, "id": "1", "name": "n", "url": "http://x"}
    stored = INDIVIDUAL.to_stored({"individualIdentification": [{"attachment": sent}]})
    shown = party_v4.INDIVIDUAL.to_version(stored)
    shown["individualIdentification"][0]["attachment"]["note"] = "new"
    patched = party_v4.INDIVIDUAL.update_stored(stored, shown)
    assert INDIVIDUAL.to_version(patched)["individualIdentification"][0]["attachment"] == {**sent, "note": "new"}


def test_a_word_beside_a_reference_is_changed_and_removed_through_v4_where_it_is() -> None:
    related = {"@type": "RelatedPartyOrPartyRole", "role": "r", "partyOrPartyRole": {"@type": "PartyRef", "id": "1"}}
    stored = INDIVIDUAL.to_stored({"relatedParty": [{**related, "since": 2020, "until": 2021}]})
    shown = party_v4.INDIVIDUAL.to_version(stored)
    shown["relatedParty"][0]["since"] = 2022
    del shown["relatedParty"][0]["until"]
    patched = party_v4.INDIVIDUAL.update_stored(stored, shown)
    assert INDIVIDUAL.to_version(patched)["relatedParty"] == [{**related, "since": 2022}]
