# SPDX-License-Identifier: Apache-2.0
"""Published documents that are made up, and what becomes of them."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from app.spec.adoption.adopt import Adoption, adopt

Document = dict[str, Any]
PROSE = "Words of somebody else that must not come along."


def crud(name: str, array: bool = True, *, without: str = "", **bodies: str) -> Document:
    """The paths of a resource in Swagger 2.0, with a PUT; but for those methods that are named in `without`."""
    shown = {"$ref": f"#/definitions/{name}"}

    def operation(status: str, schema: Document | None, body: str = "") -> Document:
        sent = [{"in": "body", "name": "body", "schema": {"$ref": f"#/definitions/{body}"}}] if body else []
        answer = {"description": PROSE, **({"schema": schema} if schema else {})}
        return {"description": PROSE, "parameters": sent, "responses": {status: answer}}

    create, patch = bodies.get("create", f"{name}_Create"), bodies.get("patch", f"{name}_Update")
    collection = {
        "get": operation("200", {"type": "array", "items": shown} if array else shown),
        "post": operation("201", shown, create),
    }
    member = {
        "get": operation("200", shown),
        "patch": operation("200", shown, patch),
        "put": operation("200", shown, patch),
        "delete": operation("204", None),
    }
    path = f"/{name[0].lower()}{name[1:]}"
    items = {path: collection, f"{path}/{{id}}": member}
    return {
        at: kept
        for at, item in items.items()
        if (kept := {method: each for method, each in item.items() if method not in without.split()})
    }


def swagger(definitions: Document, paths: Document, **more: Any) -> Document:
    """A document of version 4, in Swagger 2.0."""
    return {
        "swagger": "2.0",
        "info": {"title": "Ship Management", "version": "4.0.0", "description": f"## TMF999 - Ships. {PROSE}"},
        "basePath": "/tmf-api/shipManagement/v4/",
        "consumes": ["application/json;charset=utf-8"],
        "paths": paths,
        "definitions": definitions,
        **more,
    }


def ship(**properties: Any) -> Document:
    """The definitions of a resource called Ship, whose views all have these properties."""
    names = ("Ship", "Ship_Create", "Ship_Update")
    views: Document = {name: {"type": "object", "properties": copy.deepcopy(properties)} for name in names}
    views["Ship"]["properties"].update({"id": {"type": "string"}, "href": {"type": "string"}})
    return views


def adopted(folder: Path, document: Document, name: str = "published.json") -> Adoption:
    """What is made of a document, which is written to a file first."""
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return adopt(path)


def content(made: Adoption) -> Document:
    """What the adopted document says."""
    read: Document = yaml.safe_load(made.text)
    return read


def notes(made: Adoption) -> list[str]:
    """The lines of its report."""
    return [note.line("") for note in made.notes]


TICKET = swagger(
    {
        "Ticket": {
            "type": "object",
            "description": PROSE,
            "required": ["severity", "note", "isOpen"],
            "properties": {
                "id": {"type": "string", "description": PROSE, "example": PROSE},
                "href": {"type": "string"},
                "name": {"type": "string"},
                "severity": {"type": "integer", "minimum": 1, "maximum": 5, "default": 3},
                "status": {"$ref": "#/definitions/TicketStatus"},
                "statusChangeDate": {"type": "string", "format": "date-time"},
                "creationDate": {"type": "string", "format": "date-time"},
                "lastUpdate": {"type": "string", "format": "date-time"},
                "expectedResolutionDate": {"type": "string", "format": "date-time"},
                "note": {"type": "array", "items": {"$ref": "#/definitions/Note"}},
                "isOpen": {"type": "boolean"},
                "contact": {"type": "object", "properties": {"email": {"type": "string", "x-nullable": True}}},
                "relatedParty": {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/RelatedParty"}},
                "vessel": {"$ref": "#/definitions/Vessel"},
                "@type": {"type": "string"},
            },
        },
        "Ticket_Create": {
            "type": "object",
            "required": ["id", "severity"],
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string"},
                "severity": {"type": "integer", "minimum": 1, "maximum": 5},
                "status": {"$ref": "#/definitions/TicketStatus"},
                "note": {"type": "array", "items": {"$ref": "#/definitions/Note"}},
                "relatedParty": {"type": "array", "items": {"$ref": "#/definitions/RelatedParty"}},
                "vessel": {"$ref": "#/definitions/Vessel"},
                "@type": {"type": "string"},
            },
        },
        "Ticket_Update": {
            "type": "object",
            "required": ["severity"],
            "properties": {
                "name": {"type": "string"},
                "severity": {"type": "integer", "minimum": 1, "maximum": 5},
                "status": {"$ref": "#/definitions/TicketStatus"},
            },
        },
        "TicketStatus": {"type": "string", "enum": ["rejected", "in progress", "acknowledged", "closed"]},
        "Note": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
        "RelatedParty": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
        "Vessel": {
            "type": "object",
            "discriminator": "@type",
            "required": ["@type"],
            "properties": {"@type": {"type": "string"}, "name": {"type": "string"}},
        },
        "Ferry": {"allOf": [{"$ref": "#/definitions/Vessel"}, {"properties": {"seats": {"type": "integer"}}}]},
        "Error": {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
        "TicketCreateEvent": {"type": "object", "properties": {"event": {"$ref": "#/definitions/Ticket"}}},
    },
    {
        **crud("Ticket"),
        "/hub": {"post": {"responses": {}}},
        "/listener/ticketCreateEvent": {"post": {"responses": {}}},
        "/closeTicket": {"post": {"responses": {}}},
        "/ticket/{ticketId}/log/{id}": {"get": {"responses": {}}},
    },
    info={"title": "Ticket API", "version": "4.0", "description": "TMF999"},
    basePath="/tmf-api/ticket/v4/",
)
"""A document of version 4 that has a bit of everything."""


def _view(suffix: str, required: list[str], more: Document | None = None) -> Document:
    prefix = "#/components/schemas/"
    own = {
        "name": {"type": "string"},
        "state": {"type": "string", "enum": ["active", "In study", "retired"]},
        "part": {"type": "array", "items": {"$ref": f"{prefix}PartRefOrValue{suffix}"}},
        "engagedParty": {"$ref": f"{prefix}PartyRef{suffix}"},
        **(more or {}),
    }
    return {
        "allOf": [{"$ref": f"{prefix}Entity{suffix}"}, {"type": "object", "required": required, "properties": own}],
        "discriminator": {"propertyName": "@type", "mapping": {"Contract": f"{prefix}Contract{suffix}"}},
    }


def _parts(suffix: str) -> Document:
    prefix = "#/components/schemas/"
    entity: Document = {"type": "object", "properties": {"id": {"type": "string"}, "href": {"type": "string"}}}
    union = {"Part": f"{prefix}Part{suffix}", "PartRef": f"{prefix}PartRef{suffix}"}
    return {
        f"Extensible{suffix}": {
            "type": "object",
            "required": ["@type"],
            "properties": {name: {"type": "string"} for name in ("@type", "@baseType", "@schemaLocation")},
        },
        f"Addressable{suffix}": entity,
        f"Entity{suffix}": {
            "type": "object",
            "allOf": [{"$ref": f"{prefix}Extensible{suffix}"}, {"$ref": f"{prefix}Addressable{suffix}"}],
        },
        f"PartyRef{suffix}": {"allOf": [{"$ref": f"{prefix}Entity{suffix}"}, {"type": "object", "required": ["id"]}]},
        f"PartRef{suffix}": {"allOf": [{"$ref": f"{prefix}Entity{suffix}"}, {"type": "object", "required": ["id"]}]},
        f"Part{suffix}": {
            "allOf": [
                {"$ref": f"{prefix}Extensible{suffix}"},
                {"type": "object", "required": ["size"], "properties": {"size": {"type": "number", "format": "float"}}},
            ]
        },
        f"PartRefOrValue{suffix}": {
            "type": "object",
            "oneOf": [{"$ref": reference} for reference in union.values()],
            "discriminator": {"propertyName": "@type", "mapping": union},
        },
    }


def _operation(status: str, answer: Document | None, body: str = "") -> Document:
    sent = {"requestBody": {"$ref": f"#/components/requestBodies/{body}"}} if body else {}
    said = {"content": {"application/json;charset=utf-8": {"schema": answer}}} if answer else {}
    return {**sent, "responses": {status: {"description": PROSE, **said}, "default": {"description": PROSE}}}


_CONTRACT = {"$ref": "#/components/schemas/Contract"}
CONTRACT: Document = {
    "openapi": "3.0.1",
    "info": {"title": "Contract Management", "version": "5.0.0", "description": f"TMF998. {PROSE}"},
    "servers": [{"url": "{apiRoot}/tmf-api/contract/v5/", "variables": {"apiRoot": {"default": "https://serverRoot"}}}],
    "paths": {
        "/contract": {
            "get": _operation("200", {"type": "array", "items": _CONTRACT}),
            "post": _operation("201", _CONTRACT, "Contract_FVO"),
        },
        "/contract/{id}": {
            "get": _operation("200", _CONTRACT),
            "patch": _operation("200", _CONTRACT, "Contract_MVO"),
            "delete": _operation("204", None),
        },
    },
    "components": {
        "requestBodies": {
            name: {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
            for name in ("Contract_FVO", "Contract_MVO")
        },
        "schemas": {
            "Contract": _view("", ["name"], {"creationDate": {"type": "string", "format": "date-time"}}),
            "Contract_FVO": _view("_FVO", ["name", "id"]),
            "Contract_MVO": _view("_MVO", ["@type"]),
            **_parts(""),
            **_parts("_FVO"),
            **_parts("_MVO"),
        },
    },
}
"""A document of version 5, with unions and classes that ours have, too."""
