# SPDX-License-Identifier: Apache-2.0
"""Attachments by value (`x-content`): where a resource has them, and the paths of their bytes."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.attachments import SEGMENT, Place
from app.domain.events import lower_camel
from app.spec.schemas import Schemas

CONTENT = "x-content"
"""Our keyword below `x-tmf-resources`: the arrays of attachments whose bytes the server keeps, as
`interactionItem.attachment`."""
SUFFIX = "Content"
"""What follows the name of a resource in the `x-tmf-resource` of the paths of the bytes of its attachments."""
PARAMETER = "attachmentId"
"""The parameter of a path with the key of bytes."""
MEMBERS = ("url", "content", "size", "mimeType", "digest")
"""What the schema of such an attachment needs."""


def places_of(declared: list[str]) -> tuple[Place, ...]:
    """The places that the keyword names."""
    return tuple(tuple(path.split(".")) for path in declared)


def content_paths(resource: str) -> dict[str, str]:
    """The method of each path on the bytes of a resource: one to send them, one to read them."""
    collection = f"/{lower_camel(resource)}/{{id}}/{SEGMENT}"
    return {collection: "post", f"{collection}/{{{PARAMETER}}}": "get"}


def content_methods(resources: Mapping[str, Any]) -> dict[str, list[str]]:
    """The methods of those paths, of the resources with the keyword."""
    named = [name for name, declared in resources.items() if declared.get(CONTENT)]
    return {path: [method] for name in named for path, method in content_paths(name).items()}


def content_names(resources: Mapping[str, Any]) -> set[str]:
    """What `x-tmf-resource` calls them."""
    return {name + SUFFIX for name, declared in resources.items() if declared.get(CONTENT)}


def undeclared_contents(
    schemas: Schemas, document: Mapping[str, Any], resource: str, paths: list[str]
) -> Iterator[str]:
    """A line for each place that has no attachments, and for each path that the document lacks."""
    place = f"x-tmf-resources/{resource}/{CONTENT}"
    for path in paths:
        for member in MEMBERS:
            if not schemas.declaring_schemas(resource, [*path.split("."), member]):
                yield f"{place}: '{path}' should be an array of attachments, whose class has `{member}`"
    for path, method in content_paths(resource).items() if paths else ():
        if method not in document["paths"].get(path, {}):
            yield f"{place}: there should be {method.upper()} {path}, with `x-tmf-resource: {resource}{SUFFIX}`"
