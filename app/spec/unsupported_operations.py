# SPDX-License-Identifier: Apache-2.0
"""Operations of a document that no standard verb covers, such as PUT and actions: declared, and answered with 501."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from app.domain.events import lower_camel
from app.spec.operations import METHODS, UNSUPPORTED
from app.spec.security import SCHEME

RESOURCE = "x-tmf-resource"
_STATUSES = {
    "400": "BadRequest", "401": "Unauthorized", "403": "Forbidden", "404": "NotFound", "405": "MethodNotAllowed",
    "406": "NotAcceptable", "414": "UriTooLong", "500": "InternalError", "501": "NotImplemented",
    "503": "ServiceUnavailable",
}  # fmt: skip
_VERBS = {"get": "read", "post": "create", "patch": "update", "put": "update", "delete": "delete"}
"""What a client must be allowed in order to be told so, as for the standard operations."""
_PARAMETER = re.compile(r"\{([^{}]+)\}")

Node = Any
Paths = dict[str, Any]


def mark_unsupported(paths: Mapping[str, Any], standard: Mapping[str, Collection[str]]) -> Paths:
    """The paths of a document, in which each operation that is none of the `standard` ones says so, and is whole.

    One that has the keyword itself is none of them, whatever its path, and gets what OpenAPI demands where it is not
    described at all; one that says `false` has a handler of its own, by the `x-tmf-resource` of its path.
    Any other item of a path has no resource unless that is standard.
    """
    operations = {path: _operations(item) for path, item in paths.items()}
    names = {each.get("operationId") for described in operations.values() for each in described.values()}
    marked: Paths = {}
    for path, item in paths.items():
        beyond = [
            method
            for method, operation in operations[path].items()
            if is_unsupported(operation)
            or (method not in standard.get(path, ()) and "responses" in operation and UNSUPPORTED not in operation)
        ]
        marked[path] = {**item, **{method: _whole(path, method, item[method], names) for method in beyond}}
        if beyond and path not in standard:
            marked[path].pop(RESOURCE, None)
            marked[path]["parameters"] = _with_path_parameters(path, item.get("parameters", []))
    return marked


def unsupported_operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Method and path of each of them in a bundled document."""
    for path, item in document["paths"].items():
        yield from ((method.upper(), path) for method in METHODS if is_unsupported(item.get(method)))


def is_unsupported(operation: Node) -> bool:
    """Whether an operation is one of them."""
    return isinstance(operation, Mapping) and bool(operation.get(UNSUPPORTED))


def _operations(item: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {method: item[method] for method in METHODS if isinstance(item.get(method), Mapping)}


def _whole(path: str, method: str, operation: Mapping[str, Any], names: set[Any]) -> dict[str, Any]:
    own = operation.get("responses", {})
    errors = {"501": _STATUSES["501"]} if "default" in own else _STATUSES
    responses = {status: {"$ref": f"#/components/responses/{name}"} for status, name in errors.items()}
    standard = {
        "operationId": _operation_id(path, method, names),
        "summary": "Is not offered by this server",
        "security": [{SCHEME: [f"{_subject(path)}:{_VERBS[method]}"]}],
    }
    whole = {**standard, **operation, "responses": {**responses, **own}, UNSUPPORTED: True}
    names.add(whole["operationId"])
    return whole


def _subject(path: str) -> str:
    """What a scope calls the first thing of a path."""
    return lower_camel("".join(re.findall(r"[A-Za-z0-9]+", path.split("/")[1])).lstrip("0123456789")) or "api"


def _operation_id(path: str, method: str, names: Collection[Any]) -> str:
    """A name that no other operation of the document has: `putShip`."""
    words = re.findall(r"[A-Za-z0-9]+", _PARAMETER.sub("", path))
    name = method + "".join(word[:1].upper() + word[1:] for word in words)
    return name if name not in names else lower_camel(f"Unsupported{name[:1].upper()}{name[1:]}")


def _with_path_parameters(path: str, declared: list[Any]) -> list[Any]:
    known = {each.get("name") for each in declared}
    return [
        *declared,
        *(
            {"name": name, "in": "path", "required": True, "description": "Identifier.", "schema": {"type": "string"}}
            for name in _PARAMETER.findall(path)
            if name not in known
        ),
    ]
