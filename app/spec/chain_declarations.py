# SPDX-License-Identifier: Apache-2.0
"""What a document declares of chains (`x-acyclic`): references to others of the resource that form no cycle."""

from collections.abc import Iterator, Mapping

from app.spec.schemas import Schemas

ACYCLIC = "x-acyclic"
"""Our keyword below `x-tmf-resources`: an array of references to others of the resource, and the member of each that
tells its kind; those of one kind form no cycle."""


def undeclared_chains(schemas: Schemas, resource: str, acyclic: Mapping[str, str]) -> Iterator[str]:
    """A line for each that is no array of references with that member."""
    members = schemas.tree(resource).members
    for attribute, kind in acyclic.items():
        place = f"x-tmf-resources/{resource}/{ACYCLIC}"
        if len(acyclic) > 1:
            yield f"{place}: there should be one attribute, not {len(acyclic)}"
        if attribute not in members or not members[attribute].array or "id" not in members[attribute].members:
            yield f"{place}: '{attribute}' is no array of references of {resource}"
        elif kind not in members[attribute].members:
            yield f"{place}: '{kind}' is no attribute of {resource}.{attribute}"
