# SPDX-License-Identifier: Apache-2.0
"""Redirection: references of stored documents that led to a duplicate lead to its survivor (eTOM 1.3.4)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.domain.json_pointers import Place, objects, pointer, steps, value_at, with_value
from app.domain.json_values import equal
from app.domain.query.predicates import Path
from app.domain.reference_addresses import SCHEME

Document = dict[str, Any]


@dataclass(frozen=True)
class Redirection:
    """From the `duplicate` to the `survivor`, two ids of a `resource`; `classes` are the texts of `@referredType` that
    may mean it.

    An object refers to the duplicate if its `href` does. Without an `href` of this server it does so by the id, if the
    server itself gave that, so that nothing else has it; if not, with such a class, or without one where the documents
    say that an owner is named.
    """

    resource: str
    duplicate: str
    survivor: str
    classes: frozenset[str]
    is_unmistakable: bool

    def is_reference(self, value: Mapping[str, Any], path: Path, owners: frozenset[Path]) -> bool:
        """Whether an object at a path of a document, without the indexes of arrays, refers to the duplicate."""
        href, type = value.get("href"), value.get("@referredType")
        if isinstance(href, str) and href.startswith(SCHEME):
            return href == self._address(self.duplicate)
        if value.get("id") != self.duplicate or self.is_unmistakable:
            return value.get("id") == self.duplicate
        return type in self.classes if isinstance(type, str) else (*path, "id") in owners

    def follow(self, document: Document, owners: frozenset[Path]) -> tuple[Document, list[str]]:
        """The document with all references followed, and the JSON Pointers of those; it itself where there are none."""
        found = [place for place, value in objects(document) if place and self._is_at(place, value, owners)]
        for place in found:
            document = with_value(document, place, self.redirect(value_at(document, place)))
        return document, [pointer(place) for place in found]

    def lead_back(self, document: Document, references: Mapping[str, Document]) -> tuple[Document, list[str]]:
        """The document with the `references`, by JSON Pointer, that an earlier redirection made led on by this one, and
        the pointers of those that are not there any more as they were.

        An element of an array may stand at another index by now.
        """
        lost = []
        for text, reference in references.items():
            place = _place_of(document, steps(text), reference)
            if place is None:
                lost.append(text)
            else:
                document = with_value(document, place, self.redirect(reference))
        return document, lost

    def _is_at(self, place: Place, value: Mapping[str, Any], owners: frozenset[Path]) -> bool:
        return self.is_reference(value, _names(place), owners)

    def redirect(self, reference: Mapping[str, Any]) -> Document:
        """A reference to the duplicate as one to the survivor."""
        href = {"href": self._address(self.survivor)} if str(reference.get("href")).startswith(SCHEME) else {}
        id = {"id": self.survivor} if reference.get("id") == self.duplicate else {}
        return {**reference, **id, **href}

    def _address(self, id: str) -> str:
        return f"{SCHEME}{self.resource}/{quote(id, safe='')}"


def without_self(document: Document, own: Redirection, owners: frozenset[Path]) -> Document:
    """The document of a survivor without what would refer to itself: such elements of arrays, and members, are left
    out."""
    itself = Redirection(own.resource, own.survivor, own.survivor, own.classes, own.is_unmistakable)
    return dict(_others(document, itself, (), owners))


def _others(value: Document, itself: Redirection, path: Path, owners: frozenset[Path]) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        inside = (*path, name)
        if isinstance(inner, list):
            kept = [each for each in inner if not _refers(each, itself, inside, owners)]
            if kept or not inner:
                yield name, inner if len(kept) == len(inner) else kept
        elif not _refers(inner, itself, inside, owners):
            yield name, inner


def _refers(value: Any, itself: Redirection, path: Path, owners: frozenset[Path]) -> bool:
    """Whether a value is, or has in it, a reference to itself."""
    if isinstance(value, list):
        return any(_refers(each, itself, path, owners) for each in value)
    if not isinstance(value, dict):
        return False
    inner = (_refers(each, itself, (*path, name), owners) for name, each in value.items())
    return itself.is_reference(value, path, owners) or any(inner)


def _names(place: Place) -> Path:
    return tuple(step for step in place if isinstance(step, str))


def _place_of(document: Document, place: Place, reference: Document) -> Place | None:
    """Where a reference is by now; None where there is none like it in the same array."""
    if equal(value_at(document, place), reference):
        return place
    names = _names(place)
    alike = (at for at, value in objects(document) if _names(at) == names and equal(value, reference))
    return next(alike, None)
