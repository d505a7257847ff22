# SPDX-License-Identifier: Apache-2.0
"""The relationships of a server's resources: those that its documents declare (`x-relationships`)."""

from collections.abc import Mapping, Sequence

from app.composition.api_resources import ApiVersion
from app.resources.relationships import Relationships
from app.storage.documents.repository import Repository
from app.storage.mongod.durable import Database


def relationships(
    database: Database, parts: Sequence[ApiVersion], documents: Mapping[str, Repository]
) -> dict[str, Relationships]:
    """Those of each resource that has any, by its name."""
    found: dict[str, Relationships] = {}
    for part in parts:
        for name, resource in part.resources.items():
            if resource.has_stored_shape and (declared := part.declared[name].relationships):
                arrays = {each for each, attribute in resource.stored.members.items() if attribute.array}
                of = [each.of(name, arrays) for each in declared]
                found[name] = Relationships(database, resource, documents[name], of)
    return found
