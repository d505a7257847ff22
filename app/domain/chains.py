# SPDX-License-Identifier: Apache-2.0
"""Chains (`x-acyclic`): references of documents to others of their resource; those of one kind form no cycle."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

from app.domain.reference_addresses import SCHEME

Document = Mapping[str, Any]


class Link(NamedTuple):
    """A reference of this `kind`, in lower case, to the document with this id."""

    kind: str
    id: str


@dataclass(frozen=True)
class Chains:
    """The references of the documents of a `resource` in an array `attribute`, whose member `kind` tells their kind.

    A follows B and B precedes A are no cycle, as these are two kinds; A follows B and B follows A are one.
    """

    resource: str
    attribute: str
    kind: str

    def links(self, document: Document) -> Set[Link]:
        """The links of a stored document.

        A reference leads to a document by its `href` here, or by its `id` where it has no `href`; one with an `href`
        elsewhere leads to none.
        """
        elements = document.get(self.attribute)
        return frozenset(self._links(elements) if isinstance(elements, list) else ())

    def new_links(self, before: Document, after: Document) -> Set[Link]:
        """The links that a document has after a change, and had not before."""
        if before.get(self.attribute) is after.get(self.attribute):
            return frozenset()
        return self.links(after) - self.links(before)

    def _links(self, elements: list[Any]) -> Iterator[Link]:
        for each in elements:
            if isinstance(each, Mapping) and (id := self._id(each)) is not None:
                kind = each.get(self.kind)
                yield Link(kind.lower() if isinstance(kind, str) else "", id)

    def _id(self, reference: Document) -> str | None:
        href, id = reference.get("href"), reference.get("id")
        if isinstance(href, str) and href:
            own = f"{SCHEME}{self.resource}/"
            return unquote(href.removeprefix(own)) if href.startswith(own) else None
        return id if isinstance(id, str) else None
