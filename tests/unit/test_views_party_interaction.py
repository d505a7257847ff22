# SPDX-License-Identifier: Apache-2.0
"""Party interactions in v4: each line of the mapping of their attributes."""

import json

import pytest

from app.apis.party_interaction_v4 import PARTY_INTERACTION
from app.domain.mapping.step import Members
from tests.specs import SPECS

SAMPLE = SPECS / "samples" / "PartyInteraction.example.json"


def stored_as(shown: Members) -> Members:
    """What is stored for an interaction, after checking that it comes back."""
    stored = PARTY_INTERACTION.to_stored(shown)
    assert PARTY_INTERACTION.to_version(stored) == shown
    return stored


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the official samples are not here")
def test_the_official_sample_comes_back() -> None:
    sample = json.loads(SAMPLE.read_text())
    assert PARTY_INTERACTION.normalise(sample) == sample
    stored_as(sample)


def test_a_channel_is_stored_as_a_reference_with_a_role() -> None:
    sent = {"id": "555", "name": "Madrid Store", "role": "creation", "@referredType": "store"}
    assert stored_as({"channel": [sent]}) == {
        "relatedChannel": [
            {
                "@type": "RelatedChannel",
                "role": "creation",
                "channel": {"@type": "ChannelRef", "id": "555", "name": "Madrid Store", "@referredType": "store"},
            }
        ]
    }


def test_the_kind_of_a_channel_may_be_written_as_its_type() -> None:
    inner = stored_as({"channel": [{"id": "555", "@type": "store"}]})["relatedChannel"][0]["channel"]
    assert (inner["@type"], inner["@referredType"]) == ("ChannelRef", "store")


@pytest.mark.parametrize("own", ["RelatedChannel", "ChannelRef"])
def test_the_class_of_a_channel_is_not_its_kind(own: str) -> None:
    inner = stored_as({"channel": [{"id": "555", "@type": own}]})["relatedChannel"][0]["channel"]
    assert "@referredType" not in inner


@pytest.mark.parametrize(
    ("shown", "stored"),
    [
        ("channel", "relatedChannel"),
        ("channel.id", "relatedChannel.channel.id"),
        ("channel.0.name", "relatedChannel.0.channel.name"),
        ("channel.role", "relatedChannel.role"),
        ("channel.@type", "relatedChannel.channel.@referredType"),
        ("relatedParty.id", "relatedParty.partyOrPartyRole.id"),
        ("interactionItem.item.id", "interactionItem.item.entity.id"),
        ("interactionItem.item.@type", "interactionItem.item.entity.@type"),
        ("interactionItem.item.role", "interactionItem.item.role"),
        ("interactionItem.1.channel.id", "interactionItem.1.relatedChannel.channel.id"),
        ("interactionItem.relatedParty.0.id", "interactionItem.relatedParty.0.partyOrPartyRole.id"),
        ("note.text", "note.text"),
        ("interactionDate.startDateTime", "interactionDate.startDateTime"),
    ],
)
def test_filters_find_what_is_stored(shown: str, stored: str) -> None:
    assert PARTY_INTERACTION.path(tuple(shown.split("."))) == tuple(stored.split("."))


def test_open_content_named_like_the_stored_channels_comes_back() -> None:
    stored = stored_as({"channel": [{"id": "1"}], "relatedChannel": "mine"})
    assert stored["relatedChannel"][0]["channel"]["id"] == "1"
    stored_as({"relatedChannel": [{"role": "r", "channel": {"id": "1"}}]})


def test_an_items_entity_is_stored_within_its_relation() -> None:
    sent = {"id": "30001", "role": "interaction", "@type": "EntityRef", "@referredType": "ProductOrder", "name": "O"}
    assert stored_as({"interactionItem": [{"id": "5678", "item": sent}]}) == {
        "interactionItem": [
            {
                "@type": "InteractionItem",
                "id": "5678",
                "item": {
                    "@type": "RelatedEntityRefOrValue",
                    "role": "interaction",
                    "entity": {"@type": "EntityRef", "id": "30001", "@referredType": "ProductOrder", "name": "O"},
                },
            }
        ]
    }


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"id": "1", "@referredType": "Payment", "amount": 1}, "EntityRef"),
        ({"id": "1", "name": "n"}, "EntityRef"),
        ({"id": "1", "amount": 1}, "Entity"),
        ({"id": "1", "@type": "ProductOrder"}, "ProductOrder"),
    ],
)
def test_an_entity_gets_a_class_if_it_has_none(item: Members, kind: str) -> None:
    stored = stored_as({"interactionItem": [{"item": item}]})
    assert stored["interactionItem"][0]["item"]["entity"]["@type"] == kind


def test_the_class_of_an_entity_is_shown() -> None:
    item = {"@type": "RelatedEntityRefOrValue", "role": "r", "entity": {"@type": "EntityRef", "id": "1"}}
    shown = PARTY_INTERACTION.to_version({"interactionItem": [{"@type": "InteractionItem", "item": item}]})
    assert shown == {"interactionItem": [{"item": {"role": "r", "@type": "EntityRef", "id": "1"}}]}


def test_the_inner_role_of_an_entity_is_hidden_and_survives_a_patch() -> None:
    entity = {"@type": "Agreement", "id": "1", "role": "inner"}
    item = {"@type": "RelatedEntityRefOrValue", "role": "outer", "entity": entity}
    before = {"interactionItem": [{"@type": "InteractionItem", "id": "9", "item": item}]}
    shown = PARTY_INTERACTION.to_version(before)
    assert shown == {"interactionItem": [{"id": "9", "item": {"role": "outer", "@type": "Agreement", "id": "1"}}]}
    shown["interactionItem"][0]["item"]["role"] = "changed"
    assert PARTY_INTERACTION.update_stored(before, shown)["interactionItem"][0]["item"] == {**item, "role": "changed"}


def test_an_items_parties_are_references() -> None:
    stored = stored_as({"interactionItem": [{"relatedParty": [{"id": "1", "@referredType": "Individual"}]}]})
    related = stored["interactionItem"][0]["relatedParty"][0]
    assert related["@type"] == "RelatedPartyRefOrPartyRoleRef"
    assert related["partyOrPartyRole"]["@type"] == "PartyRef"


def test_an_interactions_parties_may_be_roles() -> None:
    related = stored_as({"relatedParty": [{"id": "1", "@referredType": "Customer"}]})["relatedParty"][0]
    assert related["@type"] == "RelatedPartyOrPartyRole"
    assert related["partyOrPartyRole"]["@type"] == "PartyRoleRef"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("note", "Note"), ("attachment", "Attachment"), ("interactionRelationship", "InteractionRelationship")],
)
def test_objects_within_get_their_class(name: str, kind: str) -> None:
    assert stored_as({name: [{"text": "t"}]}) == {name: [{"text": "t", "@type": kind}]}


def test_the_text_of_a_relationship_is_not_translated() -> None:
    stored = stored_as({"interactionRelationship": [{"id": "1", "relationshipType": "parent"}]})
    assert stored["interactionRelationship"][0]["relationshipType"] == "parent"


def test_what_an_attachment_has_beyond_its_schema_is_stored_as_sent() -> None:
    sent = {"mimeType": "a/b", "URL": "http://x", "interactionDate": {}}
    assert stored_as({"attachment": [sent]}) == {"attachment": [{**sent, "@type": "Attachment"}]}


def test_attributes_that_only_v5_knows_are_shown_as_they_are() -> None:
    stored = {
        "lastUpdate": "2024-01-01T00:00:00Z",
        "externalIdentifier": [{"@type": "ExternalIdentifier", "id": "1"}],
        "interactionItem": [{"interactionItemType": "t", "interactionItemRelationship": [{"id": "2"}]}],
    }
    assert PARTY_INTERACTION.to_version(stored) == stored
