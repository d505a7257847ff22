# SPDX-License-Identifier: Apache-2.0
"""What a document says of the operations on one resource: the schemas of bodies and answers, and the kinds of patch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.media_types import JSON

Node = Mapping[str, Any]

METHODS = ("get", "post", "patch", "put", "delete")
"""The methods that an operation of ours may have."""
PATH_ITEM_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Those that OpenAPI knows (3.0, Path Item Object)."""


@dataclass(frozen=True)
class Operations:
    """`new` is the schema of a body that creates, `whole` that of the resource in an answer; `patch_types` are the
    media types that a patch may have."""

    new: Node
    whole: Node
    patch_types: tuple[str, ...]


def operations(document: Node, resource: str) -> Operations:
    """The operations on `resource` in a bundled document."""
    items = [item for item in document["paths"].values() if item["x-tmf-resource"] == resource]
    collection = next(item for item in items if "post" in item)
    one = next(item for item in items if "patch" in item)
    return Operations(
        new=collection["post"]["requestBody"]["content"][JSON]["schema"],
        whole=_whole(_response(document, one["get"]["responses"]["200"])["content"][JSON]["schema"]),
        patch_types=tuple(one["patch"]["requestBody"]["content"]),
    )


def _whole(answered: Node) -> Node:
    """Of an answer that may be a selection, too, the schema of all of it: it stands first."""
    whole: Node = answered["anyOf"][0] if "anyOf" in answered else answered
    return whole


def _response(document: Node, response: Node) -> Node:
    if "$ref" not in response:
        return response
    referred: Node = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return referred
