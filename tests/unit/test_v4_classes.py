# SPDX-License-Identifier: Apache-2.0
"""Which class an object without one belongs to."""

from typing import Any

import pytest
from bson.int64 import Int64

from app.apis.characteristic_classes import characteristic_class
from app.apis.v4_classes import MEDIA, MEDIUM_TYPES, medium_class


@pytest.mark.parametrize("kind", MEDIA)
def test_a_medium_is_classed_by_its_type_or_by_its_members(kind: str) -> None:
    assert medium_class({"mediumType": MEDIUM_TYPES[kind]}) == kind
    for member in MEDIA[kind]:
        assert medium_class({member: "x"}) == kind
        assert medium_class({member: "x", "mediumType": MEDIUM_TYPES[kind]}) == kind


@pytest.mark.parametrize(
    ("medium", "kind"),
    [
        ({"mediumType": "Postal Address"}, "GeographicAddressContactMedium"),
        ({"mediumType": "MOBILE_PHONE"}, "PhoneContactMedium"),
        ({"mediumType": "email", "phoneNumber": "1"}, "PhoneContactMedium"),
        ({"mediumType": "fax", "phoneNumber": "1", "faxNumber": "2"}, "FaxContactMedium"),
        ({"mediumType": "pigeon", "phoneNumber": "1", "faxNumber": "2"}, "PhoneContactMedium"),
        ({"mediumType": "email", "phoneNumber": "1", "faxNumber": "2"}, "PhoneContactMedium"),
        ({"mediumType": "email", "phoneNumber": "1", "@type": "FaxContactMedium"}, "FaxContactMedium"),
        ({"mediumType": "email", "@type": "Odd"}, "EmailContactMedium"),
        ({"mediumType": ["email"]}, "ContactMedium"),
        ({"mediumType": None}, "ContactMedium"),
        ({}, "ContactMedium"),
    ],
)
def test_the_members_of_a_medium_count_more_than_its_type_and_its_claim_most(medium: dict[str, Any], kind: str) -> None:
    assert medium_class(medium) == kind


@pytest.mark.parametrize(
    ("value", "claimed", "kind"),
    [
        (Int64(7), None, "IntegerCharacteristic"),
        ([Int64(7), 1.5], None, "NumberArrayCharacteristic"),
        (True, None, "BooleanCharacteristic"),
        (7, "FloatCharacteristic", "FloatCharacteristic"),
        (7, "StringCharacteristic", "IntegerCharacteristic"),
        (7.5, "NumberCharacteristic", "NumberCharacteristic"),
        ([], "StringArrayCharacteristic", "StringArrayCharacteristic"),
        ([], None, "Characteristic"),
    ],
)
def test_a_characteristic_may_claim_a_wider_class_than_its_value_has(value: Any, claimed: Any, kind: str) -> None:
    assert characteristic_class({"value": value, "@type": claimed} if claimed else {"value": value}) == kind
