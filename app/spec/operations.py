# SPDX-License-Identifier: Apache-2.0
"""The operations on a resource in a document: schemas of request bodies and answers, media types of patches."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.media_types import JSON
from app.spec.schemas import PREFIX, component_name

Node = Mapping[str, Any]

METHODS = ("get", "post", "patch", "put", "delete")
"""The HTTP methods that an operation of this server may have."""
UNSUPPORTED = "x-tmf-unsupported"
"""Our keyword in an operation that no standard verb covers: the server answers it with 501."""
WRITES = ("post", "patch")
"""The methods whose requests have a body."""
PATH_ITEM_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""The methods that OpenAPI 3.0 has (Path Item Object)."""


OPERATIONS = {
    "list": ("/{}", "get"),
    "create": ("/{}", "post"),
    "retrieve": ("/{}/{{id}}", "get"),
    "patch": ("/{}/{{id}}", "patch"),
    "delete": ("/{}/{{id}}", "delete"),
}
"""The path, below the base path, and the method of each standard operation."""


@dataclass(frozen=True)
class Operations:
    """`new` is the schema of a body that creates, `whole` that of the resource in an answer; `patch_types` are the
    media types that a patch may have, none where nothing may be patched."""

    new: Node
    whole: Node
    patch_types: tuple[str, ...]


def standard_methods(collections: Iterable[str]) -> dict[str, list[str]]:
    """The methods of the standard operations, by the path of each of these `collections` and its items."""
    methods: dict[str, list[str]] = {}
    for collection in collections:
        for path, method in OPERATIONS.values():
            methods.setdefault(collection + path.removeprefix("/{}").format(), []).append(method)
    return methods


def operations(document: Node, resource: str) -> Operations:
    """The operations on `resource` in a bundled document."""
    items = [item for item in document.get("paths", {}).values() if item.get("x-tmf-resource") == resource]
    creates, patches = (
        [item[method]["requestBody"]["content"] for item in items if is_supported(item.get(method))]
        for method in WRITES
    )
    whole = _whole(document, resource, [item["get"] for item in items if "get" in item])
    return Operations(
        new=creates[0][JSON]["schema"] if creates else _import_schema(document, whole),
        whole=whole,
        patch_types=tuple(patches[0]) if patches else (),
    )


def is_supported(operation: Node | None) -> bool:
    """Whether there is such an operation, and the server does what it asks for."""
    return operation is not None and not operation.get(UNSUPPORTED)


def _import_schema(document: Node, whole: Node) -> Node:
    """The schema for imports of a resource that clients cannot create: that of an answer, `id`, `href` optional."""
    shown = whole
    while "$ref" in shown:
        shown = document["components"]["schemas"][component_name(shown)]
    return {**shown, "required": [name for name in shown.get("required", ()) if name not in ("id", "href")]}


def _whole(document: Node, resource: str, reads: Sequence[Node]) -> Node:
    """The schema of all of a resource in an answer, or in a list of them."""
    for read in reads:
        answered = _response(document, read["responses"]["200"])["content"][JSON]["schema"]
        answered = answered.get("items", answered)
        # Where an answer may also be a selection, the whole resource is the first branch.
        whole: Node = answered["anyOf"][0] if "anyOf" in answered else answered
        return whole
    return {"$ref": f"{PREFIX}{resource}"}


def _response(document: Node, response: Node) -> Node:
    if "$ref" not in response:
        return response
    referred: Node = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return referred
