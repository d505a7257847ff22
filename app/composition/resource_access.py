# SPDX-License-Identifier: Apache-2.0
"""What principals may see of each resource: by its document, and by the access file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.access.issuers import Access
from app.access.restrictions import Restrictions
from app.composition.api_resources import ApiVersion
from app.domain.events import lower_camel
from app.domain.scopes import READ
from app.errors import StartError
from app.resources.restricted_engine import RestrictedCollection
from app.spec.declarations import Declaration
from app.storage.documents.repository import Repository


def restricted_collections(
    parts: Sequence[ApiVersion], documents: Mapping[str, Repository], access: Access
) -> dict[str, RestrictedCollection]:
    """The collection of every resource, by its name. Raises `StartError` for a relation of none."""
    stored = {
        name: (resource, part.declared[name])
        for part in parts
        for name, resource in part.resources.items()
        if resource.has_stored_shape
    }
    _refuse_unknown(access, {name: declared for name, (_, declared) in stored.items()})
    return {
        name: RestrictedCollection(_restrictions(name, declared, access), resource, documents[name])
        for name, (resource, declared) in stored.items()
    }


def _restrictions(name: str, declared: Declaration, access: Access) -> Restrictions:
    allows = access.relations.get(name)
    owners = [replace(each, allows=allows) if allows and each.role else each for each in declared.owners]
    return Restrictions(name, f"{lower_camel(name)}:{READ}", owners, declared.sensitive)


def _refuse_unknown(access: Access, declared: Mapping[str, Declaration]) -> None:
    for name in access.relations:
        if not any(owner.role for owner in getattr(declared.get(name), "owners", ())):
            known = ", ".join(sorted(each for each, said in declared.items() if any(o.role for o in said.owners)))
            raise StartError(
                f"LIAISON_ACCESS: relations.{name}: parties have no roles there; they have some in {known}"
            )
