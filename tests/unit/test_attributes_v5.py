# SPDX-License-Identifier: Apache-2.0
"""Attribute trees where `@type` chooses between classes, and those of our own documents."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.domain import dates
from app.domain.query.attributes import Attribute
from app.errors import InvalidQuery
from app.spec.schemas import Schemas
from tests.served import DOCUMENT_OF, DOCUMENTS
from tests.unit.examples import full_example
from tests.unit.schemas import DATE_TIME, TEXT, chosen_from, ref


def along(path: str, tree: Attribute) -> Attribute:
    return tree.along(tuple(path.split(".")))[-1]


CLASSES: dict[str, Any] = {
    "Base": {
        "properties": {"name": TEXT, "like": ref("Choice")},
        "discriminator": chosen_from("Base", "Dated", "Noted"),
    },
    "Dated": {"allOf": [ref("Base"), {"properties": {"at": DATE_TIME, "part": ref("DatedPart"), "value": TEXT}}]},
    "Noted": {
        "allOf": [ref("Base"), {"properties": {"note": TEXT, "part": ref("NotedPart"), "value": {"type": "integer"}}}]
    },
    "Other": {"properties": {"name": {"type": "array", "items": TEXT}, "back": ref("Holder")}},
    "DatedPart": {"properties": {"from": DATE_TIME}},
    "NotedPart": {"properties": {"text": TEXT}},
    "Choice": {"oneOf": [ref("Dated"), ref("Other")], "discriminator": chosen_from("Dated", "Other")},
    "Holder": {
        "properties": {
            "base": ref("Base"),
            "bases": {"type": "array", "items": ref("Base")},
            "choice": ref("Choice"),
            "described": {"allOf": [ref("Base")], "description": "One of them."},
            "noted": ref("Noted"),
        }
    },
}
HOLDER = Schemas({"components": {"schemas": CLASSES}}).tree("Holder")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("base.name", "string"),
        ("base.at", "date-time"),
        ("base.note", "string"),
        ("bases.0.at", "date-time"),
        ("described.at", "date-time"),
        ("choice", "object"),
        ("choice.at", "date-time"),
        ("base.part.from", "date-time"),
        ("base.part.text", "string"),
        ("base.value", "any"),
        ("base.value.deep", "any"),
        ("choice.name", "any"),
        ("choice.value", "string"),
        ("choice.like.back.base.like.at", "date-time"),
    ],
)
def test_a_path_leads_into_every_class_that_a_value_may_have(path: str, kind: str) -> None:
    assert along(path, HOLDER).kind == kind


@pytest.mark.parametrize("path", ["noted.at", "choice.note", "choice.part.text"])
def test_a_path_does_not_lead_into_a_class_that_a_value_cannot_have(path: str) -> None:
    with pytest.raises(InvalidQuery, match="is not a known attribute"):
        along(path, HOLDER)


def test_what_one_class_alone_declares_is_shared_with_that_class() -> None:
    assert along("base.at", HOLDER) is along("choice.at", HOLDER) is along("bases.0.at", HOLDER)
    assert along("choice.like.back", HOLDER) is HOLDER


TREE_OF = {(name, resource): Schemas(DOCUMENTS[name]).tree(resource) for (resource, _), name in DOCUMENT_OF.items()}


@pytest.mark.parametrize(
    ("document", "resource", "path", "kind"),
    [
        ("party-v5", "Individual", "relatedParty.partyOrPartyRole.id", "string"),
        ("party-v5", "Individual", "relatedParty.partyOrPartyRole.birthDate", "date-time"),
        ("party-v5", "Individual", "relatedParty.partyOrPartyRole.otherName.tradingName", "string"),
        ("party-v5", "Individual", "relatedParty.partyOrPartyRole.relatedParty.partyOrPartyRole.partyId", "string"),
        ("party-v5", "Individual", "contactMedium.emailAddress", "string"),
        ("party-v5", "Individual", "contactMedium.geographicAddress.id", "string"),
        ("party-v5", "Individual", "partyCharacteristic.value", "any"),
        ("party-v5", "Organization", "organizationIdentification.attachment.validFor.startDateTime", "date-time"),
        ("customer-v5", "Customer", "characteristic.characteristicRelationship.id", "string"),
        ("customer-v5", "Customer", "engagedParty.name", "string"),
        ("party-interaction-v5", "PartyInteraction", "attachment.validFor.startDateTime", "date-time"),
        ("party-interaction-v5", "PartyInteraction", "interactionItem.item.entity.id", "string"),
        (
            "party-interaction-v5",
            "PartyInteraction",
            "interactionItem.0.relatedParty.0.partyOrPartyRole.name",
            "string",
        ),
    ],
)
def test_the_attributes_of_version_5_are_found_in_every_class(
    document: str, resource: str, path: str, kind: str
) -> None:
    assert along(path, TREE_OF[document, resource]).kind == kind


def test_an_individual_has_no_attributes_of_an_organization() -> None:
    assert "tradingName" not in TREE_OF["party-v5", "Individual"].members


INDEXED = [
    (name, resource, path)
    for name, resource in TREE_OF
    if name.endswith("v5")
    for index in DOCUMENTS[name]["x-tmf-resources"][resource]["x-indexes"]
    for path in index
    if not path.startswith("@type=")  # The class of a partial index
]


@pytest.mark.parametrize(("document", "resource", "path"), INDEXED)
def test_what_is_indexed_is_an_attribute_of_version_5(document: str, resource: str, path: str) -> None:
    found = along(path, TREE_OF[document, resource])
    assert (found.kind, found.array) in {("string", False), ("date-time", False)}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


@pytest.mark.parametrize(("document", "resource"), TREE_OF)
def test_no_date_time_of_an_example_stays_a_text(document: str, resource: str) -> None:
    shown = full_example(DOCUMENTS[document], resource)
    dated = [text for text in texts(shown) if re.match(r"\d{4}-\d\d-\d\dT", text)]
    kept = TREE_OF[document, resource].with_instants(shown)
    assert dated
    assert [text for text in texts(kept) if text in dated] == []
    assert dates.with_text_dates(kept) == shown
