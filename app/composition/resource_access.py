# SPDX-License-Identifier: Apache-2.0
"""What principals may see of each resource: by its document, and by the access file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.access.issuers import Access
from app.access.restrictions import Restrictions
from app.composition.api_resources import ApiVersion
from app.domain.events import lower_camel
from app.domain.restriction import OWN_ID, OwnerPath
from app.domain.scopes import READ
from app.errors import StartError
from app.resources.restricted_engine import RestrictedCollection
from app.spec.declarations import Declaration
from app.storage.documents.repository import Repository


def restricted_collections(
    parts: Sequence[ApiVersion], documents: Mapping[str, Repository], access: Access
) -> dict[str, RestrictedCollection]:
    """The collection of every resource, by its name. Raises `StartError` where the access file
    names one in which parties have no roles."""
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


def indexed_owners(parts: Sequence[ApiVersion]) -> dict[str, str]:
    """By resource, the path of `x-owner`, if it can stand at the end of any index, and MongoDB filters by it there.

    It filters outside the index by one of several paths (`$or`), and by what is in an array, which can be in no index
    with another one. A resource's own id is in each index as it is.
    """
    return {
        name: ".".join(owner.party)
        for part in parts
        for name, resource in part.resources.items()
        if resource.has_stored_shape and len(part.declared[name].owners) == 1
        for owner in part.declared[name].owners
        if owner.party != OWN_ID and not any(each.array for each in resource.stored.along(owner.party))
    }


def mergeable_parties(parts: Sequence[ApiVersion]) -> set[str]:
    """The resources whose documents are parties, to which tokens are bound, and may be merged into others."""
    return {
        name
        for part in parts
        for name, declared in part.declared.items()
        if declared.mergeable and any(owner.party == OWN_ID for owner in declared.owners)
    }


def _restrictions(name: str, declared: Declaration, access: Access) -> Restrictions:
    owners = [_as_deployed(name, each, access) if each.role else each for each in declared.owners]
    return Restrictions(name, f"{lower_camel(name)}:{READ}", owners, declared.sensitive, declared.sensitive_elements)


def _as_deployed(name: str, owner: OwnerPath, access: Access) -> OwnerPath:
    """The path with what the access file says of the roles there."""
    allows, credentials = access.relations.get(name, owner.allows), access.credentials.get(name, owner.credentials)
    return replace(owner, allows=allows, credentials=credentials)


def _refuse_unknown(access: Access, declared: Mapping[str, Declaration]) -> None:
    with_roles = {name for name, said in declared.items() if any(owner.role for owner in said.owners)}
    for place, named in (("relations", access.relations), ("credentials", access.credentials)):
        for name in named.keys() - with_roles:
            known = ", ".join(sorted(with_roles))
            raise StartError(f"LIAISON_ACCESS: {place}.{name}: parties have no roles there; they have some in {known}")
