# SPDX-License-Identifier: Apache-2.0
"""What the references to merged ids are known by: the resources that are merged, and whose documents are."""

from collections.abc import Mapping, Sequence

from app.apis import Api
from app.composition.api_resources import ApiVersion
from app.composition.sealing import owner_paths
from app.domain.query.predicates import Path
from app.domain.shares import OWN_ID
from app.resources.archive.register import PARTY
from app.resources.relationships import Relationships


def mergeable(parts: Sequence[ApiVersion]) -> list[str]:
    """The resources whose documents may be merged into others (`x-mergeable`)."""
    return sorted({name for part in parts for name, declared in part.declared.items() if declared.mergeable})


def merged_owner_paths(
    apis: Sequence[Api], parts: Sequence[ApiVersion], relationships: Mapping[str, Relationships]
) -> dict[str, list[Path]]:
    """The paths by which documents name their owners or others of their resource: those of `x-owner`, of the register
    of bundles, and of `x-relationships`."""
    declared = {name: [path for path in paths if path != OWN_ID] for name, paths in owner_paths(parts).items()}
    registers = {name: [PARTY] for api in apis for name, rules in api.rules.items() if rules.registers_bundles}
    ends = {
        name: [(end.attribute, *end.reference, "id") for one in each.declared for end, _ in one.directions]
        for name, each in relationships.items()
    }
    owners = {**declared, **registers}
    return {name: [*owners.get(name, ()), *ends.get(name, ())] for name in {**owners, **ends}}
