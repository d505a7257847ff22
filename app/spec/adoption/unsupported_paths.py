# SPDX-License-Identifier: Apache-2.0
"""What a published document offers beyond the standard operations: it stays declared, to be answered with 501."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.events import lower_camel
from app.spec.adoption.published_collections import Collection, collection_of, is_member, is_standard, standard_verbs
from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.report import AdoptionError, Note
from app.spec.adoption.resources import PublishedResource
from app.spec.nesting import PARENT, collection_path
from app.spec.operations import METHODS, UNSUPPORTED

MOST_OPERATIONS = 1000
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+|/\{[A-Za-z][A-Za-z0-9_]*\})+")
"""Paths that a server takes; no other is declared."""


def unsupported_paths(document: PublishedDocument, resources: Sequence[PublishedResource]) -> dict[str, Any]:
    """The paths of what is not carried over, each with its methods. Raises `AdoptionError` for far too many."""
    adopted = {Collection(lower_camel(each.parent), lower_camel(each.name)): each for each in resources}
    paths: dict[str, dict[str, Any]] = {}
    for path in document.paths:
        if is_standard(path) or path.startswith("x-"):
            continue
        resource = adopted.get(found) if (found := collection_of(path)) else None
        own = _own_path(path, resource)
        methods = [method for method in document.operations(path) if method in METHODS]
        beyond = [method for method in methods if resource is None or method not in standard_verbs(path)]
        if beyond and _PATH.fullmatch(own):
            paths.setdefault(own, {}).update({method: {UNSUPPORTED: True} for method in beyond})
    if (number := sum(map(len, paths.values()))) > MOST_OPERATIONS:
        note = Note("#/paths", f"have {number} operations beyond the standard ones", f"at most {MOST_OPERATIONS}")
        raise AdoptionError(note)
    return paths


def _own_path(path: str, resource: PublishedResource | None) -> str:
    """What a published path is called in our document."""
    if resource is None:
        return path.rstrip("/")
    declared: Mapping[str, Any] = {resource.name: {PARENT: resource.parent} if resource.parent else {}}
    return collection_path(resource.name, declared) + ("/{id}" if is_member(path) else "")
