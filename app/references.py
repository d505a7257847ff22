"""Checks that references to resources of this server lead somewhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.addresses import Addresses
from app.domain.places import Place, pointer
from app.errors import InvalidField, shortened
from app.storage.repository import Repository


@dataclass(frozen=True)
class Reference:
    """A mention of a resource of ours, and the names and indexes that lead to it."""

    place: Place
    resource: str
    id: str


class References:
    """Finds the references in a view and looks their targets up.

    `local` checks those whose `href` points into this server, `strict` also those that name one of our types by
    `@referredType`, `off` none.
    """

    def __init__(self, mode: str, addresses: Addresses, documents: Mapping[str, Repository]) -> None:
        self._mode = mode
        self._addresses = addresses
        self._documents = documents

    @property
    def on(self) -> bool:
        return self._mode != "off"

    async def check(self, shown: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
        """Raise `InvalidField` for a reference in `shown` that leads nowhere and was not in `before` already."""
        if not self.on:
            return
        known = {(old.resource, old.id) for old in self._found(before or {})}
        wanted = [new for new in self._found(shown) if (new.resource, new.id) not in known]
        for resource in {reference.resource for reference in wanted}:
            of_one_kind = [reference for reference in wanted if reference.resource == resource]
            existing = await self._documents[resource].existing({reference.id for reference in of_one_kind})
            for reference in of_one_kind:
                if reference.id not in existing:
                    told = shortened(reference.id, 60)
                    raise InvalidField(
                        f"{_told(reference.place)} refers to the {resource} '{told}', which does not exist here"
                    )

    def _found(self, shown: Mapping[str, Any]) -> Iterator[Reference]:
        for name, value in shown.items():
            if isinstance(value, dict | list):
                yield from self._within(value, (name,))

    def _within(self, value: Any, place: Place) -> Iterator[Reference]:
        if isinstance(value, dict) and (reference := self._reference(value, place)):
            yield reference
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(inner, dict | list):
                yield from self._within(inner, (*place, step))

    def _reference(self, value: Mapping[str, Any], place: Place) -> Reference | None:
        href, id = value.get("href"), value.get("id")
        if isinstance(href, str) and href:
            return self._by_address(href, id, place)
        referred = value.get("@referredType")
        if self._mode == "strict" and isinstance(id, str) and referred in self._documents:
            return Reference(place, str(referred), id)
        return None

    def _by_address(self, href: str, id: object, place: Place) -> Reference | None:
        target = self._addresses.target(href)
        if target is None:
            return None
        if isinstance(id, str) and id != target[1]:
            told = f"has the id '{shortened(id, 60)}' but an href of '{shortened(target[1], 60)}'"
            raise InvalidField(f"{_told(place)} {told}")
        return Reference(place, *target)


def _told(place: Place) -> str:
    return shortened(pointer(place), 160)
