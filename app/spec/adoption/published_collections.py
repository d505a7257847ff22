# SPDX-License-Identifier: Apache-2.0
"""Collections of a published document, by its paths, and the standard operations of each (TMF630)."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.spec.adoption.published_document import PublishedDocument, PublishedOperation
from app.spec.adoption.report import AdoptionError, Note, Report, pointer
from app.spec.operations import OPERATIONS

MOST_RESOURCES = 200
_NAME, _ID = r"([A-Za-z][A-Za-z0-9]*)", r"\{[^{}/]+\}"
_RESOURCE = re.compile(rf"(?:/{_NAME}/{_ID})?/{_NAME}(/{_ID})?/?")
"""A collection, that within a resource, and a member of either."""
_STANDARD = re.compile(r"/(hub|listener|client)(/.*)?")
"""Paths that the bundler expands, and those that listeners serve."""


class Collection(NamedTuple):
    """The segments of a collection's path: its own, and that of the collection whose resources have it, if any."""

    parent: str
    segment: str


Offered = Mapping[str, PublishedOperation]
"""The operations of a collection and its members, by the names of the standard ones."""


def find_collections(document: PublishedDocument, report: Report) -> dict[Collection, Offered]:
    """The collections in the order of their paths; what is none of theirs is reported."""
    collections: dict[Collection, dict[str, PublishedOperation]] = {}
    for path in document.paths:
        if is_standard(path) or path.startswith("x-"):
            continue
        if collection := collection_of(path):
            _sort_operations(document, path, collections.setdefault(collection, {}), report)
        elif path.count("{") > 1 or re.search(r"\}/.", path):
            report.add(pointer("paths", path), "is deeper than a resource within another one", "a path of less depth")
        else:
            right = "a path such as /thing or /thing/{id}"
            report.add(pointer("paths", path), "is no collection and no resource of one", right)
    if len(collections) > MOST_RESOURCES:
        note = Note("#/paths", f"have {len(collections)} collections", f"at most {MOST_RESOURCES}")
        raise AdoptionError(note)
    return dict(collections)


def paths_of(document: PublishedDocument, collection: Collection) -> Iterator[str]:
    """The published paths of a collection and its members."""
    return (path for path in document.paths if collection_of(path) == collection)


def is_standard(path: str) -> bool:
    """Whether a path is expanded, or served by listeners."""
    return _STANDARD.fullmatch(path) is not None


def is_member(path: str) -> bool:
    """Whether a path is that of one resource."""
    return path.rstrip("/").endswith("}")


def standard_verbs(path: str) -> dict[str, str]:
    """The names of the standard operations of a collection, or of a member, by their methods."""
    return {method: name for name, (template, method) in OPERATIONS.items() if ("{{" in template) == is_member(path)}


def collection_of(path: str) -> Collection | None:
    """The collection that a path is, or is a member of; None for any other path."""
    match = _RESOURCE.fullmatch(path)
    return Collection(match[1] or "", match[2]) if match else None


def _sort_operations(
    document: PublishedDocument, path: str, offered: dict[str, PublishedOperation], report: Report
) -> None:
    """Put the operations of a path among those of its collection, by the names of the standard ones."""
    standard = standard_verbs(path)
    for method, operation in document.operations(path).items():
        place = pointer("paths", path, method)
        if method in standard:
            offered[standard[method]] = operation
        elif method == "put":
            report.add(place, "replaces a resource, which TMF630 does not have", "PATCH, which is offered in its place")
        else:
            report.add(place, "is no standard operation", "one of " + ", ".join(OPERATIONS))
