# SPDX-License-Identifier: Apache-2.0
"""References to resources of this server: found in views, and checked to have a target (`LIAISON_REFERENCES`)."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.domain.json_pointers import Place, pointer
from app.domain.reference_addresses import Addresses
from app.domain.violations import Violation, refusal
from app.errors import BadRequest, shorten
from app.storage.documents.known_aliases import KnownAliases
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import Repository


@dataclass(frozen=True)
class Reference:
    """A reference to a resource of this server, and its place in the view.

    Of one within another resource `id` is the key, and `shown_id` what clients know.
    """

    place: Place
    resource: str
    id: str
    shown_id: str

    @property
    def target(self) -> Target:
        """The target: the name of a resource, and an id."""
        return self.resource, self.id


class References:
    """Finds the references in a view, and looks up their targets.

    The mode `local` checks references whose `href` is a URL of this server, `strict` also those whose `@referredType`
    is one of its resources, `off` none.
    """

    def __init__(
        self,
        mode: str,
        addresses: Addresses,
        documents: Mapping[str, Repository],
        by_type: Set[str],
        known: KnownAliases | None = None,
    ) -> None:
        """`by_type` are the resources that are looked up by `@referredType`, in strict mode; `known` the aliases."""
        self.known = known
        """The aliases, where there may be any: whoever has references to lead on looks whether there are."""
        self._mode = mode
        self._addresses = addresses
        self._documents = documents
        self._by_type = by_type

    @property
    def on(self) -> bool:
        return self._mode != "off"

    def new_references(
        self, shown: Mapping[str, Any], before: Mapping[str, Any] | None = None, *, addressed: bool | None = None
    ) -> list[Reference]:
        """The references in `shown` to be checked, without those that `before` has.

        `addressed` says whether any `href` may be a URL of this server, if the caller knows. Raises `InvalidField` for
        a reference whose id and href differ.
        """
        if not self._may_refer(shown, addressed):
            return []
        wrong: list[Violation] = []
        known_targets = {reference.target for reference in self._references_in(before or {}, [])}
        references = [
            reference for reference in self._references_in(shown, wrong) if reference.target not in known_targets
        ]
        if wrong:
            raise refusal(wrong)
        return references

    def lead_on(self, shown: dict[str, Any], permitted: Set[str] | None = None) -> dict[str, Any]:
        """`shown` with the references to what was merged into another led to that, if it is among the `permitted` ids;
        `shown` itself where there are none. None permits all."""
        if self.known is None or not self.known.survivors or not self._may_refer(shown, None):
            return shown
        led = {name: self._lead_value(value, permitted) for name, value in shown.items()}
        return shown if all(led[name] is value for name, value in shown.items()) else led

    async def existing(self, references: Iterable[Reference]) -> set[Target]:
        """The targets that exist, by one query for each resource."""
        ids: dict[str, set[str]] = {}
        for reference in references:
            ids.setdefault(reference.resource, set()).add(reference.id)
        return {(name, id) for name, some in ids.items() for id in await self._documents[name].existing(some)}

    def _lead_value(self, value: Any, permitted: Set[str] | None) -> Any:
        if not isinstance(value, dict | list):
            return value
        new: Any = value
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if (led := self._lead_value(inner, permitted)) is not inner:
                new = value.copy() if new is value else new
                new[step] = led
        return self._to_survivor(value, new, permitted) if isinstance(value, dict) else new

    def _to_survivor(self, value: Mapping[str, Any], new: Any, permitted: Set[str] | None) -> Any:
        """`new`, which is the object `value` with what is in it led on, as a reference to the survivor if it is one."""
        survivor = self._survivor(value)
        if survivor is None or (permitted is not None and survivor not in permitted):
            return new
        collection, _, _ = str(value.get("href")).rpartition("/")
        changed = {"id": survivor, "href": f"{collection}/{quote(survivor, safe='')}"}
        return {**new, **{name: changed[name] for name in changed.keys() & value.keys()}}

    def _survivor(self, value: Mapping[str, Any]) -> str | None:
        """The id of what the target of a reference was merged into; None for all else."""
        reference = self._reference(value, (), [])
        return self.known.survivor(reference.target) if reference and self.known else None

    def _may_refer(self, shown: Mapping[str, Any], addressed: bool | None) -> bool:
        if self._mode == "strict" or not self.on:
            return self.on
        return self._addresses.occur_in(shown) if addressed is None else addressed

    def _references_in(self, shown: Mapping[str, Any], wrong: list[Violation]) -> Iterator[Reference]:
        for name, value in shown.items():
            if isinstance(value, dict | list):
                yield from self._within(value, (name,), wrong)

    def _within(self, value: Any, place: Place, wrong: list[Violation]) -> Iterator[Reference]:
        if isinstance(value, dict) and (reference := self._reference(value, place, wrong)):
            yield reference
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(inner, dict | list):
                yield from self._within(inner, (*place, step), wrong)

    def _reference(self, value: Mapping[str, Any], place: Place, wrong: list[Violation]) -> Reference | None:
        href, id = value.get("href"), value.get("id")
        if isinstance(href, str) and href:
            return self._by_address(href, id, place, wrong)
        referred = value.get("@referredType")
        if self._mode == "strict" and isinstance(id, str) and referred in self._by_type:
            return Reference(place, str(referred), id, id)
        return None

    def _by_address(self, href: str, id: object, place: Place, wrong: list[Violation]) -> Reference | None:
        target = self._addresses.target(href)
        if target is None:
            return None
        shown_id = self._addresses.shown_id(target)
        if isinstance(id, str) and id != shown_id:
            message = f"has the id '{shorten(id, 60)}' but an href of '{shorten(shown_id, 60)}'"
            wrong.append(Violation(pointer(place), message, rule="href"))
            return None
        return Reference(place, *target, shown_id)


def targets(references: Iterable[Reference]) -> frozenset[Target]:
    """The targets of references."""
    return frozenset(reference.target for reference in references)


def refuse_missing(references: Iterable[Reference], existing: Set[Target]) -> None:
    """Raise `InvalidField` for the first of the references whose target does not exist."""
    if any(reference.target not in existing for reference in references):
        raise dangling_error(references, existing)


def dangling_error(references: Iterable[Reference], existing: Set[Target]) -> BadRequest:
    """The error for references whose targets are not among the `existing` ones."""
    return refusal(
        Violation(
            pointer(reference.place),
            f"refers to the {reference.resource} '{shorten(reference.shown_id, 60)}', which does not exist here",
            rule="reference",
        )
        for reference in references
        if reference.target not in existing
    )
