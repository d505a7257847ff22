# SPDX-License-Identifier: Apache-2.0
"""The views of every resource in every version, and steps of every kind, for the laws that all of them obey."""

import pytest
from hypothesis import strategies as st

from app.apis import APIS, Api, v4_parts
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.native import NativeType
from app.domain.mapping.shape_steps import Completed, Derived, Flattened, Lifted, Wrapped
from app.domain.mapping.step import Members, Step
from app.domain.mapping.steps import Nested, Renamed, Spelt
from app.domain.mapping.type_steps import DefaultType, DerivedType
from tests.served import versions_of
from tests.unit import strategies
from tests.unit.drawn import documents


def stored(resource: str) -> st.SearchStrategy[Members]:
    """What may be stored of a resource: as a client of any version sends it, or anything."""
    return st.one_of(strategies.WILD, *(documents(resource, version) for version in versions_of(resource)))


def oldest_view(api: Api, resource: str) -> VersionMapping:
    """How the first version that has a resource sees it."""
    return next(version.views[resource] for version in api.versions.values() if resource in version.views)


VIEWS = {
    f"{resource} {name}": (view, oldest_view(api, resource), stored(resource))
    for api in APIS
    for name, version in api.versions.items()
    for resource, view in version.views.items()
}
STEPS: list[Step] = [
    Step(),
    Renamed("name", "fullName"),
    Lifted("engagedParty", "role"),
    Flattened("characteristic", frozenset({"name", "id", "role"})),
    Wrapped("entity", VersionMapping(Renamed("name", "fullName")), kind="Odd"),
    Completed("name", lambda members: members.get("id")),
    Derived("name", lambda members: members.get("description"), needs=("description",)),
    Spelt("status", {"Odd": "odd"}),
    DefaultType("Odd", "store"),
    DerivedType(lambda members: "Odd" if "name" in members else "store", known_types=("Odd", "store")),
    NativeType("Odd"),
    NativeType(lambda members: "Odd" if "name" in members else "store"),
    Nested("relatedParty", VersionMapping(Lifted("entity", "role"))),
    v4_parts.PartyOrRole(),
    v4_parts.ChannelKind(),
]

EACH_VIEW = pytest.mark.parametrize(("view", "older", "documents"), VIEWS.values(), ids=VIEWS)
EACH_STEP = pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
