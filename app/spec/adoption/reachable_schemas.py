# SPDX-License-Identifier: Apache-2.0
"""Reachable schemas of a published document: only those that resources refer to, directly or not, are adopted."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.spec.adoption.class_names import Subclasses
from app.spec.adoption.published_document import PublishedDocument
from app.spec.adoption.report import AdoptionError, Note
from app.spec.adoption.schema_walk import SchemaNames, references


def reachable_names(document: PublishedDocument, names: SchemaNames, roots: list[str]) -> list[str]:
    """The names of the `roots` and of the schemas that they refer to, directly or not, in the order of the document.

    Raises `AdoptionError` with all references on the way that lead nowhere, or out of the file.
    """
    subclasses = Subclasses(document, names)
    reachable, waiting = set(roots), list(roots)
    nowhere: list[Note] = []
    while waiting:
        name = waiting.pop()
        place = names.place_of(name)
        schema = document.schemas[name]
        inner = set(_unmapped_classes(subclasses, schema, name))
        for at, reference in references(schema, place):
            try:
                inner.add(names.schema_name(reference, at))
            except AdoptionError as wrong:
                nowhere.extend(wrong.notes)
        waiting.extend(inner - reachable)
        reachable |= inner
    if nowhere:
        raise AdoptionError(*sorted(set(nowhere)))
    return [name for name in document.schemas if name in reachable]


def _unmapped_classes(subclasses: Subclasses, schema: Any, name: str) -> Iterator[str]:
    """The classes of a discriminator without a mapping."""
    said = schema.get("discriminator") if isinstance(schema, Mapping) else None
    if said is not None and not (isinstance(said, Mapping) and said.get("mapping")):
        yield from subclasses.classes(name).values()
