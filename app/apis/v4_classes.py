# SPDX-License-Identifier: Apache-2.0
"""Derivations for v4: the v5 class of an object, and mandatory v4 texts of objects from v5."""

from typing import Any

from app.domain.mapping.reading import Reading, is_one_of
from app.domain.mapping.type_names import TYPE_NAMES
from app.domain.query.predicates import Condition, Negation, Operator, Perl, either, every
from app.domain.reference_addresses import SCHEME

Members = dict[str, Any]

MEDIA = {
    "EmailContactMedium": ("emailAddress",),
    "PhoneContactMedium": ("phoneNumber",),
    "FaxContactMedium": ("faxNumber",),
    "SocialContactMedium": ("socialNetworkId",),
    "GeographicAddressContactMedium": ("street1", "street2", "city", "stateOrProvince", "postCode", "country"),
}
"""The classes of ContactMedium, with the members by which they are recognised."""

_MEDIUM_OF_MEMBER = {name: kind for kind, names in MEDIA.items() for name in names}

MEDIUM_MEMBERS = frozenset({"contactType", *_MEDIUM_OF_MEMBER})
"""The members that v4 has in the `characteristic` of a contact medium, and v5 in the medium itself."""

MEDIUM_TYPES = {
    "EmailContactMedium": "email",
    "PhoneContactMedium": "telephoneNumber",
    "FaxContactMedium": "faxNumber",
    "SocialContactMedium": "socialNetwork",
    "GeographicAddressContactMedium": "postalAddress",
}
"""The v4 `mediumType` that is shown when none is stored."""

_MEDIUM_OF_TYPE = {
    **dict.fromkeys(("email", "emailaddress"), "EmailContactMedium"),
    **dict.fromkeys(
        ("phone", "telephone", "telephonenumber", "phonenumber", "mobile", "mobilephone"), "PhoneContactMedium"
    ),
    **dict.fromkeys(("fax", "faxnumber"), "FaxContactMedium"),
    **dict.fromkeys(("socialnetwork", "social"), "SocialContactMedium"),
    **dict.fromkeys(
        ("postaladdress", "mailingaddress", "address", "geographicaddress"), "GeographicAddressContactMedium"
    ),
    **{spelled: kind for kind, spelled in MEDIUM_TYPES.items()},
}
"""The classes by `mediumType`, in lower case without blanks, and in the usual spellings, for speed."""

MEDIUM_CLASSES = ("ContactMedium", *MEDIA)

ATTACHMENT_CLASSES = ("Attachment", "AttachmentRef", "AttachmentRefOrValue")

_OF_VALUES = frozenset({"attachmentType", "content", "mimeType", "size", "validFor"})
_REFERENCE = {"id", "href", "name", "@referredType"}
_BLANKS = {ord(character): None for character in " -_"}
_PARTIES = (None, "Individual", "Organization", "Party")


def medium_class(medium: Members) -> str:
    """The class of a contact medium: the one it claims, else by its members, among several by its `mediumType`."""
    if (claimed := medium.get("@type")) in MEDIA:
        return str(claimed)
    named = _medium_named(medium.get("mediumType"))
    if named and not medium.keys().isdisjoint(MEDIA[named]):
        return named
    present = [kind for kind, members in MEDIA.items() if not medium.keys().isdisjoint(members)]
    return present[0] if present else named or "ContactMedium"


def medium_type(medium: Members) -> str | None:
    """The v4 `mediumType` of a stored contact medium that has none: that of its class, else the name of the class."""
    kind = medium.get("@type")
    return MEDIUM_TYPES.get(kind, kind) if isinstance(kind, str) else None


def medium_type_cases() -> list[Reading]:
    """The readings of `medium_type`, for filters."""
    of_class = [Reading(is_one_of("@type", [kind]), constant=spelt) for kind, spelt in MEDIUM_TYPES.items()]
    return [*of_class, Reading(Negation(is_one_of("@type", MEDIUM_TYPES)), source=("@type",))]


def attachment_class(attachment: Members) -> str:
    """AttachmentRef or Attachment: the one it claims, else a reference unless it has what only a value has."""
    if (claimed := attachment.get("@type")) in ("Attachment", "AttachmentRef"):
        return str(claimed)
    refers = "@referredType" in attachment or ("id" in attachment and _OF_VALUES.isdisjoint(attachment))
    return "AttachmentRef" if refers else "Attachment"


def party_class(reference: Members) -> str:
    """PartyRoleRef for a reference to a role that a party plays, PartyRef for one to the party itself."""
    of_role = "partyId" in reference or "partyName" in reference or reference.get("@referredType") not in _PARTIES
    return "PartyRoleRef" if of_role else "PartyRef"


def name_of(party: Members) -> str | None:
    """The v4 `name` of a reference to a party that is embedded without one."""
    parts = [party[part] for part in ("givenName", "familyName") if isinstance(party.get(part), str)]
    name = " ".join(parts) or party.get("tradingName")
    return name if isinstance(name, str) and name else None


def entity_class(entity: Members) -> str:
    """The class of an entity without `@type`: a reference if it has only members of one."""
    return "EntityRef" if "@referredType" in entity or entity.keys() <= _REFERENCE else "Entity"


def referred_type(reference: Members) -> str:
    """The v4 `@referredType` of a party reference without one: by its href, else Party or PartyRole."""
    collection = str(reference.get("href", "")).removeprefix(SCHEME).rstrip("/").split("/")[-2:-1]
    named = TYPE_NAMES.get("".join(collection).lower())
    return named or ("PartyRole" if reference.get("@type") == "PartyRoleRef" else "Party")


def referred_type_cases() -> list[Reading]:
    """The readings of `referred_type`, for filters."""
    named = {name: Condition(("href",), Operator.REGEX, (_in_collection(name),)) for name in TYPE_NAMES.values()}
    of_role, unnamed = is_one_of("@type", ["PartyRoleRef"]), Negation(either(named.values()))
    return [
        *(Reading(when, constant=name) for name, when in named.items()),
        Reading(every([unnamed, of_role]), constant="PartyRole"),
        Reading(every([unnamed, Negation(of_role)]), constant="Party"),
    ]


def _in_collection(name: str) -> Perl:
    """The regular expression of an `href` in the collection of this type; fast on texts of any length."""
    in_any_case = "".join(f"[{letter.upper()}{letter.lower()}]" for letter in name)
    return Perl(rf"(?:\A|\A{SCHEME}|/){in_any_case}/[^/]++/*+\z")


def _medium_named(medium: object) -> str | None:
    """The class for a `mediumType`, in any spelling; None for an unknown one."""
    text = medium if isinstance(medium, str) else str(medium)
    return _MEDIUM_OF_TYPE.get(text) or _MEDIUM_OF_TYPE.get(text.lower().translate(_BLANKS))
