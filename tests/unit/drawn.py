# SPDX-License-Identifier: Apache-2.0
"""Documents of any resource, drawn: from strategies written for it, or from the examples of its own document."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import strategies as st

from app.apis import APIS
from app.domain.mapping.mapping import VersionMapping
from app.spec.operations import operations
from tests.served import DOCUMENT_OF, DOCUMENTS, NEWEST, SHARED, versions_of
from tests.unit import strategies, strategies_v5
from tests.unit.examples import full_example, mandatory

WRITTEN = {
    ("Individual", "v4"): strategies.INDIVIDUALS,
    ("Organization", "v4"): strategies.ORGANIZATIONS,
    ("Customer", "v4"): strategies.CUSTOMERS,
    ("PartyRole", "v4"): strategies.CUSTOMERS,
    ("PartyInteraction", "v4"): strategies.INTERACTIONS,
    ("Individual", "v5"): strategies_v5.INDIVIDUALS,
    ("Organization", "v5"): strategies_v5.ORGANIZATIONS,
    ("Customer", "v5"): strategies_v5.CUSTOMERS,
    ("PartyRole", "v5"): strategies_v5.ROLES,
    ("PartyInteraction", "v5"): strategies_v5.INTERACTIONS,
}
"""Documents with odd classes and open content whose names collide. A resource need not have any."""


def documents(resource: str, version: str) -> st.SearchStrategy[dict[str, Any]]:
    """What a client of a version may send of a resource, valid or not."""
    return WRITTEN[resource, version] if (resource, version) in WRITTEN else bodies(resource, version)


def bodies(resource: str, version: str) -> st.SearchStrategy[dict[str, Any]]:
    """The full example without some attributes, or parts of them, but with what is mandatory in any version."""
    whole: dict[str, Any] = full_example(DOCUMENTS[DOCUMENT_OF[resource, version]], resource)
    documents = [DOCUMENTS[name] for (served, _), name in DOCUMENT_OF.items() if served == resource]
    names = set().union(*(mandatory(each, dict(operations(each, resource).new)) for each in documents))
    needed = {name: whole[name] for name in sorted(names & whole.keys())}
    attributes = {name: st.just(member) | _thinned(member) for name, member in whole.items()}
    return st.fixed_dictionaries({}, optional=attributes).map(lambda some: needed | some)


def _thinned(value: Any) -> st.SearchStrategy[Any]:
    """`value` with some of its members and elements left out."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({}, optional={name: _thinned(member) for name, member in value.items()})
    if isinstance(value, list) and value:
        return st.lists(st.sampled_from(value).flatmap(_thinned), max_size=3)
    return st.just(value)


@dataclass(frozen=True)
class Side:
    """One version of a resource: its view, and the documents that its clients send."""

    view: VersionMapping
    documents: st.SearchStrategy[dict[str, Any]] = field(repr=False)

    @property
    def anything(self) -> st.SearchStrategy[dict[str, Any]]:
        """Such a document, or an object that nothing has checked."""
        return self.documents | strategies.WILD


SIDES = {
    (resource, name): Side(view, documents(resource, name))
    for api in APIS
    for name, version in api.versions.items()
    for resource, view in version.views.items()
    if resource in NEWEST
}
PAIRS = {
    resource: (SIDES[resource, versions_of(resource)[0]], SIDES[resource, versions_of(resource)[-1]])
    for resource in SHARED
}
"""Each resource in its first version and in its last, whose shape is stored."""
EACH_OLDER = pytest.mark.parametrize("side", [older for older, _ in PAIRS.values()], ids=list(PAIRS))
