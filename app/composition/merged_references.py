# SPDX-License-Identifier: Apache-2.0
"""What the references to merged ids are known by: the resources that are merged, and whose documents are."""

from collections.abc import Sequence

from app.apis import Api
from app.composition.api_resources import ApiVersion
from app.composition.sealing import owner_paths
from app.domain.query.predicates import Path
from app.domain.shares import OWN_ID
from app.resources.archive.register import PARTY


def mergeable(parts: Sequence[ApiVersion]) -> list[str]:
    """The resources whose documents may be merged into others (`x-mergeable`)."""
    return sorted({name for part in parts for name, declared in part.declared.items() if declared.mergeable})


def merged_owner_paths(apis: Sequence[Api], parts: Sequence[ApiVersion]) -> dict[str, list[Path]]:
    """The paths by which documents name their owners: those of `x-owner`, and that of the register of bundles."""
    declared = {name: [path for path in paths if path != OWN_ID] for name, paths in owner_paths(parts).items()}
    registers = {name: [PARTY] for api in apis for name, rules in api.rules.items() if rules.registers_bundles}
    return {**declared, **registers}
