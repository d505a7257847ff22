# SPDX-License-Identifier: Apache-2.0
"""Eve with a Cerberus schema of TMF629 v4's Customer, else as it comes."""

from typing import Any

from eve import Eve

from tests.bench.servers import place

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
DATE_TIME: Schema = {"type": "datetime"}
EXTENSIBLE: Schema = {"@type": TEXT, "@baseType": TEXT, "@schemaLocation": TEXT}


def part(**attributes: Schema) -> Schema:
    """An object with these attributes and those that every part of a resource may have."""
    return {"type": "dict", "schema": {**EXTENSIBLE, **attributes}}


def many(of: Schema) -> Schema:
    """A list of such things."""
    return {"type": "list", "schema": of}


def reference(**attributes: Schema) -> Schema:
    """A reference to something that is kept elsewhere."""
    return part(**{"id": {**TEXT, "required": True}, "href": TEXT, "name": TEXT, "@referredType": TEXT, **attributes})


PERIOD: Schema = {"type": "dict", "schema": {"startDateTime": DATE_TIME, "endDateTime": DATE_TIME}}
CHARACTERISTIC = part(id=TEXT, name={**TEXT, "required": True}, value={"required": True}, valueType=TEXT)
ADDRESS = ("city", "contactType", "country", "emailAddress", "faxNumber", "phoneNumber", "postCode", "socialNetworkId")
CONTACT_MEDIUM = part(
    mediumType=TEXT,
    preferred={"type": "boolean"},
    characteristic=part(**dict.fromkeys((*ADDRESS, "stateOrProvince", "street1", "street2"), TEXT)),
    validFor=PERIOD,
)
CREDIT_PROFILE = part(
    creditProfileDate=DATE_TIME,
    creditRiskRating={"type": "integer"},
    creditScore={"type": "integer"},
    validFor=PERIOD,
)
CUSTOMER: Schema = {
    **EXTENSIBLE,
    "name": {**TEXT, "required": True},
    "status": TEXT,
    "statusReason": TEXT,
    "validFor": PERIOD,
    "engagedParty": {**reference(role=TEXT), "required": True},
    "account": many(reference(name={**TEXT, "required": True}, description=TEXT)),
    "agreement": many(reference()),
    "characteristic": many(CHARACTERISTIC),
    "contactMedium": many(CONTACT_MEDIUM),
    "creditProfile": many(CREDIT_PROFILE),
    "paymentMethod": many(reference(name={**TEXT, "required": True})),
    "relatedParty": many(reference(role=TEXT)),
}

app = Eve(
    settings={
        "DOMAIN": {place.COLLECTION: {"schema": CUSTOMER}},
        "MONGO_URI": place.uri(),
        "MONGO_DBNAME": place.database(),
        "MONGO_WRITE_CONCERN": {"w": "majority"},
        "RESOURCE_METHODS": ["GET", "POST"],
        "ITEM_METHODS": ["GET", "PATCH"],
        "DATE_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
        # Else a PATCH needs an If-Match that its sender must have read before.
        "ENFORCE_IF_MATCH": False,
        # Else a create answers with the id alone.
        "BANDWIDTH_SAVER": False,
    }
)
