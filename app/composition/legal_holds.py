# SPDX-License-Identifier: Apache-2.0
"""The legal holds of a server: which resources hold others (`Rules.holds`), and whose documents are (`x-owner`)."""

from collections.abc import Mapping, Sequence

from app.apis import Api
from app.composition.api_resources import ApiVersion
from app.domain.ownership import Ownership
from app.domain.rules import Lifecycle
from app.storage.documents.legal_holds import HoldSource, LegalHolds
from app.storage.mongod.durable import Database


def legal_holds(
    database: Database, apis: Sequence[Api], parts: Sequence[ApiVersion], lifecycles: Mapping[str, Lifecycle]
) -> LegalHolds:
    """The legal holds that the resources of the `apis` place; `parts` are these APIs, version by version."""
    sources = [
        HoldSource(name, rules.holds.path, _live_states(lifecycles[name]))
        for api in apis
        for name, rules in api.rules.items()
        if rules.holds
    ]
    paths = {
        name: [owner.party for owner in part.declared[name].owners]
        for part in parts
        for name, resource in part.resources.items()
        if resource.has_stored_shape
    }
    return LegalHolds(database, sources, Ownership(paths))


def _live_states(lifecycle: Lifecycle) -> frozenset[str]:
    live = [state for state, following in lifecycle.moves.items() if following]
    return frozenset(text.lower() for state in live for text in lifecycle.vocabulary.spellings(state))
