# SPDX-License-Identifier: Apache-2.0
"""What v4 remembers of a document stays true when v5 changes it: only that is forgotten which v5 has changed."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from app.apis.customer_v4 import CUSTOMER as CUSTOMER_V4
from app.apis.customer_v5 import CUSTOMER as CUSTOMER_V5
from app.apis.party_interaction_v4 import PARTY_INTERACTION as INTERACTION_V4
from app.apis.party_interaction_v5 import PARTY_INTERACTION as INTERACTION_V5
from app.apis.party_v4 import INDIVIDUAL as INDIVIDUAL_V4
from app.apis.party_v5 import INDIVIDUAL as INDIVIDUAL_V5
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.residue import surviving
from app.domain.mapping.step import Members


def after_v5(v4: VersionMapping, v5: VersionMapping, sent: Members, change: Callable[[Members], None]) -> Members:
    """What a v4 client sees of what it `sent` after v5 has made a `change` to what it saw of that."""
    stored = v4.to_stored(v4.normalise(sent))
    wanted = deepcopy(v5.to_version(stored))
    change(wanted)
    patched = v5.update_stored(stored, wanted)
    assert v5.to_version(patched) == wanted
    return v4.to_version(patched)


@pytest.mark.parametrize(
    ("changed", "channel"),
    [
        ({"name": "Plaza"}, {"id": "5", "@type": "store", "name": "Plaza"}),
        ({"href": "/5"}, {"id": "5", "@type": "store", "href": "/5"}),
        ({"@referredType": "kiosk"}, {"id": "5", "@referredType": "kiosk"}),
        ({"id": "6"}, {"id": "6", "@referredType": "store"}),
    ],
)
@pytest.mark.parametrize("within", [(), ("interactionItem", 0)], ids=["interaction", "item"])
def test_the_kind_of_a_channel_stays_until_v5_changes_it(
    changed: Members, channel: Members, within: tuple[str | int, ...]
) -> None:
    def change(shown: Members) -> None:
        place: Any = shown
        for step in within:
            place = place[step]
        place["relatedChannel"][0]["channel"].update(changed)

    sent: Members = {"channel": [{"id": "5", "@type": "store"}]}
    sent = {"interactionItem": [sent]} if within else sent
    wanted = {"channel": [channel]}
    shown = after_v5(INTERACTION_V4, INTERACTION_V5, sent, change)
    assert shown == ({"interactionItem": [wanted]} if within else wanted)


def test_a_kind_that_v5_never_saw_is_not_forgotten() -> None:
    channel = {"id": "5", "@type": "store", "@referredType": "shop"}

    def change(shown: Members) -> None:
        shown["relatedChannel"][0]["channel"]["@referredType"] = "kiosk"

    shown = after_v5(INTERACTION_V4, INTERACTION_V5, {"channel": [channel]}, change)
    assert shown == {"channel": [{**channel, "@referredType": "kiosk"}]}


@pytest.mark.parametrize(
    ("name", "element", "changed", "shown"),
    [
        (
            "contactMedium",
            {"@type": "EmailContactMedium", "mediumType": "e", "characteristic": {"emailAddress": "a"}},
            {"emailAddress": "b"},
            {"@type": "EmailContactMedium", "mediumType": "e", "characteristic": {"emailAddress": "b"}},
        ),
        (
            "contactMedium",
            {"@type": "EmailContactMedium", "mediumType": "e", "characteristic": {"emailAddress": "a"}},
            {"@type": "PhoneContactMedium", "emailAddress": None, "phoneNumber": "1"},
            {"mediumType": "e", "characteristic": {"phoneNumber": "1"}},
        ),
        (
            "contactMedium",
            {"@type": "EmailContactMedium", "characteristic": {"emailAddress": "a"}},
            {"preferred": True},
            {"@type": "EmailContactMedium", "characteristic": {"emailAddress": "a"}, "preferred": True},
        ),
        (
            "partyCharacteristic",
            {"@type": "StringCharacteristic", "name": "n", "value": "1"},
            {"@type": "IntegerCharacteristic", "value": 1},
            {"name": "n", "value": 1},
        ),
        (
            "creditRating",
            {"@type": "PartyCreditProfile", "id": "1"},
            {"@type": "OwnProfile"},
            {"@type": "OwnProfile", "id": "1"},
        ),
        (
            "externalReference",
            {"name": "http://x/1", "id": "7"},
            {"owner": "me"},
            {"name": "http://x/1", "id": "7", "owner": "me"},
        ),
        ("externalReference", {"name": "http://x/1", "id": "7"}, {"id": "http://x/2"}, {"name": "http://x/2"}),
    ],
)
def test_of_an_element_only_that_is_forgotten_which_v5_has_changed(
    name: str, element: Members, changed: Members, shown: Members
) -> None:
    def change(wanted: Members) -> None:
        merged = {**wanted[name][1], **changed}
        wanted[name][1] = {member: value for member, value in merged.items() if value is not None}

    first = {**element, "name": "first"}
    assert after_v5(INDIVIDUAL_V4, INDIVIDUAL_V5, {name: [first, element]}, change) == {name: [first, shown]}


def test_the_class_of_a_related_party_is_forgotten_when_v5_makes_it_another() -> None:
    related = {"id": "1", "role": "r", "@type": "PartyRef", "@referredType": "Individual"}

    def change(shown: Members) -> None:
        shown["relatedParty"][0]["partyOrPartyRole"].update({"@type": "PartyRoleRef", "@referredType": "Customer"})

    shown = after_v5(INDIVIDUAL_V4, INDIVIDUAL_V5, {"relatedParty": [related]}, change)
    assert shown == {"relatedParty": [{"id": "1", "role": "r", "@referredType": "Customer"}]}


def test_a_role_in_open_content_is_not_that_of_the_engaged_party_which_v5_changes() -> None:
    party = {"id": "1", "@referredType": "Individual"}
    sent = {"engagedParty": party, "role": "mine"}
    shown = after_v5(CUSTOMER_V4, CUSTOMER_V5, sent, lambda wanted: wanted.update(role="buyer"))
    assert shown == {"engagedParty": {**party, "role": "buyer"}, "role": "mine"}


def test_a_role_in_open_content_that_v5_cannot_see_stays() -> None:
    party = {"id": "1", "@referredType": "Individual", "role": "buyer"}
    sent = {"engagedParty": party, "role": "mine"}
    shown = after_v5(CUSTOMER_V4, CUSTOMER_V5, sent, lambda wanted: wanted.update(role="seller"))
    assert shown == {"engagedParty": {**party, "role": "seller"}, "role": "mine"}


def test_two_equal_elements_keep_their_own_memories() -> None:
    channels = [{"id": "5", "@type": "store"}, {"id": "5", "@referredType": "store"}]

    def change(shown: Members) -> None:
        shown["relatedChannel"][0]["role"] = "first"

    shown = after_v5(INTERACTION_V4, INTERACTION_V5, {"channel": channels}, change)
    assert shown == {"channel": [{**channels[0], "role": "first"}, channels[1]]}


def test_a_memory_follows_its_element_to_another_place() -> None:
    channels = [{"id": "5", "@type": "store"}, {"id": "6", "@type": "kiosk"}]

    def change(shown: Members) -> None:
        shown["relatedChannel"].reverse()
        shown["relatedChannel"][0]["role"] = "first"

    shown = after_v5(INTERACTION_V4, INTERACTION_V5, {"channel": channels}, change)
    assert shown == {"channel": [{**channels[1], "role": "first"}, channels[0]]}


def test_a_memory_survives_in_parts_and_says_nothing_when_nothing_is_left() -> None:
    memory = {"set": {"a": 1, "b": 2}, "drop": ["c", "d"], "within": {"e": {"set": {"a": 3}}, "f": {"drop": ["b"]}}}
    left = surviving(memory, lambda path, _remembered: path[-1] in "ac")
    assert left == {"set": {"a": 1}, "drop": ["c"], "within": {"e": {"set": {"a": 3}}}}
    assert surviving(memory, lambda _path, _remembered: False) == {}
