"""Which v5 class a v4 object belongs to, and which mandatory v4 text a v5 object implies."""

from typing import Any

from app.domain.views.type_names import TYPE_NAMES

Members = dict[str, Any]

MEDIA = {
    "EmailContactMedium": ("emailAddress",),
    "PhoneContactMedium": ("phoneNumber",),
    "FaxContactMedium": ("faxNumber",),
    "SocialContactMedium": ("socialNetworkId",),
    "GeographicAddressContactMedium": ("street1", "street2", "city", "stateOrProvince", "postCode", "country"),
}
"""The classes of ContactMedium and the members that tell them apart."""

_MEDIUM_OF_MEMBER = {name: kind for kind, names in MEDIA.items() for name in names}

MEDIUM_MEMBERS = frozenset({"contactType", *_MEDIUM_OF_MEMBER})
"""What v4 holds in the `characteristic` of a contact medium, and v5 in the medium itself."""

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
}

MEDIUM_CLASSES = ("ContactMedium", *MEDIA)

_PLAIN = ("String", "Integer", "Number", "Boolean", "Object")

CHARACTERISTIC_CLASSES = (
    "Characteristic",
    "FloatCharacteristic",
    *(f"{plain}Characteristic" for plain in _PLAIN),
    *(f"{plain}ArrayCharacteristic" for plain in _PLAIN),
)

_WIDER = {
    "IntegerCharacteristic": ("NumberCharacteristic", "FloatCharacteristic"),
    "NumberCharacteristic": ("FloatCharacteristic",),
    "IntegerArrayCharacteristic": ("NumberArrayCharacteristic",),
}
"""The classes that a characteristic may claim although its value alone would put it into the first."""

ATTACHMENT_CLASSES = ("Attachment", "AttachmentRef", "AttachmentRefOrValue")

_OF_VALUES = frozenset({"attachmentType", "content", "mimeType", "size", "validFor"})
_REFERENCE = {"id", "href", "name", "@referredType"}
_PARTIES = (None, "Individual", "Organization", "Party")


def medium_class(medium: Members) -> str:
    """The class of a contact medium: the one it claims, else by its members, among several by its `mediumType`."""
    if (claimed := medium.get("@type")) in MEDIA:
        return str(claimed)
    present = {_MEDIUM_OF_MEMBER[name] for name in _MEDIUM_OF_MEMBER.keys() & medium.keys()}
    if len(present) == 1:
        return present.pop()
    named = _MEDIUM_OF_TYPE.get(_bare(medium.get("mediumType")))
    if named and (named in present or not present):
        return named
    return next((kind for kind in MEDIA if kind in present), "ContactMedium")


def medium_type(medium: Members) -> str | None:
    """The v4 `mediumType` of a stored contact medium that has none; None for an unknown class."""
    return MEDIUM_TYPES.get(str(medium.get("@type")))


def characteristic_class(characteristic: Members) -> str:
    """The class of a characteristic: by the JSON type of its `value`, or a wider one if it claims that."""
    value, claimed = characteristic.get("value"), characteristic.get("@type")
    if value == [] and str(claimed).endswith("ArrayCharacteristic"):
        return str(claimed)
    kind = f"{_json_type(value)}Characteristic"
    return str(claimed) if claimed in _WIDER.get(kind, ()) else kind


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


def entity_class(entity: Members) -> str:
    """The class of an entity that claims none: a reference if nothing but its address is there."""
    return "EntityRef" if "@referredType" in entity or entity.keys() <= _REFERENCE else "Entity"


def referred_type(reference: Members) -> str:
    """The v4 `@referredType` of a party reference without one: by its href, else Party or PartyRole."""
    collection = str(reference.get("href", "")).rstrip("/").split("/")[-2:-1]
    named = TYPE_NAMES.get("".join(collection).lower())
    return named or ("PartyRole" if reference.get("@type") == "PartyRoleRef" else "Party")


def _json_type(value: Any) -> str:
    if isinstance(value, list):
        kinds = {_json_type(each) for each in value}
        if kinds == {"Integer", "Number"}:
            return "NumberArray"
        return f"{kinds.pop()}Array" if len(kinds) == 1 and kinds <= set(_PLAIN) else ""
    for plain, kind in ((bool, "Boolean"), (int, "Integer"), (float, "Number"), (str, "String"), (dict, "Object")):
        if isinstance(value, plain):
            return kind
    return ""


def _bare(text: object) -> str:
    return str(text).lower().translate({ord(character): None for character in " -_"})
