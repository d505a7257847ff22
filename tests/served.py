# SPDX-License-Identifier: Apache-2.0
"""What is served with the default settings: a test about every resource, or every version, takes its list from here."""

import os
from collections.abc import Sized
from typing import Any

import pytest

from app.composition.api_resources import api_versions
from app.resources.resource import Resource
from app.settings import Settings
from app.spec.bundle import bundle, names
from app.spec.operations import OPERATIONS

PARTS = {(part.contract.api.name, part.contract.version): part for part in api_versions(Settings())}
"""The versions of the APIs, by the names of both."""
SERVED: dict[tuple[str, str], Resource] = {
    (name, part.contract.version): resource for part in PARTS.values() for name, resource in part.resources.items()
}
"""The resources, each in every version that serves it, by the names of both."""
RESOURCES = {
    (name, version): resource
    for (name, version), resource in SERVED.items()
    if any(set(OPERATIONS) <= set(part.declared[name].operations) for part in PARTS.values() if name in part.declared)
}
"""Those with every standard operation. What clients only read, or may not delete, has tests of its own."""
NEWEST: dict[str, Resource] = {name: resource for (name, _), resource in RESOURCES.items()}
"""Each of these in its last version, whose shape is the one that is stored."""
CREATED = {
    name for part in PARTS.values() for name, declared in part.declared.items() if "create" in declared.operations
}
"""The names of all resources that clients create, whatever else they may do with them."""
VERSIONS = sorted({version for _, version in RESOURCES})

DOCUMENTS: dict[str, dict[str, Any]] = {name: bundle(name) for name in names()}
"""The bundled documents, by name."""
DOCUMENT_OF = {
    (resource, name.rpartition("-")[2]): name
    for name, document in DOCUMENTS.items()
    for resource in document["x-tmf-resources"]
    if resource in NEWEST
}
"""The name of the document of such a resource in a version."""


def versions_of(name: str) -> list[str]:
    """The versions that serve a resource."""
    return [version for each, version in RESOURCES if each == name]


def share(budget: int, among: Sized) -> int:
    """How many examples of a law each `among` some resources or views gets: one API more does not make it take longer.

    `HYPOTHESIS_MAX_EXAMPLES` gives each so many.
    """
    return int(os.environ.get("HYPOTHESIS_MAX_EXAMPLES", budget // len(among)))


SHARED = [name for name in NEWEST if len(versions_of(name)) > 1]
"""Those that several versions serve, so that each shows what another has written."""
EACH_RESOURCE = pytest.mark.parametrize("name", NEWEST)
EACH_SHARED = pytest.mark.parametrize("name", SHARED)
EACH_SERVED = pytest.mark.parametrize(("name", "version"), RESOURCES, ids=map("-".join, RESOURCES))
EACH_VERSION = pytest.mark.parametrize("version", VERSIONS)
