# SPDX-License-Identifier: Apache-2.0
"""A resource as a principal sees it that is restricted to a part of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from app.access.principal import Principal
from app.access.restrictions import credentials_error
from app.domain.json_values import only, without
from app.domain.query.attributes import Attribute
from app.domain.restriction import RELATED, Restriction
from app.errors import Forbidden, shorten
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
        members = {each.name: getattr(resource, each.name) for each in fields(Resource)}
        restricted = cls(**members, restriction=restriction, principal=principal)
        if not (hidden := restricted.hidden_attributes):
            return restricted
        attributes = _VisibleAttributes(resource.attributes, hidden, resource.name)
        return cls(**{**members, "attributes": attributes}, restriction=restriction, principal=principal)

    @cached_property
    def hidden_attributes(self) -> Mapping[str, str]:
        """The attributes of this version that are hidden, each with the scope that would show it."""
        by_stored = self.restriction.hidden
        shown = {name: by_stored.get(self.view.path((name,))[0]) for name in self.attributes.members}
        # What this version does not declare may be shown nevertheless.
        return {**by_stored, **{name: scope for name, scope in shown.items() if scope}}

    def to_view(self, id: str, document: Document) -> Document:
        """See `Resource`."""
        return without(self.hidden_attributes.keys(), super().to_view(id, document))

    def refresh_view(self, shown: Document, before: Document, after: Document) -> Document:
        """See `Resource`."""
        return without(self.hidden_attributes.keys(), super().refresh_view(shown, before, after))

    def draft_to_view(self, id: str, draft: Draft) -> Document:
        """See `Resource`."""
        return without(self.hidden_attributes.keys(), super().draft_to_view(id, draft))

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
        after = super().update_stored(before, whole, {**new_view, **kept})
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
        """Raise `Forbidden` for an object, or a merge patch, with a hidden attribute."""
        for name in self.hidden_attributes.keys() & members.keys():
            raise hidden_error(f"{self.name}.{name}", self.hidden_attributes[name])


def hidden_error(attribute: str, scope: str) -> Forbidden:
    """The error for naming an attribute that the principal may not see."""
    return Forbidden(f"{attribute} needs the scope {scope}, which the access token does not grant", scope)
