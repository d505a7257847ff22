# SPDX-License-Identifier: Apache-2.0
"""Mappings of the objects within v4 resources; a step for each line of the table in docs/versions.md."""

from dataclasses import replace
from typing import Any

from app.apis.characteristic_classes import CHARACTERISTIC_CLASSES, characteristic_class
from app.apis.v4_classes import (
    ATTACHMENT_CLASSES,
    MEDIUM_CLASSES,
    MEDIUM_MEMBERS,
    attachment_class,
    entity_class,
    medium_class,
    medium_type,
    medium_type_cases,
    name_of,
    party_class,
    referred_type,
    referred_type_cases,
)
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.reading import Reading, derived_readings, exists, is_one_of, remembered_reading, stored_reading
from app.domain.mapping.shape_steps import Completed, Derived, Flattened, Lifted, Wrapped
from app.domain.mapping.step import Step
from app.domain.mapping.steps import Nested, Renamed
from app.domain.mapping.type_steps import DefaultType, DerivedType
from app.domain.query.predicates import Condition, Negation, Operator, Path, either, every

Members = dict[str, Any]


_REFERS = either([Negation(exists("@type")), Condition(("@type",), Operator.REGEX, ("Ref$",))])
_EMBEDS = Negation(_REFERS)


class PartyOrRole(Step):
    """Maps a party or role: sets the class of a reference by its target, and shows embedded ones as references."""

    def to_stored(self, members: Members) -> None:
        members["@type"] = party_class(members)

    def to_version(self, members: Members) -> None:
        kind = members.get("@type")
        if isinstance(kind, str) and not kind.endswith("Ref"):
            self._refer(members, kind)
            return
        if "@referredType" not in members:
            members["@referredType"] = referred_type(members)
        members.pop("@type", None)

    def readings(self, shown: Path) -> list[Reading]:
        match shown:
            case ("@type",):
                return [remembered_reading("@type")]
            case ("@referredType",):
                by_reference = [replace(each, when=every([_REFERS, each.when])) for each in referred_type_cases()]
                return derived_readings("@referredType", [Reading(_EMBEDS, source=("@type",)), *by_reference])
            case ("@baseType" | "@schemaLocation" as name,):
                return [stored_reading(name, _REFERS), remembered_reading(name)]
            case ("name",):
                return [stored_reading("name"), remembered_reading("name")]
        return []

    @staticmethod
    def _refer(embedded: Members, kind: str) -> None:
        names = ("id", "href", "name", "@referredType")
        shown = {"@referredType": kind, **{name: embedded[name] for name in names if name in embedded}}
        if "name" not in shown and (name := name_of(embedded)):
            shown["name"] = name
        embedded.clear()
        embedded.update(shown)


class ChannelKind(Step):
    """Stores the kind of channel, which v4 clients write into `@type`, as the `@referredType` of the ChannelRef."""

    def to_stored(self, members: Members) -> None:
        if (kind := members.get("@type")) not in (None, "RelatedChannel", "ChannelRef"):
            members.setdefault("@referredType", kind)
        members["@type"] = "ChannelRef"

    def to_version(self, members: Members) -> None:
        if members.get("@type") == "ChannelRef":
            del members["@type"]

    def path(self, shown: Path) -> Path:
        return ("@referredType",) if shown == ("@type",) else shown

    def readings(self, shown: Path) -> list[Reading]:
        if shown == ("@type",):
            return [stored_reading("@type", Negation(is_one_of("@type", ["ChannelRef"]))), remembered_reading("@type")]
        return [stored_reading("@referredType")] if shown == ("@referredType",) else []


CHARACTERISTIC = VersionMapping(
    Nested("characteristicRelationship", VersionMapping(DefaultType("CharacteristicRelationship"))),
    DerivedType(characteristic_class, known_types=CHARACTERISTIC_CLASSES),
)

CONTACT_MEDIUM = VersionMapping(
    Flattened("characteristic", MEDIUM_MEMBERS),
    DerivedType(medium_class, known_types=MEDIUM_CLASSES),
    Derived("mediumType", medium_type, needs=("@type",), cases=medium_type_cases()),
)

EXTERNAL_REFERENCE = VersionMapping(
    Renamed("name", "id"),
    Renamed("externalReferenceType", "externalIdentifierType"),
    DefaultType("ExternalIdentifier", "ExternalReference"),
)

ATTACHMENT = VersionMapping(DerivedType(attachment_class, known_types=ATTACHMENT_CLASSES))

PARTY_OR_ROLE = VersionMapping(PartyOrRole())

RELATED_PARTY = VersionMapping(Wrapped("partyOrPartyRole", PARTY_OR_ROLE, kind="RelatedPartyOrPartyRole"))

RELATED_PARTY_BY_REFERENCE = VersionMapping(
    Wrapped("partyOrPartyRole", PARTY_OR_ROLE, kind="RelatedPartyRefOrPartyRoleRef")
)

RELATED_CHANNEL = VersionMapping(Wrapped("channel", VersionMapping(ChannelKind()), kind="RelatedChannel"))

RELATED_ENTITY = VersionMapping(
    Wrapped("entity", VersionMapping(Completed("@type", entity_class)), kind="RelatedEntityRefOrValue")
)

PARTY = VersionMapping(
    DefaultType("PartyRef", "RelatedParty"),
    Derived("@referredType", referred_type, needs=("@type", "href"), cases=referred_type_cases()),
)

ACCOUNT = VersionMapping(
    DefaultType("AccountRef"),
    Derived("name", lambda account: account.get("id"), needs=("id",), cases=[Reading(source=("id",))]),
)

IN_EVERY_ROLE = (
    Lifted("engagedParty", "role"),
    Nested("engagedParty", PARTY),
    Nested("account", ACCOUNT),
    Nested("agreement", VersionMapping(DefaultType("AgreementRef"))),
    Nested("characteristic", CHARACTERISTIC),
    Nested("contactMedium", CONTACT_MEDIUM),
    Nested("creditProfile", VersionMapping(DefaultType("CreditProfile"))),
    Nested("paymentMethod", VersionMapping(DefaultType("PaymentMethodRef"))),
    Nested("relatedParty", RELATED_PARTY),
)
"""The steps of all party roles, of which a customer is one."""
