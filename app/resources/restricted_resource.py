# SPDX-License-Identifier: Apache-2.0
"""A resource as a principal sees it that is restricted to a part of it."""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from app.access.principal import Principal
from app.access.restrictions import credentials_error
from app.domain.json_values import only, without
from app.domain.query.attributes import Attribute
from app.domain.restriction import RELATED, Restriction, SensitiveElements
from app.errors import Forbidden, shorten
from app.resources.hidden_elements import HiddenElements
from app.resources.nested_resource import NestedResource
from app.resources.resource import Document, Draft, Resource


class _VisibleAttributes(Attribute):
    """The attributes of a resource, of which some may not be named."""

    def __init__(self, whole: Attribute, hidden: Mapping[str, str], resource: str) -> None:
        super().__init__(whole.kind, whole.array, lambda: whole.members)
        self._hidden = hidden
        self._resource = resource

    def _member(self, name: str, path: str) -> Attribute:
        if name in self._hidden:
            raise hidden_error(f"{self._resource}.{shorten(path, 100)}", self._hidden[name])
        return super()._member(name, path)


@dataclass(frozen=True)
class RestrictedResource(Resource):
    """A resource without the attributes that a `restriction` hides: neither shown, nor asked for, nor written.

    What is written stays within the restriction: no document is moved into it, or out of it.
    """

    restriction: Restriction = field(default_factory=Restriction)
    principal: Principal | None = None

    @classmethod
    def of(
        cls, resource: Resource, restriction: Restriction, principal: Principal | None = None
    ) -> "RestrictedResource":
        """That resource, restricted; for the `principal`, if it is to be written."""
        kind: type[Resource] = NestedResource if isinstance(resource, NestedResource) else Resource
        made = RestrictedNestedResource if kind is NestedResource else cls
        members = {each.name: getattr(resource, each.name) for each in fields(kind)}
        restricted = made(**members, restriction=restriction, principal=principal)
        if not (hidden := restricted.hidden_attributes):
            return restricted
        attributes = _VisibleAttributes(resource.attributes, hidden, resource.name)
        return made(**{**members, "attributes": attributes}, restriction=restriction, principal=principal)

    @cached_property
    def hides_nothing(self) -> bool:
        """Whether views are those of the whole resource."""
        return not self.hidden_attributes and not self.hidden_elements

    @cached_property
    def hidden_elements(self) -> HiddenElements:
        """What is hidden within arrays of this version."""
        by_name: dict[str, list[SensitiveElements]] = {}
        for each in self.restriction.hidden_elements:
            shown = [name for name in self.attributes.members if self.view.path((name,))[0] == each.attribute]
            # What this version does not declare may be shown nevertheless.
            for name in {each.attribute, *shown}:
                by_name.setdefault(name, []).append(each)
        return HiddenElements(self.name, by_name)

    @cached_property
    def hidden_attributes(self) -> Mapping[str, str]:
        """The attributes of this version that are hidden, each with the scope that would show it."""
        by_stored = self.restriction.hidden
        shown = {name: by_stored.get(self.view.path((name,))[0]) for name in self.attributes.members}
        # What this version does not declare may be shown nevertheless.
        return {**by_stored, **{name: scope for name, scope in shown.items() if scope}}

    @property
    def plain_names(self) -> Set[str]:
        """See `Resource`."""
        return self.attributes.members.keys() - self.hidden_attributes.keys() - self.hidden_elements.attributes

    def to_view(self, id: str, document: Document) -> Document:
        """See `Resource`."""
        return self._visible(super().to_view(id, document))

    def refresh_view(self, shown: Document, before: Document, after: Document) -> Document:
        """See `Resource`."""
        return self._visible(super().refresh_view(shown, before, after))

    def draft_to_view(self, id: str, draft: Draft) -> Document:
        """See `Resource`."""
        return self._visible(super().draft_to_view(id, draft))

    def draft(self, shown: Document) -> Draft:
        """See `Resource`. Raises `Forbidden` for a hidden attribute."""
        self.refuse_hidden(shown)
        return super().draft(shown)

    def update_stored(self, before: Document, shown: Document, new_view: Document) -> Document:
        """See `Resource`; what is hidden stays as it was.

        Raises `Forbidden` for a hidden attribute, and for a change of what the principal may do to the document; for a
        new role of the principal in it, as `refuse_roles` does.
        """
        self.refuse_hidden(new_view)
        id: str = shown["id"]
        whole = super().to_view(id, before)
        kept = only(self.hidden_attributes.keys(), whole)
        after = super().update_stored(before, whole, self.hidden_elements.restore({**new_view, **kept}, whole))
        self.refuse_roles(self.restriction.unmet_roles(id, after) - self.restriction.unmet_roles(id, before))
        permits = self.restriction.permits
        if any(permits(verb, id, before) is not permits(verb, id, after) for verb in RELATED):
            raise Forbidden(f"The patch would move the {self.name} into or out of what the access token is for")
        return after

    def refuse_roles(self, unmet: Collection[str]) -> None:
        """Raise for the first of the roles for which the principal lacks the credentials.

        `Forbidden` where these are a scope, `InsufficientAuthentication` where they are a login.
        """
        for role in sorted(unmet):
            credentials, _ = self.restriction.unmet[role]
            assert self.principal is not None, "what is written is for somebody"
            raise credentials_error(role, self.name, credentials, self.principal)

    def refuse_hidden(self, members: Mapping[str, Any]) -> None:
        """Raise `Forbidden` for an object, or a merge patch, with a hidden attribute or a hidden element of one."""
        for name in self.hidden_attributes.keys() & members.keys():
            raise hidden_error(f"{self.name}.{name}", self.hidden_attributes[name])
        self.hidden_elements.refuse(members)

    def visible_payload(self, payload: Document, entry: Mapping[str, Any], *, of_changes: bool) -> Document:
        """The payload of an event, as far as it is seen; one `of_changes` has what was changed, null for what is gone.

        Of an array with hidden elements that is there only where its visible part has changed.
        """
        seen = without(self.hidden_attributes.keys(), payload)
        if not of_changes:
            return self.hidden_elements.visible(seen)
        same, gone = self.hidden_elements.visible_change(entry.get("before", {}), entry.get("document", {}))
        visible = self.hidden_elements.visible(without(same, seen))
        return {**visible, **dict.fromkeys(gone & seen.keys())}

    def unnoticed_attributes(self, entry: Mapping[str, Any]) -> set[str]:
        """The attributes of which a principal does not see that they changed."""
        same, _ = self.hidden_elements.visible_change(entry.get("before", {}), entry.get("document", {}))
        return {*self.hidden_attributes, *same}

    def _visible(self, view: Document) -> Document:
        return self.hidden_elements.visible(without(self.hidden_attributes.keys(), view))


@dataclass(frozen=True)
class RestrictedNestedResource(RestrictedResource, NestedResource):
    """A nested resource without what a restriction hides."""


def hidden_error(attribute: str, scope: str) -> Forbidden:
    """The error for naming an attribute that the principal may not see."""
    return Forbidden(f"{attribute} needs the scope {scope}, which the access token does not grant", scope)
